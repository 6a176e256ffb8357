#include "data/table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "data/listed_pictures.h"
#include "data/text_records.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_SHOWN = 40, NAME_SHOWN = 60, COLUMNS_MAX = 1 << 22 };

typedef struct reading {
    merit__table *table;
    const merit__table_wish *wish;
    merit__text_records records;
    merit__table_columns columns;
    int missing_is_mean;
    merit_error *err;
} reading;

static merit_status fail_field(const reading *r, size_t i, const char *text, size_t n,
                               const char *expected)
{
    char part[FIELD_SHOWN + 1], shown[2 * FIELD_SHOWN];
    char name[NAME_SHOWN], column[NAME_SHOWN + 8] = "";
    const merit__paths *names = &r->table->facts->columns;
    int64_t use = r->columns.uses[i];
    snprintf(part, sizeof part, "%.*s", n < FIELD_SHOWN ? (int)n : FIELD_SHOWN, text);
    if (use >= 0 && (size_t)use < names->n) {
        snprintf(
            column, sizeof column, " (%s)",
            merit__printable(name, sizeof name, merit__paths_get(names, (size_t)use)));
    }
    return merit__fail(r->err, MERIT_EFORMAT,
                       "%s:%" PRId64 ": column %zu%s is \"%s\", expected %s",
                       r->wish->name, r->records.lines.number, i + 1, column,
                       merit__printable(shown, sizeof shown, part), expected);
}

// What is wanted in place of a text that stands for no number at all, or a huge one.
static const char *expected(const char *text, size_t n)
{
    size_t n_like = 0;
    while (n_like < n && strchr("0123456789+-.,eE", text[n_like]) != NULL) {
        n_like++;
    }
    if (n > 0 && n_like == n) {
        return "a finite number of at most 1e+37";
    }
    if (memchr(text, '\t', n) != NULL || memchr(text, ';', n) != NULL) {
        return "a number; the fields of the first line stand between others";
    }
    return merit__is_picture_name(text, n)
               ? "a number; in a list of pictures their column is named path"
               : "a number; --ignore leaves a column out, --label and --id "
                 "name what is none";
}

// One feature that is no finite number of ordinary size.
static merit_status take_odd(reading *r, size_t i, const char *text, size_t n,
                             float *out)
{
    int has_comma = r->wish->options->decimal_comma;
    double value = 0;
    int is_inf =
        n >= 3 && n <= 4 &&
        (memcmp(text + n - 3, "inf", 3) == 0 || memcmp(text + n - 3, "Inf", 3) == 0);
    if (merit__is_missing(text, n)) {
        *out = r->missing_is_mean ? NAN : 0;
        return r->missing_is_mean ||
                       (r->wish->options->nonfinite_zero && n > 0 && text[0] != '?')
                   ? MERIT_OK
                   : fail_field(r, i, text, n,
                                "a number; --missing mean puts the mean of the "
                                "column where values are missing");
    }
    if (is_inf && r->wish->options->nonfinite_zero) {
        *out = 0;
        return MERIT_OK;
    }
    if (memchr(text, has_comma ? '.' : ',', n) != NULL &&
        merit__parse_decimal(text, n, !has_comma, &value) == 0) {
        return fail_field(r, i, text, n,
                          has_comma ? "a number with a decimal comma"
                                    : "a number; " MERIT__DECIMAL_HINT);
    }
    return fail_field(r, i, text, n, is_inf ? "a finite number" : expected(text, n));
}

static merit_status fail_count(const reading *r, size_t n, int has_more)
{
    return merit__fail(r->err, MERIT_EFORMAT,
                       "%s:%" PRId64
                       ": %s%zu fields, expected %zu as in the first line",
                       r->wish->name, r->records.lines.number,
                       has_more ? "more than " : "", n, r->columns.n);
}

static merit_status take_field(reading *r, size_t i, const char *field, size_t n,
                               float *row)
{
    int64_t use = r->columns.uses[i];
    double value = 0;
    if (n > 0 && field[0] == '"') {
        return fail_field(r, i, field, n, "nothing but the separator after a quote");
    }
    if (use >= 0) {
        if (merit__parse_decimal(field, n, r->wish->options->decimal_comma, &value) ==
                0 &&
            merit__is_feature(value)) {
            row[use] = (float)value;
            return MERIT_OK;
        }
        return take_odd(r, i, field, n, &row[use]);
    }
    if (use == MERIT__USE_LABEL && !r->wish->options->no_labels) {
        return merit__table_add_label(r->table, field, n, r->wish->name,
                                      r->records.lines.number, r->err);
    }
    return use == MERIT__USE_ID
               ? merit__add_field(&r->table->facts->ids, field, n, r->err)
               : MERIT_OK;
}

// One record into row n_rows.
static merit_status take_row(reading *r, const char *text, size_t n)
{
    merit_status status = MERIT_OK;
    merit__table *table = r->table;
    const char *end = text + n;
    size_t n_features = (size_t)table->n_features;
    void *values = table->values;
    MERIT_TRY(
        merit__table_check_room(table->n_rows + 1, table->n_features, r->wish, r->err));
    if (merit__grow_array(&values, &table->n_room,
                          (size_t)(table->n_rows + 1) * n_features,
                          sizeof *table->values) != 0) {
        return merit__fail_memory(
            r->err, (size_t)(table->n_rows + 1) * n_features * sizeof *table->values,
            r->wish->name);
    }
    table->values = values; // NULL when nothing but labels is read
    float *row =
        n_features > 0 ? table->values + (size_t)table->n_rows * n_features : NULL;
    for (size_t i = 0; i < r->columns.n; i++) {
        const char *field = NULL;
        size_t n_field = 0;
        if (text == NULL) {
            return fail_count(r, i, 0);
        }
        merit__take_field(&text, end, r->records.separator, &field, &n_field);
        MERIT_TRY(take_field(r, i, field, n_field, row));
    }
    if (text != NULL) {
        return fail_count(r, r->columns.n, 1);
    }
    table->n_rows++;
fail:
    return status;
}

static merit_status begin(reading *r, const char **text, size_t *n)
{
    merit_status status = MERIT_OK;
    merit__table *table = r->table;
    table->facts = merit__alloc_array(1, sizeof *table->facts);
    if (table->facts == NULL) {
        return merit__fail_memory(r->err, sizeof *table->facts, r->wish->name);
    }
    MERIT_TRY(merit__text_records_first(&r->records, text, n, r->err));
    r->columns.separator = r->records.separator;
    if (*text == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(merit__table_columns_find(&r->columns, table->facts, r->wish, *text, *n,
                                        r->records.lines.number, r->err));
    if (r->columns.n > COLUMNS_MAX) {
        return merit__fail(r->err, MERIT_ENOMEM,
                           "%s:%" PRId64 ": %zu fields, the limit is %d", r->wish->name,
                           r->records.lines.number, r->columns.n, COLUMNS_MAX);
    }
    table->n_features = table->facts->n_columns;
    table->facts->missing_is_mean = r->missing_is_mean;
    table->n_unknown = r->columns.n_unknown;
    memcpy(table->unknown, r->columns.unknown, sizeof table->unknown);
    if (r->columns.is_header) {
        MERIT_TRY(merit__text_records_next(&r->records, text, n, r->err));
    }
fail:
    return status;
}

merit_status merit__table_read(merit__table *out, merit__stream *stream,
                               const merit__table_wish *wish, merit_error *err)
{
    const merit_dataset_options *options = wish->options;
    reading r = {
        .table = out,
        .wish = wish,
        .records = {.lines = merit__table_lines(stream, wish),
                    .name = wish->name,
                    .lone = ' ',
                    .has_decimal_comma = options->decimal_comma},
        .missing_is_mean = options->missing == MERIT_MISSING_MEAN ||
                           (wish->before != NULL && wish->before->missing_is_mean),
        .err = err,
    };
    const char *text = NULL;
    size_t n = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(begin(&r, &text, &n));
    while (text != NULL && (options->first == 0 || out->n_rows < options->first)) {
        MERIT_TRY(take_row(&r, text, n));
        MERIT_TRY(merit__text_records_next(&r.records, &text, &n, err));
    }
    if (out->n_rows == 0) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT, "%s: 0 rows", wish->name));
    }
    MERIT_TRY(merit__facts_print(out->facts, err));
fail:
    merit__free(r.records.lines.buffer);
    merit__table_columns_dispose(&r.columns);
    return status;
}
