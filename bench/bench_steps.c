/* Whole training steps per second, the core's peak in the same run, allocations per
 * step and peak memory; a line of JSON per round.
 *
 *     bench_steps IMAGES [ROUNDS [STEPS [EXACT [SLICE]]]]
 *
 * The net and the setting are those of bench/speed.py: one thread, batch 128, momentum
 * SGD, cross entropy, all images in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/random.h"
#include "bench_common.h"
#include "fma_peak.h"
#include "merit/data.h"
#include "merit/loss.h"
#include "train/learner.h"

enum { BATCH = 128 };

/* Multiply-adds of a training step count twice, those with the padding's zeros too, as
 * is usual; the first layer needs no gradient of its input. */
static double operations_per_image(const merit_net *net)
{
    double sum = 0;
    for (int64_t i = 0; i < net->n_layers; i++) {
        const merit__layer *l = &net->layers[i];
        double n =
            l->kind == MERIT__CONV    ? (double)(l->in.c * l->kernel_h * l->kernel_w *
                                              l->out.c * l->out.h * l->out.w)
            : l->kind == MERIT__DENSE ? (double)(l->in.c * l->in.h * l->in.w * l->out.c)
                                      : 0;
        sum += 2 * n * (i == 0 ? 2 : 3);
    }
    return sum;
}

static void run_steps(merit__learner *learner, const merit_loss *loss, int64_t *order,
                      int64_t n, int64_t n_steps, merit_error *err)
{
    for (int64_t s = 0; s < n_steps; s++) {
        double value;
        merit__minibatch minibatch = {.index = order + s % (n / BATCH) * BATCH,
                                      .n = BATCH,
                                      .step = s,
                                      .loss = loss,
                                      .learning_rate = 0.01,
                                      .momentum = 0.9};
        bench_check(merit__learner_step(learner, &minibatch, &value, err), err);
    }
}

int main(int argc, char **argv)
{
    merit_error err;
    merit_dataset *data;
    merit_scores *scores;
    merit_net *net;
    merit_loss *loss;
    merit__learner *learner;
    merit__normalisation normalisation;
    const merit__optimizer *sgd;
    merit_scores_options ten = {.n_classes = 10};
    int64_t rounds = argc > 2 ? atol(argv[2]) : 5,
            steps = argc > 3 ? atol(argv[3]) : 60;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_steps IMAGES [ROUNDS [STEPS [EXACT [SLICE]]]]\n");
        return 2;
    }
    bench_check(merit_dataset_load(&data, argv[1], NULL, &err), &err);
    bench_check(merit_scores_load(&scores, "identity", &ten, &err), &err);
    bench_check(merit_net_create(&net, bench_net, 1, 28, 28, 10, &err), &err);
    bench_check(merit_loss_create(&loss, "cross-entropy", scores, &err), &err);
    bench_check(merit__normalisation_measure(&normalisation, data, &err), &err);
    bench_check(merit__optimizer_find(&sgd, "sgd", &err), &err);
    merit__learner_options options = {.engine = &merit__engine_dnnl,
                                      .optimizer = sgd,
                                      .data = data,
                                      .normalisation = &normalisation,
                                      .batch = BATCH,
                                      .slice = argc > 5 ? atol(argv[5]) : 16,
                                      .groups = 8,
                                      .threads = 1,
                                      .exact = argc > 4 ? atoi(argv[4]) : 0,
                                      .seed = 1};
    bench_check(merit__learner_create(&learner, net, &options, &err), &err);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof *parameters);
    float *zeros = merit__alloc_array((size_t)net->n_arena, sizeof *zeros);
    int64_t n = merit_dataset_n(data);
    int64_t *order = merit__alloc_array((size_t)n, sizeof *order);
    if (parameters == NULL || zeros == NULL || order == NULL) {
        return 6;
    }
    merit__net_init(net, 1, parameters);
    const float *moments[MERIT__MOMENTS] = {zeros, zeros};
    bench_check(merit__learner_set(learner, parameters, moments, &err), &err);
    merit__permutation(order, n, 1, MERIT__USE_SHUFFLE, 0);

    run_steps(learner, loss, order, n, 10, &err);
    for (int64_t r = 0; r < rounds; r++) {
        double peak = fma_peak(0.2);
        long allocations = merit__alloc_count();
        double begin = bench_now();
        run_steps(learner, loss, order, n, steps, &err);
        double images_per_s = (double)(steps * BATCH) / (bench_now() - begin);
        allocations = merit__alloc_count() - allocations;
        double peak_after = fma_peak(0.2);
        peak = peak > peak_after ? peak : peak_after;
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("{\"images_per_s\": %.0f, \"gflops\": %.1f, \"peak_gflops\": %.1f, "
               "\"share_of_peak\": %.3f, \"allocations\": %ld, \"peak_mb\": %.0f}\n",
               images_per_s, images_per_s * operations_per_image(net) * 1e-9, peak,
               images_per_s * operations_per_image(net) * 1e-9 / peak, allocations,
               (double)usage.ru_maxrss / 1024);
        fflush(stdout);
    }
    merit__learner_free(learner);
    merit__normalisation_dispose(&normalisation);
    merit_loss_free(loss);
    merit_net_free(net);
    merit_scores_free(scores);
    merit_dataset_free(data);
    merit__free(parameters);
    merit__free(zeros);
    merit__free(order);
    return 0;
}
