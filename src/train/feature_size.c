#include "train/feature_size.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/random.h"
#include "net/layers.h"

enum { MAX_EXAMPLES = 64, DRAWS = 4 };

/* The parameters with signs in place of the last weights, 0 in place of the biases. */
static void put_signs(float *parameters, const merit_net *net, uint32_t number)
{
    const merit__tensor *weight = &net->tensors[net->n_tensors - 2];
    const merit__tensor *bias = &net->tensors[net->n_tensors - 1];
    for (int64_t i = 0; i < weight->n; i++) {
        uint32_t word[4];
        merit__random(word, 0, MERIT__USE_PROBE, (uint32_t)i, number, 0);
        parameters[weight->offset + i] = word[0] % 2 == 0 ? 1.0F : -1.0F;
    }
    memset(parameters + bias->offset, 0, (size_t)bias->n * sizeof *parameters);
}

static merit_status first_examples(merit_dataset **out, const merit_dataset *data,
                                   merit_error *err)
{
    int64_t index[MAX_EXAMPLES], n = merit_dataset_n(data);
    n = n < MAX_EXAMPLES ? n : MAX_EXAMPLES;
    for (int64_t i = 0; i < n; i++) {
        index[i] = i;
    }
    return merit_dataset_subset(out, data, index, n, err);
}

merit_status merit__feature_size(double *out, const merit__inference *inference,
                                 const merit_dataset *data, int64_t n_threads,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_net *net = inference->net;
    merit__inference probe = *inference;
    merit_dataset *examples = NULL;
    size_t n_arena = (size_t)net->n_arena, n_logits = 0;
    double sum = 0;
    float *parameters = merit__alloc_array(n_arena, sizeof *parameters);
    float *logits =
        merit__alloc_array(MAX_EXAMPLES * (size_t)net->n_classes, sizeof *logits);
    if (parameters == NULL || logits == NULL) {
        MERIT_TRY(merit__fail_memory(err, n_arena * sizeof *parameters, "validation"));
    }
    memcpy(parameters, inference->parameters, n_arena * sizeof *parameters);
    probe.parameters = parameters;
    MERIT_TRY(first_examples(&examples, data, err));
    n_logits = (size_t)(merit_dataset_n(examples) * net->n_classes);
    for (uint32_t d = 0; d < DRAWS; d++) {
        put_signs(parameters, net, d);
        MERIT_TRY(merit__infer(&probe, examples, n_threads, logits, err));
        for (size_t i = 0; i < n_logits; i++) {
            sum += (double)logits[i] * (double)logits[i];
        }
    }
    *out = 1 + sum / (double)(DRAWS * n_logits);
fail:
    merit_dataset_free(examples);
    merit__free(parameters);
    merit__free(logits);
    return status;
}
