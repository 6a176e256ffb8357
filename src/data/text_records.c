#include "data/text_records.h"

#include "base/fail.h"

#include <inttypes.h>
#include <string.h>

static int is_blank_line(const char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) {
        n--;
    }
    return n == 0;
}

static void set_separator(merit__text_records *r, const char *text, size_t n)
{
    r->separator = merit__separator_of(text, n, r->lone, r->has_decimal_comma);
}

// The separator as far as the first bytes tell, to find the end of the first record by.
static merit_status guess_separator(merit__text_records *r, merit_error *err)
{
    const unsigned char *head = NULL;
    size_t n = 0;
    merit_status status =
        merit__stream_peek(r->lines.stream, MERIT__PEEK_BYTES, &head, &n, err);
    const char *at = (const char *)head;
    while (n > 0 && (*at == '#' || *at == '\n' || *at == '\r')) {
        const char *end = memchr(at, '\n', n);
        size_t n_line = end != NULL ? (size_t)(end - at) + 1 : n;
        at += n_line;
        n -= n_line;
    }
    set_separator(r, at, n);
    return status;
}

static merit_status check_text(const merit__text_records *r, const char *text, size_t n,
                               merit_error *err)
{
    const char *zero = memchr(text, '\0', n);
    if (zero != NULL) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%" PRId64 ": byte %zu of the line is 0, which no text "
                           "has",
                           r->name, r->lines.number, (size_t)(zero - text) + 1);
    }
    return MERIT_OK;
}

merit_status merit__text_records_next(merit__text_records *r, const char **text,
                                      size_t *n, merit_error *err)
{
    merit_status status = MERIT_OK;
    do {
        status = merit__lines_next_record(&r->lines, r->separator, text, n, err);
    } while (status == MERIT_OK && *text != NULL && is_blank_line(*text, *n));
    return status == MERIT_OK && *text != NULL ? check_text(r, *text, *n, err) : status;
}

// Whether a carriage return stands outside of quotes.
static int has_carriage_return(const char *text, size_t n)
{
    int is_quoted = 0, found = 0;
    for (size_t i = 0; i < n && !found; i++) {
        is_quoted ^= text[i] == '"';
        found = text[i] == '\r' && !is_quoted;
    }
    return found;
}

merit_status merit__text_records_first(merit__text_records *r, const char **text,
                                       size_t *n, merit_error *err)
{
    merit_status status = guess_separator(r, err);
    do {
        if (status == MERIT_OK) {
            status = merit__text_records_next(r, text, n, err);
        }
    } while (status == MERIT_OK && *text != NULL && (*text)[0] == '#');
    if (status != MERIT_OK || *text == NULL) {
        return status;
    }
    if (has_carriage_return(*text, *n)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%" PRId64 ": lines end in a carriage return alone, "
                           "expected a newline; convert them, such as with tr '\\r' "
                           "'\\n'",
                           r->name, r->lines.number);
    }
    set_separator(r, *text, *n);
    return MERIT_OK;
}
