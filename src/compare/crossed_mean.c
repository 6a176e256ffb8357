#include "compare/crossed_mean.h"

#include <math.h>

#include "compare/student.h"

/* Sum of squares about the mean of scale * values[0..n). */
static double squares_about(const double *values, int64_t n, double scale, double mean)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const double off = values[i] * scale - mean;
        sum += off * off;
    }
    return sum;
}

void merit__crossed_mean_of(merit__crossed_mean *out, const double *const *a,
                            const double *const *b, int64_t n_seeds, int64_t n,
                            double *scratch)
{
    const double S = (double)n_seeds, N = (double)n;
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        scratch[i] = 0;
    }
    for (int64_t s = 0; s < n_seeds; s++) {
        for (int64_t i = 0; i < n; i++) {
            const double value = b != NULL ? a[s][i] - b[s][i] : a[s][i];
            scratch[i] += value;
            total += value;
        }
    }
    const double mean = total / (S * N);
    double seeds = 0; // sum of squares of the seeds' means
    for (int64_t s = 0; s < n_seeds; s++) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++) {
            sum += b != NULL ? a[s][i] - b[s][i] : a[s][i];
        }
        seeds += (sum / N - mean) * (sum / N - mean);
    }
    const double of_seeds = n_seeds > 1 ? seeds / (S - 1) / S : 0;
    const double of_examples =
        n > 1 ? squares_about(scratch, n, 1 / S, mean) / (N - 1) / N : 0;
    const double variance = of_seeds + of_examples;
    const double share = (n_seeds > 1 ? of_seeds * of_seeds / (S - 1) : 0) +
                         (n > 1 ? of_examples * of_examples / (N - 1) : 0);
    *out = (merit__crossed_mean){
        .mean = mean,
        .variance = n_seeds * n > 1 ? variance : NAN,
        .df = share > 0 ? variance * variance / share : INFINITY,
        .spread = n_seeds > 1 ? sqrt(seeds / (S - 1)) : NAN,
    };
}

merit_interval merit__crossed_interval(const merit__crossed_mean *mean)
{
    const double level = 0.95;
    const double half =
        merit__student_quantile(1 - level, mean->df) * sqrt(mean->variance);
    return (merit_interval){
        .mean = mean->mean, .low = mean->mean - half, .high = mean->mean + half};
}

double merit__crossed_p(const merit__crossed_mean *mean)
{
    const double error = sqrt(mean->variance);
    if (mean->mean == 0 || isnan(error)) {
        return 1;
    }
    return error > 0 ? merit__student_p(mean->mean / error, mean->df) : 0;
}
