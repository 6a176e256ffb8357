/* Which answers a run gave, and which examples were stuck: answers.jsonl, a line for
 * each validation. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "model/json_parse.h"
#include "runs/run_record.h"

enum { MAX_PAIRS = 16 };

/* Where reading is. */
typedef struct reading {
    merit__run_record *run;
    int64_t n_answers, n_classes;
    long line;       // from 1
    size_t next_row; // the first one that has no line yet
    size_t n_taken;  // lines that belong to a row
    merit_error *err;
} reading;

static merit_status refuse(const reading *r, const char *what)
{
    char path[100];
    return merit__fail(r->err, MERIT_EFORMAT, "%s/answers.jsonl:%ld: %s",
                       merit__printable_path(path, sizeof path, r->run->path), r->line,
                       what);
}

/* The row that a line is about; NULL when there is none. Lines and rows have the same
 * order. */
static merit_run_row *find_row(reading *r, const json_t *record)
{
    const char *loss = json_string_value(json_object_get(record, "loss"));
    int64_t step = json_integer_value(json_object_get(record, "step"));
    for (size_t i = r->next_row; loss != NULL && i < r->run->n_rows; i++) {
        merit_run_row *row = &r->run->rows[i];
        if (row->step == step &&
            strcmp(r->run->candidates[row->candidate], loss) == 0) {
            r->next_row = i + 1;
            return row;
        }
    }
    return NULL;
}

/* The class of that name; -1 when there is none. */
static int64_t find_class(const reading *r, const json_t *name)
{
    const char *text = json_string_value(name);
    int64_t i = text == NULL ? -1 : r->n_classes - 1;
    while (i >= 0 && strcmp(merit_scores_name(r->run->table, i), text) != 0) {
        i--;
    }
    return i;
}

static merit_status take_given(int64_t *out, const reading *r, const json_t *given)
{
    if (!json_is_array(given) || json_array_size(given) != (size_t)r->n_answers) {
        char what[96];
        snprintf(what, sizeof what, "given: %zu numbers, expected %lld",
                 json_array_size(given), (long long)r->n_answers);
        return refuse(r, what);
    }
    for (int64_t k = 0; k < r->n_answers; k++) {
        out[k] = json_integer_value(json_array_get(given, (size_t)k));
        if (out[k] < 0) {
            return refuse(r, "given: a number below 0");
        }
    }
    return MERIT_OK;
}

static merit_status take_pairs(merit_run_pair *out, int64_t *n, const reading *r,
                               const json_t *stuck)
{
    if (!json_is_array(stuck) || json_array_size(stuck) > MAX_PAIRS) {
        return refuse(r, "stuck: expected a list of at most 16 pairs");
    }
    *n = (int64_t)json_array_size(stuck);
    for (int64_t i = 0; i < *n; i++) {
        const json_t *pair = json_array_get(stuck, (size_t)i);
        const json_t *share = json_object_get(pair, "share");
        const json_t *margin = json_object_get(pair, "margin");
        out[i] = (merit_run_pair){
            .truth = find_class(r, json_object_get(pair, "truth")),
            .answer = find_class(r, json_object_get(pair, "answer")),
            .is_trap = json_is_true(json_object_get(pair, "trap")),
            .share = json_is_number(share) ? json_number_value(share) : (double)NAN,
            .margin = json_is_number(margin) ? json_number_value(margin) : (double)NAN};
        if (out[i].truth < 0 || out[i].answer < 0) {
            return refuse(r, "stuck: expected truth and answer to be classes");
        }
    }
    return MERIT_OK;
}

static merit_status take_line(reading *r, const char *text, size_t n)
{
    static const merit__json_limits limits = {.max_depth = 8, .max_opened = 64};
    merit_status status = MERIT_OK;
    merit_error why = {0};
    json_t *record = NULL;
    r->line++;
    status = merit__json_parse(&record, text, n, &limits, &why);
    if (status == MERIT_EFORMAT) {
        return refuse(r, why.message);
    }
    if (status != MERIT_OK) {
        return merit__fail(r->err, status, "%s", why.message);
    }
    merit_run_row *row = find_row(r, record);
    if (row != NULL) {
        int64_t *given = r->run->given + (int64_t)r->n_taken * r->n_answers;
        merit_run_pair *pairs = r->run->pairs + r->n_taken * MAX_PAIRS;
        MERIT_TRY(take_given(given, r, json_object_get(record, "given")));
        MERIT_TRY(
            take_pairs(pairs, &row->n_pairs, r, json_object_get(record, "stuck")));
        row->given = given;
        row->pairs = pairs;
        r->n_taken++;
    }
fail:
    json_decref(record);
    return status;
}

/* Room for all lines that can belong to a row: each has A numbers and what is between
 * them. */
static merit_status make_room(reading *r, size_t n_bytes)
{
    merit__run_record *run = r->run;
    size_t n_answers = (size_t)r->n_answers, n_most = n_bytes / (2 * n_answers) + 1;
    size_t n = run->n_rows < n_most ? run->n_rows : n_most;
    run->given = merit__alloc_array(n, n_answers * sizeof *run->given);
    run->pairs = merit__alloc_array(n, MAX_PAIRS * sizeof *run->pairs);
    if (run->given == NULL || run->pairs == NULL) {
        return merit__fail_memory(r->err, n * n_answers * sizeof *run->given,
                                  "the answers");
    }
    return MERIT_OK;
}

merit_status merit__run_read_answers(merit__run_record *run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    reading r = {.run = run, .err = err};
    if (run->table == NULL) {
        return MERIT_OK;
    }
    r.n_answers = merit_scores_n_answers(run->table);
    r.n_classes = merit_scores_n_truths(run->table);
    MERIT_TRY(merit__run_read_file(&text, &n_bytes, run, "answers.jsonl", err));
    if (text == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(make_room(&r, n_bytes));
    for (size_t at = 0; at < n_bytes;) {
        const char *stop = memchr(text + at, '\n', n_bytes - at);
        size_t n = stop == NULL ? n_bytes - at : (size_t)(stop - (text + at));
        MERIT_TRY(take_line(&r, text + at, n));
        at += n + 1;
    }
fail:
    merit__free(text);
    return status;
}
