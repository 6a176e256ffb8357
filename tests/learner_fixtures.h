/* Learners on small data: weights before and after steps, minibatches, and what a step
 * gives by hand. */
#ifndef MERIT_TESTS_LEARNER_FIXTURES_H
#define MERIT_TESTS_LEARNER_FIXTURES_H

#include "train/learner.h"
#include "train/sample.h"
#include "train_fixtures.h"

enum { SIDE = 6, MOST_DATA = 90 };

static merit_dataset *data;
static merit__normalisation normalisation;
static merit_loss *losses[2];    // of even and odd steps; NULL for steps on a sample
static int64_t order[MOST_DATA]; // of the examples, the last minibatch first

static inline int make_examples(void **state, int64_t n, int64_t n_classes)
{
    if (make_data_folder(state) != 0) {
        return -1;
    }
    data = make_pictures("learner", n, SIDE, n_classes);
    return merit__normalisation_measure(&normalisation, data, NULL);
}

static inline int free_examples(void **state)
{
    merit__normalisation_dispose(&normalisation);
    merit_dataset_free(data);
    return remove_data_tree(state);
}

static inline merit_net *make_net(const char *spec)
{
    merit_net *net;
    merit_error err = {0};
    if (merit_net_create(&net, spec, 1, SIDE, SIDE, merit_dataset_n_classes(data),
                         &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return net;
}

static inline merit__learner_options options_of(const merit__engine *engine,
                                                const char *optimizer, int64_t batch,
                                                int64_t slice, int64_t groups,
                                                int64_t threads)
{
    merit__learner_options options = {.engine = engine,
                                      .data = data,
                                      .normalisation = &normalisation,
                                      .batch = batch,
                                      .slice = slice,
                                      .groups = groups,
                                      .threads = threads,
                                      .exact = 1,
                                      .seed = 3};
    assert_int_equal(merit__optimizer_find(&options.optimizer, optimizer, NULL),
                     MERIT_OK);
    return options;
}

/* Canonical parameters and moments. */
typedef struct weights {
    const merit_net *net;
    float *parameters, *moments[MERIT__MOMENTS];
} weights;

static inline weights make_weights(const merit_net *net)
{
    weights w = {.net = net};
    w.parameters = test_calloc((size_t)net->n_arena, sizeof(float));
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        w.moments[i] = test_calloc((size_t)net->n_arena, sizeof(float));
    }
    merit__net_init(net, 11, w.parameters);
    return w;
}

static inline void free_weights(weights *w)
{
    test_free(w->parameters);
    test_free(w->moments[0]);
    test_free(w->moments[1]);
}

static inline merit__learner *make_learner(const weights *w,
                                           const merit__learner_options *options)
{
    merit__learner *learner;
    merit_error err = {0};
    const float *const moments[MERIT__MOMENTS] = {w->moments[0], w->moments[1]};
    if (merit__learner_create(&learner, w->net, options, &err) != MERIT_OK ||
        merit__learner_set(learner, w->parameters, moments, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return learner;
}

static inline void get_weights(merit__learner *learner, weights *w)
{
    merit_error err = {0};
    assert_int_equal(merit__learner_get(learner, w->parameters, w->moments, &err),
                     MERIT_OK);
}

static inline merit__minibatch minibatch_of(int64_t step, int64_t n)
{
    merit__permutation(order, merit_dataset_n(data), 4, MERIT__USE_SHUFFLE,
                       (uint32_t)step);
    return (merit__minibatch){.index = order,
                              .n = n,
                              .epoch = (uint32_t)step,
                              .step = step,
                              .loss = losses[step % 2],
                              .progress = 0.5,
                              .learning_rate = 0.05,
                              .momentum = 0.9,
                              .weight_decay = 0.01};
}

/* The mean loss of a minibatch and its gradient dlogits from logits, both [n,K]. */
typedef double loss_by_hand(float *dlogits, const float *logits,
                            const merit__minibatch *m, const void *about);

/* The mean loss over the minibatch and its gradient, canonical. */
static inline double gradient_by_hand(const weights *w, const merit__minibatch *m,
                                      float *gradient, loss_by_hand *evaluate,
                                      const void *about)
{
    const merit__engine *engine = &merit__engine_reference;
    const merit__plan_options options = {.n = m->n, .training = 1, .exact = 1};
    const merit__slice_key key = {.seed = 3};
    merit__plan *plan;
    assert_int_equal(engine->create(&plan, w->net, &options, NULL), MERIT_OK);
    size_t n_arena = (size_t)plan->n_arena;
    size_t n_logits = (size_t)(m->n * w->net->n_classes);
    float *arena = test_calloc(n_arena, sizeof *arena);
    float *own = test_calloc(n_arena, sizeof *own);
    float *x = test_calloc((size_t)m->n * SIDE * SIDE, sizeof *x);
    float *logits = test_calloc(n_logits, sizeof *logits);
    float *dlogits = test_calloc(n_logits, sizeof *dlogits);
    assert_int_equal(
        merit__batch_fill(x, data, m->index, m->n, &normalisation, NULL, 0, 0, NULL),
        MERIT_OK);
    assert_int_equal(engine->import(plan, w->parameters, arena, NULL), MERIT_OK);
    assert_int_equal(engine->prepare(plan, arena, NULL), MERIT_OK);
    assert_int_equal(engine->forward(plan, arena, x, key, logits, NULL), MERIT_OK);
    const double loss = evaluate(dlogits, logits, m, about);
    assert_int_equal(engine->backward(plan, arena, x, dlogits, own, NULL), MERIT_OK);
    assert_int_equal(engine->export(plan, own, gradient, NULL), MERIT_OK);
    engine->destroy(plan);
    test_free(arena);
    test_free(own);
    test_free(x);
    test_free(logits);
    test_free(dlogits);
    return loss;
}

/* Whether number i of a tensor changes: all do but those of a class outside the sample,
 * where there is one. */
static inline int is_touched(const weights *w, const merit__sample *s, int64_t t,
                             int64_t i)
{
    const int64_t n_of_class = w->net->tensors[t].n / w->net->n_classes;
    return s == NULL || t < w->net->n_tensors - 2 || s->place[i / n_of_class] >= 0;
}

/* Nesterov's step in double, on what is touched, with weight decay on weights only. */
static inline void step_by_hand(weights *w, const merit__sample *s,
                                const merit__minibatch *m, const float *gradient)
{
    for (int64_t t = 0; t < w->net->n_tensors; t++) {
        const merit__tensor *tensor = &w->net->tensors[t];
        const double decay = tensor->kind == MERIT__WEIGHT ? m->weight_decay : 0;
        for (int64_t i = 0; i < tensor->n; i++) {
            const int64_t at = tensor->offset + i;
            if (!is_touched(w, s, t, i)) {
                continue;
            }
            double g = (double)gradient[at] + decay * (double)w->parameters[at];
            double moment = m->momentum * (double)w->moments[0][at] + g;
            w->moments[0][at] = (float)moment;
            w->parameters[at] -= (float)(m->learning_rate * (g + m->momentum * moment));
        }
    }
}

#endif
