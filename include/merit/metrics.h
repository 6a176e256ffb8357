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

/* The same measures in constant memory, for examples that arrive part by part:
 *
 *     merit_tally_create(&tally, scores, &err);
 *     while (...) {
 *         merit_tally_add(tally, &given, &err);
 *     }
 *     merit_tally_metrics(tally, &m, &err);
 *     merit_tally_free(tally);
 *
 * merit_metrics_compute and merit_claims are a tally to which all is added at once:
 * the bits do not depend on where the examples are divided. */
typedef struct merit_tally merit_tally;

/* Makes an empty tally. The table is shared and may be freed before the tally is. */
MERIT_API merit_status merit_tally_create(merit_tally **out, const merit_scores *scores,
                                          merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_tally_free(merit_tally *tally);

/* Adds examples, which may all weigh 0; fails as merit_metrics_compute, the rows in
 * messages counted from the first example of the tally, and then nothing is added. */
MERIT_API merit_status merit_tally_add(merit_tally *tally, const merit_answers *given,
                                       merit_error *err);

/* The measures of all examples so far; those that need expected or posterior are NaN
 * unless every part had it. EINVAL when there is no example, or all weigh 0. Not safe
 * beside another call with the same tally. */
MERIT_API merit_status merit_tally_metrics(const merit_tally *tally, merit_metrics *out,
                                           merit_error *err);

/* As merit_claims, of all examples so far. */
MERIT_API merit_status merit_tally_claims(const merit_tally *tally, double *weight,
                                          double *claimed, double *realised,
                                          merit_error *err);

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

/* The paired bootstrap in constant memory. What it needs of the examples is how often
 * each difference occurs, and scores from a table have few distinct differences:
 *
 *     merit_pairs_create(&pairs);
 *     merit_pairs_add(pairs, a, b, n);
 *     merit_pairs_bootstrap(pairs, &interval, 1000, 0.95, seed);
 *     merit_pairs_free(pairs);
 *
 * A resample of N examples draws the counts of the differences from a multinomial
 * distribution: the intervals of merit_bootstrap in distribution, not bit by bit. */
typedef struct merit_pairs merit_pairs;

/* Makes one without pairs. EINVAL, ENOMEM. */
MERIT_API merit_status merit_pairs_create(merit_pairs **out);

/* Frees it; NULL is allowed. */
MERIT_API void merit_pairs_free(merit_pairs *pairs);

/* Adds the n >= 0 differences a - b. ENOMEM when there are more than 65,536 distinct
 * ones, ENUMERIC when one is not finite, EINVAL; the pairs before it are added. */
MERIT_API merit_status merit_pairs_add(merit_pairs *pairs, const double *a,
                                       const double *b, int64_t n);

/* The interval of the mean difference, as merit_bootstrap for the same level; the same
 * for the same pairs, in any order, and seed. EINVAL also when there are no pairs. */
MERIT_API merit_status merit_pairs_bootstrap(const merit_pairs *pairs,
                                             merit_interval *out, int64_t n_resamples,
                                             double level, uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
