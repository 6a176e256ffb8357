#include "metrics/binomial.h"

#include <math.h>

#include "base/random.h"

/* A number in (0,1), 53 bits: never 0, so that its logarithm is finite. */
static double next_uniform(merit__uniforms *uniforms)
{
    if (uniforms->n_left == 0) {
        merit__random(uniforms->words, uniforms->seed, uniforms->use, uniforms->a,
                      uniforms->n_blocks++, 1);
        uniforms->n_left = 2;
    }
    const uint32_t *pair = uniforms->words + 2 * --uniforms->n_left;
    const uint64_t bits = ((uint64_t)pair[0] << 32 | pair[1]) >> 11;
    return ((double)bits + 0.5) * 0x1p-53;
}

/* For few expected successes: the trials between two successes are geometric. */
static int64_t count_gaps(merit__uniforms *uniforms, int64_t n, double p)
{
    const double scale = 1 / log1p(-p);
    int64_t successes = 0;
    double trials = 0;
    for (;;) {
        trials += floor(log(next_uniform(uniforms)) * scale) + 1;
        if (trials > (double)n) {
            return successes;
        }
        successes++;
    }
}

/* log(k!) - (log(2 pi) / 2 + (k + 1/2) log(k + 1) - (k + 1)), Stirling's remainder. */
static double remainder_of(double k)
{
    const double x = k + 1;
    if (k < 9) {
        static const double factorials[] = {1,   1,    2,    6,     24,
                                            120, 720, 5040, 40320};
        return log(factorials[(int)k]) - 0.91893853320467274178 -
               (k + 0.5) * log(x) + x;
    }
    const double square = x * x;
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / x;
}

/* Transformed rejection with a squeeze, for n p >= 10 and p <= 1/2: W. Hoermann, "The
 * generation of binomial random variates", J. Stat. Comput. Simul. 46 (1993). */
static int64_t reject(merit__uniforms *uniforms, int64_t n_trials, double p)
{
    const double n = (double)n_trials;
    const double deviation = sqrt(n * p * (1 - p));
    const double b = 1.15 + 2.53 * deviation;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double centre = n * p + 0.5;
    const double odds = p / (1 - p);
    const double squeeze = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * deviation;
    const double mode = floor((n + 1) * p);
    for (;;) {
        const double u = next_uniform(uniforms) - 0.5;
        const double v = next_uniform(uniforms);
        const double inside = 0.5 - fabs(u);
        const double k = floor((2 * a / inside + b) * u + centre);
        if (inside >= 0.07 && v <= squeeze) {
            return (int64_t)k;
        }
        if (k < 0 || k > n) {
            continue;
        }
        const double height = log(v * alpha / (a / (inside * inside) + b));
        const double bound =
            (mode + 0.5) * log((mode + 1) / (odds * (n - mode + 1))) +
            (n + 1) * log((n - mode + 1) / (n - k + 1)) +
            (k + 0.5) * log(odds * (n - k + 1) / (k + 1)) + remainder_of(mode) +
            remainder_of(n - mode) - remainder_of(k) - remainder_of(n - k);
        if (height <= bound) {
            return (int64_t)k;
        }
    }
}

int64_t merit__binomial(merit__uniforms *uniforms, int64_t n, double p)
{
    if (n <= 0 || p <= 0) {
        return 0;
    }
    if (p >= 1) {
        return n;
    }
    if (p > 0.5) {
        return n - merit__binomial(uniforms, n, 1 - p);
    }
    return (double)n * p < 10 ? count_gaps(uniforms, n, p) : reject(uniforms, n, p);
}
