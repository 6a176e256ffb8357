/* Pictures and pages of what trainings recorded.
 *
 *     merit_curves_svg(runs, &picture, &n_bytes, &err);
 *     merit_text_free(picture);
 */
#ifndef MERIT_REPORT_H
#define MERIT_REPORT_H

#include "merit/data.h"
#include "merit/decide.h"
#include "merit/error.h"
#include "merit/runs.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Draws mean score against epochs: an SVG of 720 x 420, static, for light and dark
 * pages. The line of each run up to its kept candidate is strong, those of candidates
 * that went on from there and earned no more are thin; each is labelled where it ends.
 * Stores the text and its length without the terminating 0; the caller frees *text with
 * merit_text_free. EINVAL for more than 16 runs. */
MERIT_API merit_status merit_curves_svg(const merit_runs *runs, char **text,
                                        size_t *n_bytes, merit_error *err);

/* Draws a score table: a field of colour for each truth and answer, the number in it
 * where it has room, the best answer to each truth outlined; for tables of more than
 * 128 rows or columns a field is the mean of several scores. Static, for light and dark
 * pages, its size that of the table. ENOMEM; the caller frees *text with
 * merit_text_free. */
MERIT_API merit_status merit_scores_svg(const merit_scores *scores, char **text,
                                        size_t *n_bytes, merit_error *err);

/* What goes into a page. Zero is the default of every field. */
typedef struct merit_report_options {
    const merit_dataset *data; // labelled examples for the model to answer, borrowed;
                               // NULL: the page has what needs none
    merit_rule rule;           // to answer by; AUTO: the one stored with the model
    int64_t n_threads;         // 0: all processors; the page is the same for any number
    int32_t no_pictures;       // non-zero: no example is shown, only counted
} merit_report_options;

/* Makes a page of a run directory: HTML that needs nothing but itself, no script and no
 * network, for phones, dark screens and paper. First what was earned, then, where there
 * are examples, what cost it, the costliest mistakes and whether the claims hold; then
 * how it learned, its score table and how it was made. options may be NULL. Fails as
 * merit_runs_load and merit_model_load do, with EFORMAT for examples that do not fit,
 * EMODEL when there is no model yet to answer them, and ENOMEM. The caller frees *text
 * with merit_text_free. */
MERIT_API merit_status merit_report_run(char **text, size_t *n_bytes, const char *run,
                                        const merit_report_options *options,
                                        merit_error *err);

/* Makes such a page of a comparison's directory (merit/compare.h): who wins, what each
 * loss earned and how sure that is, learning curves of the best, the score table. Fails
 * as merit_comparison_load and merit_runs_load do. The caller frees *text with
 * merit_text_free. */
MERIT_API merit_status merit_report_comparison(char **text, size_t *n_bytes,
                                               const char *directory, merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
