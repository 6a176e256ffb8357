/* Why a training was slow, stuck or fine, from what it recorded.
 *
 *     merit_explanation *why;
 *     merit_explain(&why, merit_runs_at(runs, 0), &err);
 *     for (int64_t i = 0; i < merit_explanation_n_findings(why); i++) {
 *         puts(merit_explanation_finding(why, i)->text);
 *     }
 *     merit_explanation_free(why);
 *
 * The signs are measured at each validation, on held-out examples (merit_run_row):
 * which share is stuck, how much of cross entropy's gradient is left, which answers are
 * still given. A loss is found guilty only where they agree. */
#ifndef MERIT_EXPLAIN_H
#define MERIT_EXPLAIN_H

#include "merit/audit.h"
#include "merit/error.h"
#include "merit/runs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a run, or of one of its losses. */
typedef enum merit_explain_verdict {
    MERIT_VERDICT_TOO_EARLY = 0,   // not enough was trained to tell
    MERIT_VERDICT_HEALTHY = 1,     // nothing stands in its way
    MERIT_VERDICT_COLLAPSED = 2,   // stuck, and classes have been given up
    MERIT_VERDICT_STUCK = 3,       // confidently wrong where the loss has no gradient
    MERIT_VERDICT_SLOW_START = 4,  // undecided, and the loss has little gradient there
    MERIT_VERDICT_RATE_LOW = 5,    // the learning rate is too low
    MERIT_VERDICT_RATE_HIGH = 6,   // the learning rate is too high
    MERIT_VERDICT_DIVERGED = 7,    // numbers were not finite
    MERIT_VERDICT_OVERFITTING = 8, // held-out examples earn less and less
    MERIT_VERDICT_NOTHING_LEARNED = 9 // earns no more than one constant answer does
} merit_explain_verdict;

/* "too-early", "healthy", "collapsed", ... Static storage. */
MERIT_API const char *merit_explain_verdict_name(merit_explain_verdict verdict);

/* One loss of the run. Rows belong to the run. */
typedef struct merit_explain_candidate {
    const char *loss;
    merit_explain_verdict verdict;
    const merit_run_row *first, *best, *last; // validations; NULL without any
    double gain;        // of the best: (mean score - best constant) / (oracle score -
                        // best constant); NaN where these are not known
    int64_t n_expected; // answers that are the best one to a truth with examples;
                        // 0 where these are not known
    const int64_t *missing; // [n_missing] those of them that `last` never gave
    int64_t n_missing;
    const int64_t *lost; // [n_lost] truths of which more than half are stuck
    int64_t n_lost;
    double smallest_gap;   // of scores: the best class for a truth and the answer, over
                           // stuck pairs of `last`; without any, the next lower class,
                           // over truths
    double temperature;    // smallest_gap / stuck_margin_95: above it tilted-score has
                           // no gradient either where the model stands; NaN: not stuck
    double forecast_steps; // e^M / (2 gap rate |h|^2 / (1 - momentum)): gradient
                           // descent on the largest pair of `last` alone until it is
                           // undecided; NaN where that does not apply
} merit_explain_candidate;

typedef struct merit_explanation merit_explanation;

/* Explains a run, which must outlive *out. Fails with ENOMEM only. The caller frees
 * *out. */
MERIT_API merit_status merit_explain(merit_explanation **out, const merit_run *run,
                                     merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_explanation_free(merit_explanation *explanation);

/* The verdict on the kept candidate, or on the run when there is none. */
MERIT_API merit_explain_verdict
merit_explanation_verdict(const merit_explanation *explanation);

/* How many findings there are, at least 1: the verdict first, what to do last. */
MERIT_API int64_t merit_explanation_n_findings(const merit_explanation *explanation);

/* Finding 0 <= index < n_findings. Borrowed. */
MERIT_API const merit_finding *
merit_explanation_finding(const merit_explanation *explanation, int64_t index);

/* How many losses were validated. */
MERIT_API int64_t merit_explanation_n_candidates(const merit_explanation *explanation);

/* Loss 0 <= index < n_candidates, in the order of the run. Borrowed. */
MERIT_API const merit_explain_candidate *
merit_explanation_candidate(const merit_explanation *explanation, int64_t index);

/* The one that was kept; NULL when there is none. Borrowed. */
MERIT_API const merit_explain_candidate *
merit_explanation_kept(const merit_explanation *explanation);

#ifdef __cplusplus
}
#endif

#endif
