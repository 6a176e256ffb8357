#include "merit/scores.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_names.h"
#include "scores/scores_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

merit_status merit__scores_check_size(int64_t n_truths, int64_t n_answers,
                                      const char *origin, merit_error *err)
{
    char shown[80];
    if (n_answers <= MERIT__SCORES_MAX_ANSWERS) {
        return MERIT_OK;
    }
    double n_gigabytes = (double)n_truths * (double)n_answers * 8e-9;
    return merit__fail(err, MERIT_ENOMEM,
                       "%s: %lld classes, %lld answers need a dense table of %.1f GB; "
                       "the limit is %d answers",
                       merit__printable_path(shown, sizeof shown, origin),
                       (long long)n_truths, (long long)n_answers, n_gigabytes,
                       MERIT__SCORES_MAX_ANSWERS);
}

merit_status merit__scores_new(merit_scores **out, int64_t n_truths, int64_t n_answers,
                               const char *origin, merit_error *err)
{
    *out = NULL;
    merit_status status = merit__scores_check_size(n_truths, n_answers, origin, err);
    if (status != MERIT_OK) {
        return status;
    }
    merit_scores *scores = merit__alloc_array(1, sizeof *scores);
    size_t n_values = (size_t)(n_truths * n_answers);
    if (scores != NULL) {
        scores->n_truths = n_truths;
        scores->n_answers = n_answers;
        scores->values = merit__alloc_array(n_values, sizeof *scores->values);
        scores->names = merit__alloc_array((size_t)n_answers, sizeof *scores->names);
    }
    if (scores == NULL || scores->values == NULL || scores->names == NULL) {
        merit_scores_free(scores);
        return merit__fail_memory(err, n_values * sizeof *scores->values,
                                  "a score table");
    }
    *out = scores;
    return MERIT_OK;
}

merit_status merit__scores_set_name(merit_scores *scores, int64_t answer,
                                    const char *name, merit_error *err)
{
    size_t n = strlen(name);
    scores->names[answer] = merit__copy_string(name, n);
    if (scores->names[answer] == NULL) {
        return merit__fail_memory(err, n + 1, "a name");
    }
    return MERIT_OK;
}

int merit__scores_allow(double value)
{
    return fabs(value) <= MERIT__SCORES_MAX_SCORE; // false for NaN
}

void merit__scores_negate(merit_scores *scores)
{
    int64_t n_values = scores->n_truths * scores->n_answers;
    for (int64_t i = 0; i < n_values; i++) {
        double value = scores->values[i];
        scores->values[i] = value == 0.0 ? 0.0 : -value;
    }
}

merit_status merit__scores_add_note(merit_scores *scores, merit_error *err,
                                    const char *id, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *copy = merit__copy_string(text, strlen(text));
    if (copy == NULL ||
        merit__grow_array((void **)&scores->notes, &scores->note_capacity,
                          scores->n_notes + 1, sizeof *scores->notes) != 0) {
        merit__free(copy);
        return merit__fail_memory(err, sizeof text, "a note");
    }
    scores->notes[scores->n_notes++] = (merit__note){id, copy};
    return MERIT_OK;
}

merit_status merit__scores_check_options(const merit_scores_options *options,
                                         merit_error *err)
{
    if (options == NULL) {
        return MERIT_OK;
    }
    if (options->n_classes < 0 ||
        (options->classes != NULL && options->n_classes == 0)) {
        return merit__fail(err, MERIT_EINVAL, "score table: %lld classes",
                           (long long)options->n_classes);
    }
    for (int64_t i = 0; options->classes != NULL && i < options->n_classes; i++) {
        if (options->classes[i] == NULL) {
            return merit__fail(err, MERIT_EINVAL, "score table: class %lld has no name",
                               (long long)i);
        }
    }
    return MERIT_OK;
}

merit_status merit__scores_check_names(const char *const *names, int64_t n,
                                       merit_error *err)
{
    char shown[64];
    merit__name_index index = {0};
    int64_t first = 0;
    int64_t second = 0;
    for (int64_t i = 0; i < n; i++) {
        const char *problem =
            names[i] == NULL ? "is NULL" : merit__name_problem(names[i]);
        if (problem != NULL) {
            return merit__fail(err, MERIT_EINVAL, "score table: name of answer %lld %s",
                               (long long)i, problem);
        }
    }
    merit_status status = merit__name_index_init(&index, names, n, err);
    if (status == MERIT_OK && merit__name_index_has_twins(&index, &first, &second)) {
        status = merit__fail(err, MERIT_EINVAL,
                             "score table: answers %lld and %lld are both named \"%s\"",
                             (long long)first, (long long)second,
                             merit__printable(shown, sizeof shown, names[first]));
    }
    merit__name_index_dispose(&index);
    return status;
}

merit_status merit__scores_set_names(merit_scores *scores, const char *const *names,
                                     merit_error *err)
{
    merit_status status = MERIT_OK;
    if (names != NULL) {
        MERIT_TRY(merit__scores_check_names(names, scores->n_answers, err));
    }
    for (int64_t k = 0; k < scores->n_answers; k++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)k);
        MERIT_TRY(
            merit__scores_set_name(scores, k, names == NULL ? number : names[k], err));
    }

fail:
    return status;
}

static merit_status copy_values(merit_scores *scores, const double *values,
                                merit_error *err)
{
    for (int64_t i = 0; i < scores->n_truths * scores->n_answers; i++) {
        if (!merit__scores_allow(values[i])) {
            return merit__fail(err, MERIT_EINVAL,
                               "score table: expected numbers of size up to %g, found "
                               "%g for truth %lld, answer %lld",
                               MERIT__SCORES_MAX_SCORE, values[i],
                               (long long)(i / scores->n_answers),
                               (long long)(i % scores->n_answers));
        }
        scores->values[i] = values[i];
    }
    return MERIT_OK;
}

merit_status merit_scores_create(merit_scores **out, int64_t n_truths,
                                 int64_t n_answers, const double *values,
                                 const char *const *answers, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores *scores = NULL;
    *out = NULL;
    if (n_truths < 2 || n_answers < n_truths || values == NULL) {
        return merit__fail(
            err, MERIT_EINVAL,
            "score table: expected 2 <= K <= A and values, found K=%lld, "
            "A=%lld%s",
            (long long)n_truths, (long long)n_answers,
            values == NULL ? ", no values" : "");
    }
    MERIT_TRY(merit__scores_new(&scores, n_truths, n_answers, "score table", err));
    MERIT_TRY(merit__scores_set_names(scores, answers, err));
    MERIT_TRY(copy_values(scores, values, err));
    MERIT_TRY(merit__scores_add_findings(scores, 0, err));
    *out = scores;
    return MERIT_OK;

fail:
    merit_scores_free(scores);
    return status;
}

merit_scores *merit__scores_share(const merit_scores *scores)
{
    merit_scores *shared = (merit_scores *)(uintptr_t)scores;
    atomic_fetch_add(&shared->n_shared, 1);
    return shared;
}

void merit_scores_free(merit_scores *scores)
{
    if (scores == NULL || atomic_fetch_sub(&scores->n_shared, 1) > 0) {
        return;
    }
    for (int64_t k = 0; scores->names != NULL && k < scores->n_answers; k++) {
        if (scores->name_block == NULL) {
            merit__free(scores->names[k]);
        }
    }
    for (size_t i = 0; i < scores->n_notes; i++) {
        merit__free(scores->notes[i].text);
    }
    merit__free(scores->values);
    merit__free(scores->names);
    merit__free(scores->name_block);
    merit__tree_table_free(scores->tree);
    merit__free(scores->notes);
    merit__free(scores);
}

int64_t merit_scores_n_truths(const merit_scores *scores)
{
    return scores->n_truths;
}

int64_t merit_scores_n_answers(const merit_scores *scores)
{
    return scores->n_answers;
}

const double *merit_scores_values(const merit_scores *scores)
{
    return scores->values;
}

void merit_scores_row(const merit_scores *scores, int64_t truth, double *row)
{
    const size_t A = (size_t)scores->n_answers;
    if (scores->values == NULL) {
        merit__tree_table_row(scores->tree, truth, row);
    } else {
        memcpy(row, scores->values + (size_t)truth * A, A * sizeof *row);
    }
}

double merit_scores_score(const merit_scores *scores, int64_t truth, int64_t answer)
{
    return scores->values == NULL ? merit__tree_table_score(scores->tree, truth, answer)
                                  : scores->values[truth * scores->n_answers + answer];
}

const char *merit_scores_name(const merit_scores *scores, int64_t answer)
{
    return answer >= 0 && answer < scores->n_answers ? scores->names[answer] : NULL;
}

int64_t merit_scores_best_answer(const merit_scores *scores, int64_t truth)
{
    if (truth < 0 || truth >= scores->n_truths) {
        return -1;
    }
    if (scores->values == NULL) {
        return truth; // nothing earns more than 1
    }
    const double *row = scores->values + truth * scores->n_answers;
    int64_t best = 0;
    for (int64_t k = 1; k < scores->n_answers; k++) {
        if (row[k] > row[best]) {
            best = k;
        }
    }
    return best;
}

int64_t merit_scores_n_notes(const merit_scores *scores)
{
    return (int64_t)scores->n_notes;
}

static const merit__note *find_note(const merit_scores *scores, int64_t index)
{
    return index >= 0 && (size_t)index < scores->n_notes ? &scores->notes[index] : NULL;
}

const char *merit_scores_note(const merit_scores *scores, int64_t index)
{
    const merit__note *note = find_note(scores, index);
    return note == NULL ? NULL : note->text;
}

const char *merit_scores_note_id(const merit_scores *scores, int64_t index)
{
    const merit__note *note = find_note(scores, index);
    return note == NULL ? NULL : note->id;
}
