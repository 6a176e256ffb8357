/* What one way of deciding earned on a data set. */
#ifndef MERIT_CLI_OUTCOME_H
#define MERIT_CLI_OUTCOME_H

#include "cli_predictions.h"
#include "cli_results.h"

typedef struct merit__outcome {
    char name[64]; // "bayes", "always Bag"
    int is_stored; // the rule stored with the model
    merit_rule rule;
    merit_metrics metrics; // at the end
    merit_tally *tally;
    int32_t *answers;  // [N]
    double *expected;  // [N]; NULL for a constant answer
    double *posterior; // [block,K]; NULL likewise, for decode, and where the link has
                       // none
} merit__outcome;

/* Begins to decide by a rule; dispose of *out in any case. */
merit_status merit__outcome_begin(merit__outcome *out,
                                  const merit__predictions *predictions,
                                  merit_rule rule, merit_error *err);

/* Decides examples first .. first + n - 1, all of them in order. */
merit_status merit__outcome_add(merit__outcome *outcome,
                                const merit__predictions *predictions, int64_t first,
                                int64_t n, const float *logits, merit_error *err);

/* Measures what was decided. */
merit_status merit__outcome_end(merit__outcome *outcome, merit_error *err);

/* Measures the one answer that earns the most if it is always given. */
merit_status merit__outcome_of_constant(merit__outcome *out,
                                        const merit__predictions *predictions,
                                        int64_t answer, merit_error *err);

/* The answers as the functions of merit/metrics.h want them, without beliefs. */
merit_answers merit__outcome_answers(const merit__outcome *outcome,
                                     const merit__predictions *predictions);

/* Its line of the table of results. */
merit__result merit__outcome_result(const merit__outcome *outcome);

/* By how much `a` earns more than `b` per example: the 95 % interval of a paired
 * bootstrap. */
merit_status merit__outcome_compare(merit_interval *out, const merit__outcome *a,
                                    const merit__outcome *b,
                                    const merit__predictions *predictions,
                                    merit_error *err);

void merit__outcome_dispose(merit__outcome *outcome);

#endif
