#include "fma_peak.h"

#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Independent sums, enough to hide the latency of a fused multiply-add. */
enum { SUMS = 24, ROUNDS = 20000 };

#define LOOP(vector, lanes)                                                            \
    typedef float vector __attribute__((vector_size(4 * (lanes))));                    \
    vector sums[SUMS], factor, term;                                                   \
    for (int l = 0; l < (lanes); l++) {                                                \
        factor[l] = 0.999f;                                                            \
        term[l] = 0.001f;                                                              \
    }                                                                                  \
    for (int i = 0; i < SUMS; i++) {                                                   \
        sums[i] = term;                                                                \
    }                                                                                  \
    for (int r = 0; r < ROUNDS; r++) {                                                 \
        _Pragma("GCC unroll 24") for (int i = 0; i < SUMS; i++)                        \
        {                                                                              \
            sums[i] = sums[i] * factor + term;                                         \
        }                                                                              \
    }                                                                                  \
    float sum = 0;                                                                     \
    for (int i = 0; i < SUMS; i++) {                                                   \
        sum += sums[i][0];                                                             \
    }                                                                                  \
    *sink = sum;                                                                       \
    return 2.0 * (lanes) * SUMS * ROUNDS;

__attribute__((target("avx512f"), optimize("fp-contract=fast"))) static double
wide(volatile float *sink)
{
    LOOP(v16, 16)
}

__attribute__((target("avx2,fma"), optimize("fp-contract=fast"))) static double
middle(volatile float *sink)
{
    LOOP(v8, 8)
}

static double narrow(volatile float *sink)
{
    LOOP(v4, 4)
}

double fma_peak(double seconds)
{
    volatile float sink = 0;
    double (*work)(volatile float *) = __builtin_cpu_supports("avx512f") ? wide
                                       : __builtin_cpu_supports("fma")   ? middle
                                                                         : narrow;
    double n = 0, begin = now(), elapsed;
    do {
        n += work(&sink);
        elapsed = now() - begin;
    } while (elapsed < seconds);
    return n / elapsed * 1e-9;
}
