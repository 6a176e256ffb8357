/* Four floats or two doubles at once, on every processor. Within a process all steps
 * are the same on each machine, so the bits are, too. */
#ifndef MERIT_BASE_LANES_H
#define MERIT_BASE_LANES_H

#include <stdint.h>
#include <string.h>

typedef float merit__four __attribute__((vector_size(16)));
typedef int32_t merit__four_bits __attribute__((vector_size(16)));
typedef double merit__two __attribute__((vector_size(16)));
typedef uint64_t merit__two_bits __attribute__((vector_size(16)));
typedef float merit__half __attribute__((vector_size(8))); // of four

static inline merit__four merit__four_load(const float *from)
{
    merit__four x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void merit__four_store(float *to, merit__four x)
{
    memcpy(to, &x, sizeof x);
}

static inline merit__four merit__four_of(float x)
{
    return (merit__four){x, x, x, x};
}

/* a where the bits are set, b elsewhere. */
static inline merit__four merit__four_choose(merit__four_bits where, merit__four a,
                                             merit__four b)
{
    return (merit__four)((where & (merit__four_bits)a) |
                         (~where & (merit__four_bits)b));
}

/* From four doubles, rounded, and to four. */
static inline merit__four merit__four_narrow(const double *from)
{
    merit__two low, high;
    memcpy(&low, from, sizeof low);
    memcpy(&high, from + 2, sizeof high);
    const merit__half a = __builtin_convertvector(low, merit__half);
    const merit__half b = __builtin_convertvector(high, merit__half);
    return (merit__four){a[0], a[1], b[0], b[1]};
}

static inline void merit__four_widen(double *to, merit__four x)
{
    const merit__half a = {x[0], x[1]};
    const merit__half b = {x[2], x[3]};
    const merit__two low = __builtin_convertvector(a, merit__two);
    const merit__two high = __builtin_convertvector(b, merit__two);
    memcpy(to, &low, sizeof low);
    memcpy(to + 2, &high, sizeof high);
}

#endif
