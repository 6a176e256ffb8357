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
    size_t limit = lines->limit_bytes > 0 ? lines->limit_bytes : LINE_BYTES_MAX;
    if (n_left > limit) {
        return merit__fail(
            err, MERIT_ENOMEM, "%s:%" PRId64 ": the line is longer than %zu bytes%s%s",
            merit__stream_name(lines->stream), lines->number + lines->n_inside + 1,
            limit, lines->hint != NULL ? "; " : "",
            lines->hint != NULL ? lines->hint : "");
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

static const char byte_order_mark[] = "\xef\xbb\xbf";

static void skip_byte_order_mark(const char **text, size_t *n)
{
    size_t n_mark = sizeof byte_order_mark - 1;
    if (*n >= n_mark && memcmp(*text, byte_order_mark, n_mark) == 0) {
        *text += n_mark;
        *n -= n_mark;
    }
}

// Hands out the n bytes at the beginning of what is left, and passes over them and the
// line end behind them, if there is one.
static void hand_out(merit__lines *lines, size_t n_bytes, int has_end,
                     const char **text, size_t *n)
{
    *text = lines->buffer + lines->at;
    *n = n_bytes;
    lines->at += n_bytes + (has_end != 0);
    if (*n > 0 && (*text)[*n - 1] == '\r') {
        (*n)--;
    }
    if (lines->number++ == 0) {
        skip_byte_order_mark(text, n);
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
    hand_out(lines,
             newline != NULL ? (size_t)(newline - lines->buffer) - lines->at : n_seen,
             newline != NULL, text, n);
    return MERIT_OK;
}

/* Where a byte stands in a record:
 *
 *     FIELD_START --"--> QUOTED --"--> QUOTE --"--> QUOTED   (two quotes: one)
 *          |                             |
 *          +--anything else--> PLAIN <---+--anything else
 *
 * A separator leads back to FIELD_START, a line end to the end, except from QUOTED. */
enum record_state { FIELD_START, PLAIN, QUOTED, QUOTE, RECORD_END };

static enum record_state step(enum record_state state, char c, char separator)
{
    if (state == QUOTED) {
        return c == '"' ? QUOTE : QUOTED;
    }
    if (c == '\n') {
        return RECORD_END;
    }
    if (c == separator) {
        return FIELD_START;
    }
    if (c == '"' && state != PLAIN) {
        return QUOTED;
    }
    return state == FIELD_START && (c == ' ' || c == '\t') ? FIELD_START : PLAIN;
}

/* One record in progress. */
typedef struct record {
    enum record_state state;
    size_t n_seen;     // bytes of it
    int64_t n_inside;  // line ends between quotes
    int64_t quoted_at; // how many of them before the last quote that opened
} record;

static void scan(record *r, const char *text, size_t n, char separator)
{
    while (r->n_seen < n && r->state != RECORD_END) {
        char c = text[r->n_seen++];
        enum record_state next = step(r->state, c, separator);
        if (next == QUOTED && r->state == FIELD_START) {
            r->quoted_at = r->n_inside;
        }
        r->n_inside += next == QUOTED && c == '\n';
        r->state = next;
    }
}

merit_status merit__lines_next_record(merit__lines *lines, char separator,
                                      const char **text, size_t *n, merit_error *err)
{
    record r = {.state = FIELD_START};
    *text = NULL;
    *n = 0;
    lines->number += lines->n_inside;
    lines->n_inside = 0;
    for (;;) {
        if (lines->end > lines->at) {
            const char *from = lines->buffer + lines->at;
            size_t n_there = lines->end - lines->at;
            // The mark would hide the quote behind it.
            r.n_seen += r.n_seen == 0 && lines->number == 0 && n_there >= 3 &&
                                memcmp(from, byte_order_mark, 3) == 0
                            ? 3
                            : 0;
            scan(&r, from, n_there, separator);
        }
        if (r.state == RECORD_END || lines->is_ended) {
            break;
        }
        merit_status status = fill(lines, err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    if (r.state == QUOTED) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%" PRId64 ": a quote opens here and is never closed",
                           merit__stream_name(lines->stream),
                           lines->number + 1 + r.quoted_at);
    }
    if (r.n_seen > 0) {
        int has_end = r.state == RECORD_END;
        hand_out(lines, r.n_seen - (size_t)has_end, has_end, text, n);
        lines->n_inside = r.n_inside;
    }
    return MERIT_OK;
}

// Whether a quote behind this byte begins a field, or is the second of two; 0xbf is the
// end of a byte order mark. Inches begin none.
static int can_open(char before)
{
    static const char bytes[] = "\t;, \"\xbf";
    return memchr(bytes, before, sizeof bytes - 1) != NULL;
}

char merit__separator_of(const char *text, size_t n, char lone, int has_decimal_comma)
{
    int is_quoted = 0, has_semicolon = 0, has_comma = 0;
    for (size_t i = 0; i < n && (text[i] != '\n' || is_quoted); i++) {
        if (text[i] == '"') {
            is_quoted = !is_quoted && (i == 0 || can_open(text[i - 1]));
        }
        if (text[i] == '\t' && !is_quoted) {
            return '\t';
        }
        has_semicolon |= text[i] == ';' && !is_quoted;
        has_comma |= text[i] == ',' && !is_quoted;
    }
    return has_semicolon ? ';' : has_comma && !has_decimal_comma ? ',' : lone;
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
