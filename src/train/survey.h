/* What the expected score can no longer teach: examples on which a model is so sure of
 * a wrong answer that the gradient of its score is gone. */
#ifndef MERIT_TRAIN_SURVEY_H
#define MERIT_TRAIN_SURVEY_H

#include "merit/error.h"
#include "merit/scores.h"

enum { MERIT__SURVEY_PAIRS = 16 };

/* Stuck examples of one truth that get the same class. */
typedef struct merit__stuck_pair {
    int64_t truth, answer;
    int64_t is_trap; // merit_audit_is_trap
    double share;    // of all examples
    double margin;   // median of z_answer - z_best
} merit__stuck_pair;

/* With q = softmax(z), s = S_i.q, R the range of the widest row of the K x K table and
 * b the best class for the truth i: an example is stuck where the standard deviation of
 * S_i under q is below 0.02 R, max_j S_ij - s is above 0.05 R and another class than i
 * has the largest logit. Its margin is
 * z_m - z_b, m the largest logit. Shares are of all examples; margins are 0 when none
 * is stuck. */
typedef struct merit__survey {
    double stuck_share;
    double trap_share;        // of stuck ones that have fallen into a trap
    double stuck_margin;      // median
    double stuck_margin_95;   // 95th percentile
    double effective_classes; // exp(entropy of the mean posterior)
    double confidence;        // mean of max_k q_k
    double feature_size;      // mean squared length of what the last layer reads, with
                              // its constant 1; 0 where that was not measured
    int64_t n_pairs;
    merit__stuck_pair pairs[MERIT__SURVEY_PAIRS]; // the largest ones, descending
} merit__survey;

/* What a survey looks at. */
typedef struct merit__surveyed {
    const float *logits;     // [N,K]
    const double *posterior; // [N,K] softmax(logits)
    const int32_t *labels;   // [N]
    int64_t n;               // N > 0
} merit__surveyed;

/* A survey of at most n_max examples that come block by block: clear, add each block,
 * end (which fills all but feature_size); and again from clear. The scores are
 * borrowed. ENOMEM. */
typedef struct merit__surveying merit__surveying;
merit_status merit__survey_begin(merit__surveying **out, const merit_scores *scores,
                                 int64_t n_max, merit_error *err);
void merit__survey_clear(merit__surveying *surveying);
void merit__survey_add(merit__surveying *surveying, const merit__surveyed *examples);
void merit__survey_end(merit__survey *out, merit__surveying *surveying);
void merit__survey_free(merit__surveying *surveying);

/* All of it for examples that are there at once. */
merit_status merit__survey_take(merit__survey *out, const merit_scores *scores,
                                const merit__surveyed *examples, merit_error *err);

#endif
