#include "model/formats.h"

enum { STEP = 32, STEP_MOST = 256, SLICE_LETTERS = 128 };

static int64_t divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A multiple of the dilations of the net, since engines are fast where the width is
 * one; not of the data, for what an engine does with a width decides about the bits. */
static int64_t choose_step(const merit_net *net)
{
    int64_t step = STEP;
    for (int64_t i = 0; i < net->n_layers; i++) {
        int64_t dilation = net->layers[i].dilation > 0 ? net->layers[i].dilation : 1;
        int64_t multiple = step / divisor(step, dilation) * dilation;
        step = multiple <= STEP_MOST ? multiple : step;
    }
    return step;
}

/* No layer may be wider than what it reads. */
static int64_t widest_kernel(const merit_net *net)
{
    int64_t widest = 1;
    for (int64_t i = 0; i < net->n_layers; i++) {
        const merit__layer *layer = &net->layers[i];
        if (layer->kind == MERIT__CONV && layer->kernel_w > widest) {
            widest = layer->kernel_w;
        }
    }
    return widest;
}

static int64_t windows_in(int64_t width, int64_t slice)
{
    int64_t n = slice * SLICE_LETTERS / width;
    return n < 1 ? 1 : n < slice ? n : slice;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* One more format; the net itself serves for its own width. */
static merit_status add(merit__formats *out, const merit_net *net, int64_t width,
                        int64_t n, merit_error *err)
{
    merit__format *format = &out->format[out->n];
    merit_status status = MERIT_OK;
    *format = (merit__format){.n = n, .net = net};
    if (width != net->in.w) {
        status = merit_net_create(&format->owned, net->spec, net->in.c, net->in.h,
                                  width, net->n_classes, err);
        format->net = format->owned;
    }
    if (status == MERIT_OK) {
        const merit__shape *in = &format->net->in;
        out->n_x = larger(out->n_x, n * in->c * in->h * in->w);
        out->n_rows = larger(out->n_rows, n * format->net->n_positions);
        out->n++;
    }
    return status;
}

merit_status merit__formats_create(merit__formats *out, const merit_net *net,
                                   const merit_dataset *data, int64_t slice,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__formats){.n = 0};
    if (!merit__net_is_sequential(net)) {
        out->widths = (merit__widths){.n = 1, .width = {net->in.w}};
        return add(out, net, net->in.w, slice, err);
    }
    out->step = choose_step(net);
    merit__widths_choose(&out->widths, data, out->step, widest_kernel(net));
    for (int64_t i = 0; status == MERIT_OK && i < out->widths.n; i++) {
        int64_t width = out->widths.width[i];
        status = add(out, net, width, windows_in(width, slice), err);
    }
    return status;
}

void merit__formats_dispose(merit__formats *formats)
{
    for (int64_t i = 0; i < MERIT__WIDTHS_MOST; i++) {
        merit_net_free(formats->format[i].owned);
    }
    *formats = (merit__formats){.n = 0};
}

merit__plan_options merit__formats_plan(const merit__formats *formats, int64_t i)
{
    return (merit__plan_options){.n = formats->format[i].n, .unit = formats->step};
}
