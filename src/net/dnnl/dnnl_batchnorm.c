/* Batch normalisation per channel; in training with this slice's own statistics. */
#include "net/dnnl/dnnl_plan.h"

#include <string.h>

static const float epsilon = (float)MERIT__BATCHNORM_PPM * 1e-6f;

merit_status merit__dnnl_batchnorm_forward(merit__dnnl_plan *plan, int64_t index,
                                           merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    merit__dnnl_layer *state = &plan->layers[index];
    int training = plan->base.options.training;
    state->source = plan->nodes[index].value;
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_status_t made = merit__pd_batchnorm_forward(
        &state->forward, plan->engine, training, state->source.md, epsilon, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, state->forward, &primitive, err));
    merit__dnnl_tensor *value = &plan->nodes[index + 1].value;
    MERIT__PASS(merit__dnnl_tensor_create(plan, state->source.md, value, err));

    merit__md channels;
    MERIT__PASS(merit__dnnl_md(plan, 1, &layer->out.c, dnnl_x, &channels, err));
    merit__dnnl_tensor arena[4]; // scale, shift, running mean, running variance
    for (int i = 0; i < 4; i++) {
        merit__dnnl_segment(plan, layer->tensor + i, channels);
        MERIT__PASS(merit__dnnl_segment_bind(plan, layer->tensor + i, MERIT__PARAMETERS,
                                             &arena[i], err));
    }
    state->workspace = arena[2];
    state->workspace2 = arena[3];
    if (training) {
        MERIT__PASS(merit__dnnl_tensor_create(plan, channels, &state->workspace, err));
        MERIT__PASS(merit__dnnl_tensor_create(plan, channels, &state->workspace2, err));
    }
    return merit__dnnl_step_add(plan, &plan->forward, primitive, 6,
                                (dnnl_exec_arg_t[]){
                                    {DNNL_ARG_SRC, state->source.memory},
                                    {DNNL_ARG_SCALE, arena[0].memory},
                                    {DNNL_ARG_SHIFT, arena[1].memory},
                                    {DNNL_ARG_MEAN, state->workspace.memory},
                                    {DNNL_ARG_VARIANCE, state->workspace2.memory},
                                    {DNNL_ARG_DST, value->memory},
                                },
                                err);
}

/* Leaves what the slice observed where the running statistics lie: the optimiser makes
 * them follow. The variance is the unbiased one. */
static void observe(merit__dnnl_plan *plan, const void *context)
{
    const merit__layer *layer = context;
    const merit__dnnl_layer *state = &plan->layers[layer - plan->base.net->layers];
    const merit__segment *segments = &plan->base.segments[layer->tensor];
    // The gradient is bound for writing in backward.
    float *gradient = (float *)(uintptr_t)plan->bound[MERIT__GRADIENT];
    float *mean = gradient + segments[2].offset;
    float *variance = gradient + segments[3].offset;
    double n = (double)(plan->base.options.n * layer->in.h * layer->in.w);
    float unbiased = (float)(n > 1 ? n / (n - 1) : 1);
    for (int64_t c = 0; c < layer->out.c; c++) {
        mean[c] = state->workspace.data[c];
        variance[c] = state->workspace2.data[c] * unbiased;
    }
}

merit_status merit__dnnl_batchnorm_backward(merit__dnnl_plan *plan, int64_t index,
                                            merit_error *err)
{
    const merit__layer *layer = &plan->base.net->layers[index];
    const merit__dnnl_layer *state = &plan->layers[index];
    const merit__dnnl_tensor *dvalue = &plan->nodes[index + 1].gradient;
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_primitive_desc_t pd;
    dnnl_status_t made = merit__pd_batchnorm_backward(
        &pd, plan->engine, state->source.md, epsilon, state->forward, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    merit__dnnl_tensor scale, shift, dscale, dshift, dsource;
    MERIT__PASS(merit__dnnl_segment_bind(plan, layer->tensor, MERIT__PARAMETERS, &scale,
                                         err));
    MERIT__PASS(merit__dnnl_segment_bind(plan, layer->tensor + 1, MERIT__PARAMETERS,
                                         &shift, err));
    MERIT__PASS(
        merit__dnnl_segment_bind(plan, layer->tensor, MERIT__GRADIENT, &dscale, err));
    MERIT__PASS(merit__dnnl_segment_bind(plan, layer->tensor + 1, MERIT__GRADIENT,
                                         &dshift, err));
    int first = !plan->nodes[index].needs_gradient;
    MERIT__PASS(first ? merit__dnnl_tensor_create(plan, state->source.md, &dsource, err)
                      : merit__dnnl_gradient_open(plan, index, state->source.md,
                                                  &dsource, err));
    MERIT__PASS(merit__dnnl_step_add(plan, &plan->backward, primitive,
                                     8 + MERIT__BATCHNORM_BACKWARD_READS_SHIFT,
                                     (dnnl_exec_arg_t[]){
                                         {DNNL_ARG_SRC, state->source.memory},
                                         {DNNL_ARG_MEAN, state->workspace.memory},
                                         {DNNL_ARG_VARIANCE, state->workspace2.memory},
                                         {DNNL_ARG_SCALE, scale.memory},
                                         {DNNL_ARG_DIFF_DST, dvalue->memory},
                                         {DNNL_ARG_DIFF_SRC, dsource.memory},
                                         {DNNL_ARG_DIFF_SCALE, dscale.memory},
                                         {DNNL_ARG_DIFF_SHIFT, dshift.memory},
                                         {DNNL_ARG_SHIFT, shift.memory},
                                     },
                                     err));
    MERIT__PASS(merit__dnnl_call_add(plan, &plan->backward, observe, layer, err));
    return first ? MERIT_OK : merit__dnnl_gradient_close(plan, index, &dsource, err);
}
