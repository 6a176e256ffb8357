#include "base/alloc.h"
#include "base/fail.h"
#include "model/model.h"

/* Logits that are held at once, about: 64 MB. */
static const int64_t block_logits = INT64_C(1) << 24;

int64_t merit__infer_block(int64_t n, int64_t n_classes)
{
    const int64_t fit = block_logits / n_classes;
    return n <= fit ? n : fit > 1 ? fit : 1;
}

merit_status merit__infer_some(const merit__inference *inference,
                               const merit__inferred *of, const int64_t *index,
                               int64_t n, float *logits, merit_error *err)
{
    merit_dataset *some = NULL;
    merit_status status = merit_dataset_subset(&some, of->data, index, n, err);
    if (status == MERIT_OK) {
        status = merit__infer(inference, some, of->n_threads, logits, err);
    }
    merit_dataset_free(some);
    return status;
}

merit_status merit__infer_blocks(const merit__inference *inference,
                                 const merit__inferred *of, float *logits,
                                 merit_model_visit *visit, void *payload,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t n = merit_dataset_n(of->data);
    const int64_t block = merit__infer_block(n, inference->net->n_classes);
    int64_t *index = NULL;
    if (block == n) {
        MERIT_TRY(merit__infer(inference, of->data, of->n_threads, logits, err));
        return visit(payload, 0, n, logits, err);
    }
    index = merit__alloc_array((size_t)block, sizeof *index);
    if (index == NULL) {
        return merit__fail_memory(err, (size_t)block * sizeof *index, "examples");
    }
    for (int64_t first = 0; first < n; first += block) {
        const int64_t n_here = n - first < block ? n - first : block;
        for (int64_t i = 0; i < n_here; i++) {
            index[i] = first + i;
        }
        MERIT_TRY(merit__infer_some(inference, of, index, n_here, logits, err));
        MERIT_TRY(visit(payload, first, n_here, logits, err));
    }
fail:
    merit__free(index);
    return status;
}

int64_t merit_model_block(const merit_model *model, const merit_dataset *data)
{
    return merit__infer_block(merit_dataset_n(data),
                              merit_scores_n_truths(merit_model_scores(model)));
}

merit_status merit_model_each(const merit_model *model, const merit_dataset *data,
                              int64_t n_threads, merit_model_visit *visit,
                              void *payload, merit_error *err)
{
    if (model == NULL || data == NULL || visit == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_model_each: an argument is NULL");
    }
    const size_t block = (size_t)merit_model_block(model, data);
    const size_t K = (size_t)merit_scores_n_truths(merit_model_scores(model));
    merit__inference inference;
    merit__model_inference(&inference, model);
    const merit__inferred of = {data, n_threads};
    float *logits = merit__alloc_array(block, K * sizeof *logits);
    if (logits == NULL) {
        return merit__fail_memory(err, block * K * sizeof *logits, "logits");
    }
    merit_status status =
        merit__infer_blocks(&inference, &of, logits, visit, payload, err);
    merit__free(logits);
    return status;
}
