/* Pictures and pages of what trainings recorded.
 *
 *     merit_curves_svg(runs, &picture, &n_bytes, &err);
 *     merit_text_free(picture);
 */
#ifndef MERIT_REPORT_H
#define MERIT_REPORT_H

#include "merit/error.h"
#include "merit/runs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Draws mean score against epochs: an SVG of 720 x 420, static, for light and dark
 * pages. The line of each run's kept candidate is strong, others are thin; each line
 * is labelled where it ends. Stores the text and its length without the terminating 0;
 * the caller frees *text with merit_text_free. EINVAL for more than 16 runs. */
MERIT_API merit_status merit_curves_svg(const merit_runs *runs, char **text,
                                        size_t *n_bytes, merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
