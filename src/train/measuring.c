/* Measuring the model under way on the held-out examples, block by block. */
#include <stdint.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "train/training.h"

static merit_status add(void *payload, int64_t first, int64_t n, const float *logits,
                        merit_error *err)
{
    (void)first;
    (void)logits; // they are in the validation's own place
    return merit__validation_add(payload, n, err);
}

static merit_status fit(void *payload, int64_t first, int64_t n, const float *logits,
                        merit_error *err)
{
    (void)logits;
    return merit__validation_fit_add(payload, first, n, err);
}

/* The link, and a guess at the temperature, from as many examples as are held at once,
 * from all over the held-out ones. */
static merit_status fit_link(merit__validation *v, const merit__inference *inference,
                             const merit__inferred *of, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t n = merit_dataset_n(of->data);
    const int64_t block = merit__validation_block(v);
    int64_t *index = merit__alloc_array((size_t)block, sizeof *index);
    if (index == NULL) {
        return merit__fail_memory(err, (size_t)block * sizeof *index, "validation");
    }
    for (int64_t i = 0; i < block; i++) {
        index[i] = (int64_t)((double)i / (double)block * (double)n);
    }
    MERIT_TRY(merit__infer_some(inference, of, index, block,
                                merit__validation_logits(v), err));
    MERIT_TRY(merit__validation_fit_begin(v, index, block, err));
fail:
    merit__free(index);
    return status;
}

/* The temperature that suits all held-out examples, where they are too many to be held
 * at once: the net runs over them once more, or a few times. */
static merit_status fit_temperature(merit__validation *v,
                                    const merit__inference *inference,
                                    const merit__inferred *of, merit_error *err)
{
    merit_status status = fit_link(v, inference, of, err);
    for (int32_t is_found = 0; status == MERIT_OK && !is_found;) {
        status = merit__infer_blocks(inference, of, merit__validation_logits(v), fit, v,
                                     err);
        if (status == MERIT_OK) {
            status = merit__validation_fit_end(v, &is_found, err);
        }
    }
    return status;
}

merit_status merit__training_measure(merit__verdict *out, const merit__training *t,
                                     const merit__inference *inference,
                                     merit_error *err)
{
    merit__validation *v = t->validation;
    const merit__inferred of = {t->validation_data, t->config.threads};
    merit_error why = {0};
    merit_status status = MERIT_OK;
    if (merit__validation_block(v) < merit_dataset_n(t->validation_data)) {
        status = fit_temperature(v, inference, &of, &why);
    }
    if (status == MERIT_OK) {
        status = merit__infer_blocks(inference, &of, merit__validation_logits(v), add,
                                     v, &why);
    }
    if (status == MERIT_OK) {
        status = merit__validation_end(out, v, &why);
    }
    return status == MERIT_OK ? MERIT_OK
                              : merit__fail(err, status, "validation: %s", why.message);
}
