/* Telling a user what the file is that was given by mistake. */
#ifndef MERIT_DATA_LOOKS_LIKE_H
#define MERIT_DATA_LOOKS_LIKE_H

#include <stddef.h>

/* What a file that begins with these bytes looks like, as in "a PNG image"; NULL when
 * nothing comes to mind. Static storage. */
const char *merit__looks_like(const unsigned char *head, size_t n_bytes);

#endif
