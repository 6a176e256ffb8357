/* Several losses in one word of the command line. */
#ifndef MERIT_CLI_LOSS_LIST_H
#define MERIT_CLI_LOSS_LIST_H

#include "merit/error.h"

enum { MERIT__MAX_LOSSES = 256, MERIT__LOSS_BYTES = 192 };

typedef struct merit__loss_list {
    char losses[MERIT__MAX_LOSSES][MERIT__LOSS_BYTES];
    int64_t n;
} merit__loss_list;

/* Adds what `text` lists. Commas separate losses and, within one loss, its stages: a
 * part with a share, as in `cross-entropy:60%,expected-score`, goes on with the next
 * part, until the shares are 100 % or a part has none. Where the text has semicolons,
 * those alone separate losses. Neither counts within parentheses. `all` is every loss
 * of the catalogue, and auto. What is there already is not added again. EINVAL: nothing
 * between two separators, too many, too long. */
merit_status merit__loss_list_add(merit__loss_list *list, const char *text,
                                  merit_error *err);

#endif
