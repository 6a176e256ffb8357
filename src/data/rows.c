#include "data/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/distribution.h"
#include "base/fail.h"
#include "data/looks_like.h"

#define X(symbol) extern const merit__rows_reader symbol;
#include "rows_table.inc"
#undef X

static const merit__rows_reader *const readers[] = {
#define X(symbol) &symbol,
#include "rows_table.inc"
#undef X
};

enum { N_READERS = sizeof readers / sizeof readers[0] };

// Rounding to the 7 digits or so that text often has, times a few hundred classes.
static const double usual_tolerance = 1e-4;

static merit_status find_reader(merit_rows *rows, merit_error *err)
{
    const unsigned char *head = NULL;
    size_t n = 0;
    merit_status status =
        merit__stream_peek(rows->stream, MERIT__PEEK_BYTES, &head, &n, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (n == 0) {
        return merit__fail(err, MERIT_EFORMAT, "%s: is empty, expected rows of numbers",
                           rows->path);
    }
    for (size_t i = 0; i < N_READERS; i++) {
        if (readers[i]->probe(head, n)) {
            rows->reader = readers[i];
            return MERIT_OK;
        }
    }
    const char *look = merit__looks_like(head, n);
    return merit__fail(err, MERIT_EUNSUPPORTED,
                       "%s: looks like %s, expected .npy or text", rows->path,
                       look != NULL ? look : "binary data of another kind");
}

static merit_status check_options(const char *path, const merit_rows_options *options,
                                  merit_error *err)
{
    if (path == NULL || path[0] == '\0') {
        return merit__fail(err, MERIT_EINVAL, "no file of rows is given");
    }
    if (options->kind != MERIT_ROWS_NUMBERS &&
        options->kind != MERIT_ROWS_PROBABILITIES &&
        options->kind != MERIT_ROWS_LABELS) {
        return merit__fail(err, MERIT_EINVAL, "there is no kind of rows number %d",
                           (int)options->kind);
    }
    if (options->n_classes < 0 ||
        (options->classes != NULL && options->n_classes == 0)) {
        return merit__fail(err, MERIT_EINVAL,
                           "n_classes is %" PRId64 ", expected 0 or more, and how many "
                           "classes are named",
                           options->n_classes);
    }
    return MERIT_OK;
}

// The columns that were found are those that are wanted.
static merit_status check_columns(const merit_rows *rows, merit_error *err)
{
    int64_t n_wanted = rows->options.n_classes;
    if (rows->options.kind == MERIT_ROWS_LABELS || n_wanted == 0 ||
        (int64_t)rows->n_columns == n_wanted) {
        return MERIT_OK;
    }
    char classes[80] = "";
    if (rows->options.classes != NULL) {
        char first[32];
        char last[32];
        snprintf(classes, sizeof classes, " (one for each of %s ... %s)",
                 merit__printable(first, sizeof first, rows->options.classes[0]),
                 merit__printable(last, sizeof last,
                                  rows->options.classes[n_wanted - 1]));
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: %zu numbers to a row, expected %" PRId64 "%s", rows->path,
                       rows->n_columns, n_wanted, classes);
}

merit_status merit_rows_open(merit_rows **out, const char *path,
                             const merit_rows_options *options, merit_error *err)
{
    static const merit_rows_options defaults = {0};
    merit_status status = MERIT_OK;
    merit_rows *rows = NULL;
    if (out == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_rows_open: out is NULL");
    }
    *out = NULL;
    options = options != NULL ? options : &defaults;
    MERIT_TRY(check_options(path, options, err));
    rows = merit__alloc_array(1, sizeof *rows);
    if (rows == NULL) {
        return merit__fail_memory(err, sizeof *rows, "reading rows");
    }
    rows->options = *options;
    rows->n = -1;
    rows->tolerance = usual_tolerance;
    MERIT_TRY(merit__stream_open(&rows->stream, path, UINT64_MAX, err));
    rows->path = merit__stream_name(rows->stream);
    MERIT_TRY(find_reader(rows, err));
    MERIT_TRY(rows->reader->open(rows, err));
    MERIT_TRY(check_columns(rows, err));
    *out = rows;
    return MERIT_OK;

fail:
    merit_rows_close(rows);
    return status;
}

void merit_rows_close(merit_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    if (rows->reader != NULL) {
        rows->reader->close(rows);
    }
    for (size_t k = 0; rows->names != NULL && k < rows->n_columns; k++) {
        merit__free(rows->names[k]);
    }
    merit__free(rows->names);
    merit__stream_close(rows->stream);
    merit__free(rows);
}

merit_status merit_rows_read(merit_rows *rows, double *values, int64_t n_wanted,
                             int64_t *n_read, merit_error *err)
{
    size_t n = 0;
    if (rows == NULL || values == NULL || n_read == NULL || n_wanted < 1) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_rows_read: an argument is NULL, or n_wanted is below "
                           "1");
    }
    *n_read = 0;
    merit_status status = rows->reader->read(rows, values, (size_t)n_wanted, &n, err);
    if (status == MERIT_OK && n == 0 && rows->n_read == 0) {
        return merit__fail(err, MERIT_EFORMAT, "%s: 0 rows", rows->path);
    }
    if (status == MERIT_OK) {
        *n_read = (int64_t)n;
        rows->n_read += (int64_t)n;
    }
    return status;
}

const char *merit_rows_id(const merit_rows *rows, int64_t row)
{
    return rows->reader->id != NULL ? rows->reader->id(rows, (size_t)row) : NULL;
}

int64_t merit_rows_n_columns(const merit_rows *rows)
{
    return (int64_t)rows->n_columns;
}

int64_t merit_rows_n(const merit_rows *rows)
{
    return rows->n;
}

int64_t merit_rows_n_read(const merit_rows *rows)
{
    return rows->n_read;
}

int64_t merit_rows_n_renormalized(const merit_rows *rows)
{
    return rows->n_renormalized;
}

const char *merit_rows_name(const merit_rows *rows, int64_t column)
{
    return rows->names != NULL ? rows->names[column] : NULL;
}

const char *merit_rows_path(const merit_rows *rows)
{
    return rows->path;
}

static int check_probabilities(merit_rows *rows, double *row, size_t *column,
                               char *problem)
{
    double sum = 0;
    size_t K = rows->n_columns;
    switch (merit__distribution_check(row, K, rows->tolerance, column, &sum)) {
    case MERIT__DISTRIBUTION_GOOD:
        return 0;
    case MERIT__DISTRIBUTION_SUM:
        *column = K;
        break;
    case MERIT__DISTRIBUTION_NEGATIVE:
        snprintf(problem, MERIT__PROBLEM_BYTES,
                 "is %g, expected a probability. Are these logits?", row[*column]);
        return -1;
    case MERIT__DISTRIBUTION_NOT_FINITE:
        // The sign of a NaN says nothing.
        snprintf(problem, MERIT__PROBLEM_BYTES, "is %g, expected a probability",
                 isnan(row[*column]) ? NAN : row[*column]);
        return -1;
    }
    if (!rows->options.renormalize) {
        snprintf(problem, MERIT__PROBLEM_BYTES,
                 "sums to %.7g, expected 1 (within %g). Renormalize?", sum,
                 rows->tolerance);
        return -1;
    }
    if (!(sum > 0 && isfinite(sum))) {
        snprintf(problem, MERIT__PROBLEM_BYTES, "sums to %g, expected a sum above 0",
                 sum);
        return -1;
    }
    for (size_t k = 0; k < K; k++) {
        row[k] /= sum;
    }
    rows->n_renormalized++;
    return 0;
}

static int check_label(const merit_rows *rows, double label, char *problem)
{
    int64_t K = rows->options.n_classes;
    double last = K > 0 ? (double)K - 1 : INT32_MAX;
    if (label >= 0 && label <= last && label == floor(label)) {
        return 0;
    }
    snprintf(problem, MERIT__PROBLEM_BYTES,
             "is %.10g, expected a label: a whole number from 0 to %.0f",
             isnan(label) ? NAN : label, last);
    return -1;
}

int merit__rows_check(merit_rows *rows, double *row, size_t *column,
                      char problem[MERIT__PROBLEM_BYTES])
{
    if (rows->options.kind == MERIT_ROWS_PROBABILITIES) {
        return check_probabilities(rows, row, column, problem);
    }
    *column = 0;
    if (rows->options.kind == MERIT_ROWS_LABELS) {
        return check_label(rows, row[0], problem);
    }
    for (size_t k = 0; k < rows->n_columns; k++) {
        if (!isfinite(row[k])) {
            *column = k;
            snprintf(problem, MERIT__PROBLEM_BYTES, "is %g, expected a finite number",
                     isnan(row[k]) ? NAN : row[k]);
            return -1;
        }
    }
    return 0;
}
