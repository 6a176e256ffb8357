#include "compare/comparing.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "compare/compare_plan.h"

/* One run that was asked for. */
typedef struct task {
    const char *loss; // borrowed from the plan
    uint64_t seed;
    char *path;
    int is_over; // before we began
} task;

static void tell(const merit__comparing *c)
{
    if (c->options->report != NULL) {
        c->options->report(&c->event, c->options->payload);
    }
}

/* The runs that are left take as long as those that this process has trained. */
static double guess_left(const merit__comparing *c, const merit_train_event *training)
{
    const double spent = merit__now() - c->started;
    const double left = training->seconds_left;
    return left + (double)(c->n_left - 1) * (spent + left) / (double)(c->n_trained + 1);
}

static void pass_on(const merit_train_event *training, void *payload)
{
    merit__comparing *c = payload;
    c->event.kind = MERIT_COMPARE_RUN_TRAINING;
    c->event.training = training;
    c->event.seconds_left = guess_left(c, training);
    tell(c);
    c->event.training = NULL;
}

/* What the run has earned, for the one who watches. */
static merit_status tell_end(merit__comparing *c, const char *path, merit_error *err)
{
    int64_t n_test;
    merit_compare_run run = {0};
    merit_comparison own = {0};
    merit_status status = merit__measure_read(&run, &own, &n_test, path, err);
    if (status == MERIT_OK) {
        c->event.kind = MERIT_COMPARE_RUN_ENDED;
        c->event.state = run.state;
        c->event.message = run.message;
        c->event.score = run.state == MERIT_COMPARE_DONE ? run.metrics.mean_score : NAN;
        c->event.seconds_left = (double)(c->n_left - 1) * (merit__now() - c->started) /
                                (double)(c->n_trained + 1);
        tell(c);
    }
    merit__comparison_dispose(&own);
    return status;
}

/* Trains, or goes on where that was interrupted, or finds it done. */
static merit_status train(merit__comparing *c, const task *t, merit_error *err)
{
    merit_error why = {0};
    char *config = merit__path_join(t->path, "config.json");
    if (config == NULL) {
        return merit__fail_memory(err, strlen(t->path), "a path");
    }
    merit_train_options options = merit__comparing_options(c, t->loss, t->seed);
    options.resume = access(config, F_OK) == 0;
    options.report = pass_on;
    options.payload = c;
    merit__free(config);
    merit_status status =
        merit_train(t->path, c->data, c->scores, &options, NULL, &why);
    if (status == MERIT_OK) {
        status = merit__measure(t->path, &c->test, &why);
    }
    if (status == MERIT_ENUMERIC) {
        return merit__measure_diverged(t->path, &c->test, why.message, err);
    }
    return status == MERIT_OK ? status : merit__fail(err, status, "%s", why.message);
}

/* Writes comparison.tsv from what there is. */
static merit_status save_table(const merit__comparing *c, merit_error *err)
{
    merit_comparison *comparison = NULL;
    merit_status status = merit_comparison_load(&comparison, c->directory, err);
    if (status == MERIT_OK) {
        status = merit__comparison_save_table(comparison, c->directory, err);
    }
    merit_comparison_free(comparison);
    return status;
}

static merit_status do_task(merit__comparing *c, const task *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    const volatile int *stop = c->options->train.stop;
    c->event = (merit_compare_event){.kind = MERIT_COMPARE_RUN_STARTED,
                                     .run = c->event.run + 1,
                                     .n_runs = c->event.n_runs,
                                     .loss = t->loss,
                                     .seed = t->seed,
                                     .message = "",
                                     .score = NAN,
                                     .seconds_left = NAN};
    if (t->is_over) {
        return MERIT_OK;
    }
    if (stop != NULL && *stop != 0) {
        return merit__fail(err, MERIT_ESTOPPED, "stopped on request between two runs");
    }
    tell(c);
    MERIT_TRY(train(c, t, err));
    MERIT_TRY(tell_end(c, t->path, err));
    MERIT_TRY(save_table(c, err));
    c->n_trained++;
    c->n_left--;
fail:
    return status;
}

static int is_asked_loss(const merit__comparing *c, const char *loss)
{
    for (int64_t l = 0; l < c->options->n_losses; l++) {
        if (strcmp(c->options->losses[l], loss) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_asked_seed(const merit__comparing *c, uint64_t seed)
{
    for (int64_t s = 0; s < merit__comparing_n_seeds(c->options); s++) {
        if (merit__comparing_seed(c->options, s) == seed) {
            return 1;
        }
    }
    return 0;
}

static merit_status make_task(task *t, const merit__comparing *c,
                              const merit__planned_loss *planned, uint64_t seed,
                              merit_error *err)
{
    char name[MERIT__RUN_NAME_BYTES];
    merit__plan_run_name(name, planned, seed);
    *t = (task){.loss = planned->loss, .seed = seed};
    t->path = merit__path_join(c->directory, name);
    if (t->path == NULL) {
        return merit__fail_memory(err, strlen(c->directory), "a path");
    }
    t->is_over = planned->refused[0] != '\0' || merit__measured(t->path, &c->test);
    if (!t->is_over) { // what cannot be used must not stop the others
        merit__measure_forget(t->path);
    }
    return MERIT_OK;
}

/* *n tasks of [n_seeds * n_losses of the plan]. */
static merit_status make_tasks(task *tasks, int64_t *n, const merit__comparing *c,
                               merit_error *err)
{
    merit_status status = MERIT_OK;
    for (int64_t s = 0; s < merit__plan_n_seeds(c->plan); s++) {
        const uint64_t seed = merit__plan_seed(c->plan, s);
        for (int64_t l = 0; l < merit__plan_n_losses(c->plan); l++) {
            const merit__planned_loss planned = merit__plan_loss(c->plan, l);
            if (is_asked_seed(c, seed) && is_asked_loss(c, planned.loss)) {
                MERIT_TRY(make_task(&tasks[*n], c, &planned, seed, err));
                ++*n;
            }
        }
    }
fail:
    return status;
}

merit_status merit__comparing_run_all(merit__comparing *c, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t most = merit__plan_n_seeds(c->plan) * merit__plan_n_losses(c->plan);
    int64_t n = 0;
    task *tasks = merit__alloc_array((size_t)most, sizeof *tasks);
    if (tasks == NULL) {
        return merit__fail_memory(err, (size_t)most * sizeof *tasks, "the runs");
    }
    MERIT_TRY(make_tasks(tasks, &n, c, err));
    for (int64_t i = 0; i < n; i++) {
        c->n_left += !tasks[i].is_over;
    }
    c->event.n_runs = n;
    c->started = merit__now();
    for (int64_t i = 0; i < n; i++) {
        MERIT_TRY(do_task(c, &tasks[i], err));
    }
fail:
    for (int64_t i = 0; i < n; i++) {
        merit__free(tasks[i].path);
    }
    merit__free(tasks);
    return status;
}
