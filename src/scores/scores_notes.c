#include "scores/scores_table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_names.h"

#include <string.h>

// A name and a number as notes show them.
typedef struct shown {
    char text[64];
} shown;

static shown show_name(const merit_scores *scores, int64_t answer)
{
    shown out;
    merit__printable(out.text, sizeof out.text, scores->names[answer]);
    return out;
}

static shown show_number(double value)
{
    shown out;
    merit__print_double(out.text, value == 0.0 ? 0.0 : value); // never "-0"
    return out;
}

static const double *row_of(const merit_scores *scores, int64_t truth)
{
    return scores->values + truth * scores->n_answers;
}

static int is_constant(const double *row, int64_t n)
{
    for (int64_t k = 1; k < n; k++) {
        if (row[k] != row[0]) {
            return 0;
        }
    }
    return 1;
}

// Truths for which no answer is better than another.
static merit_status note_no_information(merit_scores *scores, merit_error *err)
{
    merit__name_list constant = {0};
    for (int64_t i = 0; i < scores->n_truths; i++) {
        if (is_constant(row_of(scores, i), scores->n_answers)) {
            merit__name_list_add(&constant, scores->names[i]);
        }
    }
    if (constant.n_names == scores->n_truths) {
        return merit__scores_add_note(scores, err, "no-information",
                                      "the table carries no information: all answers "
                                      "are worth the same for every truth");
    }
    if (constant.n_names > 0) {
        return merit__scores_add_note(scores, err, "no-information",
                                      "no information in the row of %s: all answers "
                                      "are worth the same",
                                      merit__name_list_end(&constant));
    }
    return MERIT_OK;
}

// Whether the right answer is the worst answer, or as bad, for every truth, and is
// really worse somewhere.
static int looks_reversed(const merit_scores *scores)
{
    int is_worse = 0;
    for (int64_t i = 0; i < scores->n_truths; i++) {
        const double *row = row_of(scores, i);
        for (int64_t k = 0; k < scores->n_answers; k++) {
            if (row[k] < row[i]) {
                return 0;
            }
            is_worse = is_worse || row[k] > row[i];
        }
    }
    return is_worse;
}

// Truths whose best answer is another one; the first few by name.
static merit_status note_best_answers(merit_scores *scores, merit_error *err)
{
    enum { MAX_NOTES = 20 };
    int64_t n_found = 0;
    for (int64_t i = 0; i < scores->n_truths; i++) {
        const double *row = row_of(scores, i);
        int64_t best = merit_scores_best_answer(scores, i);
        if (row[best] == row[i] || n_found++ >= MAX_NOTES) {
            continue;
        }
        merit_status status = merit__scores_add_note(
            scores, err, "best-answer",
            "for the truth \"%s\" the best answer is \"%s\" (score %s), not \"%s\" "
            "(score %s)",
            show_name(scores, i).text, show_name(scores, best).text,
            show_number(row[best]).text, show_name(scores, i).text,
            show_number(row[i]).text);
        if (status != MERIT_OK) {
            return status;
        }
    }
    if (n_found > MAX_NOTES) {
        return merit__scores_add_note(
            scores, err, "best-answer",
            "another answer is the best one for %lld more truths",
            (long long)(n_found - MAX_NOTES));
    }
    return MERIT_OK;
}

// The first pair of classes whose two mistakes are not worth the same.
static merit_status note_asymmetry(merit_scores *scores, merit_error *err)
{
    int64_t n_pairs = 0;
    int64_t truth = 0;
    int64_t answer = 0;
    for (int64_t i = 0; i < scores->n_truths; i++) {
        for (int64_t k = i + 1; k < scores->n_truths; k++) {
            if (row_of(scores, i)[k] == row_of(scores, k)[i]) {
                continue;
            }
            if (n_pairs++ == 0) {
                truth = i;
                answer = k;
            }
        }
    }
    if (n_pairs == 0) {
        return MERIT_OK;
    }
    return merit__scores_add_note(
        scores, err, "not-symmetric",
        "not symmetric: answering \"%s\" for \"%s\" is worth %s, \"%s\" for \"%s\" %s "
        "(%lld such pair%s)",
        show_name(scores, answer).text, show_name(scores, truth).text,
        show_number(row_of(scores, truth)[answer]).text, show_name(scores, truth).text,
        show_name(scores, answer).text, show_number(row_of(scores, answer)[truth]).text,
        (long long)n_pairs, n_pairs == 1 ? "" : "s");
}

static merit_status note_costs_of_right_answers(merit_scores *scores, merit_error *err)
{
    for (int64_t i = 0; i < scores->n_truths; i++) {
        double score = row_of(scores, i)[i];
        if (score != 0.0) {
            return merit__scores_add_note(scores, err, "right-answer-costs",
                                          "the right answer costs %s for \"%s\", not 0",
                                          show_number(-score).text,
                                          show_name(scores, i).text);
        }
    }
    return MERIT_OK;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

// Copies a name without spaces around it and in small letters.
static char *fold(const char *name)
{
    name += strspn(name, " \t");
    size_t n = strlen(name);
    while (n > 0 && (name[n - 1] == ' ' || name[n - 1] == '\t')) {
        n--;
    }
    char *folded = merit__copy_string(name, n);
    for (size_t i = 0; folded != NULL && i < n; i++) {
        folded[i] = lower(folded[i]);
    }
    return folded;
}

// Names that a reader may take for the same.
merit_status merit__scores_note_names(merit_scores *scores, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__name_index index = {0};
    int64_t first = 0;
    int64_t second = 0;
    int64_t n = scores->n_answers;
    char **folded = merit__alloc_array((size_t)n, sizeof *folded);
    for (int64_t k = 0; folded != NULL && k < n; k++) {
        folded[k] = fold(scores->names[k]);
        if (folded[k] == NULL) {
            status = merit__fail_memory(err, strlen(scores->names[k]) + 1, "a name");
            goto fail;
        }
    }
    if (folded == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *folded, "names");
    }
    MERIT_TRY(merit__name_index_init(&index, (const char *const *)folded, n, err));
    if (merit__name_index_has_twins(&index, &first, &second)) {
        status = merit__scores_add_note(
            scores, err, "similar-names",
            "the names \"%s\" and \"%s\" differ only in capitals or spaces",
            show_name(scores, first).text, show_name(scores, second).text);
    }

fail:
    merit__name_index_dispose(&index);
    for (int64_t k = 0; folded != NULL && k < n; k++) {
        merit__free(folded[k]);
    }
    merit__free(folded);
    return status;
}

merit_status merit__scores_add_findings(merit_scores *scores, int given_as_costs,
                                        merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(note_no_information(scores, err));
    if (looks_reversed(scores)) {
        MERIT_TRY(merit__scores_add_note(
            scores, err, "looks-reversed",
            "no answer is worse than the right one: these look like %s",
            given_as_costs ? "scores, but were read as costs"
                           : "costs, but were read as scores (see --costs)"));
    } else {
        MERIT_TRY(note_best_answers(scores, err));
    }
    if (given_as_costs) {
        MERIT_TRY(note_costs_of_right_answers(scores, err));
    }
    MERIT_TRY(note_asymmetry(scores, err));
    MERIT_TRY(merit__scores_note_names(scores, err));

fail:
    return status;
}
