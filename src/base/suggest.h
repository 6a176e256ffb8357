/* The nearest of some names, for "did you mean". */
#ifndef MERIT_BASE_SUGGEST_H
#define MERIT_BASE_SUGGEST_H

#include <stddef.h>

/* The name nearest to `word` by edit distance, '_' and '-' alike, or NULL when none is
 * near enough to be meant. name(context, i) gives name i < n. */
const char *merit__suggest(const char *word, const char *(*name)(const void *, size_t),
                           const void *context, size_t n);

#endif
