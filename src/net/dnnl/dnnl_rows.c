/* Dense layers of sequences.
 *
 * oneDNN's inner product adds in an order that depends, on some processors, on how many
 * rows there are and which one it is. Sequences come in slices of several sizes, and a
 * row of logits must not tell which: here each row is added in the order of its inputs.
 *
 *     y[e,o] = b[o] + sum_i x[e,i] w[i,o]      weights lie as [in,out] */
#include "net/dnnl/dnnl_plan.h"

#include <string.h>

enum { LANES = 16, BLOCK = 256 }; // outputs at a time: their weights stay in the cache

/* A layer with its numbers. */
typedef struct rows {
    int64_t n, I, O;
    const float *x;      // [n,I]
    float *y;            // [n,O]
    const float *w, *b;  // [I,O], [O]
    float *dx, *dw, *db; // as x, w, b
    const float *dy;     // [n,O]
} rows;

static rows rows_of(const merit__dnnl_plan *plan, const merit__layer *layer)
{
    const merit__plan *base = &plan->base;
    int64_t index = layer - base->net->layers;
    int64_t w = base->segments[layer->tensor].offset;
    int64_t b = base->segments[layer->tensor + 1].offset;
    const float *parameters = plan->bound[MERIT__PARAMETERS];
    float *gradient = (float *)(uintptr_t)plan->bound[MERIT__GRADIENT];
    return (rows){.n = base->options.n,
                  .I = layer->in.c,
                  .O = layer->out.c,
                  .x = plan->layers[index].source.data,
                  .y = plan->nodes[index + 1].value.data,
                  .w = parameters + w,
                  .b = parameters + b,
                  .dx = plan->layers[index].workspace.data,
                  .dw = gradient != NULL ? gradient + w : NULL,
                  .db = gradient != NULL ? gradient + b : NULL,
                  .dy = plan->nodes[index + 1].gradient.data};
}

/* y += a x over n numbers. */
static void add_times(float *restrict y, float a, const float *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] += a * x[i];
    }
}

static float dot(const float *restrict a, const float *restrict b, int64_t n)
{
    float lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            lane[j] += a[i + j] * b[i + j];
        }
    }
    for (; i < n; i++) {
        sum += a[i] * b[i];
    }
    for (int64_t j = 0; j < LANES; j++) {
        sum += lane[j];
    }
    return sum;
}

static void forward(merit__dnnl_plan *plan, const void *layer)
{
    rows r = rows_of(plan, layer);
    for (int64_t o = 0; o < r.O; o += BLOCK) {
        int64_t n = r.O - o < BLOCK ? r.O - o : BLOCK;
        for (int64_t e = 0; e < r.n; e++) {
            float *y = r.y + e * r.O + o;
            memcpy(y, r.b + o, (size_t)n * sizeof *y);
            for (int64_t i = 0; i < r.I; i++) {
                add_times(y, r.x[e * r.I + i], r.w + i * r.O + o, n);
            }
        }
    }
}

static void backward_weights(merit__dnnl_plan *plan, const void *layer)
{
    rows r = rows_of(plan, layer);
    memset(r.db, 0, (size_t)r.O * sizeof *r.db);
    memset(r.dw, 0, (size_t)(r.I * r.O) * sizeof *r.dw);
    for (int64_t o = 0; o < r.O; o += BLOCK) {
        int64_t n = r.O - o < BLOCK ? r.O - o : BLOCK;
        for (int64_t e = 0; e < r.n; e++) {
            const float *dy = r.dy + e * r.O + o;
            add_times(r.db + o, 1, dy, n);
            for (int64_t i = 0; i < r.I; i++) {
                add_times(r.dw + i * r.O + o, r.x[e * r.I + i], dy, n);
            }
        }
    }
}

static void backward_data(merit__dnnl_plan *plan, const void *layer)
{
    rows r = rows_of(plan, layer);
    for (int64_t i = 0; i < r.I; i++) {
        for (int64_t e = 0; e < r.n; e++) {
            r.dx[e * r.I + i] = dot(r.dy + e * r.O, r.w + i * r.O, r.O);
        }
    }
}

/* [n,C,1,1], a row for each sequence. */
static merit_status row_md(merit__dnnl_plan *plan, int64_t C, merit__md *out,
                           merit_error *err)
{
    int64_t dims[4] = {plan->base.options.n, C, 1, 1};
    return merit__dnnl_md(plan, 4, dims, dnnl_nchw, out, err);
}

merit_status merit__dnnl_row_forward(merit__dnnl_plan *plan, int64_t index,
                                     merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    int64_t weights[2] = {layer->out.c, layer->in.c};
    merit__md md;
    MERIT__PASS(merit__dnnl_md(plan, 2, weights, dnnl_ba, &md, err));
    merit__dnnl_segment(plan, layer->tensor, md);
    MERIT__PASS(merit__dnnl_md(plan, 1, &layer->out.c, dnnl_x, &md, err));
    merit__dnnl_segment(plan, layer->tensor + 1, md);
    MERIT__PASS(row_md(plan, layer->in.c, &md, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward, &plan->nodes[index].value, md,
                                  &plan->layers[index].source, err));
    MERIT__PASS(row_md(plan, layer->out.c, &md, err));
    MERIT__PASS(
        merit__dnnl_tensor_create(plan, md, &plan->nodes[index + 1].value, err));
    return merit__dnnl_call_add(plan, &plan->forward, forward, layer, err);
}

merit_status merit__dnnl_row_backward(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_tensor *dsource = &plan->layers[index].workspace;
    merit__md md;
    MERIT__PASS(
        merit__dnnl_call_add(plan, &plan->backward, backward_weights, layer, err));
    if (!plan->nodes[index].needs_gradient) {
        return MERIT_OK;
    }
    MERIT__PASS(row_md(plan, layer->in.c, &md, err));
    MERIT__PASS(merit__dnnl_gradient_open(plan, index, md, dsource, err));
    MERIT__PASS(merit__dnnl_call_add(plan, &plan->backward, backward_data, layer, err));
    return merit__dnnl_gradient_close(plan, index, dsource, err);
}
