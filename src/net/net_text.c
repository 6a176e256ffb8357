#include "net/net_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

/* Makes room for n more bytes and the terminating 0. */
static int reserve(merit__net_text *text, size_t n)
{
    void *bytes = text->bytes;
    int result = merit__grow_array(&bytes, &text->capacity, text->n + n + 1, 1);
    text->bytes = bytes;
    return result;
}

int merit__net_text_add(merit__net_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n < 0 || reserve(text, (size_t)n) != 0) {
        return -1;
    }
    va_start(arguments, format);
    vsnprintf(text->bytes + text->n, (size_t)n + 1, format, arguments);
    va_end(arguments);
    text->n += (size_t)n;
    return 0;
}
