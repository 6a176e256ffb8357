/* How soon each run was nearly as good as the best one. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "compare/comparison.h"
#include "merit/runs.h"

/* The runs that are DONE, in the order of losses and seeds. */
typedef struct recorded {
    merit_compare_run **runs; // [n]
    char **paths;             // [n]
    int64_t n;
    merit_runs *records;
} recorded;

static merit_status collect(recorded *out, const merit_comparison *comparison,
                            const char *directory, merit_error *err)
{
    const size_t n = (size_t)comparison->facts.n_runs;
    out->runs = merit__alloc_array(n, sizeof(merit_compare_run *));
    out->paths = merit__alloc_array(n, sizeof(char *));
    if (out->runs == NULL || out->paths == NULL) {
        return merit__fail_memory(err, n * sizeof(char *), "runs");
    }
    for (int64_t l = 0; l < comparison->facts.n_losses; l++) {
        const merit_compare_loss *loss = &comparison->losses[l];
        for (int64_t s = 0; s < loss->n_runs; s++) {
            merit_compare_run *run = &merit__comparison_runs(loss)[s];
            if (run->state == MERIT_COMPARE_DONE) {
                out->runs[out->n] = run;
                out->paths[out->n] = merit__path_join(directory, run->name);
                if (out->paths[out->n++] == NULL) {
                    return merit__fail_memory(err, strlen(directory), "a path");
                }
            }
        }
    }
    return out->n == 0 ? MERIT_OK
                       : merit_runs_load(&out->records, (const char *const *)out->paths,
                                         out->n, err);
}

static void dispose(recorded *r)
{
    for (int64_t i = 0; i < r->n; i++) {
        merit__free(r->paths[i]);
    }
    merit__free(r->paths);
    merit__free(r->runs);
    merit_runs_free(r->records);
}

/* The steps until a validation earned the target; -1 where none did. */
static int64_t steps_to(const merit_run *record, double target)
{
    for (int64_t i = 0; i < record->n_rows; i++) {
        if (record->rows[i].mean_score >= target) {
            return record->rows[i].step;
        }
    }
    return -1;
}

/* What counts as nearly the best with a seed: on the validation examples, which all
 * losses have in common for one seed. */
static double target_of(const recorded *r, uint64_t seed)
{
    double best = -INFINITY, constant = NAN;
    for (int64_t i = 0; i < r->n; i++) {
        if (r->runs[i]->seed == seed) {
            best = fmax(best, r->runs[i]->validated);
            const double its = merit_runs_at(r->records, i)->best_constant;
            constant = isnan(constant) ? its : constant;
        }
    }
    return best > constant ? constant + merit__nearly_best * (best - constant) : NAN;
}

static void add_times(recorded *r)
{
    for (int64_t i = 0; i < r->n; i++) {
        const merit_run *record = merit_runs_at(r->records, i);
        r->runs[i]->validated = record->kept != NULL ? record->kept->mean_score : NAN;
        r->runs[i]->seconds = record->seconds;
    }
    for (int64_t i = 0; i < r->n; i++) {
        merit_compare_run *run = r->runs[i];
        const merit_run *record = merit_runs_at(r->records, i);
        run->n_steps = record->n_rows > 0 ? record->rows[record->n_rows - 1].step : 0;
        run->steps_to = steps_to(record, target_of(r, run->seed));
        // The steps of a run take much the same time; the log may have gaps.
        run->seconds_to = run->steps_to < 0 ? (double)NAN
                                            : run->seconds * (double)run->steps_to /
                                                  (double)run->n_steps;
    }
}

merit_status merit__comparison_add_curves(merit_comparison *comparison,
                                          const char *directory, merit_error *err)
{
    recorded r = {0};
    merit_status status = collect(&r, comparison, directory, err);
    if (status == MERIT_OK && r.n > 0) {
        add_times(&r);
    }
    dispose(&r);
    return status;
}
