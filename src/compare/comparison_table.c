/* comparison.tsv: a row per loss, the best first. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "compare/comparison.h"

static const char header[] =
    "loss\tstate\truns\tmean_score\tlow\thigh\tseed_spread\tnormalized_"
    "score\taccuracy\t"
    "log_loss\tece\tclaimed_score\tregret\tbehind\tbehind_low\tbehind_high\tp\tp_holm\t"
    "best\tlevel\tunsure\treached\tsteps_to_95\tseconds_to_95\tseconds\tmessage\n";

static const char *const state_names[] = {"waiting", "done", "diverged", "refused"};

enum { NUMBERS_BYTES = 16 * (MERIT__NUMBER_BYTES + 1) };

/* "\t1.5\t2" */
static void print_numbers(char out[NUMBERS_BYTES], const double *values, size_t n)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        out[length++] = '\t';
        length += merit__print_double(out + length, values[i]);
    }
}

/* One line; returns its length, also when out is too small. */
static size_t print_row(char *out, size_t out_bytes, const merit_compare_loss *l)
{
    const double earned[] = {
        l->score.mean,       l->score.low, l->score.high,  l->seed_spread,
        l->normalized_score, l->accuracy,  l->log_loss,    l->ece,
        l->claimed_score,    l->regret,    l->behind.mean, l->behind.low,
        l->behind.high,      l->p,         l->p_holm};
    const double times[] = {l->steps_to, l->seconds_to, l->seconds};
    char text[2][NUMBERS_BYTES];
    print_numbers(text[0], earned, sizeof earned / sizeof *earned);
    print_numbers(text[1], times, sizeof times / sizeof *times);
    int n = snprintf(
        out, out_bytes, "%s\t%s\t%" PRId64 "%s\t%d\t%d\t%d\t%" PRId64 "%s\t%s\n",
        l->loss, state_names[l->state], l->n_done, text[0], (int)l->is_best,
        (int)l->is_level, (int)l->is_unsure, l->n_reached, text[1], l->message);
    return n > 0 ? (size_t)n : 0;
}

merit_status merit__comparison_save_table(const merit_comparison *c,
                                          const char *directory, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL, *path = merit__path_join(directory, "comparison.tsv");
    size_t capacity = sizeof header, n = sizeof header - 1;
    for (int64_t l = 0; l < c->facts.n_losses; l++) {
        capacity += print_row(NULL, 0, &c->losses[l]);
    }
    text = merit__alloc_array(capacity, 1);
    if (path == NULL || text == NULL) {
        MERIT_TRY(merit__fail_memory(err, capacity, "comparison.tsv"));
    }
    memcpy(text, header, n);
    for (int64_t l = 0; l < c->facts.n_losses; l++) {
        n += print_row(text + n, capacity - n, &c->losses[l]);
    }
    MERIT_TRY(merit__file_replace(path, text, n, err));
fail:
    merit__free(path);
    merit__free(text);
    return status;
}
