/* What `merit info` says of texts that are neither score tables nor examples. */
#ifndef MERIT_CLI_INFO_TEXT_H
#define MERIT_CLI_INFO_TEXT_H

#include "merit/error.h"

/* Tells of what merit wrote itself: the answers of predict and decide. EUNSUPPORTED
 * names the other files of runs and comparisons. *is_own is 0, and nothing was told,
 * for any other text. */
merit_status merit__info_own_text(int *is_own, const char *path, int json,
                                  merit_error *err);

/* Tells of a text with a label to a line, perhaps with an id before it. *are_labels is
 * 0, and nothing was told, for any other text. */
merit_status merit__info_label_text(int *are_labels, const char *path, int json,
                                    merit_error *err);

/* Whether -s reads "groups:FILE" or "bins:FILE" without complaint. */
int merit__info_can_generate(const char *generator, const char *path);

/* Whether a line begins with what a column is called, as the rows of a score table do. */
int merit__info_has_rows_of_columns(const char *path);

#endif
