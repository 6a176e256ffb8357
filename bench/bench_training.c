#include "bench_training.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/random.h"
#include "bench_common.h"

static void *room(int64_t n, size_t size)
{
    void *out = merit__alloc_array((size_t)n, size);
    if (out == NULL) {
        fprintf(stderr, "benchmark: not enough memory\n");
        exit(6);
    }
    return out;
}

static void create_learner(bench_training *t, const merit_dataset *data, int64_t slice,
                           int exact)
{
    merit_error err;
    const merit__optimizer *sgd;
    bench_check(merit__optimizer_find(&sgd, "sgd", &err), &err);
    const merit__learner_options options = {.engine = &merit__engine_dnnl,
                                            .optimizer = sgd,
                                            .data = data,
                                            .normalisation = &t->normalisation,
                                            .batch = BENCH_BATCH,
                                            .slice = slice,
                                            .groups = 8,
                                            .threads = 1,
                                            .exact = exact,
                                            .seed = 1};
    bench_check(merit__learner_create(&t->learner, t->net, &options, &err), &err);
    t->parameters = room(t->net->n_arena, sizeof *t->parameters);
    float *zeros = room(t->net->n_arena, sizeof *zeros);
    const float *moments[MERIT__MOMENTS] = {zeros, zeros};
    merit__net_init(t->net, 1, t->parameters);
    bench_check(merit__learner_set(t->learner, t->parameters, moments, &err), &err);
    merit__free(zeros);
}

void bench_training_create(bench_training *out, const merit_dataset *data,
                           int64_t slice, int exact)
{
    merit_error err;
    const merit_scores_options ten = {.n_classes = 10};
    *out = (bench_training){.n = merit_dataset_n(data)};
    bench_check(merit_scores_load(&out->scores, "identity", &ten, &err), &err);
    bench_check(merit_net_create(&out->net, bench_net, 1, 28, 28, 10, &err), &err);
    bench_check(merit_loss_create(&out->loss, "cross-entropy", out->scores, &err),
                &err);
    bench_check(merit__normalisation_measure(&out->normalisation, data, &err), &err);
    create_learner(out, data, slice, exact);
    out->order = room(out->n, sizeof *out->order);
    merit__permutation(out->order, out->n, 1, MERIT__USE_SHUFFLE, 0);
}

double bench_training_run(bench_training *t, int64_t n_steps)
{
    merit_error err;
    const double begin = bench_now();
    for (int64_t s = 0; s < n_steps; s++) {
        double value;
        const merit__minibatch minibatch = {
            .index = t->order + s % (t->n / BENCH_BATCH) * BENCH_BATCH,
            .n = BENCH_BATCH,
            .step = s,
            .loss = t->loss,
            .learning_rate = 0.01,
            .momentum = 0.9};
        bench_check(merit__learner_step(t->learner, &minibatch, &value, &err), &err);
    }
    return bench_now() - begin;
}

void bench_training_dispose(bench_training *t)
{
    merit__learner_free(t->learner);
    merit__normalisation_dispose(&t->normalisation);
    merit_loss_free(t->loss);
    merit_net_free(t->net);
    merit_scores_free(t->scores);
    merit__free(t->parameters);
    merit__free(t->order);
}
