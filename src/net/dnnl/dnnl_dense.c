/* Dense layer: every output reads every input, in canonical order C, H, W. */
#include "net/dnnl/dnnl_plan.h"

/* What the layer reads and writes: rows of numbers. Blocked activations are put into
 * canonical order first, since oneDNN is fastest on plain rows. */
typedef struct dense_shape {
    merit__md source;      // node before, [n,C,H,W]
    merit__md source_rows; // the same as [n,CHW]
    merit__md weights;     // [out,CHW], any layout
    merit__md value;       // node after, [n,out,1,1]
    merit__md value_rows;  // the same as [n,out]
} dense_shape;

static merit_status shape_of(merit__dnnl_plan *plan, const merit__layer *layer,
                             dense_shape *out, merit_error *err)
{
    int64_t n = plan->base.options.n, n_in = layer->in.c * layer->in.h * layer->in.w;
    int64_t source[4] = {n, layer->in.c, layer->in.h, layer->in.w};
    int64_t source_rows[2] = {n, n_in};
    int64_t weights[2] = {layer->out.c, n_in};
    int64_t value[4] = {n, layer->out.c, 1, 1};
    MERIT__PASS(merit__dnnl_md(plan, 4, source, dnnl_nchw, &out->source, err));
    MERIT__PASS(merit__dnnl_md(plan, 2, source_rows, dnnl_ab, &out->source_rows, err));
    MERIT__PASS(
        merit__dnnl_md(plan, 2, weights, dnnl_format_tag_any, &out->weights, err));
    MERIT__PASS(merit__dnnl_md(plan, 4, value, dnnl_nchw, &out->value, err));
    return merit__dnnl_md(plan, 2, value, dnnl_ab, &out->value_rows, err);
}

/* The examples are the caller's, so a view of them is bound at each call. */
static merit_status rows_of_source(merit__dnnl_plan *plan, int64_t index,
                                   const dense_shape *shape, merit_error *err)
{
    merit__dnnl_tensor source;
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->forward, &plan->nodes[index].value,
                                  shape->source, &source, err));
    merit__dnnl_tensor *rows = &plan->layers[index].source;
    *rows = (merit__dnnl_tensor){.md = shape->source_rows, .data = source.data};
    if (source.data == NULL) {
        return merit__dnnl_bind(plan, rows->md, MERIT__EXAMPLES, 0, &rows->memory, err);
    }
    return merit__dnnl_view(plan, &source, rows->md, &rows->memory, err);
}

merit_status merit__dnnl_dense_forward(merit__dnnl_plan *plan, int64_t index, int relu,
                                       merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_layer *state = &plan->layers[index];
    dense_shape shape;
    MERIT__PASS(shape_of(plan, layer, &shape, err));
    MERIT__PASS(rows_of_source(plan, index, &shape, err));
    merit__md md[4] = {shape.source_rows, shape.weights, NULL, shape.value_rows};
    MERIT__PASS(merit__dnnl_md(plan, 1, &layer->out.c, dnnl_x, &md[2], err));
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, relu, err));
    dnnl_status_t made =
        merit__pd_dense_forward(&state->forward, plan->engine, md, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, state->forward, &primitive, err));

    merit__dnnl_tensor *value = &plan->nodes[index + 1].value;
    MERIT__PASS(merit__dnnl_tensor_create(plan, shape.value, value, err));
    dnnl_memory_t rows;
    MERIT__PASS(merit__dnnl_view(plan, value, shape.value_rows, &rows, err));

    int64_t tensor = layer->tensor;
    merit__dnnl_segment(plan, tensor,
                        merit__dnnl_query(state->forward, dnnl_query_weights_md, 0));
    merit__dnnl_segment(plan, tensor + 1, md[2]);
    merit__dnnl_tensor weights, bias;
    MERIT__PASS(merit__dnnl_weights_bind(plan, tensor, MERIT__PARAMETERS, &weights, &bias,
                                         err));
    return merit__dnnl_step_add(plan, &plan->forward, primitive, 4,
                                (dnnl_exec_arg_t[]){
                                    {DNNL_ARG_SRC, state->source.memory},
                                    {DNNL_ARG_WEIGHTS, weights.memory},
                                    {DNNL_ARG_BIAS, bias.memory},
                                    {DNNL_ARG_DST, rows},
                                },
                                err);
}

static merit_status backward_weights(merit__dnnl_plan *plan, int64_t index,
                                     const dense_shape *shape, dnnl_memory_t dvalue,
                                     dnnl_primitive_attr_t attr, merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_layer *state = &plan->layers[index];
    merit__dnnl_tensor dweights, dbias;
    MERIT__PASS(merit__dnnl_weights_bind(plan, layer->tensor, MERIT__GRADIENT, &dweights,
                                         &dbias, err));
    const merit__md md[4] = {state->source.md, dweights.md, dbias.md, shape->value_rows};
    dnnl_primitive_desc_t pd;
    MERIT__DNNL(merit__pd_dense_backward_weights(&pd, plan->engine, md, state->forward,
                                                 attr));
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    return merit__dnnl_step_add(plan, &plan->backward, primitive, 4,
                                (dnnl_exec_arg_t[]){
                                    {DNNL_ARG_SRC, state->source.memory},
                                    {DNNL_ARG_DIFF_DST, dvalue},
                                    {DNNL_ARG_DIFF_WEIGHTS, dweights.memory},
                                    {DNNL_ARG_DIFF_BIAS, dbias.memory},
                                },
                                err);
}

static merit_status backward_data(merit__dnnl_plan *plan, int64_t index,
                                  const dense_shape *shape, dnnl_memory_t dvalue,
                                  dnnl_primitive_attr_t attr, merit_error *err)
{
    const merit__dnnl_layer *state = &plan->layers[index];
    int64_t tensor = plan->base.net->layers[index].tensor;
    const merit__md md[4] = {shape->source_rows, shape->weights, NULL,
                             shape->value_rows};
    dnnl_primitive_desc_t pd;
    MERIT__DNNL(
        merit__pd_dense_backward_data(&pd, plan->engine, md, state->forward, attr));
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor arena_weights, weights, dsource;
    MERIT__PASS(merit__dnnl_segment_bind(plan, tensor, MERIT__PARAMETERS, &arena_weights,
                                         err));
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->prepare, &arena_weights,
                                  merit__dnnl_query(pd, dnnl_query_weights_md, 0),
                                  &weights, err));
    MERIT__PASS(merit__dnnl_gradient_open(plan, index, shape->source, &dsource, err));
    dnnl_memory_t rows;
    MERIT__PASS(merit__dnnl_view(plan, &dsource, shape->source_rows, &rows, err));
    MERIT__PASS(merit__dnnl_step_add(plan, &plan->backward, primitive, 3,
                                     (dnnl_exec_arg_t[]){
                                         {DNNL_ARG_DIFF_DST, dvalue},
                                         {DNNL_ARG_WEIGHTS, weights.memory},
                                         {DNNL_ARG_DIFF_SRC, rows},
                                     },
                                     err));
    return merit__dnnl_gradient_close(plan, index, &dsource, err);
}

merit_status merit__dnnl_dense_backward(merit__dnnl_plan *plan, int64_t index,
                                        merit_error *err)
{
    dense_shape shape;
    MERIT__PASS(shape_of(plan, &plan->base.net->layers[index], &shape, err));
    dnnl_memory_t dvalue;
    MERIT__PASS(merit__dnnl_view(plan, &plan->nodes[index + 1].gradient, shape.value_rows,
                                 &dvalue, err));
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    merit_status status = backward_weights(plan, index, &shape, dvalue, attr, err);
    if (status == MERIT_OK && plan->nodes[index].needs_gradient) {
        status = backward_data(plan, index, &shape, dvalue, attr, err);
    }
    dnnl_primitive_attr_destroy(attr);
    return status;
}
