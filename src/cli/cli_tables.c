#include "cli_tables.h"

#include "cli_number.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>

enum { MAX_NAME_WIDTH = 16, MAX_CLAIMS = 20 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

// Columns for the longest of the first n names.
static int names_width(const merit_scores *scores, int64_t n, int width)
{
    for (int64_t i = 0; i < n; i++) {
        int needed = merit__cell_width(merit_scores_name(scores, i));
        width = needed > width ? needed : width;
    }
    return least(width, MAX_NAME_WIDTH);
}

static double misjudged(const double *weight, const double *claimed,
                        const double *realised, int64_t answer)
{
    return weight[answer] > 0
               ? weight[answer] * fabs(claimed[answer] - realised[answer])
               : 0;
}

// The answer after `last` in the order of how much it is misjudged; -1 at the end.
static int64_t next_worst(const double *weight, const double *claimed,
                          const double *realised, int64_t n, int64_t last)
{
    int64_t next = -1;
    double limit = last < 0 ? INFINITY : misjudged(weight, claimed, realised, last);
    double most = -1;
    for (int64_t i = 0; i < n; i++) {
        double by = misjudged(weight, claimed, realised, i);
        int is_after = by < limit || (by == limit && i > last && last >= 0);
        if (is_after && by > most) {
            most = by;
            next = i;
        }
    }
    return next;
}

void merit__print_claims(FILE *stream, const merit_scores *scores, const double *weight,
                         const double *claimed, const double *realised)
{
    int64_t n = merit_scores_n_answers(scores);
    int64_t n_shown = n > MAX_CLAIMS ? MAX_CLAIMS : n;
    int64_t answer = -1;
    int width = names_width(scores, n, (int)sizeof "answer" - 1);
    fprintf(stream, "%-*s  %9s  %9s  %9s\n", width, "answer", "given", "claimed",
            "earned");
    for (int64_t i = 0; i < n_shown; i++) {
        answer = n > MAX_CLAIMS ? next_worst(weight, claimed, realised, n, answer) : i;
        merit__print_cell(stream, merit_scores_name(scores, answer), width);
        if (weight[answer] > 0) {
            fprintf(stream, "  %9.0f  %9.4f  %9.4f\n", weight[answer],
                    merit__unsigned_zero(claimed[answer], 4),
                    merit__unsigned_zero(realised[answer], 4));
        } else {
            fprintf(stream, "  %9s\n", "never");
        }
    }
    if (n > n_shown) {
        fprintf(stream, "The %d of %" PRId64 " answers that are misjudged the most.\n",
                MAX_CLAIMS, n);
    }
}

static int count_width(const double *confusion, int64_t n)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        most = fmax(most, confusion[i]);
    }
    return snprintf(NULL, 0, "%.0f", most);
}

void merit__print_confusion(FILE *stream, const merit_scores *scores,
                            const double *confusion, int width)
{
    int64_t k = merit_scores_n_truths(scores);
    int64_t a = merit_scores_n_answers(scores);
    int name_width = names_width(scores, k, (int)sizeof "truth" - 1);
    int cell_width = count_width(confusion, k * a);
    cell_width = cell_width < 4 ? 4 : cell_width;
    int n_fitting = (width - name_width) / (cell_width + 2);
    int64_t block = n_fitting < 1 ? 1 : n_fitting;
    for (int64_t from = 0; from < a; from += block) {
        int64_t to = from + block < a ? from + block : a;
        fprintf(stream, "%s%-*s", from > 0 ? "\n" : "", name_width, "truth");
        for (int64_t j = from; j < to; j++) {
            fprintf(stream, "  ");
            merit__print_cell(stream, merit_scores_name(scores, j), cell_width);
        }
        fputc('\n', stream);
        for (int64_t i = 0; i < k; i++) {
            merit__print_cell(stream, merit_scores_name(scores, i), name_width);
            for (int64_t j = from; j < to; j++) {
                fprintf(stream, "  %*.0f", cell_width, confusion[i * a + j]);
            }
            fputc('\n', stream);
        }
    }
}
