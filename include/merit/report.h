/* What trainings recorded: what the answers earned, epoch by epoch.
 *
 *     const char *paths[] = {"run1", "run2"};
 *     merit_curves *curves;
 *     merit_curves_load(&curves, paths, 2, &err);
 *     merit_curves_svg(curves, &picture, &n_bytes, &err);
 *     merit_text_free(picture);
 *     merit_curves_free(curves);
 */
#ifndef MERIT_REPORT_H
#define MERIT_REPORT_H

#include "merit/decide.h"
#include "merit/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One validation; NaN or infinite where the file says so. */
typedef struct merit_curve_row {
    int64_t candidate;   // which of the run's losses
    int64_t epoch, step; // from 1
    double epochs;       // the step, counted in epochs
    merit_rule rule;     // the one that earned most
    double training_loss, mean_score, accuracy, log_loss, temperature;
    double argmax_score, bayes_score, classes_answered, gradient_survival;
} merit_curve_row;

/* One run directory. Everything in it lives as long as the merit_curves. */
typedef struct merit_curve_run {
    const char *path;              // as given
    const char *name;              // what to call the run
    const char *loss;              // as configured, such as "auto"
    const char *scores;            // what the configuration says of the score table
    const char *const *candidates; // [n_candidates] the losses that were trained
    int64_t n_candidates;
    const merit_curve_row *rows; // [n_rows] all validations, one candidate's together
    int64_t n_rows;
    const merit_curve_row *line; // [n_line] those of the kept candidate
    int64_t n_line;
    const merit_curve_row *kept; // of the model that was kept; NULL without rows
    int64_t n_epochs;            // that were asked for
    int64_t n_classes;           // of the score table; 0 when it is not there
    int64_t n_answers;           // likewise
    double seconds;              // spent so far; NaN when the log does not say
    double best_constant;        // mean score of the best constant answer on the
                                 // held-out data; NaN when the log does not say
} merit_curve_run;

typedef struct merit_curves merit_curves;

/* Reads config.json, scores.tsv, metrics.tsv and log.jsonl of n_runs >= 1 directories.
 * A run without a validation yet has no rows. A run is called by its loss, "auto" being
 * "merit (auto)"; runs with the same loss by their paths. Fails with EFORMAT (file,
 * line, expected, found), EIO, ENOMEM, EINVAL. The caller frees *out. */
MERIT_API merit_status merit_curves_load(merit_curves **out, const char *const *paths,
                                         int64_t n_runs, merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_curves_free(merit_curves *curves);

/* The number of runs. */
MERIT_API int64_t merit_curves_n_runs(const merit_curves *curves);

/* Run 0 <= run < n_runs. Borrowed. */
MERIT_API const merit_curve_run *merit_curves_run(const merit_curves *curves,
                                                  int64_t run);

/* Calls a run otherwise; the name is copied. */
MERIT_API merit_status merit_curves_rename(merit_curves *curves, int64_t run,
                                           const char *name, merit_error *err);

/* Draws mean score against epochs: an SVG of 720 x 420, static, for light and dark
 * pages. The line of each run's kept candidate is strong, others are thin; each line
 * is labelled where it ends. Stores the text and its length without the terminating 0;
 * the caller frees *text with merit_text_free. EINVAL for more than 16 runs. */
MERIT_API merit_status merit_curves_svg(const merit_curves *curves, char **text,
                                        size_t *n_bytes, merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
