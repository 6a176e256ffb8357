/* The usual decimal numbers, fast. */
#ifndef MERIT_BASE_QUICK_NUMBER_H
#define MERIT_BASE_QUICK_NUMBER_H

#include <stddef.h>

/* What a text that is no number, or one that needs the slow way, is to the caller. */
enum merit__quick {
    MERIT__QUICK_DONE,
    MERIT__QUICK_NOT_A_NUMBER,
    MERIT__QUICK_TOO_HARD // more digits than fit, a large exponent, a rare tie
};

/* Parses the whole of text[0..n) as [sign] digits [. digits] [e [sign] digits], where
 * one of the first two runs of digits may be empty, to the nearest double. */
enum merit__quick merit__quick_double(const char *text, size_t n, double *out);

#endif
