#include "net/reference/reference_layers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "net/dropout_mask.h"

/* The plan of the reference engine:
 *
 *   x ---------> layer 0 ---> outputs[0] ---> layer 1 ---> outputs[1] ...
 *   gradients[0] <----------- gradients[1] <-------------- gradients[2] ...
 *
 * one buffer per layer, so that gradients[i + 1] belongs to outputs[i] and gradients[0]
 * to the examples. */
typedef struct reference_plan {
    merit__plan base;     // first: merit__plan is how others see it
    float **outputs;      // [n_layers] of [n,O,P,Q]
    float **gradients;    // [n_layers + 1], when training
    float *mask;          // room for the largest dropout mask, when training
    int64_t *lengths;     // [n] of the sequences of the last forward, or NULL
    merit__slice_key key; // of the last forward
} reference_plan;

typedef struct layer_functions {
    merit__reference_function *forward, *backward;
} layer_functions;

static const layer_functions functions[] = {
    [MERIT__CONV] = {merit__reference_conv_forward, merit__reference_conv_backward},
    [MERIT__DENSE] = {merit__reference_dense_forward, merit__reference_dense_backward},
    [MERIT__RELU] = {merit__reference_relu_forward, merit__reference_relu_backward},
    [MERIT__MAXPOOL] = {merit__reference_maxpool_forward,
                        merit__reference_maxpool_backward},
    [MERIT__AVGPOOL] = {merit__reference_avgpool_forward,
                        merit__reference_avgpool_backward},
    [MERIT__GLOBALPOOL] = {merit__reference_globalpool_forward,
                           merit__reference_globalpool_backward},
    [MERIT__BATCHNORM] = {merit__reference_batchnorm_forward,
                          merit__reference_batchnorm_backward},
    [MERIT__DROPOUT] = {merit__reference_dropout_forward,
                        merit__reference_dropout_backward},
    [MERIT__ADD] = {merit__reference_add_forward, merit__reference_add_backward},
    [MERIT__EMBEDDING] = {merit__reference_embedding_forward,
                          merit__reference_embedding_backward},
};

int64_t merit__reference_volume(merit__shape shape)
{
    return shape.c * shape.h * shape.w;
}

const float *merit__reference_output(const merit__plan *base, int64_t layer)
{
    const reference_plan *plan = (const reference_plan *)base;
    return plan->outputs[layer];
}

const float *merit__reference_gradient(const merit__plan *base, int64_t layer)
{
    const reference_plan *plan = (const reference_plan *)base;
    return plan->gradients[layer + 1];
}

static void describe(char *out, size_t out_bytes)
{
    snprintf(out, out_bytes, "reference");
}

static void destroy(merit__plan *base)
{
    reference_plan *plan = (reference_plan *)base;
    if (plan == NULL) {
        return;
    }
    for (int64_t i = 0; plan->outputs != NULL && i < base->net->n_layers; i++) {
        merit__free(plan->outputs[i]);
    }
    for (int64_t i = 0; plan->gradients != NULL && i <= base->net->n_layers; i++) {
        merit__free(plan->gradients[i]);
    }
    merit__free(plan->outputs);
    merit__free(plan->gradients);
    merit__free(plan->mask);
    merit__free(plan->lengths);
    merit__free(base->segments);
    merit__free(plan);
}

/* Lays the tensors out one after another, each from a multiple of 16 floats on. */
static void lay_out(merit__plan *base)
{
    for (int64_t i = 0; i < base->n_segments; i++) {
        const merit__tensor *tensor = &base->net->tensors[i];
        merit__segment *segment = &base->segments[i];
        segment->offset = base->n_arena;
        segment->n = (tensor->n + 15) / 16 * 16;
        segment->kind = tensor->kind;
        base->n_arena += segment->n;
    }
}

/* A buffer for the slice of a layer's numbers. */
static merit_status make_buffer(float **out, const merit__plan *base,
                                merit__shape shape, merit_error *err)
{
    int64_t n = base->options.n * merit__reference_volume(shape);
    *out = merit__alloc_array((size_t)n, sizeof(float));
    if (*out == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof(float), "a slice");
    }
    return MERIT_OK;
}

static merit_status make_training_buffers(reference_plan *plan, merit_error *err)
{
    const merit__plan *base = &plan->base;
    const merit_net *net = base->net;
    merit__shape largest = {0, 0, 0};
    merit_status status = MERIT_OK;
    MERIT_TRY(make_buffer(&plan->gradients[0], base, net->in, err));
    for (int64_t i = 0; i < net->n_layers; i++) {
        const merit__layer *layer = &net->layers[i];
        MERIT_TRY(make_buffer(&plan->gradients[i + 1], base, layer->out, err));
        if (layer->kind == MERIT__DROPOUT &&
            merit__reference_volume(layer->in) > merit__reference_volume(largest)) {
            largest = layer->in;
        }
    }
    MERIT_TRY(make_buffer(&plan->mask, base, largest, err));
fail:
    return status;
}

static merit_status make_buffers(reference_plan *plan, merit_error *err)
{
    merit__plan *base = &plan->base;
    size_t n_layers = (size_t)base->net->n_layers;
    merit_status status = MERIT_OK;
    base->n_segments = base->net->n_tensors;
    base->segments =
        merit__alloc_array((size_t)base->n_segments, sizeof(merit__segment));
    plan->outputs = merit__alloc_array(n_layers, sizeof(float *));
    plan->gradients = merit__alloc_array(n_layers + 1, sizeof(float *));
    if (base->segments == NULL || plan->outputs == NULL || plan->gradients == NULL) {
        return merit__fail(err, MERIT_ENOMEM, "not enough memory for a plan");
    }
    if (merit__net_is_sequential(base->net)) {
        plan->lengths =
            merit__alloc_array((size_t)base->options.n, sizeof *plan->lengths);
        if (plan->lengths == NULL) {
            return merit__fail(err, MERIT_ENOMEM, "not enough memory for a plan");
        }
    }
    lay_out(base);
    for (size_t i = 0; i < n_layers; i++) {
        MERIT_TRY(make_buffer(&plan->outputs[i], base, base->net->layers[i].out, err));
    }
    if (base->options.training) {
        MERIT_TRY(make_training_buffers(plan, err));
    }
fail:
    return status;
}

static merit_status create(merit__plan **out, const merit_net *net,
                           const merit__plan_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    if (options->n < 1 || options->n > INT32_MAX) {
        return merit__fail(err, MERIT_EINVAL,
                           "a slice has 1 to %" PRId32 " examples, not %" PRId64,
                           INT32_MAX, options->n);
    }
    reference_plan *plan = merit__alloc_array(1, sizeof(*plan));
    if (plan == NULL) {
        return merit__fail_memory(err, sizeof(*plan), "a plan");
    }
    plan->base.engine = &merit__engine_reference;
    plan->base.net = net;
    plan->base.options = *options;
    MERIT_TRY(make_buffers(plan, err));
    *out = &plan->base;
    return MERIT_OK;
fail:
    destroy(&plan->base);
    return status;
}

static merit_status import_arena(merit__plan *plan, const float *canonical,
                                 float *arena, merit_error *err)
{
    (void)err;
    memset(arena, 0, (size_t)plan->n_arena * sizeof(float));
    for (int64_t i = 0; i < plan->n_segments; i++) {
        const merit__tensor *tensor = &plan->net->tensors[i];
        memcpy(arena + plan->segments[i].offset, canonical + tensor->offset,
               (size_t)tensor->n * sizeof(float));
    }
    return MERIT_OK;
}

static merit_status export_arena(merit__plan *plan, const float *arena,
                                 float *canonical, merit_error *err)
{
    (void)err;
    for (int64_t i = 0; i < plan->n_segments; i++) {
        const merit__tensor *tensor = &plan->net->tensors[i];
        memcpy(canonical + tensor->offset, arena + plan->segments[i].offset,
               (size_t)tensor->n * sizeof(float));
    }
    return MERIT_OK;
}

static merit_status import_tensor(merit__plan *plan, int64_t tensor,
                                  const float *values, float *arena, merit_error *err)
{
    (void)err;
    memcpy(arena + plan->segments[tensor].offset, values,
           (size_t)plan->net->tensors[tensor].n * sizeof(float));
    return MERIT_OK;
}

static merit_status export_tensor(merit__plan *plan, int64_t tensor, const float *arena,
                                  float *values, merit_error *err)
{
    (void)err;
    memcpy(values, arena + plan->segments[tensor].offset,
           (size_t)plan->net->tensors[tensor].n * sizeof(float));
    return MERIT_OK;
}

static merit_status prepare(merit__plan *plan, const float *arena, merit_error *err)
{
    (void)plan;
    (void)arena;
    (void)err;
    return MERIT_OK;
}

/* What layer i reads and writes in either direction. */
static merit__reference_pass make_pass(const reference_plan *plan, const float *arena,
                                       const float *x, int64_t i)
{
    const merit__plan *base = &plan->base;
    const merit__layer *layer = &base->net->layers[i];
    merit__reference_pass pass = {
        .layer = layer,
        .n = base->options.n,
        .training = base->options.training,
        .x = i == 0 ? x : plan->outputs[i - 1],
        .mask = plan->mask,
        .lengths = plan->lengths,
        .y = plan->outputs[i],
    };
    if (layer->kind == MERIT__ADD) {
        pass.other = layer->from < 0 ? x : plan->outputs[layer->from];
    }
    for (int64_t t = 0; layer->tensor >= 0 && t < 4; t++) {
        int64_t segment = layer->tensor + t;
        if (segment < base->n_segments && base->net->tensors[segment].layer == i) {
            pass.tensors[t] = arena + base->segments[segment].offset;
        }
    }
    if (layer->kind == MERIT__DROPOUT && pass.training) {
        merit__dropout_mask(plan->mask, pass.n * merit__reference_volume(layer->in),
                            layer->rate, plan->key, i);
    }
    return pass;
}

/* Values of layer i, or their gradient, end where the sequences do. Only a convolution
 * reaches beyond. */
static void cut(const reference_plan *plan, int64_t i, float *values)
{
    const merit__layer *layer = &plan->base.net->layers[i];
    if (plan->lengths != NULL && layer->kind == MERIT__CONV && layer->out.w > 1) {
        merit__reference_cut(values, layer->out, plan->base.options.n, plan->lengths);
    }
}

/* to [n,W,H] = from [n,H,W], turned over. */
static void turn(float *to, const float *from, int64_t n, int64_t height, int64_t width)
{
    for (int64_t e = 0; e < n; e++, to += height * width, from += height * width) {
        for (int64_t i = 0; i < height; i++) {
            for (int64_t j = 0; j < width; j++) {
                to[j * height + i] = from[i * width + j];
            }
        }
    }
}

static merit_status forward(merit__plan *base, const float *arena, const float *x,
                            merit__slice_key key, float *logits, merit_error *err)
{
    (void)err;
    reference_plan *plan = (reference_plan *)base;
    const merit_net *net = base->net;
    plan->key = key;
    for (int64_t e = 0; plan->lengths != NULL && e < base->options.n; e++) {
        plan->lengths[e] = merit__sequence_length(x + e * net->in.w, net->in.w);
    }
    for (int64_t i = 0; i < net->n_layers; i++) {
        merit__reference_pass pass = make_pass(plan, arena, x, i);
        functions[pass.layer->kind].forward(&pass);
        cut(plan, i, plan->outputs[i]);
    }
    turn(logits, plan->outputs[net->n_layers - 1], base->options.n, net->n_classes,
         net->n_positions);
    return MERIT_OK;
}

/* Zeroes what the layers add to, and puts dlogits where the last layer finds it. */
static void start_backward(reference_plan *plan, const float *dlogits)
{
    const merit_net *net = plan->base.net;
    int64_t n = plan->base.options.n;
    for (int64_t i = 0; i < net->n_layers; i++) {
        merit__shape shape = i == 0 ? net->in : net->layers[i - 1].out;
        memset(plan->gradients[i], 0,
               (size_t)(n * merit__reference_volume(shape)) * sizeof(float));
    }
    turn(plan->gradients[net->n_layers], dlogits, n, net->n_positions, net->n_classes);
}

static merit_status backward(merit__plan *base, const float *arena, const float *x,
                             const float *dlogits, float *gradient, merit_error *err)
{
    reference_plan *plan = (reference_plan *)base;
    const merit_net *net = base->net;
    if (!base->options.training) {
        return merit__fail(err, MERIT_EINVAL, "the plan was not made for training");
    }
    start_backward(plan, dlogits);
    memset(gradient, 0, (size_t)base->n_arena * sizeof(float));
    for (int64_t i = net->n_layers - 1; i >= 0; i--) {
        merit__reference_pass pass = make_pass(plan, arena, x, i);
        pass.dy = plan->gradients[i + 1];
        pass.dx = plan->gradients[i];
        if (pass.layer->kind == MERIT__ADD) {
            pass.dother = plan->gradients[pass.layer->from + 1];
        }
        for (int64_t t = 0; t < 4; t++) {
            if (pass.tensors[t] != NULL) {
                pass.dtensors[t] = gradient + (pass.tensors[t] - arena);
            }
        }
        cut(plan, i, plan->gradients[i + 1]);
        functions[pass.layer->kind].backward(&pass);
    }
    return MERIT_OK;
}

const merit__engine merit__engine_reference = {
    .name = "reference",
    .describe = describe,
    .create = create,
    .destroy = destroy,
    .import = import_arena,
    .export = export_arena,
    .import_tensor = import_tensor,
    .export_tensor = export_tensor,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
