#include "bench_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *const bench_net =
    "conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu";

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void bench_check(merit_status status, const merit_error *err)
{
    if (status != MERIT_OK) {
        fprintf(stderr, "benchmark: %s\n", err->message);
        exit(1);
    }
}
