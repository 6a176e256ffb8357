/* Deciding rows of beliefs part by part, and measuring it on the way. */
#ifndef MERIT_CLI_DECIDING_H
#define MERIT_CLI_DECIDING_H

#include "cli_beliefs.h"
#include "merit/decide.h"
#include "merit/metrics.h"

/* What one rule does with the examples. */
typedef struct merit__rule_tally {
    merit_decision *decision; // of beliefs that have their temperature already
    merit_tally *tally;       // NULL without labels
    int32_t *answers;         // [n_part]
    double *expected;         // [n_part]
} merit__rule_tally;

typedef struct merit__deciding {
    const merit__beliefs *beliefs; // borrowed
    merit_rule rule;               // ARGMAX or BAYES
    int64_t n_part;                // the most rows of a part
    merit__rule_tally chosen;      // its decision has the temperature
    merit__rule_tally other;       // the other of the two rules; only with labels
    merit_pairs *pairs; // what chosen and argmax earn; NULL without labels, and when
                        // there are more distinct differences than can be counted
    int64_t n;
    double claimed;   // sum of the expected scores
    int64_t *n_given; // [A] how often each answer was given
    int64_t *n_true;  // [K] how often each class is the label
    int64_t n_impossible; // labels whose probability is 0
    double *posterior;    // [n_part,K]
    float *logits;        // [n_part,K], if they are logits
    double *earned;       // [2,n_part] of chosen and of argmax
} merit__deciding;

/* Prepares deciding by `rule` at that temperature. Dispose of *out in any case. */
merit_status merit__deciding_open(merit__deciding *out, const merit__beliefs *beliefs,
                                  merit_rule rule, double temperature,
                                  merit_error *err);

/* Decides n <= n_part rows: values [n,K], labels [n] or NULL. What came out is in
 * chosen.answers, chosen.expected and posterior until the next call. */
merit_status merit__deciding_add(merit__deciding *deciding, const double *values,
                                 const int32_t *labels, int64_t n, merit_error *err);

void merit__deciding_dispose(merit__deciding *deciding);

#endif
