/* What a run measured: metrics.tsv, a line of names and a line for each validation. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "runs/run_record.h"

enum { MAX_FIELDS = 64, MAX_CANDIDATES = 64, N_REALS = 18 };
static const int64_t most_steps = 1000000000000; // more than anyone trains
enum { LOSS, EPOCH, STEP, RULE, FIRST_REAL, N_COLUMNS = FIRST_REAL + N_REALS };
enum { FIRST_NEWER = FIRST_REAL + 9 }; // older runs have only those before
static const size_t nowhere = (size_t)-1;

static const char *const column_names[N_COLUMNS] = {
    "loss",
    "epoch",
    "step",
    "rule",
    "training_loss",
    "mean_score",
    "accuracy",
    "log_loss",
    "temperature",
    "argmax_score",
    "bayes_score",
    "classes_answered",
    "gradient_survival",
    "validation_loss",
    "learning_rate",
    "stuck_share",
    "trap_share",
    "stuck_margin",
    "stuck_margin_95",
    "feature_size",
    "effective_classes",
    "confidence",
};

typedef struct field {
    const char *text;
    size_t n;
} field;

/* Where reading is. */
typedef struct reading {
    merit__run_record *run;
    long line; // from 1
    field fields[MAX_FIELDS];
    size_t n_fields;         // of this line
    size_t n_columns;        // of the line of names
    size_t where[N_COLUMNS]; // the field of each column, or nowhere
    merit_error *err;
} reading;

/* "run1/metrics.tsv:3: <what>", with the name of a column or "", and a field. */
static merit_status refuse(const reading *r, const char *column, const char *what,
                           const field *found)
{
    char path[100], shown[41] = "";
    if (found != NULL) {
        size_t n = found->n < sizeof shown - 1 ? found->n : sizeof shown - 1;
        memcpy(shown, found->text, n);
        shown[n] = '\0';
    }
    return merit__fail(r->err, MERIT_EFORMAT, "%s/metrics.tsv:%ld: %s%s%s%s%s%s",
                       merit__printable_path(path, sizeof path, r->run->path), r->line,
                       column, column[0] == '\0' ? "" : ": ", what,
                       found == NULL ? "" : ", found \"", shown,
                       found == NULL ? "" : "\"");
}

static merit_status split(reading *r, const char *line, size_t n)
{
    r->n_fields = 0;
    for (size_t from = 0; from <= n;) {
        const char *tab = memchr(line + from, '\t', n - from);
        size_t to = tab == NULL ? n : (size_t)(tab - line);
        if (r->n_fields == MAX_FIELDS) {
            return refuse(r, "", "more than 64 fields", NULL);
        }
        r->fields[r->n_fields++] = (field){.text = line + from, .n = to - from};
        from = to + 1;
    }
    return MERIT_OK;
}

static int is_text(const field *f, const char *text)
{
    return f->n == strlen(text) && memcmp(f->text, text, f->n) == 0;
}

/* Finds the columns in the line of names; others are ignored. */
static merit_status take_names(reading *r)
{
    r->n_columns = r->n_fields;
    for (size_t column = 0; column < N_COLUMNS; column++) {
        size_t i = 0;
        while (i < r->n_fields && !is_text(&r->fields[i], column_names[column])) {
            i++;
        }
        if (i == r->n_fields && column < FIRST_NEWER) {
            return refuse(r, column_names[column], "no such column", NULL);
        }
        r->where[column] = i < r->n_fields ? i : nowhere;
    }
    return MERIT_OK;
}

static merit_status take_count(int64_t *out, const reading *r, size_t column)
{
    const field *f = &r->fields[r->where[column]];
    if (merit__parse_integer(f->text, f->n, 1, most_steps, out) != 0) {
        return refuse(r, column_names[column], "expected a whole number above 0", f);
    }
    return MERIT_OK;
}

static merit_status take_real(double *out, const reading *r, size_t column)
{
    if (r->where[column] == nowhere) {
        *out = NAN;
        return MERIT_OK;
    }
    const field *f = &r->fields[r->where[column]];
    if (is_text(f, "nan") || is_text(f, "-nan")) {
        *out = NAN;
    } else if (is_text(f, "inf") || is_text(f, "-inf")) {
        *out = f->text[0] == '-' ? -INFINITY : INFINITY;
    } else if (merit__parse_double(f->text, f->n, out) != 0) {
        return refuse(r, column_names[column], "expected a number", f);
    }
    return MERIT_OK;
}

static merit_status take_rule(merit_rule *out, const reading *r)
{
    const field *f = &r->fields[r->where[RULE]];
    for (int rule = MERIT_RULE_ARGMAX; rule <= MERIT_RULE_DECODE; rule++) {
        if (is_text(f, merit_rule_name((merit_rule)rule))) {
            *out = (merit_rule)rule;
            return MERIT_OK;
        }
    }
    return refuse(r, column_names[RULE], "expected argmax, bayes or decode", f);
}

static merit_status take_candidate(int64_t *out, const reading *r)
{
    merit__run_record *run = r->run;
    const field *f = &r->fields[r->where[LOSS]];
    size_t i = 0;
    while (i < run->n_candidates && !is_text(f, run->candidates[i])) {
        i++;
    }
    *out = (int64_t)i;
    if (i < run->n_candidates) {
        return MERIT_OK;
    }
    if (f->n == 0 || memchr(f->text, '\0', f->n) != NULL) {
        return refuse(r, column_names[LOSS], "expected a loss", f);
    }
    if (i == MAX_CANDIDATES) {
        return refuse(r, column_names[LOSS], "more than 64 losses", NULL);
    }
    if (merit__grow_array((void **)&run->candidates, &run->candidates_capacity, i + 1,
                          sizeof *run->candidates) != 0 ||
        (run->candidates[i] = merit__copy_string(f->text, f->n)) == NULL) {
        return merit__fail_memory(r->err, f->n, "a loss");
    }
    run->n_candidates++;
    return MERIT_OK;
}

/* The lines of a candidate are together, and all go forward. */
static merit_status check_order(const reading *r, const merit_run_row *row)
{
    const merit__run_record *run = r->run;
    const merit_run_row *last = run->n_rows > 0 ? &run->rows[run->n_rows - 1] : NULL;
    if (last != NULL && last->candidate > row->candidate) {
        return refuse(r, column_names[LOSS], "expected the lines of a loss together",
                      &r->fields[r->where[LOSS]]);
    }
    if (last != NULL && (last->step >= row->step || last->epoch > row->epoch)) {
        return refuse(r, column_names[STEP], "expected more than in the line before",
                      &r->fields[r->where[STEP]]);
    }
    return MERIT_OK;
}

static merit_status read_row(merit_run_row *row, const reading *r)
{
    merit_status status = MERIT_OK;
    double *const reals[N_REALS] = {
        &row->training_loss,   &row->mean_score,        &row->accuracy,
        &row->log_loss,        &row->temperature,       &row->argmax_score,
        &row->bayes_score,     &row->classes_answered,  &row->gradient_survival,
        &row->validation_loss, &row->learning_rate,     &row->stuck_share,
        &row->trap_share,      &row->stuck_margin,      &row->stuck_margin_95,
        &row->feature_size,    &row->effective_classes, &row->confidence};
    if (r->n_fields != r->n_columns) {
        char what[64];
        snprintf(what, sizeof what, "%zu fields, expected %zu", r->n_fields,
                 r->n_columns);
        return refuse(r, "", what, NULL);
    }
    MERIT_TRY(take_candidate(&row->candidate, r));
    MERIT_TRY(take_count(&row->epoch, r, EPOCH));
    MERIT_TRY(take_count(&row->step, r, STEP));
    MERIT_TRY(take_rule(&row->rule, r));
    for (size_t i = 0; i < N_REALS; i++) {
        MERIT_TRY(take_real(reals[i], r, FIRST_REAL + i));
    }
    MERIT_TRY(check_order(r, row));
fail:
    return status;
}

static merit_status take_row(const reading *r)
{
    merit__run_record *run = r->run;
    merit_run_row row = {0};
    merit_status status = read_row(&row, r);
    if (status == MERIT_OK &&
        merit__grow_array((void **)&run->rows, &run->rows_capacity, run->n_rows + 1,
                          sizeof row) != 0) {
        status = merit__fail_memory(r->err, sizeof row, "metrics");
    }
    if (status == MERIT_OK) {
        run->rows[run->n_rows++] = row;
    }
    return status;
}

merit_status merit__run_read_metrics(merit__run_record *run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    reading r = {.run = run, .err = err};
    MERIT_TRY(merit__run_read_file(&text, &n_bytes, run, "metrics.tsv", err));
    for (size_t at = 0; at < n_bytes;) {
        const char *stop = memchr(text + at, '\n', n_bytes - at);
        size_t n = stop == NULL ? n_bytes - at : (size_t)(stop - (text + at));
        r.line++;
        MERIT_TRY(split(&r, text + at, n));
        MERIT_TRY(r.line == 1 ? take_names(&r) : take_row(&r));
        at += n + 1;
    }
    if (text != NULL && r.line == 0) {
        r.line = 1;
        MERIT_TRY(refuse(&r, "", "empty, expected the names of columns", NULL));
    }
fail:
    merit__free(text);
    return status;
}
