/* Losses: value and gradient for a batch of logits under a score table.
 *
 *     merit_loss *loss;
 *     merit_loss_create(&loss, "softmax-margin(scale=0.5)", scores, &err);
 *     merit_loss_batch batch = {.n = n, .logits = logits, .labels = labels};
 *     merit_loss_eval(loss, &batch, &value, dlogits, &err);
 *     merit_loss_free(loss);
 *
 * Every loss is minimised. Where a truth is a distribution over classes (several
 * annotators), the loss is its expectation over that distribution. */
#ifndef MERIT_LOSS_H
#define MERIT_LOSS_H

#include "merit/decide.h"
#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_loss merit_loss;

/* Makes a loss. `spec` is a name, with parameters in parentheses where they are
 * not the default: `softmax-margin(scale=0.5)`. A parameter that may move is
 * written as a range, `tilted-score(temperature=0.05..2)`, and goes from the first
 * to the last value geometrically as merit_loss_batch.progress goes from 0 to 1.
 * The loss keeps its own copy of the K x K part of the table.
 * Temperatures are in the units of the scores, as in softmax(S / temperature).
 * Fails with EINVAL (unknown name or parameter, with the nearest one; a value out
 * of range) or EUNSUPPORTED (the table forbids this loss, and why). */
MERIT_API merit_status merit_loss_create(merit_loss **out, const char *spec,
                                         const merit_scores *scores, merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_loss_free(merit_loss *loss);

/* The rows to evaluate. Zero is the default of every field. */
typedef struct merit_loss_batch {
    int64_t n;             // N rows
    const float *logits;   // [N,K]
    const int32_t *labels; // [N] the truth of each row; or
    const float *targets;  // [N,K] its distribution (>= 0, sums to 1)
    const float *weights;  // [N] >= 0, or NULL for 1
    double scale;          // both results are multiplied by it; 0 means 1 / sum of
                           // weights, which makes the value a mean
    double progress;       // in [0,1], for parameters that move
    void *scratch;         // merit_loss_scratch_bytes(), 64-byte aligned, one per
                           // thread; NULL: allocated for the call
} merit_loss_batch;

/* *value = scale * sum_n w_n L(z_n) and, unless dlogits is NULL, dlogits [N,K] =
 * d value / d logits. Sums run in row order in double. ENUMERIC names the first
 * row with a logit that is not finite; EFORMAT a label or target out of range.
 * Safe to call from several threads with different scratch. */
MERIT_API merit_status merit_loss_eval(const merit_loss *loss,
                                       const merit_loss_batch *batch, double *value,
                                       float *dlogits, merit_error *err);

/* The specification of a loss: one row in double. logits [K]; truth: the label;
 * progress as in the batch; dlogits [K] or NULL. Arguments are trusted. NaN when a loss
 * that needs scratch gets no memory for it. */
MERIT_API double merit_loss_row(const merit_loss *loss, const double *logits,
                                int64_t truth, double progress, double *dlogits);

/* Bytes of scratch that merit_loss_eval needs. */
MERIT_API size_t merit_loss_scratch_bytes(const merit_loss *loss);

/* The rule that is right for a model trained with this loss: exact where one is,
 * else the best known. */
MERIT_API merit_rule merit_loss_rule(const merit_loss *loss);

/* How the outputs of a model trained with this loss are to be read, if it has learned
 * all of its margins; merit_train finds out how far it has. */
MERIT_API merit_link merit_loss_link(const merit_loss *loss);

/* The target distribution [K,K] that this loss trains q towards for each truth
 * (soft labels, affine labels), for merit_decode_matrix; NULL where it has none
 * of its own. Borrowed, lives as long as the loss. */
MERIT_API const double *merit_loss_targets(const merit_loss *loss);

/* The matrix T [K,K] through which this loss sees the posterior eta, where there is one:
 * it trains q so that T q = eta (T[i][j]: how often an example that is j is labelled i;
 * columns add up to 1), for merit_decode_channel. NULL for other losses. Borrowed, lives
 * as long as the loss. */
MERIT_API const double *merit_loss_channel(const merit_loss *loss);

/* A parameter of a loss. */
typedef struct merit_loss_parameter {
    const char *name;
    const char *meaning;
    double initial, low, high; // default; inclusive range
    int32_t moves;             // non-zero: may be a range
    int32_t initial_in_range;  // non-zero: the default is initial times the table's
                               // largest score difference R, within a row
} merit_loss_parameter;

/* What the catalogue says of a loss. Static storage. */
typedef struct merit_loss_info {
    const char *name;
    const char *formula; // one line of plain text
    const char *use;     // one sentence: when to use it
    merit_rule rule;
    merit_link_kind link;        // what the outputs of a model trained with it are
    int32_t convex;              // in the logits
    int32_t exact;               // the rule is the Bayes decision at the optimum
    int32_t row_shift_invariant; // S_ik + c_i gives the same gradient
    int64_t n_parameters;
    const merit_loss_parameter *parameters;
} merit_loss_info;

/* How many losses the catalogue has; it is in alphabetical order. */
MERIT_API int64_t merit_loss_count(void);

/* Entry 0 <= index < count of the catalogue. Static storage. */
MERIT_API const merit_loss_info *merit_loss_describe(int64_t index);

/* A list of losses, one after another: `cross-entropy:60%,expected-score`. A stage
 * without a percentage takes an equal share of what the others leave. */
typedef struct merit_loss_stages merit_loss_stages;

/* Parses and prepares a stage list; fails as merit_loss_create does. */
MERIT_API merit_status merit_loss_stages_create(merit_loss_stages **out,
                                                const char *spec,
                                                const merit_scores *scores,
                                                merit_error *err);

/* Frees it and its losses; NULL is allowed. */
MERIT_API void merit_loss_stages_free(merit_loss_stages *stages);

/* The loss that is in force at `fraction` of the training, in [0,1], and how far
 * its stage has come. Borrowed. fraction 1 gives the last loss. */
MERIT_API const merit_loss *merit_loss_stages_at(const merit_loss_stages *stages,
                                                 double fraction, double *progress);

#ifdef __cplusplus
}
#endif

#endif
