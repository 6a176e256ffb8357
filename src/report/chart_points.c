/* Lines as points. */
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "report/chart.h"
#include "report/curves.h"

int merit__chart_can_draw(double value)
{
    return fabs(value) <= 1e300; // false for NaN
}

/* The first candidate's score at x epochs, between two validations; 0 when x is not
 * between any. */
static int score_between(double *score, const merit_curve_run *run, double x)
{
    for (int64_t i = 0; i + 1 < run->n_rows && run->rows[i + 1].candidate == 0; i++) {
        const merit_curve_row *a = &run->rows[i], *b = a + 1;
        if (a->epochs <= x && x <= b->epochs) {
            double share = (x - a->epochs) / (b->epochs - a->epochs);
            *score = (1 - share) * a->mean_score + share * b->mean_score;
            return 1;
        }
    }
    return 0;
}

/* Where a later candidate branched off, if that is known and before its first row. */
static int find_branch(merit__chart_point *out, const merit_curve_run *run,
                       const merit_curve_row *first)
{
    double share;
    merit__curve_last_stage(run->candidates[first->candidate], &share);
    out->x = share * (double)run->n_epochs;
    return first->candidate > 0 && share > 0 && out->x < first->epochs &&
           score_between(&out->y, run, out->x);
}

merit_status merit__chart_points(merit__chart_point **points, size_t *n,
                                 const merit__chart_line *line, merit_error *err)
{
    const merit_curve_run *run = line->run;
    int is_strong = line->candidate < 0;
    const merit_curve_row *rows = is_strong ? run->line : run->rows;
    int64_t n_rows = is_strong ? run->n_line : run->n_rows;
    int64_t last = 0; // candidate of the row before
    *n = 0;
    *points = merit__alloc_array((size_t)n_rows + 1, sizeof **points);
    if (*points == NULL) {
        return merit__fail_memory(err, (size_t)n_rows * sizeof **points, "a line");
    }
    for (int64_t i = 0; i < n_rows; i++) {
        const merit_curve_row *row = &rows[i];
        if (!is_strong && row->candidate != line->candidate) {
            continue;
        }
        if (row->candidate != last && find_branch(&(*points)[*n], run, row)) {
            (*n)++;
        }
        last = row->candidate;
        (*points)[(*n)++] =
            (merit__chart_point){.x = row->epochs, .y = row->mean_score};
    }
    return MERIT_OK;
}
