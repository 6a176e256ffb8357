#include "decide/posterior.h"

#include <math.h>

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

void merit__expected_scores(double *u, const double *q, const double *table, size_t K,
                            size_t A)
{
    for (size_t k = 0; k < A; k++) {
        u[k] = 0;
    }
    for (size_t i = 0; i < K; i++) {
        const double *row = table + i * A;
        for (size_t k = 0; k < A; k++) {
            u[k] += q[i] * row[k];
        }
    }
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
