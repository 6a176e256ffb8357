/* Pictures and pages of what trainings recorded.
 *
 *     merit_curves_svg(runs, &picture, &n_bytes, &err);
 *     merit_text_free(picture);
 */
#ifndef MERIT_REPORT_H
#define MERIT_REPORT_H

#include "merit/error.h"
#include "merit/runs.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Draws mean score against epochs: an SVG of 720 x 420, static, for light and dark
 * pages. The line of each run's kept candidate is strong, others are thin; each line
 * is labelled where it ends. Stores the text and its length without the terminating 0;
 * the caller frees *text with merit_text_free. EINVAL for more than 16 runs. */
MERIT_API merit_status merit_curves_svg(const merit_runs *runs, char **text,
                                        size_t *n_bytes, merit_error *err);

/* Draws a score table: a field of colour for each truth and answer, the number in it
 * where it has room, the best answer to each truth outlined; for tables of more than
 * 128 rows or columns a field is the mean of several scores. Static, for light and dark
 * pages, its size that of the table. ENOMEM; the caller frees *text with
 * merit_text_free. */
MERIT_API merit_status merit_scores_svg(const merit_scores *scores, char **text,
                                        size_t *n_bytes, merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
