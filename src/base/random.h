/* Random numbers as a pure function of a key: Philox 4x32-10 (Salmon et al. 2011,
 * by Random123). There is no generator state to seed, save or lose. */
#ifndef MERIT_BASE_RANDOM_H
#define MERIT_BASE_RANDOM_H

#include <stdint.h>

/* What a random number is for; part of the key, so that uses never overlap. */
enum merit__random_use {
    MERIT__USE_INIT = 1,    // initial parameters
    MERIT__USE_SHUFFLE = 2, // the order of an epoch
    MERIT__USE_SPLIT = 3,   // the validation split
    MERIT__USE_AUGMENT = 4, // shifts and flips
    MERIT__USE_DROPOUT = 5, // dropout masks
    MERIT__USE_BOOTSTRAP = 6,
    MERIT__USE_PROBE = 7,  // signs to measure with
    MERIT__USE_BELIEF = 8, // sampled beliefs
    MERIT__USE_MASK = 9,   // hidden letters
    MERIT__USE_CROP = 10,  // where a window begins
    MERIT__USE_SAMPLE = 11 // classes that a step looks at
};

/* 4 independent 32-bit words for (seed; use, a, b, c). */
void merit__random(uint32_t out[4], uint64_t seed, uint32_t use, uint32_t a, uint32_t b,
                   uint32_t c);

/* A word as a number in [0,1), 24 bits. */
float merit__uniform(uint32_t word);

/* An unbiased-enough integer in [0,n), n < 2^32, by multiply-shift. */
uint32_t merit__below(uint32_t word, uint32_t n);

/* Two standard normals from two words (Box-Muller). */
void merit__normal2(float out[2], uint32_t word0, uint32_t word1);

/* A permutation of 0..n-1 in out (Fisher-Yates), n < 2^32, for (seed; use, a). */
void merit__permutation(int64_t *out, int64_t n, uint64_t seed, uint32_t use,
                        uint32_t a);

#endif
