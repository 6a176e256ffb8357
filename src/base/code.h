/* The codes of letters: what a net of sequences reads. Codes below MERIT__CODE_END
 * stand for something; what follows the end of a sequence has MERIT__CODE_END. */
#ifndef MERIT_BASE_CODE_H
#define MERIT_BASE_CODE_H

#include <stdint.h>

enum { MERIT__CODES = 32, MERIT__CODE_END = 31 };

/* The code that a number of an example stands for. */
static inline int merit__code_of(float x)
{
    return x >= 0 && x < MERIT__CODE_END ? (int)x : MERIT__CODE_END;
}

/* How long the sequence x [T] is. */
static inline int64_t merit__sequence_length(const float *x, int64_t T)
{
    while (T > 0 && merit__code_of(x[T - 1]) == MERIT__CODE_END) {
        T--;
    }
    return T;
}

#endif
