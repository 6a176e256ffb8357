/* A table that has more classes than there are letters to be hidden. */
#include "cli_message.h"
#include "cli_options.h"
#include "cli_scores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t find_name(const merit_scores *scores, int64_t n, const char *name)
{
    for (int64_t k = 0; k < n; k++) {
        if (strcmp(merit_scores_name(scores, k), name) == 0) {
            return k;
        }
    }
    return -1;
}

// Where the table has each class of the data; EFORMAT names the first one it lacks.
static merit_status find_classes(int64_t *at, const merit_scores *scores,
                                 const merit_dataset *data, merit_error *err)
{
    int64_t n_truths = merit_scores_n_truths(scores);
    for (int64_t i = 0; i < merit_dataset_n_classes(data); i++) {
        const char *name = merit_dataset_class_name(data, i);
        at[i] = find_name(scores, n_truths, name);
        if (at[i] < 0) {
            return merit__refuse(
                err, MERIT_EFORMAT,
                "the score table has no class %s; letters of %s that are "
                "hidden need a row each",
                name, merit_dataset_alphabet(data));
        }
    }
    return MERIT_OK;
}

// Tells which classes of the table are none of the data.
static void tell_left_out(const merit_scores *scores, const int64_t *at, int64_t n)
{
    char note[256];
    size_t n_text = 0;
    int64_t n_left = 0;
    for (int64_t k = 0; k < merit_scores_n_truths(scores); k++) {
        int is_class = 0;
        for (int64_t i = 0; i < n; i++) {
            is_class = is_class || at[i] == k;
        }
        if (!is_class && n_text + 40 < sizeof note) {
            n_text +=
                (size_t)snprintf(note + n_text, sizeof note - n_text, "%s%.16s",
                                 n_left > 0 ? ", " : "", merit_scores_name(scores, k));
        }
        n_left += !is_class;
    }
    if (n_left > 0) {
        snprintf(note + n_text, sizeof note - n_text, " of the table: left out, no %s",
                 n_left > 1 ? "classes" : "class");
        merit__tell("note", note);
    }
}

merit_status merit__scores_keep_classes(merit_scores **scores,
                                        const merit_dataset *data, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t K = merit_scores_n_truths(*scores), A = merit_scores_n_answers(*scores);
    int64_t n = merit_dataset_n_classes(data), n_answers = n + A - K;
    const double *from = merit_scores_values(*scores);
    int64_t *at = NULL;
    double *values = NULL;
    const char **names = NULL;
    merit_scores *kept = NULL;
    MERIT_TRY(merit__new_array(&at, n_answers, sizeof *at, err));
    MERIT_TRY(merit__new_array(&values, n * n_answers, sizeof *values, err));
    MERIT_TRY(merit__new_array(&names, n_answers, sizeof *names, err));
    MERIT_TRY(find_classes(at, *scores, data, err));
    for (int64_t k = n; k < n_answers; k++) {
        at[k] = K + k - n;
    }
    for (int64_t k = 0; k < n_answers; k++) {
        names[k] = merit_scores_name(*scores, at[k]);
        for (int64_t i = 0; i < n; i++) {
            values[i * n_answers + k] = from[at[i] * A + at[k]];
        }
    }
    MERIT_TRY(merit_scores_create(&kept, n, n_answers, values, names, err));
    tell_left_out(*scores, at, n);
    merit_scores_free(*scores);
    *scores = kept;

fail:
    free(at);
    free(values);
    free(names);
    return status;
}
