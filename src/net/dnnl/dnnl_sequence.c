/* What only sequences need: embedding, the mean over positions, the ends.
 *
 * Outputs of the layers of sequences lie in one of oneDNN's layouts of [n,C,1,T], which
 * differ in how many channels of a position lie together, the block B:
 *
 *     x[e][c / B][t][c % B]      B = 1: nchw, 8: nChw8c, 16: nChw16c, C: nhwc
 */
#include "net/dnnl/dnnl_plan.h"

#include <string.h>

/* A layer's output, or its gradient, as a function of ours sees it. */
typedef struct sequence_values {
    float *data;
    int64_t n, n_blocks, T, block; // [n,n_blocks,T,block]
} sequence_values;

/* The block of a layout; EBACKEND when it is none of those. */
static merit_status find_block(merit__dnnl_plan *plan, const merit__layer *layer,
                               merit__md md, int64_t *block, merit_error *err)
{
    const struct {
        dnnl_format_tag_t tag;
        int64_t block;
    } layouts[] = {{dnnl_nChw16c, 16},
                   {dnnl_nChw8c, 8},
                   {dnnl_nhwc, layer->out.c},
                   {dnnl_nchw, 1}};
    int64_t dims[4] = {plan->base.options.n, layer->out.c, layer->out.h, layer->out.w};
    for (int i = 0; i < 4; i++) {
        merit__md candidate;
        MERIT__PASS(merit__dnnl_md(plan, 4, dims, layouts[i].tag, &candidate, err));
        if (dnnl_memory_desc_equal(md, candidate)) {
            *block = layouts[i].block;
            return MERIT_OK;
        }
    }
    return merit__fail(err, MERIT_EBACKEND,
                       "oneDNN: layer \"%s\" has a layout that is not known",
                       layer->text);
}

static sequence_values values_of(const merit__dnnl_plan *plan, int64_t index,
                                 const merit__dnnl_tensor *tensor)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    int64_t block = plan->layers[index].block;
    return (sequence_values){.data = tensor->data,
                             .n = plan->base.options.n,
                             .n_blocks = (layer->out.c + block - 1) / block,
                             .T = layer->out.w,
                             .block = block};
}

/* Where position t of a block of sequence e begins. */
static float *position(const sequence_values *v, int64_t e, int64_t b, int64_t t)
{
    return v->data + ((e * v->n_blocks + b) * v->T + t) * v->block;
}

static void cut(const merit__dnnl_plan *plan, const sequence_values *v)
{
    for (int64_t e = 0; e < v->n; e++) {
        size_t n = (size_t)((v->T - plan->lengths[e]) * v->block);
        for (int64_t b = 0; n > 0 && b < v->n_blocks; b++) {
            memset(position(v, e, b, plan->lengths[e]), 0, n * sizeof(float));
        }
    }
}

static int64_t index_of(const merit__dnnl_plan *plan, const void *layer)
{
    return (const merit__layer *)layer - plan->base.net->layers;
}

static void run_cut_value(merit__dnnl_plan *plan, const void *layer)
{
    int64_t index = index_of(plan, layer);
    sequence_values v = values_of(plan, index, &plan->nodes[index + 1].value);
    cut(plan, &v);
}

static void run_cut_gradient(merit__dnnl_plan *plan, const void *layer)
{
    int64_t index = index_of(plan, layer);
    sequence_values v = values_of(plan, index, &plan->nodes[index + 1].gradient);
    cut(plan, &v);
}

static int is_cut(const merit__dnnl_plan *plan, int64_t index)
{
    return plan->lengths != NULL && plan->base.net->layers[index].out.w > 1;
}

merit_status merit__dnnl_cut_value(merit__dnnl_plan *plan, int64_t index,
                                   merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    if (!is_cut(plan, index)) {
        return MERIT_OK;
    }
    MERIT__PASS(find_block(plan, layer, plan->nodes[index + 1].value.md,
                           &plan->layers[index].block, err));
    return merit__dnnl_call_add(plan, &plan->forward, run_cut_value, layer, err);
}

merit_status merit__dnnl_cut_gradient(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    return is_cut(plan, index) ? merit__dnnl_call_add(plan, &plan->backward,
                                                      run_cut_gradient, layer, err)
                               : MERIT_OK;
}

/* y[e,:,t] = weight[code of x[e,t]], and 0 behind the end. */
static void look_up(merit__dnnl_plan *plan, const void *context)
{
    const merit__layer *layer = context;
    int64_t O = layer->out.c, index = index_of(plan, layer);
    const float *x = plan->bound[MERIT__EXAMPLES];
    const float *weight = (const float *)plan->bound[MERIT__PARAMETERS] +
                          plan->base.segments[layer->tensor].offset;
    sequence_values v = values_of(plan, index, &plan->nodes[index + 1].value);
    for (int64_t e = 0; e < v.n; e++) {
        for (int64_t b = 0; b < v.n_blocks; b++) {
            for (int64_t t = 0; t < plan->lengths[e]; t++) {
                int64_t code = merit__code_of(x[e * v.T + t]);
                memcpy(position(&v, e, b, t), weight + code * O + b * v.block,
                       (size_t)v.block * sizeof(float));
            }
        }
    }
    cut(plan, &v);
}

/* dweight[code] = the sum of dy[e,:,t] over e and t with that code, in that order. */
static void gather(merit__dnnl_plan *plan, const void *context)
{
    const merit__layer *layer = context;
    int64_t O = layer->out.c, index = index_of(plan, layer);
    const float *x = plan->bound[MERIT__EXAMPLES];
    float *dweight = (float *)(uintptr_t)plan->bound[MERIT__GRADIENT] +
                     plan->base.segments[layer->tensor].offset;
    sequence_values v = values_of(plan, index, &plan->nodes[index + 1].gradient);
    memset(dweight, 0, (size_t)(MERIT__CODES * O) * sizeof *dweight);
    for (int64_t e = 0; e < v.n; e++) {
        for (int64_t b = 0; b < v.n_blocks; b++) {
            for (int64_t t = 0; t < plan->lengths[e]; t++) {
                int64_t code = merit__code_of(x[e * v.T + t]);
                float *restrict to = dweight + code * O + b * v.block;
                const float *restrict more = position(&v, e, b, t);
                for (int64_t c = 0; c < v.block; c++) {
                    to[c] += more[c];
                }
            }
        }
    }
}

merit_status merit__dnnl_embedding_forward(merit__dnnl_plan *plan, int64_t index,
                                           merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    int64_t dims[4] = {plan->base.options.n, layer->out.c, 1, layer->out.w};
    int64_t weights[2] = {MERIT__CODES, layer->out.c};
    dnnl_format_tag_t tag = layer->out.c % 16 == 0  ? dnnl_nChw16c
                            : layer->out.c % 8 == 0 ? dnnl_nChw8c
                                                    : dnnl_nhwc;
    merit__md md;
    MERIT__PASS(merit__dnnl_md(plan, 2, weights, dnnl_ab, &md, err));
    merit__dnnl_segment(plan, layer->tensor, md);
    MERIT__PASS(merit__dnnl_md(plan, 4, dims, tag, &md, err));
    MERIT__PASS(
        merit__dnnl_tensor_create(plan, md, &plan->nodes[index + 1].value, err));
    MERIT__PASS(find_block(plan, layer, md, &plan->layers[index].block, err));
    return merit__dnnl_call_add(plan, &plan->forward, look_up, layer, err);
}

merit_status merit__dnnl_embedding_backward(merit__dnnl_plan *plan, int64_t index,
                                            merit_error *err)
{
    return merit__dnnl_call_add(plan, &plan->backward, gather,
                                &plan->base.net->layers[index], err);
}

/* y[e,c] = the mean of x[e,c,t] over t before the end, in order. */
static void average(merit__dnnl_plan *plan, const void *context)
{
    const merit__layer *layer = context;
    int64_t C = layer->in.c, index = index_of(plan, layer);
    const float *x = plan->layers[index].source.data; // [n,T,C]
    float *y = plan->nodes[index + 1].value.data;     // [n,C]
    memset(y, 0, (size_t)(plan->base.options.n * C) * sizeof *y);
    for (int64_t e = 0; e < plan->base.options.n; e++, x += layer->in.w * C, y += C) {
        int64_t n = plan->lengths[e];
        for (int64_t t = 0; t < n; t++) {
            for (int64_t c = 0; c < C; c++) {
                y[c] += x[t * C + c];
            }
        }
        for (int64_t c = 0; n > 0 && c < C; c++) {
            y[c] /= (float)n;
        }
    }
}

static void spread(merit__dnnl_plan *plan, const void *context)
{
    const merit__layer *layer = context;
    int64_t C = layer->in.c, T = layer->in.w, index = index_of(plan, layer);
    float *dx = plan->layers[index].workspace.data;         // [n,T,C]
    const float *dy = plan->nodes[index + 1].gradient.data; // [n,C]
    memset(dx, 0, (size_t)(plan->base.options.n * T * C) * sizeof *dx);
    for (int64_t e = 0; e < plan->base.options.n; e++, dx += T * C, dy += C) {
        int64_t n = plan->lengths[e];
        for (int64_t t = 0; t < n; t++) {
            for (int64_t c = 0; c < C; c++) {
                dx[t * C + c] = dy[c] / (float)n;
            }
        }
    }
}

/* [n,C,1,T] with the channels of a position together. */
static merit_status position_md(merit__dnnl_plan *plan, const merit__layer *layer,
                                merit__md *out, merit_error *err)
{
    int64_t dims[4] = {plan->base.options.n, layer->in.c, 1, layer->in.w};
    return merit__dnnl_md(plan, 4, dims, dnnl_nhwc, out, err);
}

merit_status merit__dnnl_sequence_mean_forward(merit__dnnl_plan *plan, int64_t index,
                                               merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    int64_t dims[4] = {plan->base.options.n, layer->out.c, 1, 1};
    merit__md md;
    MERIT__PASS(position_md(plan, layer, &md, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward, &plan->nodes[index].value, md,
                                  &plan->layers[index].source, err));
    MERIT__PASS(merit__dnnl_md(plan, 4, dims, dnnl_nchw, &md, err));
    MERIT__PASS(
        merit__dnnl_tensor_create(plan, md, &plan->nodes[index + 1].value, err));
    return merit__dnnl_call_add(plan, &plan->forward, average, layer, err);
}

merit_status merit__dnnl_sequence_mean_backward(merit__dnnl_plan *plan, int64_t index,
                                                merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_tensor *dsource = &plan->layers[index].workspace;
    merit__md md;
    if (!plan->nodes[index].needs_gradient) {
        return MERIT_OK;
    }
    MERIT__PASS(position_md(plan, layer, &md, err));
    MERIT__PASS(merit__dnnl_gradient_open(plan, index, md, dsource, err));
    MERIT__PASS(merit__dnnl_call_add(plan, &plan->backward, spread, layer, err));
    return merit__dnnl_gradient_close(plan, index, dsource, err);
}
