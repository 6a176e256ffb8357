#include "decide/posterior.h"

#include <math.h>
#include <string.h>

#include "base/distribution.h"
#include "base/fail.h"
#include "base/fast_exp.h"

// Lets probabilities pass that were stored as float, and logits not.
static const double probability_tolerance = 1e-3;

/* LANES numbers side by side, whose count the compiler knows. */
enum { MANY_CLASSES = 2048, SUM_BLOCK = 512, LANES = 8 };

double merit__fast_exponentials(double *q, const float *logits, size_t K, float largest,
                                double temperature)
{
    const merit__four shift = merit__four_of(largest);
    const merit__four scale = merit__four_of((float)(1 / temperature));
    double total = 0;
    for (size_t k = 0; k < K;) {
        const size_t stop = k + SUM_BLOCK < K ? k + SUM_BLOCK : K;
        merit__four sum = merit__four_of(0);
        for (; k + 4 <= stop; k += 4) {
            const merit__four e =
                merit__fast_exp((merit__four_load(logits + k) - shift) * scale);
            sum += e;
            merit__four_widen(q + k, e);
        }
        total += ((double)sum[0] + (double)sum[1]) + ((double)sum[2] + (double)sum[3]);
        for (; k < stop; k++) {
            q[k] = exp(((double)logits[k] - (double)largest) / temperature);
            total += q[k];
        }
    }
    return total;
}

static void scale(double *q, size_t K, double factor)
{
    size_t k = 0;
    for (; k + LANES <= K; k += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            q[k + lane] *= factor;
        }
    }
    for (; k < K; k++) {
        q[k] *= factor;
    }
}

int merit__logits_fit_float(float *least, float *largest, const float *logits, size_t K)
{
    merit__four most = merit__four_of(logits[0]);
    merit__four fewest = most;
    size_t k = 0;
    for (; k + 4 <= K; k += 4) {
        const merit__four z = merit__four_load(logits + k);
        most = merit__four_choose(z > most, z, most);
        fewest = merit__four_choose(z < fewest, z, fewest);
    }
    *largest = most[0];
    *least = fewest[0];
    for (int lane = 1; lane < 4; lane++) {
        *largest = most[lane] > *largest ? most[lane] : *largest;
        *least = fewest[lane] < *least ? fewest[lane] : *least;
    }
    for (; k < K; k++) {
        *largest = logits[k] > *largest ? logits[k] : *largest;
        *least = logits[k] < *least ? logits[k] : *least;
    }
    return K >= MANY_CLASSES && *largest < 1e30F && *least > -1e30F;
}

// Of many classes, each probability to 1e-6 of itself.
static int softmax_of_many(double *q, const float *logits, size_t K, double temperature)
{
    float least, largest;
    if (K < MANY_CLASSES || !(temperature > 1e-3 && temperature < 1e3) ||
        !merit__logits_fit_float(&least, &largest, logits, K)) {
        return 0;
    }
    scale(q, K, 1 / merit__fast_exponentials(q, logits, K, largest, temperature));
    return 1;
}

void merit__softmax(double *q, const float *logits, size_t K, double temperature)
{
    if (softmax_of_many(q, logits, K, temperature)) {
        return;
    }
    // Shifted by the largest logit, so that no exponential overflows and one is 1.
    double largest = logits[0];
    for (size_t k = 1; k < K; k++) {
        largest = logits[k] > largest ? logits[k] : largest;
    }
    double sum = 0;
    for (size_t k = 0; k < K; k++) {
        q[k] = exp((logits[k] - largest) / temperature);
        sum += q[k];
    }
    for (size_t k = 0; k < K; k++) {
        q[k] /= sum;
    }
}

/* q = p, which is to add up to 1; of many classes. */
static void copy_many(double *q, const double *p, size_t K)
{
    double part[LANES] = {0};
    double sum = 0;
    size_t k = 0;
    for (; k + LANES <= K; k += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            part[lane] += p[k + lane];
        }
    }
    for (; k < K; k++) {
        sum += p[k];
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        sum += part[lane];
    }
    memcpy(q, p, K * sizeof *q);
    scale(q, K, 1 / sum);
}

void merit__temper(double *q, const double *p, size_t K, double temperature)
{
    double sum = 0;
    if (temperature == 1 && K >= MANY_CLASSES) {
        copy_many(q, p, K);
        return;
    }
    if (temperature == 1) {
        for (size_t k = 0; k < K; k++) {
            q[k] = p[k];
            sum += q[k];
        }
    } else {
        const double largest = p[merit__first_largest(p, K)];
        for (size_t k = 0; k < K; k++) {
            q[k] = p[k] > 0 ? exp(log(p[k] / largest) / temperature) : 0;
            sum += q[k];
        }
    }
    for (size_t k = 0; k < K; k++) {
        q[k] /= sum;
    }
}

merit_status merit__posterior_check(const double *p, size_t K, size_t row,
                                    merit_error *err)
{
    double sum = 0;
    size_t k = 0;
    switch (merit__distribution_check(p, K, probability_tolerance, &k, &sum)) {
    case MERIT__DISTRIBUTION_NOT_FINITE:
        return merit__fail(err, MERIT_ENUMERIC,
                           "posterior[%zu][%zu] is %g, expected a finite number", row,
                           k, p[k]);
    case MERIT__DISTRIBUTION_NEGATIVE:
        return merit__fail(err, MERIT_EFORMAT,
                           "posterior[%zu][%zu] is %g, expected a probability", row, k,
                           p[k]);
    case MERIT__DISTRIBUTION_SUM:
        return merit__fail(err, MERIT_EFORMAT, "posterior[%zu] sums to %g, expected 1",
                           row, sum);
    case MERIT__DISTRIBUTION_GOOD:
        break;
    }
    return MERIT_OK;
}

size_t merit__first_largest(const double *values, size_t n)
{
    double most[LANES];
    double largest = values[0];
    size_t i = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        most[lane] = values[0];
    }
    for (; i + LANES <= n; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            const double value = values[i + lane];
            most[lane] = value > most[lane] ? value : most[lane];
        }
    }
    for (; i < n; i++) {
        largest = values[i] > largest ? values[i] : largest;
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        largest = most[lane] > largest ? most[lane] : largest;
    }
    for (i = 0; i < n && values[i] < largest; i++) {
    }
    return i < n ? i : 0;
}
