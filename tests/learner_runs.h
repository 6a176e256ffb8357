/* Learners of three classes, over an engine that can be made to misbehave. */
#ifndef MERIT_TESTS_LEARNER_RUNS_H
#define MERIT_TESTS_LEARNER_RUNS_H

#include "learner_fixtures.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>

enum { N_DATA = 80, N_CLASSES = 3 };

static const char *const plain_net = "conv 4 3, relu, pool 2, dense 5, relu";
static const char *const rich_net =
    "conv 4 3, batchnorm, relu, residual(conv 4 3, relu), pool 2, dropout 0.3, dense 6";

static merit_scores *scores;

static inline int make_all(void **state)
{
    if (make_examples(state, N_DATA, N_CLASSES) != 0) {
        return -1;
    }
    scores = make_table(N_CLASSES);
    return merit_loss_create(&losses[0], "cross-entropy", scores, NULL) ||
           merit_loss_create(&losses[1], "softmax-margin", scores, NULL);
}

static inline int free_all(void **state)
{
    merit_loss_free(losses[0]);
    merit_loss_free(losses[1]);
    merit_scores_free(scores);
    return free_examples(state);
}

static struct {
    const merit__engine *engine;
    int yields;            // 1: threads give way at odd moments
    int64_t bad_tensor;    // >= 0: its gradient has a NaN
    int64_t bad_row;       // >= 0: logits of that row of slice `bad_slice` are infinite
    uint32_t bad_slice;    //
    atomic_llong n_padded; // rows that a backward saw with no gradient at all
    atomic_llong n_forward; // slices
} disturbed;

static inline void give_way(void)
{
    long long n = atomic_fetch_add(&disturbed.n_forward, 1);
    for (uint32_t i = 0; disturbed.yields && i < draw(17, (uint32_t)n, 40); i++) {
        sched_yield();
    }
}

static inline merit_status create(merit__plan **out, const merit_net *net,
                                  const merit__plan_options *options, merit_error *err)
{
    return disturbed.engine->create(out, net, options, err);
}

static inline void destroy(merit__plan *plan)
{
    disturbed.engine->destroy(plan);
}

static inline merit_status import(merit__plan *plan, const float *canonical,
                                  float *arena, merit_error *err)
{
    return disturbed.engine->import(plan, canonical, arena, err);
}

static inline merit_status export(merit__plan *plan, const float *arena,
                                  float *canonical, merit_error *err)
{
    return disturbed.engine->export(plan, arena, canonical, err);
}

static inline merit_status prepare(merit__plan *plan, const float *arena,
                                   merit_error *err)
{
    give_way();
    return disturbed.engine->prepare(plan, arena, err);
}

static inline merit_status forward(merit__plan *plan, const float *arena,
                                   const float *x, merit__slice_key key, float *logits,
                                   merit_error *err)
{
    give_way();
    merit_status status = disturbed.engine->forward(plan, arena, x, key, logits, err);
    if (disturbed.bad_row >= 0 && key.slice >= disturbed.bad_slice) {
        logits[disturbed.bad_row * N_CLASSES + 1] = INFINITY;
    }
    return status;
}

static inline merit_status backward(merit__plan *plan, const float *arena,
                                    const float *x, const float *dlogits,
                                    float *gradient, merit_error *err)
{
    merit_status status =
        disturbed.engine->backward(plan, arena, x, dlogits, gradient, err);
    for (int64_t i = 0; i < plan->options.n; i++) {
        int is_zero = 1;
        for (int64_t k = 0; k < N_CLASSES; k++) {
            is_zero = is_zero && fabsf(dlogits[i * N_CLASSES + k]) <= 0;
        }
        atomic_fetch_add(&disturbed.n_padded, is_zero);
    }
    if (disturbed.bad_tensor >= 0) {
        gradient[plan->segments[disturbed.bad_tensor].offset] = NAN;
    }
    give_way();
    return status;
}

static const merit__engine disturbed_engine = {.name = "disturbed",
                                               .create = create,
                                               .destroy = destroy,
                                               .import = import,
                                               .export = export,
                                               .prepare = prepare,
                                               .forward = forward,
                                               .backward = backward};

static const merit__engine *disturb(const merit__engine *engine)
{
    disturbed.engine = engine;
    disturbed.yields = 0;
    disturbed.bad_tensor = disturbed.bad_row = -1;
    disturbed.bad_slice = 0;
    atomic_store(&disturbed.n_padded, 0);
    return &disturbed_engine;
}

static inline void assert_same_weights(const weights *a, const weights *b,
                                       int n_moments)
{
    size_t n_bytes = (size_t)a->net->n_arena * sizeof(float);
    assert_memory_equal(a->parameters, b->parameters, n_bytes);
    for (int i = 0; i < n_moments; i++) {
        assert_memory_equal(a->moments[i], b->moments[i], n_bytes);
    }
}

#endif
