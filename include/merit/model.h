/* A trained model: net, parameters, score table, decision rule, in one file.
 *
 *     merit_model *model;
 *     merit_model_load(&model, "run/best.safetensors", &err);
 *     merit_model_logits(model, data, 0, logits, &err);       // [N,K]
 *     merit_model_decide(model, MERIT_RULE_AUTO, logits, n, &results, &err);
 *     merit_model_free(model);
 *
 * The file is in the safetensors format: data, never code; any safetensors reader can
 * open it. Its tensors are the parameters of the net, the normalisation of the input
 * and the score table; its metadata holds the net, the input shape, the names of the
 * answers, the link, the rule, the temperature, the provenance and a SHA-256 of all of
 * it. A file without a link is one of softmax outputs. */
#ifndef MERIT_MODEL_H
#define MERIT_MODEL_H

#include "merit/data.h"
#include "merit/decide.h"
#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_model merit_model;

/* Loads a model file, or the best model of a run directory. EMODEL says what is wrong
 * with the file and where, or what else it is. The caller frees *out. */
MERIT_API merit_status merit_model_load(merit_model **out, const char *path,
                                        merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_model_free(merit_model *model);

/* The score table it was trained for. Borrowed. */
MERIT_API const merit_scores *merit_model_scores(const merit_model *model);

/* The rule that it was validated with. */
MERIT_API merit_rule merit_model_rule(const merit_model *model);

/* How its outputs are read: that of the loss it was trained with. */
MERIT_API merit_link merit_model_link(const merit_model *model);

/* The temperature that its posterior is computed with, > 0. */
MERIT_API double merit_model_temperature(const merit_model *model);

/* *channels, *height, *width that it reads. */
MERIT_API void merit_model_shape(const merit_model *model, int64_t *channels,
                                 int64_t *height, int64_t *width);

/* One entry of the metadata ("net", "loss", "provenance", ...) or NULL. Borrowed. */
MERIT_API const char *merit_model_metadata(const merit_model *model, const char *key);

/* Writes a sentence into note[0..n_bytes) when the data look as if they were in another
 * unit than those that the model learned from: pixels from 0 to 1 for a model of bytes,
 * a column in another unit; "" otherwise, for pictures, and for fewer than 10 examples.
 * Looks at 1,000 examples at most. ENOMEM. */
MERIT_API merit_status merit_model_doubt(char *note, size_t n_bytes,
                                         const merit_model *model,
                                         const merit_dataset *data, merit_error *err);

/* logits [N,K] of every example, on n_threads threads (0: all processors). The same
 * bits for any number of threads. EFORMAT when the shapes do not fit. */
MERIT_API merit_status merit_model_logits(const merit_model *model,
                                          const merit_dataset *data, int64_t n_threads,
                                          float *logits, merit_error *err);

/* Where logits go that are too many to be held at once: those of examples first ..
 * first + n - 1, [n,K], borrowed for the call. What it returns other than OK ends the
 * walk. */
typedef merit_status merit_model_visit(void *payload, int64_t first, int64_t n,
                                       const float *logits, merit_error *err);

/* How many examples the blocks of merit_model_each have: all of them, unless their
 * logits take more than 64 MB. */
MERIT_API int64_t merit_model_block(const merit_model *model,
                                    const merit_dataset *data);

/* As merit_model_logits, the same bits, block by block: `visit` is called for each, in
 * order. Fails as it does, ENOMEM, and as `visit` does. */
MERIT_API merit_status merit_model_each(const merit_model *model,
                                        const merit_dataset *data, int64_t n_threads,
                                        merit_model_visit *visit, void *payload,
                                        merit_error *err);

/* Decides with the model's table, link, temperature and decode matrix. AUTO is the
 * stored rule; EINVAL when DECODE is asked for and the model has no decode matrix, or
 * a posterior and its link has none. */
MERIT_API merit_status merit_model_decide(const merit_model *model, merit_rule rule,
                                          const float *logits, int64_t n,
                                          const merit_decision_results *results,
                                          merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
