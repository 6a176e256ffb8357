/* Convolution: cross-correlation with stride and zero padding, plus bias. */
#include "net/dnnl/dnnl_plan.h"

static merit__window window_of(const merit__layer *layer)
{
    return (merit__window){.kernel_h = layer->kernel_h,
                           .kernel_w = layer->kernel_w,
                           .stride = layer->stride,
                           .pad = layer->pad,
                           .dilation = layer->dilation};
}

/* Source, weights, bias, destination, in any layout but the bias. */
static merit_status any_layout(merit__dnnl_plan *plan, const merit__layer *layer,
                               merit__md md[4], merit_error *err)
{
    int64_t n = plan->base.options.n;
    int64_t source[4] = {n, layer->in.c, layer->in.h, layer->in.w};
    int64_t weights[4] = {layer->out.c, layer->in.c, layer->kernel_h, layer->kernel_w};
    int64_t destination[4] = {n, layer->out.c, layer->out.h, layer->out.w};
    MERIT__PASS(merit__dnnl_md(plan, 4, source, dnnl_format_tag_any, &md[0], err));
    MERIT__PASS(merit__dnnl_md(plan, 4, weights, dnnl_format_tag_any, &md[1], err));
    MERIT__PASS(merit__dnnl_md(plan, 1, &layer->out.c, dnnl_x, &md[2], err));
    return merit__dnnl_md(plan, 4, destination, dnnl_format_tag_any, &md[3], err);
}

/* Winograd where it pays (3 x 3, stride 1, enough channels; Lavin and Gray 2016, arXiv
 * 1509.09308) and this oneDNN has it, unless exact sums are wanted. */
static dnnl_status_t forward_pd(merit__dnnl_plan *plan, const merit__layer *layer,
                                const merit__md md[4], dnnl_primitive_attr_t attr,
                                dnnl_alg_kind_t *algorithm, dnnl_primitive_desc_t *pd)
{
    if (!plan->base.options.exact && layer->kernel_h == 3 && layer->kernel_w == 3 &&
        layer->stride == 1 && layer->in.c >= 16 && layer->out.c >= 16) {
        *algorithm = dnnl_convolution_winograd;
        if (merit__pd_conv_forward(pd, plan->engine, *algorithm, md, window_of(layer),
                                   attr) == dnnl_success) {
            return dnnl_success;
        }
    }
    *algorithm = dnnl_convolution_direct;
    return merit__pd_conv_forward(pd, plan->engine, *algorithm, md, window_of(layer),
                                  attr);
}

merit_status merit__dnnl_conv_forward(merit__dnnl_plan *plan, int64_t index, int relu,
                                      merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_layer *state = &plan->layers[index];
    merit__md md[4];
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
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward, &plan->nodes[index].value,
                                  merit__dnnl_query(pd, dnnl_query_src_md, 0),
                                  &state->source, err));
    MERIT__PASS(merit__dnnl_tensor_create(plan,
                                          merit__dnnl_query(pd, dnnl_query_dst_md, 0),
                                          &plan->nodes[index + 1].value, err));
    int64_t tensor = layer->tensor;
    merit__dnnl_segment(plan, tensor, merit__dnnl_query(pd, dnnl_query_weights_md, 0));
    merit__dnnl_segment(plan, tensor + 1, md[2]);
    merit__dnnl_tensor weights, bias;
    MERIT__PASS(merit__dnnl_weights_bind(plan, tensor, MERIT__PARAMETERS, &weights,
                                         &bias, err));
    MERIT__PASS(
        merit__dnnl_step_add(plan, &plan->forward, primitive, 4,
                             (dnnl_exec_arg_t[]){
                                 {DNNL_ARG_SRC, state->source.memory},
                                 {DNNL_ARG_WEIGHTS, weights.memory},
                                 {DNNL_ARG_BIAS, bias.memory},
                                 {DNNL_ARG_DST, plan->nodes[index + 1].value.memory},
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
    merit__window window = window_of(layer);
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
    const merit__dnnl_tensor *dvalue = &plan->nodes[index + 1].gradient;
    merit__dnnl_tensor arena, dbias;
    MERIT__PASS(merit__dnnl_weights_bind(plan, layer->tensor, MERIT__GRADIENT, &arena,
                                         &dbias, err));
    const merit__md at_hand[4] = {state->source.md, arena.md, dbias.md, dvalue->md};
    dnnl_primitive_desc_t pd;
    MERIT__PASS(choose_backward(plan, index, merit__pd_conv_backward_weights, at_hand,
                                attr, &pd, err));
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor source, destination, dweights = arena;
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, &state->source,
                                  merit__dnnl_query(pd, dnnl_query_src_md, 0), &source,
                                  err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, dvalue,
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
    const merit__dnnl_tensor *dvalue = &plan->nodes[index + 1].gradient;
    merit__md md[4];
    MERIT__PASS(any_layout(plan, layer, md, err));
    md[3] = dvalue->md;
    dnnl_primitive_desc_t pd;
    MERIT__PASS(
        choose_backward(plan, index, merit__pd_conv_backward_data, md, attr, &pd, err));
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor arena_weights, weights, destination, dsource;
    MERIT__PASS(merit__dnnl_segment_bind(plan, layer->tensor, MERIT__PARAMETERS,
                                         &arena_weights, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->prepare, &arena_weights,
                                  merit__dnnl_query(pd, dnnl_query_weights_md, 0),
                                  &weights, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, dvalue,
                                  merit__dnnl_query(pd, dnnl_query_diff_dst_md, 0),
                                  &destination, err));
    MERIT__PASS(merit__dnnl_gradient_open(
        plan, index, merit__dnnl_query(pd, dnnl_query_diff_src_md, 0), &dsource, err));
    MERIT__PASS(merit__dnnl_step_add(plan, &plan->backward, primitive, 3,
                                     (dnnl_exec_arg_t[]){
                                         {DNNL_ARG_DIFF_DST, destination.memory},
                                         {DNNL_ARG_WEIGHTS, weights.memory},
                                         {DNNL_ARG_DIFF_SRC, dsource.memory},
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
