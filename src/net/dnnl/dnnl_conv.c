/* Convolution: cross-correlation with stride and zero padding, plus bias.
 *
 * oneDNN's fast kernels end where the dilation is large. A row of T positions, read d
 * apart, is folded then: position t = h d + w stands at (h, w) of an image of T / d
 * rows, the same bytes, and the 1 x k kernel becomes one of k x 1 without dilation. */
#include "net/dnnl/dnnl_plan.h"

enum { FOLD_FROM = 9 }; // dilation

static int can_fold(const merit__dnnl_plan *plan, const merit__layer *layer)
{
    // Plans that share an arena fold the same layers.
    int64_t unit = plan->base.options.unit > 0 ? plan->base.options.unit : layer->in.w;
    return layer->kernel_h == 1 && layer->in.h == 1 && layer->dilation >= FOLD_FROM &&
           unit % layer->dilation == 0 && layer->in.w % layer->dilation == 0 &&
           layer->out.w == layer->in.w && layer->in.c % 16 == 0 &&
           layer->out.c % 16 == 0;
}

static merit__window window_of(const merit__layer *layer, int is_folded)
{
    if (is_folded) {
        return (merit__window){.kernel_h = layer->kernel_w,
                               .kernel_w = 1,
                               .stride = 1,
                               .pad = (layer->kernel_w - 1) / 2};
    }
    return (merit__window){.kernel_h = layer->kernel_h,
                           .kernel_w = layer->kernel_w,
                           .stride = layer->stride,
                           .pad = layer->pad,
                           .dilation = layer->dilation};
}

/* [n,C,H,W] of what the layer reads or writes, folded or as its neighbours see it. */
static void dims_of(const merit__dnnl_plan *plan, const merit__layer *layer,
                    merit__shape shape, int is_folded, int64_t dims[4])
{
    dims[0] = plan->base.options.n;
    dims[1] = shape.c;
    dims[2] = is_folded ? shape.w / layer->dilation : shape.h;
    dims[3] = is_folded ? layer->dilation : shape.w;
}

/* Source, weights, bias, destination, in any layout but the bias. */
static merit_status any_layout(merit__dnnl_plan *plan, const merit__layer *layer,
                               merit__md md[4], merit_error *err)
{
    int is_folded = plan->layers[layer - plan->base.net->layers].is_folded;
    merit__window window = window_of(layer, is_folded);
    int64_t weights[4] = {layer->out.c, layer->in.c, window.kernel_h, window.kernel_w};
    int64_t source[4], destination[4];
    dims_of(plan, layer, layer->in, is_folded, source);
    dims_of(plan, layer, layer->out, is_folded, destination);
    MERIT__PASS(merit__dnnl_md(plan, 4, source, dnnl_format_tag_any, &md[0], err));
    MERIT__PASS(merit__dnnl_md(plan, 4, weights, dnnl_format_tag_any, &md[1], err));
    MERIT__PASS(merit__dnnl_md(plan, 1, &layer->out.c, dnnl_x, &md[2], err));
    return merit__dnnl_md(plan, 4, destination, dnnl_format_tag_any, &md[3], err);
}

/* The layout of the same bytes, folded or not, as `md` is the other way. */
static merit_status twin(merit__dnnl_plan *plan, const merit__layer *layer,
                         merit__shape shape, int to_fold, merit__md md, merit__md *out,
                         merit_error *err)
{
    static const dnnl_format_tag_t tags[] = {dnnl_nChw16c, dnnl_nChw8c, dnnl_nhwc,
                                             dnnl_nchw};
    int64_t from[4], to[4];
    *out = md;
    if (!plan->layers[layer - plan->base.net->layers].is_folded) {
        return MERIT_OK;
    }
    dims_of(plan, layer, shape, !to_fold, from);
    dims_of(plan, layer, shape, to_fold, to);
    for (int i = 0; i < 4; i++) {
        merit__md candidate;
        MERIT__PASS(merit__dnnl_md(plan, 4, from, tags[i], &candidate, err));
        if (dnnl_memory_desc_equal(md, candidate)) {
            return merit__dnnl_md(plan, 4, to, tags[i], out, err);
        }
    }
    return merit__fail(err, MERIT_EBACKEND,
                       "oneDNN: layer \"%s\" has a layout that is not known",
                       layer->text);
}

/* A tensor of the neighbours as the primitive sees it. */
static merit_status fold(merit__dnnl_plan *plan, const merit__layer *layer,
                         merit__shape shape, const merit__dnnl_tensor *tensor,
                         merit__dnnl_tensor *out, merit_error *err)
{
    *out = *tensor;
    if (!plan->layers[layer - plan->base.net->layers].is_folded) {
        return MERIT_OK;
    }
    MERIT__PASS(twin(plan, layer, shape, 1, tensor->md, &out->md, err));
    return merit__dnnl_view(plan, tensor, out->md, &out->memory, err);
}

/* Winograd where it pays (3 x 3, stride 1, enough channels; Lavin and Gray 2016, arXiv
 * 1509.09308) and this oneDNN has it, unless exact sums are wanted. */
static dnnl_status_t forward_pd(merit__dnnl_plan *plan, const merit__layer *layer,
                                const merit__md md[4], dnnl_primitive_attr_t attr,
                                dnnl_alg_kind_t *algorithm, dnnl_primitive_desc_t *pd)
{
    int is_folded = plan->layers[layer - plan->base.net->layers].is_folded;
    merit__window window = window_of(layer, is_folded);
    if (!plan->base.options.exact && layer->kernel_h == 3 && layer->kernel_w == 3 &&
        layer->stride == 1 && layer->in.c >= 16 && layer->out.c >= 16) {
        *algorithm = dnnl_convolution_winograd;
        if (merit__pd_conv_forward(pd, plan->engine, *algorithm, md, window, attr) ==
            dnnl_success) {
            return dnnl_success;
        }
    }
    *algorithm = dnnl_convolution_direct;
    return merit__pd_conv_forward(pd, plan->engine, *algorithm, md, window, attr);
}

merit_status merit__dnnl_conv_forward(merit__dnnl_plan *plan, int64_t index, int relu,
                                      merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_layer *state = &plan->layers[index];
    merit__md md[4];
    // The examples are the caller's and come without a place of their own.
    state->is_folded = can_fold(plan, layer) && plan->nodes[index].value.data != NULL;
    MERIT__PASS(any_layout(plan, layer, md, err));
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, relu, err));
    dnnl_status_t made =
        forward_pd(plan, layer, md, attr, &state->algorithm, &state->forward);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, state->forward, &primitive, err));

    dnnl_primitive_desc_t pd = state->forward;
    merit__md source_md, value_md;
    merit__dnnl_tensor source, value;
    MERIT__PASS(twin(plan, layer, layer->in, 0,
                     merit__dnnl_query(pd, dnnl_query_src_md, 0), &source_md, err));
    MERIT__PASS(twin(plan, layer, layer->out, 0,
                     merit__dnnl_query(pd, dnnl_query_dst_md, 0), &value_md, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward, &plan->nodes[index].value,
                                  source_md, &source, err));
    MERIT__PASS(fold(plan, layer, layer->in, &source, &state->source, err));
    MERIT__PASS(
        merit__dnnl_tensor_create(plan, value_md, &plan->nodes[index + 1].value, err));
    MERIT__PASS(
        fold(plan, layer, layer->out, &plan->nodes[index + 1].value, &value, err));
    int64_t tensor = layer->tensor;
    merit__dnnl_segment(plan, tensor, merit__dnnl_query(pd, dnnl_query_weights_md, 0));
    merit__dnnl_segment(plan, tensor + 1, md[2]);
    merit__dnnl_tensor arena, weights, bias;
    MERIT__PASS(
        merit__dnnl_weights_bind(plan, tensor, MERIT__PARAMETERS, &arena, &bias, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->prepare, &arena,
                                  merit__dnnl_query(pd, dnnl_query_weights_md, 0),
                                  &weights, err));
    MERIT__PASS(merit__dnnl_step_add(plan, &plan->forward, primitive, 4,
                                     (dnnl_exec_arg_t[]){
                                         {DNNL_ARG_SRC, state->source.memory},
                                         {DNNL_ARG_WEIGHTS, weights.memory},
                                         {DNNL_ARG_BIAS, bias.memory},
                                         {DNNL_ARG_DST, value.memory},
                                     },
                                     err));
    return merit__dnnl_cut_value(plan, index, err);
}

typedef dnnl_status_t (*backward_pd)(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     dnnl_alg_kind_t algorithm, const merit__md md[4],
                                     merit__window window, dnnl_primitive_desc_t hint,
                                     dnnl_primitive_attr_t attr);

/* A backward primitive for the layouts at hand. For some of these, mostly on processors
 * without AVX-512, oneDNN has nothing but its reference, which is a hundred times
 * slower than a reorder to the layouts that it does better with. */
static merit_status choose_backward(merit__dnnl_plan *plan, int64_t index,
                                    backward_pd create, const merit__md at_hand[4],
                                    dnnl_primitive_attr_t attr,
                                    dnnl_primitive_desc_t *pd, merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_layer *state = &plan->layers[index];
    merit__window window = window_of(layer, state->is_folded);
    merit__md any[4];
    dnnl_primitive_desc_t other = NULL;
    MERIT__PASS(any_layout(plan, layer, any, err));
    MERIT__DNNL(create(pd, plan->engine, state->algorithm, at_hand, window,
                       state->forward, attr));
    if (!merit__dnnl_is_reference(*pd) ||
        create(&other, plan->engine, state->algorithm, any, window, state->forward,
               attr) != dnnl_success) {
        return MERIT_OK;
    }
    int is_better = !merit__dnnl_is_reference(other);
    dnnl_primitive_desc_destroy(is_better ? *pd : other);
    *pd = is_better ? other : *pd;
    return MERIT_OK;
}

/* Weights and bias; their gradients lie in the arena as the parameters do. */
static merit_status backward_weights(merit__dnnl_plan *plan, int64_t index,
                                     dnnl_primitive_attr_t attr, merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_layer *state = &plan->layers[index];
    merit__dnnl_tensor arena, dbias, dvalue;
    MERIT__PASS(
        fold(plan, layer, layer->out, &plan->nodes[index + 1].gradient, &dvalue, err));
    MERIT__PASS(merit__dnnl_weights_bind(plan, layer->tensor, MERIT__GRADIENT, &arena,
                                         &dbias, err));
    const merit__md at_hand[4] = {state->source.md, arena.md, dbias.md, dvalue.md};
    dnnl_primitive_desc_t pd;
    MERIT__PASS(choose_backward(plan, index, merit__pd_conv_backward_weights, at_hand,
                                attr, &pd, err));
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor source, destination, dweights = arena;
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, &state->source,
                                  merit__dnnl_query(pd, dnnl_query_src_md, 0), &source,
                                  err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, &dvalue,
                                  merit__dnnl_query(pd, dnnl_query_diff_dst_md, 0),
                                  &destination, err));
    merit__md wanted = merit__dnnl_query(pd, dnnl_query_diff_weights_md, 0);
    int is_in_place = dnnl_memory_desc_equal(wanted, arena.md);
    if (!is_in_place) {
        MERIT__PASS(merit__dnnl_tensor_create(plan, wanted, &dweights, err));
    }
    MERIT__PASS(merit__dnnl_step_add(plan, &plan->backward, primitive, 4,
                                     (dnnl_exec_arg_t[]){
                                         {DNNL_ARG_SRC, source.memory},
                                         {DNNL_ARG_DIFF_DST, destination.memory},
                                         {DNNL_ARG_DIFF_WEIGHTS, dweights.memory},
                                         {DNNL_ARG_DIFF_BIAS, dbias.memory},
                                     },
                                     err));
    return is_in_place
               ? MERIT_OK
               : merit__dnnl_reorder(plan, &plan->backward, &dweights, &arena, err);
}

static merit_status backward_data(merit__dnnl_plan *plan, int64_t index,
                                  dnnl_primitive_attr_t attr, merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_tensor dvalue;
    merit__md md[4], dsource_md;
    MERIT__PASS(
        fold(plan, layer, layer->out, &plan->nodes[index + 1].gradient, &dvalue, err));
    MERIT__PASS(any_layout(plan, layer, md, err));
    md[3] = dvalue.md;
    dnnl_primitive_desc_t pd;
    MERIT__PASS(
        choose_backward(plan, index, merit__pd_conv_backward_data, md, attr, &pd, err));
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor arena_weights, weights, destination, dsource, folded;
    MERIT__PASS(merit__dnnl_segment_bind(plan, layer->tensor, MERIT__PARAMETERS,
                                         &arena_weights, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->prepare, &arena_weights,
                                  merit__dnnl_query(pd, dnnl_query_weights_md, 0),
                                  &weights, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, &dvalue,
                                  merit__dnnl_query(pd, dnnl_query_diff_dst_md, 0),
                                  &destination, err));
    MERIT__PASS(twin(plan, layer, layer->in, 0,
                     merit__dnnl_query(pd, dnnl_query_diff_src_md, 0), &dsource_md,
                     err));
    MERIT__PASS(merit__dnnl_gradient_open(plan, index, dsource_md, &dsource, err));
    MERIT__PASS(fold(plan, layer, layer->in, &dsource, &folded, err));
    MERIT__PASS(merit__dnnl_step_add(plan, &plan->backward, primitive, 3,
                                     (dnnl_exec_arg_t[]){
                                         {DNNL_ARG_DIFF_DST, destination.memory},
                                         {DNNL_ARG_WEIGHTS, weights.memory},
                                         {DNNL_ARG_DIFF_SRC, folded.memory},
                                     },
                                     err));
    return merit__dnnl_gradient_close(plan, index, &dsource, err);
}

merit_status merit__dnnl_conv_backward(merit__dnnl_plan *plan, int64_t index,
                                       merit_error *err)
{
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_cut_gradient(plan, index, err));
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    merit_status status = backward_weights(plan, index, attr, err);
    if (status == MERIT_OK && plan->nodes[index].needs_gradient) {
        status = backward_data(plan, index, attr, err);
    }
    dnnl_primitive_attr_destroy(attr);
    return status;
}
