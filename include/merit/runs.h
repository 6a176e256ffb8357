/* What trainings recorded: what the answers earned, epoch by epoch.
 *
 *     const char *paths[] = {"run1", "run2"};
 *     merit_runs *runs;
 *     merit_runs_load(&runs, paths, 2, &err);
 *     const merit_run *first = merit_runs_at(runs, 0);
 *     merit_runs_free(runs);
 */
#ifndef MERIT_RUNS_H
#define MERIT_RUNS_H

#include "merit/decide.h"
#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Held-out examples of one truth on which the model is so sure of the same wrong class
 * that the gradient of their expected score is gone. */
typedef struct merit_run_pair {
    int64_t truth, answer; // classes of the table
    int32_t is_trap;       // the expected score draws the model there
    double share;          // of all held-out examples
    double margin;         // median of z_answer - z_best, the best class for the truth
} merit_run_pair;

/* One validation; NaN or infinite where the file says so, and where a run is older than
 * what is asked for. */
typedef struct merit_run_row {
    int64_t candidate;   // which of the run's losses
    int64_t epoch, step; // from 1; of the run: those of earlier candidates count
    double epochs;       // the step, counted in epochs
    merit_rule rule;     // the one that earned most
    double training_loss, mean_score, accuracy, log_loss, temperature;
    double argmax_score, bayes_score, classes_answered, gradient_survival;
    double validation_loss; // mean of the loss that is trained
    double learning_rate;   // mean over the epoch
    double stuck_share;     // of held-out examples, as merit_run_pair tells
    double trap_share;      // of those in a pair that is a trap
    double stuck_margin;    // median over stuck examples; 0 without any
    double stuck_margin_95; // likewise, the 95th percentile
    double feature_size;    // mean squared length of what the last layer reads; 0 where
                            // that was not measured
    double effective_classes;    // exp(entropy of the mean posterior)
    double confidence;           // mean of the largest posterior
    const int64_t *given;        // [A] how often each answer was given; NULL: not known
    const merit_run_pair *pairs; // [n_pairs] the largest ones, descending
    int64_t n_pairs;
} merit_run_row;

/* One run directory. Everything in it lives as long as the merit_runs. */
typedef struct merit_run {
    const char *path;              // as given
    const char *name;              // what to call the run
    const char *loss;              // as configured, such as "auto"
    const char *scores;            // what the configuration says of the score table
    const char *const *candidates; // [n_candidates] the losses that were trained
    int64_t n_candidates;
    const merit_run_row *rows; // [n_rows] all validations as they came
    int64_t n_rows;
    const merit_run_row *line; // [n_line] those up to the end of the kept candidate,
                               // each of which goes on from the best before it
    int64_t n_line;
    const merit_run_row *kept; // of the model that was kept; NULL without rows
    int64_t n_epochs;          // that were asked for, of each candidate
    const char *optimizer;     // such as "sgd"; "" where the configuration does not say
    double learning_rate;      // as configured; NaN likewise
    double momentum;           // likewise
    const merit_scores *table; // the score table; NULL when it is not there
    int64_t n_classes;         // of the table; 0 when it is not there
    int64_t n_answers;         // likewise
    double seconds;            // spent so far; NaN when the log does not say
    double best_constant;      // mean score of the best constant answer on the
                               // held-out data; NaN when the log does not say
    double oracle_score;       // likewise, of the best answer to each truth
    const int64_t *truths;     // [n_classes] held-out examples of each; NULL likewise
    int32_t is_finished;       // the log tells its end
    int32_t has_diverged; // likewise, that it was given up as numbers were not finite
    int64_t n_retries;    // with smaller learning rates, for the same reason
    const char *given_up; // the last candidate given up for it; "" without any
} merit_run;

typedef struct merit_runs merit_runs;

/* Reads config.json, scores.tsv, metrics.tsv, answers.jsonl and log.jsonl of n_runs >=
 * 1 directories. A run without a validation yet has no rows. A run is called by its
 * loss, "auto" being "merit (auto)"; runs with the same loss by their paths. Fails with
 * EFORMAT (file, line, expected, found), EIO, ENOMEM, EINVAL. The caller frees *out. */
MERIT_API merit_status merit_runs_load(merit_runs **out, const char *const *paths,
                                       int64_t n_runs, merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_runs_free(merit_runs *runs);

/* The number of runs. */
MERIT_API int64_t merit_runs_count(const merit_runs *runs);

/* Run 0 <= run < n_runs. Borrowed. */
MERIT_API const merit_run *merit_runs_at(const merit_runs *runs, int64_t run);

/* Calls a run otherwise; the name is copied. */
MERIT_API merit_status merit_runs_rename(merit_runs *runs, int64_t run,
                                         const char *name, merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
