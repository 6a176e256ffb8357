/* Binomial random numbers. */
#ifndef MERIT_METRICS_BINOMIAL_H
#define MERIT_METRICS_BINOMIAL_H

#include <stdint.h>

/* Uniform numbers, a pure function of (seed, use, a) and of how many came before. */
typedef struct merit__uniforms {
    uint64_t seed;
    uint32_t use, a;
    uint32_t n_blocks;
    uint32_t words[4];
    int n_left; // of the block's two numbers
} merit__uniforms;

/* The number of successes in n trials of probability 0 <= p <= 1. */
int64_t merit__binomial(merit__uniforms *uniforms, int64_t n, double p);

#endif
