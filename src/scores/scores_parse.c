#include "merit/scores.h"

#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_scan.h"
#include "scores/scores_table.h"

#include <stdio.h>
#include <string.h>

static merit__field trim(merit__field field)
{
    while (field.n > 0 && strchr(" \t", field.bytes[0]) != NULL) {
        field.bytes++;
        field.n--;
    }
    while (field.n > 0 && strchr(" \t", field.bytes[field.n - 1]) != NULL) {
        field.n--;
    }
    return field;
}

static merit_status fail_number(const merit__scan *scan, merit__field field,
                                int64_t column, merit_error *err)
{
    char found[40] = "";
    char shown_found[40];
    char shown_name[32];
    size_t n = field.n < sizeof found - 1 ? field.n : sizeof found - 1;
    if (n > 0) {
        memcpy(found, field.bytes, n);
    }
    return merit__fail(
        err, MERIT_EFORMAT,
        "%s:%lld: answer \"%s\" (column %lld): expected a number of size "
        "up to %g, found \"%s\"%s",
        scan->text.origin, (long long)field.line,
        merit__printable(shown_name, sizeof shown_name, scan->columns[column]),
        (long long)column + 2, MERIT__SCORES_MAX_SCORE,
        merit__printable(shown_found, sizeof shown_found, found),
        merit__text_number_hint(&scan->text, field));
}

static merit_status read_numbers(merit_scores *scores, merit__scan *scan, int64_t row,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    int found = 0;
    double *values = scores->values + scan->row_place[row] * scores->n_answers;
    merit__text_seek(&scan->text, scan->rows[row].record, scan->rows[row].line);
    MERIT_TRY(merit__text_next_field(&scan->text, &field, &found, err)); // the name
    for (int64_t k = 0; k < scan->n_columns; k++) {
        double value = 0;
        MERIT_TRY(merit__text_next_field(&scan->text, &field, &found, err));
        field = trim(field);
        if (merit__text_number(&scan->text, field, &value) != 0 ||
            !merit__scores_allow(value)) {
            return fail_number(scan, field, k, err);
        }
        values[scan->column_place[k]] = value;
    }

fail:
    return status;
}

static int is_number(const char *name)
{
    double ignored = 0;
    return merit__parse_double(name, strlen(name), &ignored) == 0;
}

// Whether the names are all numbers, as when the file has scores only and its first
// line and column were taken as names. 0, 1, ... are labels and so no surprise.
static int has_names_like_scores(const merit_scores *scores)
{
    int are_labels = 1;
    for (int64_t k = 0; k < scores->n_answers; k++) {
        char label[24];
        if (!is_number(scores->names[k])) {
            return 0;
        }
        snprintf(label, sizeof label, "%lld", (long long)k);
        are_labels = are_labels && strcmp(scores->names[k], label) == 0;
    }
    return !are_labels;
}

static merit_status note_names_like_scores(merit_scores *scores, merit_error *err)
{
    merit__name_list names = {0};
    if (!has_names_like_scores(scores)) {
        return MERIT_OK;
    }
    for (int64_t k = 0; k < scores->n_answers; k++) {
        merit__name_list_add(&names, scores->names[k]);
    }
    return merit__scores_add_note(scores, err, "names-like-scores",
                                  "the first line is taken as names: the answers are "
                                  "called %s",
                                  merit__name_list_end(&names));
}

static merit_status add_scan_notes(merit_scores *scores, merit__scan *scan,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    if (scan->is_reordered) {
        MERIT_TRY(merit__scores_add_note(
            scores, err, "reordered",
            "the rows are in another order than the columns; they were reordered"));
    }
    if (scan->extra.n_names > 0) {
        MERIT_TRY(
            merit__scores_add_note(scores, err, "extra-answers",
                                   "answers without a row, which are no classes: %s",
                                   merit__name_list_end(&scan->extra)));
    }

fail:
    return status;
}

merit_status merit_scores_parse(merit_scores **out, const char *text, size_t n_bytes,
                                const char *origin, const merit_scores_options *options,
                                merit_error *err)
{
    const merit_scores_options defaults = {0};
    merit_status status = MERIT_OK;
    merit_scores *scores = NULL;
    merit__scan scan = {0};
    options = options == NULL ? &defaults : options;
    *out = NULL;
    MERIT_TRY(merit__scores_check_options(options, err));
    MERIT_TRY(merit__scan_read(&scan, text, n_bytes, origin, options, err));
    MERIT_TRY(merit__scan_arrange(&scan, options, err));
    MERIT_TRY(merit__scores_new(&scores, scan.n_rows, scan.n_columns, origin, err));
    for (int64_t k = 0; k < scan.n_columns; k++) {
        MERIT_TRY(
            merit__scores_set_name(scores, scan.column_place[k], scan.columns[k], err));
    }
    for (int64_t i = 0; i < scan.n_rows; i++) {
        MERIT_TRY(read_numbers(scores, &scan, i, err));
    }
    if (options->costs) {
        merit__scores_negate(scores);
    }
    if (options->classes == NULL) {
        MERIT_TRY(note_names_like_scores(scores, err));
    }
    MERIT_TRY(add_scan_notes(scores, &scan, err));
    MERIT_TRY(merit__scores_add_findings(scores, options->costs, err));
    *out = scores;
    scores = NULL;

fail:
    merit_scores_free(scores);
    merit__scan_dispose(&scan);
    return status;
}
