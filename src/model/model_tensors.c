#include "model/model_object.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "model/safetensors_file.h"

#include <stdio.h>
#include <string.h>

void merit__dims_text(char out[MERIT__DIMS_TEXT_BYTES], const int64_t *dims,
                      int64_t n_dims)
{
    size_t n = 0;
    out[n++] = '[';
    for (int64_t i = 0; i < n_dims; i++) {
        n += (size_t)snprintf(out + n, MERIT__DIMS_TEXT_BYTES - n, "%s%jd",
                              i > 0 ? "," : "", (intmax_t)dims[i]);
    }
    out[n++] = ']';
    out[n] = '\0';
}

// The data of a tensor that must be there with exactly this shape.
static merit_status find_tensor(const void **data, const merit_model *model,
                                const char *name, const char *dtype,
                                const int64_t *dims, int64_t n_dims, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__tensor_view *view = merit__safetensors_tensor(model->file, name);
    if (view != NULL &&
        (view->n_dims != n_dims ||
         memcmp(view->dims, dims, (size_t)n_dims * sizeof *dims) != 0)) {
        char found[MERIT__DIMS_TEXT_BYTES];
        char expected[MERIT__DIMS_TEXT_BYTES];
        merit__dims_text(found, view->dims, view->n_dims);
        merit__dims_text(expected, dims, n_dims);
        return merit__fail(err, MERIT_EMODEL,
                           "%s: tensor \"%s\" has the shape %s, expected %s",
                           model->file->path, name, found, expected);
    }
    int64_t n = 1;
    for (int64_t i = 0; i < n_dims && view != NULL; i++) {
        n *= dims[i]; // no overflow: the file has a tensor of this shape
    }
    MERIT_TRY(merit__safetensors_expect(&view, model->file, name, dtype, n, err));
    *data = view->data;

fail:
    return status;
}

// Refuses the first of n values that is negative, or 0 when strict.
static merit_status check_values(const merit_model *model, const char *name,
                                 const float *values, int64_t n, int strict,
                                 merit_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        if (values[i] < 0 || (strict && values[i] == 0)) {
            return merit__fail(
                err, MERIT_EMODEL,
                "%s: tensor \"%s\", value %jd is %g, expected a number %s",
                model->file->path, name, (intmax_t)i, (double)values[i],
                strict ? "above 0" : "of 0 or more");
        }
    }
    return MERIT_OK;
}

// All tensors are verified before the arena is allocated: the net comes from the file
// and may ask for any size, but not for more than the file holds.
static merit_status load_parameters(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_net *net = model->net;
    const void *data = NULL;
    for (int64_t i = 0; i < net->n_tensors; i++) {
        const merit__tensor *tensor = &net->tensors[i];
        MERIT_TRY(find_tensor(&data, model, tensor->name, "F32", tensor->dims,
                              tensor->n_dims, err));
    }
    for (int64_t i = 0; i < net->n_layers; i++) {
        if (net->layers[i].kind == MERIT__BATCHNORM) {
            const merit__tensor *variance = &net->tensors[net->layers[i].tensor + 3];
            MERIT_TRY(find_tensor(&data, model, variance->name, "F32", variance->dims,
                                  variance->n_dims, err));
            MERIT_TRY(check_values(model, variance->name, data, variance->n, 0, err));
        }
    }
    model->parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    if (model->parameters == NULL) {
        return merit__fail_memory(err, (size_t)net->n_arena * sizeof(float), "a model");
    }
    for (int64_t i = 0; i < net->n_tensors; i++) {
        const merit__tensor *tensor = &net->tensors[i];
        MERIT_TRY(find_tensor(&data, model, tensor->name, "F32", tensor->dims,
                              tensor->n_dims, err));
        memcpy(model->parameters + tensor->offset, data,
               (size_t)tensor->n * sizeof(float));
    }

fail:
    return status;
}

static merit_status load_normalisation(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t n = model->net->in.c;
    const size_t n_bytes = (size_t)n * sizeof(float);
    const void *mean = NULL;
    const void *deviation = NULL;
    merit__normalisation *out = &model->normalisation;
    MERIT_TRY(find_tensor(&mean, model, "normalisation.mean", "F32", &n, 1, err));
    MERIT_TRY(
        find_tensor(&deviation, model, "normalisation.deviation", "F32", &n, 1, err));
    MERIT_TRY(check_values(model, "normalisation.deviation", deviation, n, 1, err));
    out->mean = merit__alloc_array((size_t)n, sizeof(float));
    out->deviation = merit__alloc_array((size_t)n, sizeof(float));
    if (out->mean == NULL || out->deviation == NULL) {
        return merit__fail_memory(err, n_bytes, "a model");
    }
    out->n_channels = n;
    memcpy(out->mean, mean, n_bytes);
    memcpy(out->deviation, deviation, n_bytes);

fail:
    return status;
}

static merit_status load_decode(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t dims[2] = {merit_scores_n_truths(model->scores),
                             merit_scores_n_answers(model->scores)};
    const size_t n = (size_t)(dims[0] * dims[1]);
    const void *data = NULL;
    if (model->rule != MERIT_RULE_DECODE &&
        merit__safetensors_tensor(model->file, "decode") == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(find_tensor(&data, model, "decode", "F64", dims, 2, err));
    model->decode = merit__alloc_array(n, sizeof(double));
    if (model->decode == NULL) {
        return merit__fail_memory(err, n * sizeof(double), "a model");
    }
    memcpy(model->decode, data, n * sizeof(double));

fail:
    return status;
}

merit_status merit__model_load_tensors(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(load_parameters(model, err));
    MERIT_TRY(load_normalisation(model, err));
    MERIT_TRY(load_decode(model, err));

fail:
    return status;
}
