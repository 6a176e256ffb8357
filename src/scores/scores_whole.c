#include "merit/scores.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_table.h"

#include <string.h>

size_t merit_scores_scratch(const merit_scores *scores)
{
    return scores->values == NULL ? merit__tree_table_scratch(scores->tree) : 0;
}

void merit_scores_expect(const merit_scores *scores, const double *belief,
                         double *expected, double *scratch)
{
    const int64_t K = scores->n_truths;
    const int64_t A = scores->n_answers;
    if (scores->values == NULL) {
        merit__tree_table_expect(scores->tree, belief, expected, scratch);
        return;
    }
    for (int64_t a = 0; a < A; a++) {
        expected[a] = 0;
    }
    for (int64_t i = 0; i < K; i++) {
        const double *row = scores->values + i * A;
        for (int64_t a = 0; a < A; a++) {
            expected[a] += belief[i] * row[a];
        }
    }
}

size_t merit_scores_bytes(const merit_scores *scores)
{
    const size_t A = (size_t)scores->n_answers;
    size_t n = sizeof *scores + A * sizeof *scores->names;
    n += scores->values == NULL ? 0
                                : (size_t)scores->n_truths * A * sizeof *scores->values;
    n += scores->tree == NULL ? 0 : scores->tree->n_bytes;
    for (size_t a = 0; a < A; a++) {
        n += strlen(scores->names[a]) + 1;
    }
    for (size_t i = 0; i < scores->n_notes; i++) {
        n += strlen(scores->notes[i].text) + 1;
    }
    return n + scores->note_capacity * sizeof *scores->notes;
}

merit_status merit_scores_write_out(merit_scores **out, const merit_scores *scores,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t A = scores->n_answers;
    merit_scores *whole = NULL;
    *out = NULL;
    MERIT_TRY(merit__scores_new(&whole, scores->n_truths, A,
                                "looking at the whole table", err));
    for (int64_t a = 0; a < A; a++) {
        MERIT_TRY(merit__scores_set_name(whole, a, scores->names[a], err));
    }
    for (int64_t i = 0; i < scores->n_truths; i++) {
        merit_scores_row(scores, i, whole->values + i * A);
    }
    MERIT_TRY(merit__scores_add_findings(whole, 0, err));
    *out = whole;
    whole = NULL;
fail:
    merit_scores_free(whole);
    return status;
}
