#include "data/lines.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

enum { PART_BYTES = 65536, LINE_BYTES_MAX = 1 << 20 };

// Adds what the stream has to the buffer, behind what is left in it.
static merit_status fill(merit__lines *lines, merit_error *err)
{
    size_t n_left = lines->end - lines->at;
    size_t n_read = 0;
    void *buffer = lines->buffer;
    if (lines->at > 0) {
        memmove(lines->buffer, lines->buffer + lines->at, n_left);
        lines->at = 0;
        lines->end = n_left;
    }
    if (n_left > LINE_BYTES_MAX) {
        return merit__fail(
            err, MERIT_ENOMEM, "%s:%" PRId64 ": the line is longer than %d bytes",
            merit__stream_name(lines->stream), lines->number + 1, LINE_BYTES_MAX);
    }
    if (merit__grow_array(&buffer, &lines->n_capacity, n_left + PART_BYTES, 1) != 0) {
        return merit__fail_memory(err, n_left + PART_BYTES,
                                  merit__stream_name(lines->stream));
    }
    lines->buffer = buffer;
    merit_status status =
        merit__stream_read_some(lines->stream, lines->buffer + n_left,
                                lines->n_capacity - n_left, &n_read, err);
    lines->end += n_read;
    lines->is_ended = status == MERIT_OK && n_read == 0;
    return status;
}

static void skip_byte_order_mark(const char **text, size_t *n)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t n_mark = sizeof mark - 1;
    if (*n >= n_mark && memcmp(*text, mark, n_mark) == 0) {
        *text += n_mark;
        *n -= n_mark;
    }
}

merit_status merit__lines_next(merit__lines *lines, const char **text, size_t *n,
                               merit_error *err)
{
    size_t n_seen = 0;
    const char *newline = NULL;
    *text = NULL;
    *n = 0;
    while (newline == NULL) {
        size_t n_there = lines->end - lines->at;
        if (n_there > n_seen) {
            newline =
                memchr(lines->buffer + lines->at + n_seen, '\n', n_there - n_seen);
        }
        n_seen = n_there;
        if (newline == NULL && lines->is_ended) {
            break;
        }
        if (newline == NULL) {
            merit_status status = fill(lines, err);
            if (status != MERIT_OK) {
                return status;
            }
        }
    }
    if (newline == NULL && n_seen == 0) {
        return MERIT_OK;
    }
    *text = lines->buffer + lines->at;
    *n = newline != NULL ? (size_t)(newline - *text) : n_seen;
    lines->at += *n + (newline != NULL);
    if (*n > 0 && (*text)[*n - 1] == '\r') {
        (*n)--;
    }
    if (lines->number++ == 0) {
        skip_byte_order_mark(text, n);
    }
    return MERIT_OK;
}

char merit__separator_of(const char *text, size_t n)
{
    static const char separators[] = "\t;,";
    for (const char *s = separators; *s != '\0'; s++) {
        if (memchr(text, *s, n) != NULL) {
            return *s;
        }
    }
    return ' ';
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// The quote that ends a field which begins with one; NULL without. Two quotes stand for
// one inside.
static const char *find_closing_quote(const char *text, const char *end)
{
    const char *at = text + 1;
    while (at < end && (*at != '"' || (at + 1 < end && at[1] == '"'))) {
        at += *at == '"' ? 2 : 1;
    }
    return at < end ? at : NULL;
}

void merit__take_field(const char **text, const char *end, char separator,
                       const char **field, size_t *n)
{
    const char *from = *text;
    const char *closing = NULL;
    while (from < end && is_blank(*from) && *from != separator) {
        from++;
    }
    while (separator == ' ' && from < end && is_blank(*from)) {
        from++;
    }
    if (from < end && *from == '"') {
        closing = find_closing_quote(from, end);
    }
    const char *at = closing != NULL ? closing : from;
    if (separator == ' ') {
        while (at < end && !is_blank(*at)) {
            at++;
        }
    } else {
        at = memchr(at, separator, (size_t)(end - at));
        at = at != NULL ? at : end;
    }
    const char *to = at;
    while (to > from && is_blank(to[-1])) {
        to--;
    }
    if (closing != NULL && closing + 1 == to) {
        from++;
        to--;
    }
    *field = from;
    *n = (size_t)(to - from);
    while (separator == ' ' && at < end && is_blank(*at)) {
        at++; // blanks at the end are no field
    }
    *text = at == end ? NULL : separator == ' ' ? at : at + 1;
}
