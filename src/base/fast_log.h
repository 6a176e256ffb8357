/* Logarithms of two doubles or four floats at once. */
#ifndef MERIT_BASE_FAST_LOG_H
#define MERIT_BASE_FAST_LOG_H

#include "base/lanes.h"

/* log(x) to 1e-10, of numbers from 1e-300 to 1e300. x = 2^k m, m from sqrt(1/2) to
 * sqrt(2); log m = 2 artanh((m - 1) / (m + 1)), by the first terms of its series. */
static inline merit__two merit__fast_log(merit__two x)
{
    const uint64_t root = UINT64_C(0x3FE6A09E667F3BCD); // bits of sqrt(1/2)
    const uint64_t bias = 1024;
    const uint64_t magic = UINT64_C(0x4330000000000000); // bits of 2^52
    const merit__two_bits bits = (merit__two_bits)x;
    const merit__two_bits above = bits - root;
    const merit__two_bits biased = (above + (bias << 52)) >> 52;
    const merit__two k = (merit__two)(biased | magic) - (0x1p52 + (double)bias);
    const merit__two m = (merit__two)(bits - (above & (UINT64_C(0xFFF) << 52)));
    const merit__two s = (m - 1.0) / (m + 1.0);
    const merit__two t = s * s;
    merit__two p = t * (1.0 / 11) + 1.0 / 9;
    p = p * t + 1.0 / 7;
    p = p * t + 1.0 / 5;
    p = p * t + 1.0 / 3;
    p = p * t + 1.0;
    return k * 0x1.62e42fefa39efp-1 + 2.0 * s * p;
}

/* log(x) of four floats from 1e-37 to 1e38, to 2e-7 of 1 or of it, whichever is more:
 * the same way, with fewer terms. */
static inline merit__four merit__fast_log_four(merit__four x)
{
    const int32_t root = 0x3F3504F3; // bits of sqrt(1/2)
    const merit__four_bits above = (merit__four_bits)x - root;
    const merit__four k = __builtin_convertvector(above >> 23, merit__four);
    const merit__four m =
        (merit__four)((merit__four_bits)x - (above & (int32_t)0xFF800000));
    const merit__four s = (m - 1.0F) / (m + 1.0F);
    const merit__four t = s * s;
    merit__four p = t * (1.0F / 9) + 1.0F / 7;
    p = p * t + 1.0F / 5;
    p = p * t + 1.0F / 3;
    p = p * t + 1.0F;
    return k * 0.69314718F + 2.0F * s * p;
}

#endif
