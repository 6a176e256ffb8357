/* Percentile bootstrap (Efron and Tibshirani 1993, chapter 13). */
#include "merit/metrics.h"

#include <math.h>

#include "base/alloc.h"
#include "base/random.h"
#include "metrics/interval.h"

static double difference(const double *a, const double *b, size_t i)
{
    return b != NULL ? a[i] - b[i] : a[i];
}

static double mean_difference(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += difference(a, b, i);
    }
    return sum / (double)n;
}

/* The mean of n draws with replacement. One call of the generator serves four. */
static double resampled_mean(const double *a, const double *b, size_t n, uint64_t seed,
                             uint32_t resample)
{
    uint32_t words[4];
    double sum = 0;
    for (size_t draw = 0; draw < n; draw++) {
        if (draw % 4 == 0) {
            merit__random(words, seed, MERIT__USE_BOOTSTRAP, resample,
                          (uint32_t)(draw / 4), 0);
        }
        sum += difference(a, b, merit__below(words[draw % 4], (uint32_t)n));
    }
    return sum / (double)n;
}

merit_status merit_bootstrap(merit_interval *out, const double *a, const double *b,
                             int64_t n, int64_t n_resamples, double level,
                             uint64_t seed)
{
    if (out == NULL || a == NULL ||
        !merit__interval_is_possible(n, n_resamples, level)) {
        return MERIT_EINVAL;
    }
    const size_t N = (size_t)n, R = (size_t)n_resamples;
    for (size_t i = 0; i < N; i++) {
        if (!isfinite(difference(a, b, i))) {
            return MERIT_ENUMERIC;
        }
    }
    double *means = merit__alloc_array(R, sizeof *means);
    if (means == NULL) {
        return MERIT_ENOMEM;
    }
    for (size_t resample = 0; resample < R; resample++) {
        means[resample] = resampled_mean(a, b, N, seed, (uint32_t)resample);
    }
    out->mean = mean_difference(a, b, N);
    merit__interval_of_means(out, means, R, level);
    merit__free(means);
    return MERIT_OK;
}
