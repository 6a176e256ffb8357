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
 * The loss that earns most is compared with each of the others on the seeds that both
 * have, example by example, and the p-values are raised by Holm's method (1979) for
 * these L - 1 comparisons: multiple comparisons with the best (Hsu 1981). However many
 * losses are looked at, the one that is truly best is said to be behind another in less
 * than 5 % of comparisons; of several that are equally good one may be, more often. */
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
    double seconds_to;     // that share of `seconds`; NaN: never
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
                           // (for this pair alone); 0 for the best; without a common
                           // seed the difference of the means, the interval NaN
    double p;              // of that difference, two-sided; 1 for the best
    double p_holm;         // likewise, raised for the number of losses
    int32_t is_best;       // the highest mean score
    int32_t is_level;      // the best; or p_holm >= 0.05, and the mean score is 95 % of
                           // the way from the best constant answer to the best loss
    int32_t is_unsure;     // p_holm >= 0.05, but the mean score is less than that: its
                           // seeds differ too much to prove it
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
    double best_constant_score; // on the test examples
    double oracle_score;        // likewise
    const char *verdict;        // who wins, in a sentence, or that nobody does
} merit_compare_facts;

/* What a comparison tells about while it trains. */
typedef enum merit_compare_event_kind {
    MERIT_COMPARE_RUN_STARTED = 1,
    MERIT_COMPARE_RUN_TRAINING = 2, // training: what merit_train tells
    MERIT_COMPARE_RUN_ENDED = 3     // state, message and score
} merit_compare_event_kind;

typedef struct merit_compare_event {
    merit_compare_event_kind kind;
    int64_t run, n_runs; // from 1; of those asked for, with those that were over before
    const char *loss;
    uint64_t seed;
    const merit_train_event *training; // NULL otherwise
    merit_compare_state state;
    const char *message; // "" unless it diverged
    double score;        // mean, on the test examples; NaN where unknown
    double seconds_left; // of all runs; NaN before that can be guessed
} merit_compare_event;

/* Zero is the default of every field. Everything is borrowed for the call. */
typedef struct merit_compare_options {
    merit_train_options train;      // of every run; its loss, seed, resume, check,
                                    // report and payload are not looked at
    const char *const *losses;      // [n_losses >= 1] specs, stage lists, "auto"
    const uint64_t *seeds;          // [n_seeds] > 0; NULL: 1, 2, ... n_seeds
    int64_t n_losses, n_seeds;      // seeds: default 3
    const merit_dataset *test_data; // what is measured on; NULL: a share of the data
    double test;                    // that share, default 0.2; held out of all runs,
                                    // the same examples for every loss and seed
    void (*report)(const merit_compare_event *event, void *payload); // NULL: silence
    void *payload;
} merit_compare_options;

typedef struct merit_comparison merit_comparison;

/* Trains every loss with every seed, each into a run directory of its own below
 * `directory`, measures, and writes comparison.tsv anew after each run. What is there
 * already is taken as it is: the same call goes on where it was interrupted, and one
 * with more losses or seeds extends the comparison. A loss that diverges, or that the
 * table forbids, is told in its row and does not stop the others.
 *
 *     comparison.json   data, options, losses, seeds
 *     comparison.tsv    a row per loss, the best first
 *     NAME-seed-N/      a run directory as of merit_train, and test.json: what its
 *                       best.safetensors earns on each test example
 *
 * Fails, before anything is trained, with EINVAL (an unknown loss, options, a directory
 * with other files, test examples that are the training data), EFORMAT (data and table
 * do not fit), EMODEL (the directory is that of other data, another table or other
 * options), EBUSY (another process has it); later with ESTOPPED, EIO, ENOMEM. The
 * caller frees *out; NULL on failure. */
MERIT_API merit_status merit_compare(merit_comparison **out, const char *directory,
                                     const merit_dataset *data,
                                     const merit_scores *scores,
                                     const merit_compare_options *options,
                                     merit_error *err);

/* Reads what is there; nothing is trained or measured. EMODEL when the directory is
 * none of a comparison, EFORMAT (file, expected, found), EIO, ENOMEM. */
MERIT_API merit_status merit_comparison_load(merit_comparison **out,
                                             const char *directory, merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_comparison_free(merit_comparison *comparison);

/* What its losses have in common. Borrowed. */
MERIT_API const merit_compare_facts *
merit_comparison_facts(const merit_comparison *comparison);

/* Loss 0 <= rank < facts.n_losses: by mean score, the best first, then those that are
 * not DONE. Borrowed. */
MERIT_API const merit_compare_loss *
merit_comparison_loss(const merit_comparison *comparison, int64_t rank);

#ifdef __cplusplus
}
#endif

#endif
