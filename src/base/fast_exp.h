/* Exponentials of four floats at once. */
#ifndef MERIT_BASE_FAST_EXP_H
#define MERIT_BASE_FAST_EXP_H

#include "base/lanes.h"

/* exp(x) for x <= 0, to 1e-7 of it; 0 below -87. Of x / log 2 the whole part becomes
 * the exponent, the rest goes into a polynomial (Cephes, S. Moshier). */
static inline merit__four merit__fast_exp(merit__four x)
{
    const merit__four magic =
        merit__four_of(12582912.0F); // 1.5 * 2^23: adding it rounds
    const merit__four least = merit__four_of(-87.0F);
    const merit__four_bits is_tiny = x < least;
    x = merit__four_choose(is_tiny, least, x);
    const merit__four near = x * merit__four_of(1.44269504F) + magic;
    const merit__four whole = near - magic;
    const merit__four_bits exponent = ((merit__four_bits)near - (merit__four_bits)magic)
                                      << 23;
    const merit__four r = (x - whole * merit__four_of(0.693359375F)) -
                          whole * merit__four_of(-2.12194440e-4F);
    merit__four p = merit__four_of(1.9875691500e-4F);
    p = p * r + merit__four_of(1.3981999507e-3F);
    p = p * r + merit__four_of(8.3334519073e-3F);
    p = p * r + merit__four_of(4.1665795894e-2F);
    p = p * r + merit__four_of(1.6666665459e-1F);
    p = p * r + merit__four_of(5.0000001201e-1F);
    p = p * r * r + r + merit__four_of(1.0F);
    return (merit__four)(~is_tiny & ((merit__four_bits)p + exponent));
}

#endif
