/* UTF-8, just enough to know whether a name is text. */
#ifndef MERIT_BASE_UTF8_H
#define MERIT_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of the first character of a terminated string, 1 to 4, and its code point;
 * 0 when the bytes are not UTF-8 (overlong forms and surrogates are not). */
size_t merit__utf8_bytes(const char *text, uint32_t *point);

/* Whether all of a terminated string is UTF-8. */
int merit__is_utf8(const char *text);

#endif
