#include "base/random.h"

#include <math.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

void merit__random(uint32_t out[4], uint64_t seed, uint32_t use, uint32_t a, uint32_t b,
                   uint32_t c)
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {{use, a, b, c}};
    philox4x32_ctr_t words = philox4x32_R(10, counter, key);
    for (int i = 0; i < 4; i++) {
        out[i] = words.v[i];
    }
}

float merit__uniform(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

uint32_t merit__below(uint32_t word, uint32_t n)
{
    return (uint32_t)(((uint64_t)word * n) >> 32);
}

void merit__normal2(float out[2], uint32_t word0, uint32_t word1)
{
    const double two_pi = 6.283185307179586;
    double uniform = ((double)word0 + 1.0) * 0x1p-32; // (0,1]: the logarithm is finite
    double radius = sqrt(-2.0 * log(uniform));
    double angle = two_pi * ((double)word1 * 0x1p-32);
    out[0] = (float)(radius * cos(angle));
    out[1] = (float)(radius * sin(angle));
}

void merit__permutation(int64_t *out, int64_t n, uint64_t seed, uint32_t use,
                        uint32_t a)
{
    uint32_t words[4] = {0};
    for (int64_t i = 0; i < n; i++) {
        // Inside out: element i goes to a place j <= i, what was there moves to i.
        if (i % 4 == 0) {
            merit__random(words, seed, use, a, (uint32_t)(i / 4), 0);
        }
        int64_t j = merit__below(words[i % 4], (uint32_t)(i + 1));
        if (j < i) {
            out[i] = out[j];
        }
        out[j] = i;
    }
}
