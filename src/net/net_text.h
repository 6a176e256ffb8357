/* Text that grows while it is written. */
#ifndef MERIT_NET_NET_TEXT_H
#define MERIT_NET_NET_TEXT_H

#include <stddef.h>

/* Zero is an empty text. */
typedef struct merit__net_text {
    char *bytes; // terminated once something was added; merit__free
    size_t n;    // without the terminating 0
    size_t capacity;
} merit__net_text;

/* Appends as printf does. Returns 0, or -1 without memory and nothing appended. */
int merit__net_text_add(merit__net_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
