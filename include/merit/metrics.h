/* Measures of performance: what the answers earned.
 *
 *     merit_answers given = {.n = n, .labels = labels, .answers = answers};
 *     merit_metrics m;
 *     merit_metrics_compute(&m, scores, &given, &err);
 */
#ifndef MERIT_METRICS_H
#define MERIT_METRICS_H

#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was answered, and what was true. Borrowed; NULL where not known. */
typedef struct merit_answers {
    int64_t n;               // N > 0
    const int32_t *labels;   // [N] truths, 0 <= label < K
    const int32_t *answers;  // [N] 0 <= answer < A
    const float *weights;    // [N] >= 0, or NULL for 1
    const double *expected;  // [N] the score that was claimed, or NULL
    const double *posterior; // [N,K] or NULL
} merit_answers;

/* Weighted means over the examples; NaN where the input for it was not given. */
typedef struct merit_metrics {
    int64_t n;
    double accuracy;             // share answered with the truth itself
    double mean_score;           // mean of S[label][answer]
    double normalized_score;     // 0: best constant answer, 1: oracle; NaN when
                                 // the best constant answer is the oracle
    double best_constant_score;  // of the one answer that earns most if always given
    double oracle_score;         // of the best answer to each truth
    double regret;               // oracle_score - mean_score
    double claimed_score;        // mean of expected
    double log_loss;             // mean of -log posterior[label]; can be infinite
    double ece;                  // expected calibration error, 15 equal-width bins
                                 // of the largest posterior
    double decode_loss;          // mean of max_k u_k - u_answer under the posterior
    int32_t best_constant;       // the answer behind best_constant_score
} merit_metrics;

/* EFORMAT names the first label or answer out of range and the first row of posterior
 * that is no distribution, ENUMERIC the first number of expected or posterior that is
 * not finite; EINVAL when n <= 0, a weight is below 0 or the weights sum to 0. */
MERIT_API merit_status merit_metrics_compute(merit_metrics *out,
                                             const merit_scores *scores,
                                             const merit_answers *given,
                                             merit_error *err);

/* confusion [K,A]: the weight of examples with that truth and that answer. */
MERIT_API merit_status merit_confusion(double *confusion, const merit_scores *scores,
                                       const merit_answers *given, merit_error *err);

/* For each answer: the weight of examples it was given to, the mean score claimed
 * for it and the mean score it earned (NaN where it was never given); decision
 * calibration (Zhao et al. 2021). Each [A]; needs given->expected. */
MERIT_API merit_status merit_claims(double *weight, double *claimed, double *realised,
                                    const merit_scores *scores,
                                    const merit_answers *given, merit_error *err);

/* The result of a paired comparison of two sets of answers to the same examples. */
typedef struct merit_interval {
    double mean;      // of a - b
    double low, high; // percentile bootstrap interval of that mean
} merit_interval;

/* Paired bootstrap of mean(a) - mean(b), 0 < level < 1, n_resamples >= 1; b may be
 * NULL for the mean of a alone; n and n_resamples < 2^32. The same for the same
 * arguments and seed. EINVAL, ENUMERIC (a difference is not finite), ENOMEM. */
MERIT_API merit_status merit_bootstrap(merit_interval *out, const double *a,
                                       const double *b, int64_t n,
                                       int64_t n_resamples, double level,
                                       uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
