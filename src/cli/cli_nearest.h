/* The nearest of some names, for "did you mean". */
#ifndef MERIT_CLI_NEAREST_H
#define MERIT_CLI_NEAREST_H

#include <stddef.h>

/* The name with the fewest letters to change into `word`, or NULL when none is near
 * enough to be meant. */
const char *merit__nearest(const char *word, const char *const *names, size_t n);

#endif
