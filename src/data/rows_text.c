#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "data/lines.h"
#include "data/looks_like.h"
#include "data/text_columns.h"

enum { FIELD_SHOWN = 40 };

typedef struct state {
    merit__lines lines;
    merit__columns columns;
    int has_waiting; // the first line is a row that was not handed out yet
    const char *waiting;
    size_t n_waiting;
    int labels_are;             // 0: not known yet
    char *ids;                  // of the last read, each with its 0
    size_t n_ids, ids_capacity; // bytes
    size_t *id_starts;          // [n_rows]
    size_t starts_capacity;
} state;

enum { LABELS_ARE_NAMES = 1, LABELS_ARE_NUMBERS = 2 };

static int probe(const unsigned char *head, size_t n_bytes)
{
    const char *look = merit__looks_like(head, n_bytes);
    return look != NULL && strcmp(look, "text") == 0;
}

static int is_blank_line(const char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) {
        n--;
    }
    return n == 0;
}

// The next line that has something; *text is NULL after the last one.
static merit_status next_line(state *s, const char **text, size_t *n, merit_error *err)
{
    for (;;) {
        merit_status status = merit__lines_next(&s->lines, text, n, err);
        if (status != MERIT_OK || *text == NULL ||
            (!is_blank_line(*text, *n) && (*text)[0] != '#')) {
            return status;
        }
    }
}

// The first line that has something, where "# " before the names of the classes is
// passed over: so NumPy's savetxt writes a header.
static merit_status first_line(merit_rows *rows, const char **text, size_t *n,
                               merit_error *err)
{
    state *s = rows->state;
    merit_status status = merit__lines_next(&s->lines, text, n, err);
    while (status == MERIT_OK && *text != NULL && *n > 0 && (*text)[0] == '#' &&
           !merit__columns_are_classes(rows, *text + 1, *n - 1)) {
        status = merit__lines_next(&s->lines, text, n, err);
    }
    if (status != MERIT_OK || *text == NULL) {
        return status;
    }
    if (*n > 0 && (*text)[0] == '#') {
        (*text)++;
        (*n)--;
        return MERIT_OK;
    }
    return is_blank_line(*text, *n) ? next_line(s, text, n, err) : MERIT_OK;
}

static merit_status open_text(merit_rows *rows, merit_error *err)
{
    const char *text = NULL;
    size_t n = 0;
    merit_status status = MERIT_OK;
    state *s = merit__alloc_array(1, sizeof *s);
    if (s == NULL) {
        return merit__fail_memory(err, sizeof *s, rows->path);
    }
    rows->state = s;
    s->lines.stream = rows->stream;
    MERIT_TRY(first_line(rows, &text, &n, err));
    if (text == NULL) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT, "%s: 0 rows", rows->path));
    }
    MERIT_TRY(merit__columns_find(&s->columns, rows, text, n, s->lines.number, err));
    s->has_waiting = !s->columns.is_header;
    s->waiting = text;
    s->n_waiting = n;

fail:
    return status;
}

static merit_status keep_id(merit_rows *rows, const char *id, size_t n, size_t row,
                            merit_error *err)
{
    state *s = rows->state;
    void *ids = s->ids;
    void *starts = s->id_starts;
    int failed = merit__grow_array(&ids, &s->ids_capacity, s->n_ids + n + 1, 1) != 0;
    s->ids = ids;
    failed = failed || merit__grow_array(&starts, &s->starts_capacity, row + 1,
                                         sizeof *s->id_starts) != 0;
    s->id_starts = starts;
    if (failed) {
        return merit__fail_memory(err, s->n_ids + n + 1, rows->path);
    }
    s->id_starts[row] = s->n_ids;
    memcpy(s->ids + s->n_ids, id, n);
    s->ids[s->n_ids + n] = '\0';
    s->n_ids += n + 1;
    return MERIT_OK;
}

static merit_status fail_field(const merit_rows *rows, size_t column, const char *text,
                               size_t n, merit_error *err)
{
    const state *s = rows->state;
    char part[FIELD_SHOWN + 1];
    char shown[2 * FIELD_SHOWN];
    char nearest[96] = "";
    const char *hint = nearest;
    int is_label = rows->options.kind == MERIT_ROWS_LABELS;
    if (is_label) {
        merit__suggest_class(nearest, sizeof nearest, rows, text, n);
    } else if (merit__has_decimal_comma(text, n)) {
        hint = "; " MERIT__DECIMAL_HINT;
    }
    snprintf(part, sizeof part, "%.*s", n < FIELD_SHOWN ? (int)n : FIELD_SHOWN, text);
    return merit__fail(err, MERIT_EFORMAT,
                       "%s:%" PRId64 ": column %zu is \"%s\", expected a %s%s",
                       rows->path, s->lines.number, column + 1,
                       merit__printable(shown, sizeof shown, part),
                       is_label ? "label" : "number", hint);
}

// A label is a name where the first one of the file is, else a number.
static int parse_label(merit_rows *rows, const char *text, size_t n, double *value)
{
    state *s = rows->state;
    int64_t number = 0;
    int64_t found =
        s->labels_are != LABELS_ARE_NUMBERS ? merit__find_class(rows, text, n, -1) : -1;
    if (s->labels_are == 0) {
        s->labels_are = found >= 0 ? LABELS_ARE_NAMES : LABELS_ARE_NUMBERS;
    }
    if (found >= 0) {
        *value = (double)found;
        return 0;
    }
    if (s->labels_are == LABELS_ARE_NAMES) {
        return -1;
    }
    if (merit__parse_integer(text, n, INT64_MIN, INT64_MAX, &number) == 0) {
        *value = (double)number;
        return 0;
    }
    return merit__parse_double(text, n, value); // "3.0"
}

static merit_status fail_count(const merit_rows *rows, size_t n, int has_more,
                               merit_error *err)
{
    const state *s = rows->state;
    return merit__fail(
        err, MERIT_EFORMAT,
        "%s:%" PRId64 ": %s%zu fields, expected %zu as in the first line", rows->path,
        s->lines.number, has_more ? "more than " : "", n, s->columns.n);
}

// One line into row `row` of the read.
static merit_status parse_row(merit_rows *rows, double *values, size_t row,
                              const char *text, size_t n, merit_error *err)
{
    state *s = rows->state;
    const char *end = text + n;
    int is_label = rows->options.kind == MERIT_ROWS_LABELS;
    for (size_t i = 0; i < s->columns.n; i++) {
        const char *field = NULL;
        size_t n_field = 0;
        int64_t use = s->columns.uses[i];
        if (text == NULL) {
            return fail_count(rows, i, 0, err);
        }
        merit__take_field(&text, end, s->columns.separator, &field, &n_field);
        if (use >= 0) {
            int failed = is_label ? parse_label(rows, field, n_field, &values[use])
                                  : merit__parse_decimal(field, n_field,
                                                         rows->options.decimal_comma,
                                                         &values[use]);
            if (failed) {
                return fail_field(rows, i, field, n_field, err);
            }
        } else if (use == MERIT__COLUMN_ID) {
            merit_status status = keep_id(rows, field, n_field, row, err);
            if (status != MERIT_OK) {
                return status;
            }
        }
    }
    return text != NULL ? fail_count(rows, s->columns.n, 1, err) : MERIT_OK;
}

// The column of the file, from 1, that has that place in the row.
static size_t column_of(const state *s, size_t place)
{
    size_t i = 0;
    while (i < s->columns.n && s->columns.uses[i] != (int64_t)place) {
        i++;
    }
    return i + 1;
}

static merit_status check_row(merit_rows *rows, double *values, merit_error *err)
{
    const state *s = rows->state;
    char problem[MERIT__PROBLEM_BYTES];
    char name[48] = "";
    char shown[40];
    size_t place = 0;
    if (merit__rows_check(rows, values, &place, problem) == 0) {
        return MERIT_OK;
    }
    if (place == rows->n_columns) {
        return merit__fail(err, MERIT_EFORMAT, "%s:%" PRId64 ": the row %s", rows->path,
                           s->lines.number, problem);
    }
    if (rows->names != NULL) {
        snprintf(name, sizeof name, " (%s)",
                 merit__printable(shown, sizeof shown, rows->names[place]));
    }
    return merit__fail(err, MERIT_EFORMAT, "%s:%" PRId64 ": column %zu%s %s",
                       rows->path, s->lines.number, column_of(s, place), name, problem);
}

static merit_status read_text(merit_rows *rows, double *values, size_t n,
                              size_t *n_read, merit_error *err)
{
    state *s = rows->state;
    merit_status status = MERIT_OK;
    s->n_ids = 0;
    for (*n_read = 0; *n_read < n; (*n_read)++) {
        const char *text = s->waiting;
        size_t n_text = s->n_waiting;
        if (!s->has_waiting) {
            MERIT_TRY(next_line(s, &text, &n_text, err));
        }
        s->has_waiting = 0;
        if (text == NULL) {
            break;
        }
        MERIT_TRY(parse_row(rows, values, *n_read, text, n_text, err));
        MERIT_TRY(check_row(rows, values, err));
        values += rows->n_columns;
    }

fail:
    return status;
}

static void close_text(merit_rows *rows)
{
    state *s = rows->state;
    if (s != NULL) {
        merit__free(s->lines.buffer);
        merit__free(s->columns.uses);
        merit__free(s->ids);
        merit__free(s->id_starts);
        merit__free(s);
    }
}

static const char *id_of(const merit_rows *rows, size_t row)
{
    const state *s = rows->state;
    return s->id_starts != NULL ? s->ids + s->id_starts[row] : NULL;
}

const merit__rows_reader merit__rows_text = {
    .name = "text",
    .probe = probe,
    .open = open_text,
    .read = read_text,
    .close = close_text,
    .id = id_of,
};
