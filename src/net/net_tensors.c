#include "net/net_parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

/* The most floats a net may have. As a layer's output has less than 2^31 numbers, its
 * weights have less than 2^62, so that no sum or product here overflows. */
static const int64_t max_arena = INT64_C(1) << 40;

static int64_t n_layer_tensors(const merit__layer *layer)
{
    switch (layer->kind) {
    case MERIT__EMBEDDING:
        return 1;
    case MERIT__CONV:
    case MERIT__DENSE:
        return 2;
    case MERIT__BATCHNORM:
        return 4;
    default:
        return 0;
    }
}

/* Appends a tensor of dims[0..n_dims) at the end of the arena. */
static void add_tensor(merit_net *net, int64_t layer, const char *what,
                       enum merit__tensor_kind kind, const int64_t *dims,
                       int64_t n_dims)
{
    merit__tensor *tensor = &net->tensors[net->n_tensors];
    snprintf(tensor->name, sizeof(tensor->name), "%" PRId64 ".%s", layer + 1, what);
    tensor->kind = kind;
    tensor->n_dims = n_dims;
    tensor->n = 1;
    for (int64_t i = 0; i < n_dims; i++) {
        tensor->dims[i] = dims[i];
        tensor->n *= dims[i];
    }
    tensor->offset = net->n_arena;
    tensor->layer = layer;
    net->n_arena += tensor->n;
    net->n_tensors++;
}

static void add_layer_tensors(merit_net *net, int64_t i)
{
    merit__layer *layer = &net->layers[i];
    merit__shape in = layer->in, out = layer->out;
    if (n_layer_tensors(layer) == 0) {
        return;
    }
    layer->tensor = net->n_tensors;
    if (layer->kind == MERIT__EMBEDDING) {
        int64_t dims[2] = {MERIT__CODES, out.c};
        add_tensor(net, i, "weight", MERIT__WEIGHT, dims, 2);
    } else if (layer->kind == MERIT__CONV) {
        int64_t dims[4] = {out.c, in.c, layer->kernel_h, layer->kernel_w};
        add_tensor(net, i, "weight", MERIT__WEIGHT, dims, 4);
        add_tensor(net, i, "bias", MERIT__BIAS, &out.c, 1);
    } else if (layer->kind == MERIT__DENSE) {
        int64_t dims[2] = {out.c, in.c * in.h * in.w};
        add_tensor(net, i, "weight", MERIT__WEIGHT, dims, 2);
        add_tensor(net, i, "bias", MERIT__BIAS, &out.c, 1);
    } else {
        add_tensor(net, i, "scale", MERIT__BIAS, &in.c, 1);
        add_tensor(net, i, "shift", MERIT__BIAS, &in.c, 1);
        add_tensor(net, i, "mean", MERIT__STATISTIC, &in.c, 1);
        add_tensor(net, i, "variance", MERIT__STATISTIC, &in.c, 1);
    }
}

merit_status merit__net_make_tensors(merit_net *net, merit_error *err)
{
    int64_t n = 0;
    for (int64_t i = 0; i < net->n_layers; i++) {
        n += n_layer_tensors(&net->layers[i]);
    }
    net->tensors = merit__alloc_array((size_t)n, sizeof(merit__tensor));
    if (net->tensors == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof(merit__tensor), "a net");
    }
    for (int64_t i = 0; i < net->n_layers; i++) {
        add_layer_tensors(net, i);
        if (net->n_arena > max_arena) {
            return merit__layer_fail(&net->layers[i], i + 1, err, MERIT_ENOMEM,
                                     "it brings the net to %" PRId64
                                     " parameters, the limit is %" PRId64,
                                     net->n_arena, max_arena);
        }
    }
    return MERIT_OK;
}
