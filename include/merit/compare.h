/* Which loss earns the most: the same data, table and options, several losses and
 * seeds.
 *
 *     const char *losses[] = {"auto", "cross-entropy:60%,expected-score"};
 *     merit_compare_options options = {.losses = losses, .n_losses = 2, .n_seeds = 3};
 *     merit_comparison *comparison;
 *     merit_compare(&comparison, "comparison", data, scores, &options, &err);
 *     puts(merit_comparison_facts(comparison)->verdict);
 *     merit_comparison_free(comparison);
 *
 * What is measured. Every run has its model, temperature and decision rule chosen by
 * its own validation examples; what is compared is what it earns on test examples that
 * no run has seen, the same ones for all, under the rule that its model stores.
 *
 * How sure that is. What a loss earns differs from seed to seed and from example to
 * example. Both count, as crossed random effects: the variance of a mean over S seeds
 * and N examples is taken as v = var(means of the seeds) / S + var(means of the
 * examples) / N, which errs on the large side by the part that belongs to both, and has
 * v^2 / (v_S^2 / (S - 1) + v_N^2 / (N - 1)) degrees of freedom (Satterthwaite 1946);
 * intervals and tests are Student's. With three seeds that differ more than the
 * examples do, that is an interval of about 4.3 standard errors: three seeds are few.
 * With one seed the examples alone count, and nothing is known of other seeds.
 *
 * Pairs of losses are compared on the seeds that both have, example by example. All
 * L (L - 1) / 2 pairs are tested and their p-values raised by Holm's method (1979), so
 * that it does no harm to look at many losses and to pick the best afterwards. */
#ifndef MERIT_COMPARE_H
#define MERIT_COMPARE_H

#include "merit/data.h"
#include "merit/decide.h"
#include "merit/error.h"
#include "merit/metrics.h"
#include "merit/scores.h"
#include "merit/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How far a run, or the runs of a loss, have come. */
typedef enum merit_compare_state {
    MERIT_COMPARE_WAITING = 0,  // not trained to the end yet
    MERIT_COMPARE_DONE = 1,     // trained and measured
    MERIT_COMPARE_DIVERGED = 2, // training gave up
    MERIT_COMPARE_REFUSED = 3   // the table forbids this loss
} merit_compare_state;

/* One training. Numbers are NaN where they are not known. */
typedef struct merit_compare_run {
    const char *name; // of its run directory below the comparison's
    uint64_t seed;
    merit_compare_state state;
    const char *message;   // why it diverged or was refused; "" otherwise
    const char *candidate; // the loss that was kept; differs from the loss for auto
    merit_rule rule;       // that the model stores and that is measured
    double temperature;
    merit_metrics metrics; // on the test examples
    const double *earned;  // [n_test] what each test example earned; NULL unless DONE
    double validated;      // mean score on the run's own validation examples
    int64_t n_steps;       // of the whole training, all candidates together
    double seconds;        // likewise
    int64_t steps_to;      // until the validated score first came 95 % of the way from
                           // the best constant answer to the best score that any loss
                           // reached with this seed; -1: never
    double seconds_to;     // likewise; NaN: never
} merit_compare_run;

/* One loss. Means are over its runs that are DONE. */
typedef struct merit_compare_loss {
    const char *loss;              // spec, as given
    merit_compare_state state;     // DONE when at least one run is
    const char *message;           // of the first run that has one; "" otherwise
    const merit_compare_run *runs; // [n_runs] in the order of the seeds
    int64_t n_runs;
    int64_t n_done;
    merit_interval score; // mean score and its 95 % interval
    double seed_spread;   // standard deviation of the seeds' mean scores; NaN for one
    double normalized_score, accuracy, log_loss, ece, claimed_score, regret;
    merit_interval behind; // how much more the best loss earns, and its 95 % interval
                           // (not raised for the number of losses); 0 for the best
    double p;              // of that difference, two-sided; 1 for the best
    double p_holm;         // likewise, raised for the number of pairs
    int32_t is_best;       // the highest mean score
    int32_t is_level;      // the best, or p_holm >= 0.05: no worse than by chance
    int64_t n_reached;     // runs that came 95 % of the way
    double steps_to;       // mean over those; NaN when there are none
    double seconds_to;     // likewise
    double seconds;        // mean of a whole training
} merit_compare_loss;

/* What the losses have in common. */
typedef struct merit_compare_facts {
    int64_t n_losses, n_done; // losses; those with a run that is DONE
    int64_t n_runs;           // that are known of
    int64_t n_runs_over;      // of them, DONE, DIVERGED or REFUSED
    const uint64_t *seeds;    // [n_seeds]
    int64_t n_seeds;
    int64_t n_test;             // test examples
    int64_t n_pairs;            // that were tested
    double best_constant_score; // on the test examples
    double oracle_score;        // likewise
    const char *verdict;        // who wins, in a sentence, or that nobody does
} merit_compare_facts;

#ifdef __cplusplus
}
#endif

#endif
