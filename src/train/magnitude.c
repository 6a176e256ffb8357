#include "train/magnitude.h"

#include <math.h>

/* A fixed count inside the loop, so that the compiler uses vectors. */
enum { LANES = 16 };

float merit__magnitude(const float *values, int64_t n)
{
    float lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            lane[j] += fabsf(values[i + j]);
        }
    }
    for (; i < n; i++) {
        sum += fabsf(values[i]);
    }
    for (int64_t j = 0; j < LANES; j++) {
        sum += lane[j];
    }
    return sum;
}
