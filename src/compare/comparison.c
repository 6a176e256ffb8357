#include "compare/comparison.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "compare/measure.h"
#include "compare/compare_plan.h"

void *merit__comparison_own(merit_comparison *c, size_t n, size_t size)
{
    if (merit__grow_array((void **)&c->owned, &c->owned_capacity, c->n_owned + 1,
                          sizeof *c->owned) != 0) {
        return NULL;
    }
    void *memory = merit__alloc_array(n, size);
    c->owned[c->n_owned] = memory;
    c->n_owned += memory != NULL;
    return memory;
}

char *merit__comparison_text(merit_comparison *c, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = merit__comparison_own(c, n, 1);
    return copy != NULL ? memcpy(copy, text, n) : NULL;
}

merit_compare_run *merit__comparison_runs(const merit_compare_loss *loss)
{
    return (merit_compare_run *)(uintptr_t)loss->runs; // our own memory
}

void merit__comparison_dispose(merit_comparison *c)
{
    for (size_t i = 0; i < c->n_owned; i++) {
        merit__free(c->owned[i]);
    }
    merit__free(c->owned);
    *c = (merit_comparison){0};
}

void merit_comparison_free(merit_comparison *c)
{
    if (c != NULL) {
        merit__comparison_dispose(c);
        merit__free(c);
    }
}

const merit_compare_facts *merit_comparison_facts(const merit_comparison *comparison)
{
    return &comparison->facts;
}

const merit_compare_loss *merit_comparison_loss(const merit_comparison *comparison,
                                                int64_t rank)
{
    return &comparison->losses[rank];
}

static merit_status load_run(merit_compare_run *run, merit_comparison *c,
                             const merit__planned_loss *planned, uint64_t seed,
                             const char *directory, merit_error *err)
{
    merit_status status = MERIT_OK;
    char name[MERIT__RUN_NAME_BYTES], shown[128], *path = NULL;
    int64_t n_test = 0;
    merit__plan_run_name(name, planned, seed);
    *run = (merit_compare_run){
        .name = merit__comparison_text(c, name),
        .seed = seed,
        .message = merit__comparison_text(c, planned->refused),
        .candidate = "",
        .temperature = NAN,
        .validated = NAN,
        .seconds = NAN,
        .steps_to = -1,
        .seconds_to = NAN,
    };
    path = merit__path_join(directory, name);
    if (run->name == NULL || run->message == NULL || path == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof name, "a run"));
    }
    if (planned->refused[0] != '\0') {
        run->state = MERIT_COMPARE_REFUSED;
        goto fail;
    }
    MERIT_TRY(merit__measure_read(run, c, &n_test, path, err));
    if (run->state == MERIT_COMPARE_DONE) {
        if (c->facts.n_test != 0 && c->facts.n_test != n_test) {
            MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                                  "%s/test.json: other test examples than the other "
                                  "runs'",
                                  merit__printable_path(shown, sizeof shown, path)));
        }
        c->facts.n_test = n_test;
        c->facts.best_constant_score = run->metrics.best_constant_score;
        c->facts.oracle_score = run->metrics.oracle_score;
    }
fail:
    merit__free(path);
    return status;
}

/* The state of a loss is that of the runs that have come farthest. */
static void sum_up_states(merit_compare_loss *loss)
{
    int n[4] = {0};
    loss->message = "";
    for (int64_t s = 0; s < loss->n_runs; s++) {
        const merit_compare_run *run = &loss->runs[s];
        n[run->state]++;
        if (loss->message[0] == '\0') {
            loss->message = run->message;
        }
    }
    loss->n_done = n[MERIT_COMPARE_DONE];
    loss->state = n[MERIT_COMPARE_DONE] > 0       ? MERIT_COMPARE_DONE
                  : n[MERIT_COMPARE_REFUSED] > 0  ? MERIT_COMPARE_REFUSED
                  : n[MERIT_COMPARE_DIVERGED] > 0 ? MERIT_COMPARE_DIVERGED
                                                  : MERIT_COMPARE_WAITING;
}

static merit_status load_loss(merit_compare_loss *loss, merit_comparison *c,
                              const merit__planned_loss *planned, const char *directory,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    const size_t n = (size_t)c->facts.n_seeds;
    merit_compare_run *runs = merit__comparison_own(c, n, sizeof *runs);
    loss->loss = merit__comparison_text(c, planned->loss);
    if (runs == NULL || loss->loss == NULL) {
        return merit__fail_memory(err, n * sizeof *runs, "runs");
    }
    loss->runs = runs;
    for (size_t s = 0; s < n; s++) {
        MERIT_TRY(load_run(&runs[s], c, planned, c->facts.seeds[s], directory, err));
        loss->n_runs++;
        c->facts.n_runs_over += runs[s].state != MERIT_COMPARE_WAITING;
    }
    sum_up_states(loss);
    c->facts.n_done += loss->state == MERIT_COMPARE_DONE;
fail:
    return status;
}

static merit_status load(merit_comparison *c, const json_t *plan, const char *directory,
                         merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_compare_facts *facts = &c->facts;
    facts->n_losses = merit__plan_n_losses(plan);
    facts->n_seeds = merit__plan_n_seeds(plan);
    facts->n_runs = facts->n_losses * facts->n_seeds;
    facts->best_constant_score = facts->oracle_score = NAN;
    const size_t n_losses = (size_t)facts->n_losses, n_seeds = (size_t)facts->n_seeds;
    uint64_t *seeds = merit__comparison_own(c, n_seeds, sizeof *seeds);
    facts->seeds = seeds;
    c->losses = merit__comparison_own(c, n_losses, sizeof *c->losses);
    if (seeds == NULL || c->losses == NULL) {
        return merit__fail_memory(err, n_losses * sizeof *c->losses, "a comparison");
    }
    for (int64_t s = 0; s < facts->n_seeds; s++) {
        seeds[s] = merit__plan_seed(plan, s);
    }
    for (int64_t l = 0; l < facts->n_losses; l++) {
        merit__planned_loss planned = merit__plan_loss(plan, l);
        MERIT_TRY(load_loss(&c->losses[l], c, &planned, directory, err));
    }
    MERIT_TRY(merit__comparison_add_curves(c, directory, err));
    MERIT_TRY(merit__comparison_rank(c, err));
    MERIT_TRY(merit__comparison_judge(c, err));
fail:
    return status;
}

merit_status merit_comparison_load(merit_comparison **out, const char *directory,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[160];
    json_t *plan = NULL;
    merit_comparison *c = NULL;
    if (out == NULL || directory == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_comparison_load: an argument is NULL");
    }
    *out = NULL;
    MERIT_TRY(merit__plan_load(&plan, directory, err));
    if (plan == NULL) {
        MERIT_TRY(merit__fail(err, MERIT_EMODEL,
                              "%s: is no comparison of merit compare",
                              merit__printable_path(shown, sizeof shown, directory)));
    }
    c = merit__alloc_array(1, sizeof *c);
    if (c == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *c, "a comparison"));
    }
    MERIT_TRY(load(c, plan, directory, err));
    *out = c;
    c = NULL;
fail:
    merit_comparison_free(c);
    json_decref(plan);
    return status;
}
