#include "cli_beliefs.h"

#include "cli_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_AT_ONCE = 1024 };

static int is_stdin(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static merit_rows_options options_of_rows(const merit__beliefs *beliefs)
{
    return (merit_rows_options){.kind = beliefs->source->are_logits
                                            ? MERIT_ROWS_NUMBERS
                                            : MERIT_ROWS_PROBABILITIES,
                                .renormalize = beliefs->source->renormalize,
                                .decimal_comma = beliefs->source->scores.decimal_comma,
                                .n_classes = beliefs->n_classes,
                                .classes = beliefs->classes};
}

static merit_status open_labels(merit_rows **out, const merit__beliefs *beliefs,
                                merit_error *err)
{
    merit_rows_options options = {.kind = MERIT_ROWS_LABELS,
                                  .n_classes = beliefs->n_classes,
                                  .classes = beliefs->classes};
    return merit_rows_open(out, beliefs->source->labels, &options, err);
}

static merit_status take_names(merit__beliefs *beliefs, merit_error *err)
{
    merit_status status = merit__new_array(&beliefs->classes, beliefs->n_classes,
                                           sizeof *beliefs->classes, err);
    for (int64_t k = 0; status == MERIT_OK && k < beliefs->n_classes; k++) {
        beliefs->classes[k] = beliefs->scores != NULL
                                  ? merit_scores_name(beliefs->scores, k)
                                  : merit_rows_name(beliefs->rows, k);
    }
    return status;
}

// The table first, so that the columns can be matched with its classes.
static merit_status open_table_first(merit__beliefs *out, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__scores_open(&out->scores, &out->source->scores, 0, err));
    out->n_classes = merit_scores_n_truths(out->scores);
    MERIT_TRY(take_names(out, err));
    merit_rows_options options = options_of_rows(out);
    MERIT_TRY(merit_rows_open(&out->rows, out->source->path, &options, err));

fail:
    return status;
}

// The rows first, for a table that is made for so many classes.
static merit_status open_rows_first(merit__beliefs *out, merit_error *err)
{
    merit__scores_source scores = out->source->scores;
    merit_rows_options options = options_of_rows(out);
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_rows_open(&out->rows, out->source->path, &options, err));
    out->n_classes = merit_rows_n_columns(out->rows);
    if (merit_rows_name(out->rows, 0) != NULL) {
        MERIT_TRY(take_names(out, err));
    }
    scores.classes = out->classes;
    MERIT_TRY(merit__scores_open(&out->scores, &scores, out->n_classes, err));
    free(out->classes);
    MERIT_TRY(take_names(out, err));

fail:
    return status;
}

static merit_status refuse_counts(const merit_rows *labels, int64_t n_labels,
                                  const merit_rows *rows, int64_t n_rows,
                                  merit_error *err)
{
    // A number as the name of the column: pandas writes "0".
    const int may_be_named = n_labels == n_rows + 1 && merit_rows_n(labels) < 0;
    return merit__refuse(
        err, MERIT_EFORMAT,
        "%.80s: %" PRId64 " labels, expected %" PRId64 ", one for each row of %.80s%s",
        merit_rows_path(labels), n_labels, n_rows, merit_rows_path(rows),
        may_be_named ? ". If the first one is a name, call it label" : "");
}

merit_status merit__beliefs_open(merit__beliefs *out,
                                 const merit__beliefs_source *source, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__beliefs){.source = source, .can_reopen = !is_stdin(source->path)};
    if (is_stdin(source->path) + is_stdin(source->labels) +
            is_stdin(source->scores.spec) >
        1) {
        return merit__refuse(err, MERIT_EINVAL,
                             "only one of PROBS, --labels and --scores can be standard "
                             "input");
    }
    out->can_reopen = out->can_reopen && !is_stdin(source->labels);
    MERIT_TRY(merit__scores_need_classes(&source->scores) ? open_rows_first(out, err)
                                                          : open_table_first(out, err));
    if (source->labels == NULL) {
        goto fail;
    }
    MERIT_TRY(open_labels(&out->labels, out, err));
    int64_t n_rows = merit_rows_n(out->rows);
    int64_t n_labels = merit_rows_n(out->labels);
    if (n_rows >= 0 && n_labels >= 0 && n_rows != n_labels) {
        status = refuse_counts(out->labels, n_labels, out->rows, n_rows, err);
    }

fail:
    return status;
}

merit_status merit__beliefs_reopen(const merit__beliefs *beliefs, merit_rows **rows,
                                   merit_rows **labels, merit_error *err)
{
    merit_rows_options options = options_of_rows(beliefs);
    merit_status status = MERIT_OK;
    if (merit__scores_need_classes(&beliefs->source->scores)) {
        options.classes = NULL; // the columns have named the classes
    }
    MERIT_TRY(merit_rows_open(rows, beliefs->source->path, &options, err));
    MERIT_TRY(open_labels(labels, beliefs, err));

fail:
    return status;
}

// Counts what is left of rows that are one column.
static merit_status count_rest(merit_rows *rows, merit_error *err)
{
    double values[LABELS_AT_ONCE];
    int64_t n = LABELS_AT_ONCE;
    merit_status status = MERIT_OK;
    while (status == MERIT_OK && n == LABELS_AT_ONCE) {
        status = merit_rows_read(rows, values, LABELS_AT_ONCE, &n, err);
    }
    return status;
}

static merit_status read_labels(merit_rows *labels, int32_t *truths, int64_t n,
                                int64_t *n_read, merit_error *err)
{
    double values[LABELS_AT_ONCE];
    int64_t n_part = 0;
    *n_read = 0;
    do {
        int64_t n_left = n - *n_read;
        int64_t n_wanted = n_left < LABELS_AT_ONCE ? n_left : LABELS_AT_ONCE;
        if (n_wanted == 0) {
            break;
        }
        merit_status status = merit_rows_read(labels, values, n_wanted, &n_part, err);
        if (status != MERIT_OK) {
            return status;
        }
        for (int64_t i = 0; i < n_part; i++) {
            truths[*n_read + i] = (int32_t)values[i];
        }
        *n_read += n_part;
    } while (n_part == LABELS_AT_ONCE);
    return MERIT_OK;
}

merit_status merit__beliefs_read(merit_rows *rows, merit_rows *labels, double *values,
                                 int32_t *truths, int64_t n, int64_t *n_read,
                                 merit_error *err)
{
    int64_t n_labels = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_rows_read(rows, values, n, n_read, err));
    if (labels == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(read_labels(labels, truths, *n_read, &n_labels, err));
    if (n_labels == *n_read && *n_read == n) {
        return MERIT_OK;
    }
    if (n_labels == *n_read) { // the rows have ended; so must the labels
        MERIT_TRY(count_rest(labels, err));
    } else { // the labels have ended; how many rows are there?
        int64_t n_more = n;
        while (n_more == n) {
            MERIT_TRY(merit_rows_read(rows, values, n, &n_more, err));
        }
    }
    if (merit_rows_n_read(labels) != merit_rows_n_read(rows)) {
        status = refuse_counts(labels, merit_rows_n_read(labels), rows,
                               merit_rows_n_read(rows), err);
    }

fail:
    return status;
}

void merit__beliefs_tell(const merit__beliefs *beliefs)
{
    const merit_scores *scores = beliefs->scores;
    char text[256];
    for (int64_t i = 0; i < merit_scores_n_notes(scores); i++) {
        const char *id = merit_scores_note_id(scores, i);
        if (strcmp(id, "looks-reversed") == 0 || strcmp(id, "no-information") == 0) {
            merit__tell("note", merit_scores_note(scores, i));
        }
    }
    const char *first = merit_rows_name(beliefs->rows, 0);
    if (beliefs->n_classes == 2 && first != NULL &&
        (strcmp(first, "0") == 0 || strcmp(first, "1") == 0)) {
        snprintf(text, sizeof text,
                 "%.120s: the first line, of 0 and 1, is taken as the names of the "
                 "columns",
                 merit_rows_path(beliefs->rows));
        merit__tell("note", text);
    }
}

void merit__beliefs_dispose(merit__beliefs *beliefs)
{
    merit_rows_close(beliefs->labels);
    merit_rows_close(beliefs->rows);
    free(beliefs->classes);
    merit_scores_free(beliefs->scores);
    *beliefs = (merit__beliefs){0};
}
