#include "data/table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "data/lines.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 48, COLUMNS_MAX = 1 << 24 };

/* The numbers that are not 0: those of row i are entries start[i] .. start[i + 1]. */
typedef struct reading {
    merit__table *table;
    const merit__table_wish *wish;
    merit__lines lines;
    int32_t *column; // from 0
    float *value;
    size_t *start;
    size_t n, column_room, value_room, start_room;
    int32_t n_columns; // the largest index so far
    merit_error *err;
} reading;

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// The next word of a line without its comment; 0 bytes after the last one.
static const char *next_word(const char **at, const char *end, size_t *n)
{
    while (*at < end && is_blank(**at)) {
        (*at)++;
    }
    const char *word = *at;
    while (*at < end && !is_blank(**at)) {
        (*at)++;
    }
    *n = (size_t)(*at - word);
    return word;
}

static const char *end_of(const char *text, size_t n)
{
    const char *comment = memchr(text, '#', n);
    return comment != NULL ? comment : text + n;
}

// Whether a word is digits, a colon, and a number.
static int is_pair(const char *word, size_t n)
{
    const char *colon = memchr(word, ':', n);
    double value = 0;
    int64_t index = 0;
    size_t n_index = colon != NULL ? (size_t)(colon - word) : 0;
    return colon != NULL &&
           merit__parse_integer(word, n_index, 0, INT64_MAX, &index) == 0 &&
           merit__parse_double(colon + 1, n - n_index - 1, &value) == 0;
}

// "qid:7" of lists to be ranked: told as such, not taken for a column.
static int is_query(const char *word, size_t n)
{
    return n > 4 && memcmp(word, "qid:", 4) == 0;
}

int merit__libsvm_probe(const unsigned char *head, size_t n_bytes)
{
    const char *at = (const char *)head, *end = at + n_bytes;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        int is_cut = line_end == NULL && n_bytes == MERIT__PEEK_BYTES;
        line_end = line_end == NULL ? end : line_end;
        size_t n_line = (size_t)(line_end - at), n_first = 0, n_second = 0;
        n_line -= n_line > 0 && at[n_line - 1] == '\r';
        const char *stop = end_of(at, n_line);
        const char *first = next_word(&at, stop, &n_first);
        const char *second = next_word(&at, stop, &n_second);
        is_cut = is_cut && at == stop;
        if (n_first > 0 && !is_cut && n_second > 0) {
            return (is_pair(first, n_first) || memchr(first, ':', n_first) == NULL) &&
                   (is_pair(second, n_second) || is_query(second, n_second));
        }
        at = line_end + 1;
    }
    return 0;
}

static merit_status refuse(const reading *r, const char *word, size_t n,
                           const char *what)
{
    char part[SHOWN_BYTES], shown[2 * SHOWN_BYTES];
    snprintf(part, sizeof part, "%.*s", n < SHOWN_BYTES ? (int)n : SHOWN_BYTES - 1,
             word);
    return merit__fail(r->err, MERIT_EFORMAT, "%s:%" PRId64 ": \"%s\": %s",
                       r->wish->name, r->lines.number,
                       merit__printable(shown, sizeof shown, part), what);
}

static merit_status add_entry(reading *r, int32_t column, float value)
{
    void *columns = r->column, *values = r->value;
    int failed =
        merit__grow_array(&columns, &r->column_room, r->n + 1, sizeof *r->column) != 0;
    r->column = columns;
    failed = failed || merit__grow_array(&values, &r->value_room, r->n + 1,
                                         sizeof *r->value) != 0;
    r->value = values;
    if (failed) {
        return merit__fail_memory(r->err, (r->n + 1) * sizeof *r->value, r->wish->name);
    }
    r->column[r->n] = column;
    r->value[r->n++] = value;
    return MERIT_OK;
}

static merit_status take_pair(reading *r, const char *word, size_t n, int64_t *last)
{
    char what[96];
    const merit__facts *before = r->wish->before;
    const char *colon = memchr(word, ':', n);
    size_t n_index = colon != NULL ? (size_t)(colon - word) : 0;
    int64_t index = 0;
    double value = 0;
    if (colon == NULL ||
        merit__parse_integer(word, n_index, 0, INT64_MAX, &index) != 0) {
        return refuse(r, word, n,
                      is_query(word, n) ? "lists to be ranked are not read; expected "
                                          "index:value"
                                        : "expected index:value");
    }
    if (index == 0) {
        return refuse(r, word, n, "indices begin at 1");
    }
    if (index <= *last) {
        snprintf(what, sizeof what, "index %" PRId64 " %s", index,
                 index == *last ? "is there twice"
                                : "after a larger one; they must rise in a line");
        return refuse(r, word, n, what);
    }
    if (before != NULL && index > before->n_columns) {
        snprintf(what, sizeof what,
                 "there are %" PRId64 " features in what was learned from",
                 before->n_columns);
        return refuse(r, word, n, what);
    }
    if (index > COLUMNS_MAX) {
        snprintf(what, sizeof what, "the largest index can be %d", COLUMNS_MAX);
        return refuse(r, word, n, what);
    }
    if (merit__parse_double(colon + 1, n - n_index - 1, &value) != 0 ||
        !merit__is_feature(value)) {
        return refuse(r, word, n, "the value is no finite number of at most 1e+37");
    }
    *last = index;
    r->n_columns = index > r->n_columns ? (int32_t)index : r->n_columns;
    return add_entry(r, (int32_t)(index - 1), (float)value);
}

static merit_status take_label(reading *r, const char *word, size_t n)
{
    if (memchr(word, ':', n) != NULL) {
        return r->wish->options->no_labels
                   ? MERIT_OK
                   : refuse(r, word, n, "a label must come first");
    }
    if (memchr(word, ',', n) != NULL) {
        return refuse(r, word, n, "an example has one label");
    }
    // "+1" is how libsvm writes 1.
    size_t n_sign = n > 1 && word[0] == '+';
    return r->wish->options->no_labels
               ? MERIT_OK
               : merit__table_add_label(r->table, word + n_sign, n - n_sign,
                                        r->wish->name, r->lines.number, r->err);
}

static merit_status take_line(reading *r, const char *text, size_t n)
{
    merit_status status = MERIT_OK;
    const char *end = end_of(text, n), *at = text;
    size_t n_word = 0;
    int64_t last = 0;
    void *starts = r->start;
    const char *word = next_word(&at, end, &n_word);
    if (n_word == 0) {
        return MERIT_OK;
    }
    if (merit__grow_array(&starts, &r->start_room, (size_t)r->table->n_rows + 1,
                          sizeof *r->start) != 0) {
        return merit__fail_memory(
            r->err, (size_t)(r->table->n_rows + 1) * sizeof *r->start, r->wish->name);
    }
    r->start = starts;
    r->start[r->table->n_rows] = r->n;
    MERIT_TRY(take_label(r, word, n_word));
    if (memchr(word, ':', n_word) == NULL) {
        word = next_word(&at, end, &n_word);
    }
    for (; n_word > 0; word = next_word(&at, end, &n_word)) {
        MERIT_TRY(take_pair(r, word, n_word, &last));
    }
    r->table->n_rows++;
fail:
    return status;
}

static merit_status make_dense(reading *r)
{
    merit_status status = MERIT_OK;
    merit__table *table = r->table;
    const merit__facts *before = r->wish->before;
    table->n_features = before != NULL ? before->n_columns : r->n_columns;
    if (table->n_features == 0) {
        return merit__fail(r->err, MERIT_EFORMAT, "%s: no index:value in any line",
                           r->wish->name);
    }
    MERIT_TRY(
        merit__table_check_room(table->n_rows, table->n_features, r->wish, r->err));
    table->values = merit__alloc_array((size_t)(table->n_rows * table->n_features),
                                       sizeof *table->values);
    if (table->values == NULL) {
        return merit__fail_memory(
            r->err, (size_t)(table->n_rows * table->n_features) * sizeof *table->values,
            r->wish->name);
    }
    for (int64_t i = 0; i < table->n_rows; i++) {
        size_t end = i + 1 < table->n_rows ? r->start[i + 1] : r->n;
        for (size_t e = r->start[i]; e < end; e++) {
            table->values[i * table->n_features + r->column[e]] = r->value[e];
        }
    }
fail:
    return status;
}

merit_status merit__libsvm_read(merit__table *out, merit__stream *stream,
                                const merit__table_wish *wish, merit_error *err)
{
    const merit_dataset_options *options = wish->options;
    reading r = {.table = out,
                 .wish = wish,
                 .lines = merit__table_lines(stream, wish),
                 .err = err};
    const char *text = NULL;
    size_t n = 0;
    merit_status status = MERIT_OK;
    out->facts = merit__alloc_array(1, sizeof *out->facts);
    if (out->facts == NULL) {
        return merit__fail_memory(err, sizeof *out->facts, wish->name);
    }
    do {
        MERIT_TRY(merit__lines_next(&r.lines, &text, &n, err));
        if (text != NULL) {
            MERIT_TRY(take_line(&r, text, n));
        }
    } while (text != NULL && (options->first == 0 || out->n_rows < options->first));
    if (out->n_rows == 0) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT, "%s: 0 rows", wish->name));
    }
    MERIT_TRY(make_dense(&r));
    out->facts->n_columns = out->n_features;
    MERIT_TRY(merit__facts_print(out->facts, err));
fail:
    merit__free(r.lines.buffer);
    merit__free(r.column);
    merit__free(r.value);
    merit__free(r.start);
    return status;
}
