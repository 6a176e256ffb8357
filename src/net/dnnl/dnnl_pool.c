/* Max and average pooling without padding. */
#include "net/dnnl/dnnl_plan.h"

static merit__window window_of(const merit__layer *layer)
{
    return (merit__window){.kernel_h = layer->kernel_h,
                           .kernel_w = layer->kernel_w,
                           .stride = layer->stride};
}

merit_status merit__dnnl_pool_forward(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_layer *state = &plan->layers[index];
    int64_t dims[4] = {plan->base.options.n, layer->out.c, layer->out.h, layer->out.w};
    state->source = plan->nodes[index].value;
    state->algorithm = layer->kind == MERIT__MAXPOOL ? dnnl_pooling_max
                                                     : dnnl_pooling_avg_exclude_padding;
    merit__md any;
    MERIT__PASS(merit__dnnl_md(plan, 4, dims, dnnl_format_tag_any, &any, err));
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_status_t made = merit__pd_pool_forward(
        &state->forward, plan->engine, plan->base.options.training, state->algorithm,
        state->source.md, any, window_of(layer), attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, state->forward, &primitive, err));
    merit__dnnl_tensor *value = &plan->nodes[index + 1].value;
    MERIT__PASS(merit__dnnl_tensor_create(
        plan, merit__dnnl_query(state->forward, dnnl_query_dst_md, 0), value, err));
    dnnl_exec_arg_t args[3] = {{DNNL_ARG_SRC, state->source.memory},
                               {DNNL_ARG_DST, value->memory}};
    int n_args = 2;
    merit__md workspace = merit__dnnl_query(state->forward, dnnl_query_workspace_md, 0);
    if (workspace != NULL && dnnl_memory_desc_get_size(workspace) > 0) {
        MERIT__PASS(
            merit__dnnl_tensor_create(plan, workspace, &state->workspace, err));
        args[n_args++] =
            (dnnl_exec_arg_t){DNNL_ARG_WORKSPACE, state->workspace.memory};
    }
    return merit__dnnl_step_add(plan, &plan->forward, primitive, n_args, args, err);
}

merit_status merit__dnnl_pool_backward(merit__dnnl_plan *plan, int64_t index,
                                       merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_layer *state = &plan->layers[index];
    const merit__dnnl_tensor *dvalue = &plan->nodes[index + 1].gradient;
    if (!plan->nodes[index].needs_gradient) {
        return MERIT_OK;
    }
    // A relu before max pooling commutes with it: its mask costs less on the pooled side.
    if (plan->nodes[index].relu_deferred) {
        MERIT__PASS(merit__dnnl_relu_mask(plan, index + 1, err));
    }
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_primitive_desc_t pd;
    dnnl_status_t made = merit__pd_pool_backward(
        &pd, plan->engine, state->algorithm, state->source.md, dvalue->md,
        window_of(layer), state->forward, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor dsource;
    MERIT__PASS(
        merit__dnnl_gradient_open(plan, index, state->source.md, &dsource, err));
    dnnl_exec_arg_t args[3] = {{DNNL_ARG_DIFF_DST, dvalue->memory},
                               {DNNL_ARG_DIFF_SRC, dsource.memory},
                               {DNNL_ARG_WORKSPACE, state->workspace.memory}};
    int n_args = state->workspace.memory != NULL ? 3 : 2;
    MERIT__PASS(
        merit__dnnl_step_add(plan, &plan->backward, primitive, n_args, args, err));
    return merit__dnnl_gradient_close(plan, index, &dsource, err);
}
