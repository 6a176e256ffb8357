/* Layers that keep the shape: relu, dropout, residual addition. */
#include "base/alloc.h"
#include "net/dnnl/dnnl_plan.h"
#include "net/dropout_mask.h"

static merit_status relu_pd(merit__dnnl_plan *plan, merit__md md,
                            dnnl_primitive_desc_t *out, merit_error *err)
{
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_status_t made = merit__pd_relu_forward(out, plan->engine, md, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    return MERIT_OK;
}

merit_status merit__dnnl_relu_forward(merit__dnnl_plan *plan, int64_t index, int fused,
                                      merit_error *err)
{
    const merit__dnnl_tensor *source = &plan->nodes[index].value;
    merit__dnnl_tensor *value = &plan->nodes[index + 1].value;
    if (fused) {
        *value = *source;
        return MERIT_OK;
    }
    // In place where nobody else reads the input; the examples belong to the caller.
    if (index > 0 && plan->nodes[index].n_consumers == 1) {
        *value = *source;
    } else {
        MERIT__PASS(merit__dnnl_tensor_create(plan, source->md, value, err));
    }
    dnnl_primitive_desc_t pd;
    MERIT__PASS(relu_pd(plan, source->md, &pd, err));
    plan->layers[index].forward = pd;
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    return merit__dnnl_step_add(
        plan, &plan->forward, primitive, 2,
        (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, source->memory},
                            {DNNL_ARG_DST, value->memory}},
        err);
}

/* A step that computes dsource = dvalue * (value > 0). */
static merit_status mask_step(merit__dnnl_plan *plan, const merit__dnnl_tensor *value,
                              dnnl_memory_t dvalue, dnnl_memory_t dsource,
                              merit_error *err)
{
    dnnl_primitive_desc_t hint, pd;
    MERIT__PASS(relu_pd(plan, value->md, &hint, err));
    dnnl_primitive_attr_t attr;
    merit_status status = merit__dnnl_attr(&attr, 0, err);
    if (status != MERIT_OK) {
        dnnl_primitive_desc_destroy(hint);
        return status;
    }
    dnnl_status_t made =
        merit__pd_relu_backward(&pd, plan->engine, value->md, hint, attr);
    dnnl_primitive_attr_destroy(attr);
    dnnl_primitive_desc_destroy(hint);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    return merit__dnnl_step_add(plan, &plan->backward, primitive, 3,
                                (dnnl_exec_arg_t[]){
                                    {DNNL_ARG_DST, value->memory},
                                    {DNNL_ARG_DIFF_DST, dvalue},
                                    {DNNL_ARG_DIFF_SRC, dsource},
                                },
                                err);
}

merit_status merit__dnnl_relu_mask(merit__dnnl_plan *plan, int64_t index,
                                   merit_error *err)
{
    const merit__dnnl_node *node = &plan->nodes[index];
    return mask_step(plan, &node->value, node->gradient.memory, node->gradient.memory,
                     err);
}

merit_status merit__dnnl_relu_backward(merit__dnnl_plan *plan, int64_t index,
                                       merit_error *err)
{
    merit__dnnl_node *in = &plan->nodes[index], *out = &plan->nodes[index + 1];
    if (!in->needs_gradient) {
        return MERIT_OK;
    }
    if (in->gradient.memory == out->gradient.memory) { // one buffer, see the engine
        in->gradient_written = 1;
        return out->relu_deferred ? MERIT_OK : merit__dnnl_relu_mask(plan, index + 1, err);
    }
    merit__dnnl_tensor dsource;
    MERIT__PASS(merit__dnnl_gradient_open(plan, index, out->value.md, &dsource, err));
    MERIT__PASS(
        mask_step(plan, &out->value, out->gradient.memory, dsource.memory, err));
    return merit__dnnl_gradient_close(plan, index, &dsource, err);
}

/* A step that computes destination = a * b or a + b, element by element. */
static merit_status binary_step(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                dnnl_alg_kind_t algorithm, const merit__dnnl_tensor *a,
                                const merit__dnnl_tensor *b,
                                const merit__dnnl_tensor *destination, merit_error *err)
{
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_primitive_desc_t pd;
    dnnl_status_t made = merit__pd_binary(&pd, plan->engine, algorithm, a->md, b->md,
                                          destination->md, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    return merit__dnnl_step_add(plan, steps, primitive, 3,
                                (dnnl_exec_arg_t[]){
                                    {DNNL_ARG_SRC_0, a->memory},
                                    {DNNL_ARG_SRC_1, b->memory},
                                    {DNNL_ARG_DST, destination->memory},
                                },
                                err);
}

static void draw_mask(merit__dnnl_plan *plan, const void *context)
{
    const merit__layer *layer = context;
    int64_t index = layer - plan->base.net->layers;
    int64_t n = plan->base.options.n * layer->out.c * layer->out.h * layer->out.w;
    merit__dropout_mask(plan->layers[index].mask, n, layer->rate, plan->key, index);
}

merit_status merit__dnnl_dropout_forward(merit__dnnl_plan *plan, int64_t index,
                                         merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_layer *state = &plan->layers[index];
    const merit__dnnl_tensor *source = &plan->nodes[index].value;
    merit__dnnl_tensor *value = &plan->nodes[index + 1].value;
    if (!plan->base.options.training) {
        *value = *source;
        return MERIT_OK;
    }
    int64_t dims[4] = {plan->base.options.n, layer->out.c, layer->out.h, layer->out.w};
    merit__md plain;
    merit__dnnl_tensor mask;
    MERIT__PASS(merit__dnnl_md(plan, 4, dims, dnnl_nchw, &plain, err));
    MERIT__PASS(merit__dnnl_tensor_create(plan, plain, &mask, err));
    state->mask = mask.data;
    MERIT__PASS(merit__dnnl_call_add(plan, &plan->forward, draw_mask, layer, err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward, &mask, source->md,
                                  &state->mask_tensor, err));
    MERIT__PASS(merit__dnnl_tensor_create(plan, source->md, value, err));
    return binary_step(plan, &plan->forward, dnnl_binary_mul, source,
                       &state->mask_tensor, value, err);
}

merit_status merit__dnnl_dropout_backward(merit__dnnl_plan *plan, int64_t index,
                                          merit_error *err)
{
    const merit__dnnl_tensor *dvalue = &plan->nodes[index + 1].gradient;
    if (!plan->nodes[index].needs_gradient) {
        return MERIT_OK;
    }
    merit__dnnl_tensor dsource;
    MERIT__PASS(merit__dnnl_gradient_open(plan, index, dvalue->md, &dsource, err));
    MERIT__PASS(binary_step(plan, &plan->backward, dnnl_binary_mul, dvalue,
                            &plan->layers[index].mask_tensor, &dsource, err));
    return merit__dnnl_gradient_close(plan, index, &dsource, err);
}

merit_status merit__dnnl_add_forward(merit__dnnl_plan *plan, int64_t index,
                                     merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_tensor *main_path = &plan->nodes[index].value;
    merit__dnnl_tensor shortcut;
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward,
                                  &plan->nodes[layer->from + 1].value, main_path->md,
                                  &shortcut, err));
    merit__dnnl_tensor *value = &plan->nodes[index + 1].value;
    MERIT__PASS(merit__dnnl_tensor_create(plan, main_path->md, value, err));
    return binary_step(plan, &plan->forward, dnnl_binary_add, main_path, &shortcut,
                       value, err);
}

merit_status merit__dnnl_add_backward(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_tensor *dvalue = &plan->nodes[index + 1].gradient;
    if (plan->nodes[index].needs_gradient) {
        MERIT__PASS(merit__dnnl_gradient_close(plan, index, dvalue, err));
    }
    if (plan->nodes[layer->from + 1].needs_gradient) {
        MERIT__PASS(merit__dnnl_gradient_close(plan, layer->from + 1, dvalue, err));
    }
    return MERIT_OK;
}
