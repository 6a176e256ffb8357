#include "scores/scores_scan.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_table.h"

#include <string.h>

// Names looked up while arranging; `rows` are the names of scan->rows.
typedef struct lookup {
    const char **rows;    // [n_rows]
    const char **classes; // [n_rows] the same in the order of the columns
    int64_t *labels;      // [n_rows] of `classes`
    merit__name_index by_row;
    merit__name_index by_column;
} lookup;

static merit_status open_lookup(lookup *names, const merit__scan *scan,
                                merit_error *err)
{
    size_t n = (size_t)scan->n_rows;
    names->rows = merit__alloc_array(n, sizeof *names->rows);
    names->classes = merit__alloc_array(n, sizeof *names->classes);
    names->labels = merit__alloc_array(n, sizeof *names->labels);
    if (names->rows == NULL || names->classes == NULL || names->labels == NULL) {
        return merit__fail_memory(err, n * sizeof *names->rows, "names");
    }
    for (size_t i = 0; i < n; i++) {
        names->rows[i] = scan->rows[i].name;
    }
    return merit__name_index_init(&names->by_row, names->rows, scan->n_rows, err);
}

static void close_lookup(lookup *names)
{
    merit__name_index_dispose(&names->by_row);
    merit__name_index_dispose(&names->by_column);
    merit__free(names->rows);
    merit__free(names->classes);
    merit__free(names->labels);
}

// The first line may begin with a field above the row names. It does not when its first
// field is a class, or else when more rows are one field longer than not.
static void find_columns(merit__scan *scan, const lookup *names)
{
    const char *first = scan->header[0];
    int is_class = merit__name_index_find(&names->by_row, first) >= 0;
    for (int64_t i = 1; i < scan->n_header; i++) {
        is_class = is_class && strcmp(scan->header[i], first) != 0;
    }
    int64_t n_longer = 0;
    int64_t n_equal = 0;
    for (int64_t i = 0; i < scan->n_rows; i++) {
        n_longer += scan->rows[i].n_scores == scan->n_header;
        n_equal += scan->rows[i].n_scores == scan->n_header - 1;
    }
    int has_corner = !is_class && n_longer <= n_equal;
    scan->columns = (const char *const *)scan->header + has_corner;
    scan->n_columns = scan->n_header - has_corner;
}

static merit_status check_size(const merit__scan *scan, merit_error *err)
{
    if (scan->n_columns < 2) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: expected the names of at least 2 answers between "
                           "tabs, commas, semicolons or spaces, found %lld",
                           scan->text.origin, (long long)scan->header_line,
                           (long long)scan->n_columns);
    }
    if (scan->n_rows < 2) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: expected at least 2 rows of scores, found %lld",
                           scan->text.origin, (long long)scan->rows[0].line,
                           (long long)scan->n_rows);
    }
    return MERIT_OK;
}

static merit_status check_names(const merit__scan *scan, merit_error *err)
{
    char shown[40];
    for (int64_t i = 0; i < scan->n_columns; i++) {
        const char *problem = merit__name_problem(scan->columns[i]);
        if (problem != NULL) {
            return merit__fail(err, MERIT_EFORMAT,
                               "%s:%lld: the name \"%s\" of answer %lld %s",
                               scan->text.origin, (long long)scan->header_line,
                               merit__printable(shown, sizeof shown, scan->columns[i]),
                               (long long)i + 1, problem);
        }
    }
    for (int64_t i = 0; i < scan->n_rows; i++) {
        const char *problem = merit__name_problem(scan->rows[i].name);
        if (problem != NULL) {
            return merit__fail(
                err, MERIT_EFORMAT, "%s:%lld: the name \"%s\" of the row %s",
                scan->text.origin, (long long)scan->rows[i].line,
                merit__printable(shown, sizeof shown, scan->rows[i].name), problem);
        }
    }
    return MERIT_OK;
}

// Whether the columns are all named by numbers, as when the first line is scores.
static int has_numbers_for_names(const merit__scan *scan)
{
    double ignored = 0;
    for (int64_t i = 0; i < scan->n_columns; i++) {
        const char *name = scan->columns[i];
        if (merit__parse_double(name, strlen(name), &ignored) != 0) {
            return 0;
        }
    }
    return 1;
}

static const char *names_hint(const merit__scan *scan)
{
    return has_numbers_for_names(scan) ? ". Does the first line name the answers?" : "";
}

// Between commas, decimal commas show as additional fields; a table without names has
// the first score of each row for one.
static const char *ragged_hint(const merit__scan *scan, int64_t n_scores)
{
    if (n_scores > scan->n_columns && scan->text.delimiter == ',') {
        return "; decimal commas? Write points";
    }
    return n_scores == scan->n_columns - 1 ? names_hint(scan) : "";
}

static merit_status check_lengths(const merit__scan *scan, merit_error *err)
{
    char name[32];
    char first[20];
    char last[20];
    for (int64_t i = 0; i < scan->n_rows; i++) {
        const merit__scan_row *row = &scan->rows[i];
        if (row->n_scores == scan->n_columns) {
            continue;
        }
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: row \"%s\" has %lld scores, expected %lld, one for each of "
            "\"%s\" ... \"%s\", between %s%s",
            scan->text.origin, (long long)row->line,
            merit__printable(name, sizeof name, row->name), (long long)row->n_scores,
            (long long)scan->n_columns,
            merit__printable(first, sizeof first, scan->columns[0]),
            merit__printable(last, sizeof last, scan->columns[scan->n_columns - 1]),
            merit__text_delimiter_name(&scan->text), ragged_hint(scan, row->n_scores));
    }
    return MERIT_OK;
}

static merit_status check_twins(const merit__scan *scan, const lookup *names,
                                merit_error *err)
{
    char shown[64];
    int64_t first = 0;
    int64_t second = 0;
    if (merit__name_index_has_twins(&names->by_column, &first, &second)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: answers %lld and %lld are both named \"%s\"%s",
                           scan->text.origin, (long long)scan->header_line,
                           (long long)first + 1, (long long)second + 1,
                           merit__printable(shown, sizeof shown, scan->columns[first]),
                           names_hint(scan));
    }
    if (merit__name_index_has_twins(&names->by_row, &first, &second)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: a second row \"%s\", the first is in line %lld",
                           scan->text.origin, (long long)scan->rows[second].line,
                           merit__printable(shown, sizeof shown, names->rows[first]),
                           (long long)scan->rows[first].line);
    }
    return MERIT_OK;
}

static int has_outer_blank(const char *name)
{
    size_t n = strlen(name);
    return strchr(" \t", name[0]) != NULL || strchr(" \t", name[n - 1]) != NULL;
}

// Why names of rows and columns differ, when that can be guessed.
static const char *difference_hint(const merit__scan *scan)
{
    int has_blank = 0;
    for (int64_t i = 0; i < scan->n_columns; i++) {
        has_blank = has_blank || has_outer_blank(scan->columns[i]);
    }
    for (int64_t i = 0; i < scan->n_rows; i++) {
        has_blank = has_blank || has_outer_blank(scan->rows[i].name);
    }
    if (has_numbers_for_names(scan)) {
        return names_hint(scan);
    }
    return has_blank ? ". Spaces around a name belong to it" : "";
}

// Every row is a class and so needs a column; a column without a row is an extra
// answer.
static merit_status check_rows_have_columns(merit__scan *scan, const lookup *names,
                                            merit_error *err)
{
    merit__name_list unknown = {0};
    int64_t line = 0;
    for (int64_t i = 0; i < scan->n_rows; i++) {
        if (merit__name_index_find(&names->by_column, names->rows[i]) < 0) {
            merit__name_list_add(&unknown, names->rows[i]);
            line = line == 0 ? scan->rows[i].line : line;
        }
    }
    merit__name_list_add_missing(&scan->extra, scan->columns, scan->n_columns,
                                 &names->by_row);
    if (unknown.n_names == 0) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EFORMAT, "%s:%lld: rows without a column: %s%s%s%s",
                       scan->text.origin, (long long)line,
                       merit__name_list_end(&unknown),
                       scan->extra.n_names > 0 ? "; columns without a row: " : "",
                       merit__name_list_end(&scan->extra), difference_hint(scan));
}

static merit_status place(merit__scan *scan, lookup *names,
                          const merit_scores_options *options, merit_error *err)
{
    size_t n_rows = (size_t)scan->n_rows;
    size_t n_columns = (size_t)scan->n_columns;
    scan->row_place = merit__alloc_array(n_rows, sizeof *scan->row_place);
    scan->column_place = merit__alloc_array(n_columns, sizeof *scan->column_place);
    if (scan->row_place == NULL || scan->column_place == NULL) {
        return merit__fail_memory(err, n_columns * sizeof *scan->column_place,
                                  "columns");
    }
    // column_place first counts classes, so that they can be listed in column order.
    int64_t n_classes = 0;
    int64_t n_extra = 0;
    for (int64_t k = 0; k < scan->n_columns; k++) {
        int64_t i = merit__name_index_find(&names->by_row, scan->columns[k]);
        if (i < 0) {
            scan->column_place[k] = scan->n_rows + n_extra++;
            continue;
        }
        scan->is_reordered = scan->is_reordered || i != n_classes;
        names->classes[n_classes] = scan->columns[k];
        scan->row_place[i] = n_classes;
        scan->column_place[k] = n_classes++;
    }
    merit_status status = merit__match_classes(names->labels, names->classes, n_classes,
                                               scan->text.origin, options, err);
    if (status != MERIT_OK) {
        return status;
    }
    for (int64_t i = 0; i < scan->n_rows; i++) {
        scan->row_place[i] = names->labels[scan->row_place[i]];
    }
    for (int64_t k = 0; k < scan->n_columns; k++) {
        if (scan->column_place[k] < n_classes) {
            scan->column_place[k] = names->labels[scan->column_place[k]];
        }
    }
    return MERIT_OK;
}

merit_status merit__scan_arrange(merit__scan *scan, const merit_scores_options *options,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    lookup names = {0};
    MERIT_TRY(open_lookup(&names, scan, err));
    find_columns(scan, &names);
    MERIT_TRY(check_size(scan, err));
    MERIT_TRY(merit__scores_check_size(scan->n_rows, scan->n_columns, scan->text.origin,
                                       err));
    MERIT_TRY(check_names(scan, err));
    MERIT_TRY(check_lengths(scan, err));
    MERIT_TRY(
        merit__name_index_init(&names.by_column, scan->columns, scan->n_columns, err));
    MERIT_TRY(check_twins(scan, &names, err));
    MERIT_TRY(check_rows_have_columns(scan, &names, err));
    MERIT_TRY(place(scan, &names, options, err));

fail:
    close_lookup(&names);
    return status;
}
