#include "decide/posterior.h"

#include <math.h>

#include "base/distribution.h"
#include "base/fail.h"

// Lets probabilities pass that were stored as float, and logits not.
static const double probability_tolerance = 1e-3;

void merit__softmax(double *q, const float *logits, size_t K, double temperature)
{
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

void merit__temper(double *q, const double *p, size_t K, double temperature)
{
    double sum = 0;
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
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (values[i] > values[best]) {
            best = i;
        }
    }
    return best;
}
