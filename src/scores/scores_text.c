#include "scores/scores_text.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

#include <string.h>

static int begins_with(const char *bytes, size_t n, const char *start, size_t n_start)
{
    return n >= n_start && memcmp(bytes, start, n_start) == 0;
}

static int64_t line_of(const char *bytes, const char *at)
{
    int64_t line = 1;
    for (; bytes < at; bytes++) {
        line += *bytes == '\n';
    }
    return line;
}

// Refuses other encodings by name.
static merit_status check_encoding(const merit__text *text, const char *bytes, size_t n,
                                   merit_error *err)
{
    if (begins_with(bytes, n, "\xff\xfe", 2) || begins_with(bytes, n, "\xfe\xff", 2)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: expected UTF-8 text, found UTF-16; save it as UTF-8",
                           text->origin);
    }
    if (begins_with(bytes, n, "\x1f\x8b", 2)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: expected text, found gzip; run gunzip first",
                           text->origin);
    }
    const char *zero = n == 0 ? NULL : memchr(bytes, '\0', n);
    if (zero != NULL) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: expected text, found a 0 byte (NUL)", text->origin,
                           (long long)line_of(bytes, zero));
    }
    if (n > 0 && memchr(bytes, '\n', n) == NULL && memchr(bytes, '\r', n - 1) != NULL) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s: expected lines that end with a line feed, found carriage "
            "returns alone; convert them, as by tr '\\r' '\\n'",
            text->origin);
    }
    return MERIT_OK;
}

merit_status merit__text_open(merit__text *text, const char *bytes, size_t n,
                              const char *origin, merit_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    *text = (merit__text){.line = 1, .delimiter = ' '};
    merit__printable_path(text->origin, sizeof text->origin, origin);
    merit_status status = check_encoding(text, bytes, n, err);
    if (begins_with(bytes, n, mark, sizeof mark - 1)) {
        bytes += sizeof mark - 1;
        n -= sizeof mark - 1;
    }
    text->at = bytes;
    text->end = bytes + n;
    return status;
}

void merit__text_close(merit__text *text)
{
    merit__free(text->unquoted);
    text->unquoted = NULL;
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

// The bytes of the line end at `at`; -1 when a line goes on there. The end of the
// text ends a line too.
static int line_end_bytes(const merit__text *text)
{
    if (text->at == text->end) {
        return 0;
    }
    if (text->at[0] == '\n') {
        return 1;
    }
    if (text->at[0] == '\r') {
        if (text->at + 1 == text->end) {
            return 1;
        }
        return text->at[1] == '\n' ? 2 : -1;
    }
    return -1;
}

static void skip_blanks(merit__text *text)
{
    while (text->at < text->end && is_blank(*text->at)) {
        text->at++;
    }
}

static merit_status check_length(const merit__text *text, const char *line_start,
                                 merit_error *err)
{
    if (text->at - line_start > MERIT__TEXT_MAX_LINE_BYTES) {
        return merit__fail(
            err, MERIT_ENOMEM, "%s:%lld: line is longer than the limit of %d bytes",
            text->origin, (long long)text->record_line, MERIT__TEXT_MAX_LINE_BYTES);
    }
    return MERIT_OK;
}

// Whether the line at `at` is a comment; moves over spaces.
static int is_comment(merit__text *text)
{
    while (text->at < text->end && *text->at == ' ') {
        text->at++;
    }
    return text->at < text->end && *text->at == '#';
}

merit_status merit__text_next_record(merit__text *text, int *found, merit_error *err)
{
    merit_status status = MERIT_OK;
    *found = 0;
    while (text->at < text->end) {
        text->record = text->at;
        text->record_line = text->line;
        int comment = is_comment(text);
        if (comment) {
            const char *next = memchr(text->at, '\n', (size_t)(text->end - text->at));
            text->at = next == NULL ? text->end : next;
        } else {
            skip_blanks(text);
        }
        MERIT_TRY(check_length(text, text->record, err));
        int n_end = line_end_bytes(text);
        if (n_end < 0) {
            merit__text_seek(text, text->record, text->record_line);
            *found = 1;
            break;
        }
        text->at += n_end;
        text->line++;
    }

fail:
    return status;
}

void merit__text_seek(merit__text *text, const char *record, int64_t line)
{
    text->at = record;
    text->record = record;
    text->line = line;
    text->record_line = line;
    text->in_record = 1;
}

void merit__text_detect_delimiter(merit__text *text)
{
    const char *by_rank = text->has_decimal_comma ? "\t;" : "\t;,";
    int quoted = 0;
    size_t best = strlen(by_rank);
    for (const char *at = text->record; at < text->end; at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && *at == '\n') {
            break;
        } else if (!quoted) {
            for (size_t rank = 0; rank < best; rank++) {
                if (*at == by_rank[rank]) {
                    best = rank;
                }
            }
        }
    }
    text->delimiter = by_rank[best] == '\0' ? ' ' : by_rank[best];
}

int merit__text_number(merit__text *text, merit__field field, double *out)
{
    int has_comma = text->has_decimal_comma && field.n > 0 &&
                    memchr(field.bytes, ',', field.n) != NULL;
    int has_point = field.n > 0 && memchr(field.bytes, '.', field.n) != NULL;
    if (merit__parse_decimal(field.bytes, field.n, has_comma, out) != 0 ||
        (has_comma && text->point_line > 0) || (has_point && text->comma_line > 0)) {
        return -1;
    }
    if (has_comma && text->comma_line == 0) {
        text->comma_line = field.line;
    }
    if (has_point && text->point_line == 0) {
        text->point_line = field.line;
    }
    return 0;
}

const char *merit__text_number_hint(const merit__text *text, merit__field field)
{
    double ignored = 0;
    if (!text->has_decimal_comma) {
        return merit__has_decimal_comma(field.bytes, field.n) ? "; " MERIT__DECIMAL_HINT
                                                              : "";
    }
    return merit__parse_decimal(field.bytes, field.n, 0, &ignored) == 0 ||
                   merit__has_decimal_comma(field.bytes, field.n)
               ? "; other numbers before it are written the other way, 1,5 or 1.5"
               : "";
}

const char *merit__text_delimiter_name(const merit__text *text)
{
    switch (text->delimiter) {
    case '\t':
        return "tabs";
    case ',':
        return "commas";
    case ';':
        return "semicolons";
    default:
        return "spaces";
    }
}

static int is_delimiter(const merit__text *text, char byte)
{
    return text->delimiter == ' ' ? is_blank(byte) : byte == text->delimiter;
}

static merit_status fail_carriage_return(const merit__text *text, merit_error *err)
{
    return merit__fail(err, MERIT_EFORMAT,
                       "%s:%lld: carriage return within a line; expected line feeds or "
                       "carriage return and line feed between lines",
                       text->origin, (long long)text->line);
}

static merit_status read_plain(merit__text *text, merit__field *field, merit_error *err)
{
    field->bytes = text->at;
    while (text->at < text->end && !is_delimiter(text, *text->at) &&
           *text->at != '\n' && *text->at != '\r') {
        text->at++;
    }
    field->n = (size_t)(text->at - field->bytes);
    if (text->at < text->end && *text->at == '\r' && line_end_bytes(text) < 0) {
        return fail_carriage_return(text, err);
    }
    return MERIT_OK;
}

// The field at an opening quote, copied without its quotes.
static merit_status read_quoted(merit__text *text, merit__field *field,
                                merit_error *err)
{
    size_t n = 0;
    for (text->at++; text->at < text->end && n < MERIT__TEXT_MAX_FIELD_BYTES;
         text->at++) {
        if (*text->at == '"') {
            int doubled = text->at + 1 < text->end && text->at[1] == '"';
            if (!doubled) {
                text->at++;
                field->bytes = text->unquoted;
                field->n = n;
                return MERIT_OK;
            }
            text->at++;
        }
        text->line += *text->at == '\n';
        if (merit__grow_array((void **)&text->unquoted, &text->unquoted_capacity, n + 1,
                              1) != 0) {
            return merit__fail_memory(err, n + 1, text->origin);
        }
        text->unquoted[n++] = *text->at;
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s:%lld: the quote that opens in this line is not closed",
                       text->origin, (long long)field->line);
}

merit_status merit__text_next_field(merit__text *text, merit__field *field, int *found,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    *field = (merit__field){.line = text->line};
    *found = text->in_record;
    if (!text->in_record) {
        return MERIT_OK;
    }
    if (text->delimiter == ' ') {
        skip_blanks(text);
    }
    int quoted = text->at < text->end && *text->at == '"';
    if (quoted) {
        MERIT_TRY(read_quoted(text, field, err));
    } else {
        MERIT_TRY(read_plain(text, field, err));
    }
    MERIT_TRY(check_length(text, text->record, err));
    if (line_end_bytes(text) < 0 && !is_delimiter(text, *text->at)) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: text after a closing quote; a quote within quotes is doubled",
            text->origin, (long long)text->line);
    }
    if (text->delimiter == ' ') {
        skip_blanks(text);
    } else if (line_end_bytes(text) < 0) {
        text->at++;
        return MERIT_OK;
    }
    int n_end = line_end_bytes(text);
    if (n_end >= 0) {
        text->at += n_end;
        text->line++;
        text->in_record = 0;
    }

fail:
    return status;
}
