#include "audit/beliefs.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

void merit__belief_draw(double *eta, int64_t K, uint64_t seed, int64_t n)
{
    double sum = 0;
    uint32_t words[4];
    for (int64_t i = 0; i < K; i++) {
        if (i % 4 == 0) {
            merit__random(words, seed, MERIT__USE_BELIEF, (uint32_t)n,
                          (uint32_t)(i / 4), 0);
        }
        eta[i] = -log(((double)words[i % 4] + 0.5) * 0x1p-32);
        sum += eta[i];
    }
    for (int64_t i = 0; i < K; i++) {
        eta[i] /= sum;
    }
}

int64_t merit__belief_count(int64_t K, int64_t A)
{
    static const double fewest = 1e4, most = 2e5, multiplications = 4e8;
    return (int64_t)fmin(fmax(multiplications / (double)(K * A), fewest), most);
}

double merit__belief_error(double share, int64_t n)
{
    return sqrt(fmax(share * (1 - share), 0) / (double)n);
}

void merit__belief_expected(double *expected, const double *eta, const double *table,
                            int64_t K, int64_t A)
{
    memset(expected, 0, (size_t)A * sizeof *expected);
    for (int64_t i = 0; i < K; i++) {
        const double *row = table + i * A;
        for (int64_t k = 0; eta[i] != 0 && k < A; k++) {
            expected[k] += eta[i] * row[k];
        }
    }
}

int64_t merit__belief_largest(const double *values, int64_t n)
{
    int64_t largest = 0;
    for (int64_t k = 1; k < n; k++) {
        largest = values[k] > values[largest] ? k : largest;
    }
    return largest;
}
