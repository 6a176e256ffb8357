/* Whole training steps per second, the core's peak in the same run, allocations per
 * step and peak memory; a line of JSON per round.
 *
 *     bench_steps IMAGES [ROUNDS [STEPS [EXACT [SLICE]]]]
 *
 * All images are in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "bench_common.h"
#include "bench_training.h"
#include "fma_peak.h"

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

int main(int argc, char **argv)
{
    merit_error err;
    merit_dataset *data;
    bench_training training;
    int64_t rounds = argc > 2 ? atol(argv[2]) : 5,
            steps = argc > 3 ? atol(argv[3]) : 60;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_steps IMAGES [ROUNDS [STEPS [EXACT [SLICE]]]]\n");
        return 2;
    }
    bench_check(merit_dataset_load(&data, argv[1], NULL, &err), &err);
    bench_training_create(&training, data, argc > 5 ? atol(argv[5]) : 16,
                          argc > 4 ? atoi(argv[4]) : 0);
    bench_training_run(&training, 10);
    for (int64_t r = 0; r < rounds; r++) {
        double peak = fma_peak(0.2);
        long allocations = merit__alloc_count();
        double images_per_s =
            (double)(steps * BENCH_BATCH) / bench_training_run(&training, steps);
        allocations = merit__alloc_count() - allocations;
        double peak_after = fma_peak(0.2);
        peak = peak > peak_after ? peak : peak_after;
        double gflops = images_per_s * operations_per_image(training.net) * 1e-9;
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("{\"images_per_s\": %.0f, \"gflops\": %.1f, \"peak_gflops\": %.1f, "
               "\"share_of_peak\": %.3f, \"allocations\": %ld, \"peak_mb\": %.0f}\n",
               images_per_s, gflops, peak, gflops / peak, allocations,
               (double)usage.ru_maxrss / 1024);
        fflush(stdout);
    }
    bench_training_dispose(&training);
    merit_dataset_free(data);
    return 0;
}
