/* The numbers behind a verdict. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "explain/explain_parts.h"

static void find_rows(merit__explained *out, const merit_run *run, int64_t candidate)
{
    for (int64_t i = 0; i < run->n_rows; i++) {
        const merit_run_row *row = &run->rows[i];
        if (row->candidate != candidate) {
            continue;
        }
        out->rows = out->n_rows == 0 ? row : out->rows;
        out->n_rows++;
        if (out->shown.best == NULL || row->mean_score > out->shown.best->mean_score) {
            out->shown.best = row;
        }
        out->shown.last = row;
    }
    out->shown.first = out->rows;
}

/* The loss of the last stage without its parameters. Commas and parentheses part stages
 * and parameters: "a:60%,b(x=1,y=2)". */
static void find_stage(merit__explained *out, const char *spec)
{
    const char *stage = spec;
    int depth = 0;
    for (const char *at = spec; *at != '\0'; at++) {
        depth += (*at == '(') - (*at == ')');
        stage = *at == ',' && depth == 0 ? at + 1 : stage;
    }
    out->is_single = stage == spec && strstr(spec, "..") == NULL;
    stage += strspn(stage, " ");
    snprintf(out->stage, sizeof out->stage, "%.*s", (int)strcspn(stage, "(: "), stage);
}

/* Of a table that is written out. */
static const double *table_row(const merit_run *run, int64_t truth)
{
    return merit_scores_values(run->table) + truth * run->n_answers;
}

/* That of a large tree, where the truth is the best answer and scores 1. */
static int is_implicit(const merit_run *run)
{
    return merit_scores_values(run->table) == NULL;
}

static int64_t first_best(const double *row, int64_t n)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n; k++) {
        best = row[k] > row[best] ? k : best;
    }
    return best;
}

/* The score of the best class for a truth less that of the next lower one; 0 when all
 * earn the same. */
static double gap_of(const double *row, int64_t n_classes)
{
    double best = row[first_best(row, n_classes)], next = -INFINITY;
    for (int64_t k = 0; k < n_classes; k++) {
        next = row[k] < best ? fmax(next, row[k]) : next;
    }
    return isfinite(next) ? best - next : 0;
}

/* What the best class earns more than an answer to that truth. */
static double lost_by(const merit_run *run, int64_t truth, int64_t answer)
{
    if (is_implicit(run)) {
        return 1 - merit_scores_score(run->table, truth, answer);
    }
    const double *row = table_row(run, truth);
    return row[first_best(row, run->n_classes)] - row[answer];
}

/* Of the stuck pairs: what their best class earns more than their answer. Without any,
 * of all truths: the best class and the next lower one; NaN for an implicit table. */
static double smallest_gap(const merit_run *run, const merit_run_row *last)
{
    double smallest = NAN; // fmin(NaN, x) is x
    for (int64_t p = 0; p < last->n_pairs; p++) {
        double gap = lost_by(run, last->pairs[p].truth, last->pairs[p].answer);
        smallest = gap > 0 ? fmin(smallest, gap) : smallest;
    }
    const int64_t n_all = last->n_pairs == 0 && !is_implicit(run) ? run->n_classes : 0;
    for (int64_t i = 0; i < n_all; i++) {
        double gap = gap_of(table_row(run, i), run->n_classes);
        smallest = gap > 0 ? fmin(smallest, gap) : smallest;
    }
    return smallest;
}

/* Whether one of the best answers to a truth was given. */
static int is_served(const merit_run *run, const int64_t *given, int64_t truth)
{
    if (is_implicit(run)) {
        return given[truth] > 0;
    }
    const double *row = table_row(run, truth);
    double best = row[first_best(row, run->n_answers)];
    for (int64_t k = 0; k < run->n_answers; k++) {
        if (row[k] == best && given[k] > 0) {
            return 1;
        }
    }
    return 0;
}

/* Which best answers the last validation never gave. `seen` [A] is scratch, zeros. */
static void find_missing(merit__explained *out, const merit_run *run,
                         unsigned char *seen)
{
    const int64_t *given = out->shown.last->given;
    for (int64_t i = 0; i < run->n_classes; i++) {
        int64_t best = merit_scores_best_answer(run->table, i);
        if (seen[best] || (run->truths != NULL && run->truths[i] == 0)) {
            continue;
        }
        seen[best] = 1;
        out->shown.n_expected++;
        if (!is_served(run, given, i)) {
            out->missing[out->shown.n_missing++] = best;
        }
    }
    out->shown.missing = out->missing;
}

/* Which truths have most of their examples stuck. */
static void find_lost(merit__explained *out, const merit_run *run)
{
    const double most = 0.5;
    const merit_run_row *last = out->shown.last;
    double n = 0;
    for (int64_t i = 0; i < run->n_classes; i++) {
        n += (double)run->truths[i];
    }
    for (int64_t i = 0; i < run->n_classes; i++) {
        double stuck = 0;
        for (int64_t p = 0; p < last->n_pairs; p++) {
            stuck += last->pairs[p].truth == i ? last->pairs[p].share : 0;
        }
        if (run->truths[i] > 0 && stuck * n > most * (double)run->truths[i]) {
            out->lost[out->shown.n_lost++] = i;
        }
    }
    out->shown.lost = out->lost;
}

/* Gradient descent on the largest pair alone. AdamW's steps do not follow the size of
 * the gradient, and other losses have other gradients. */
static double forecast(const merit__explained *c, const merit_run *run)
{
    static const char *const losses[] = {"expected-score", "log-score"};
    const merit_run_row *last = c->shown.last;
    int applies = 0;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        applies = applies || strcmp(c->stage, losses[i]) == 0;
    }
    if (!applies || strcmp(run->optimizer, "sgd") != 0 || last->n_pairs == 0 ||
        !(last->feature_size > 0) || !(run->momentum < 1)) {
        return NAN;
    }
    const merit_run_pair *pair = &last->pairs[0];
    double gap = lost_by(run, pair->truth, pair->answer);
    double rate = run->learning_rate * last->feature_size / (1 - run->momentum);
    return exp(fmin(pair->margin, 700)) / (2 * gap * rate);
}

double merit__explain_gain(const merit_run *run, const merit_run_row *row)
{
    return (row->mean_score - run->best_constant) /
           (run->oracle_score - run->best_constant);
}

merit_status merit__explain_measure(merit__explained *out, const merit_run *run,
                                    int64_t candidate, merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n = (size_t)run->n_answers + 1;
    merit_explain_candidate *c = &out->shown;
    unsigned char *seen = merit__alloc_array(n, 1);
    out->missing = merit__alloc_array(n, sizeof *out->missing);
    out->lost = merit__alloc_array(n, sizeof *out->lost);
    if (seen == NULL || out->missing == NULL || out->lost == NULL) {
        MERIT_TRY(merit__fail_memory(err, n * sizeof *out->missing, "an explanation"));
    }
    find_rows(out, run, candidate);
    c->loss = run->candidates[candidate];
    find_stage(out, c->loss);
    c->gain = merit__explain_gain(run, c->best);
    c->smallest_gap = run->table == NULL ? (double)NAN : smallest_gap(run, c->last);
    c->temperature = c->last->stuck_margin_95 > 0
                         ? c->smallest_gap / c->last->stuck_margin_95
                         : (double)NAN;
    c->forecast_steps = NAN;
    if (run->table != NULL && c->last->given != NULL) {
        find_missing(out, run, seen);
        if (run->truths != NULL) {
            find_lost(out, run);
        }
        c->forecast_steps = forecast(out, run);
    }
fail:
    merit__free(seen);
    return status;
}
