/* Exponentials of many numbers: by libm, or in float where a row allows it. */
#ifndef MERIT_LOSS_EXPONENTIALS_H
#define MERIT_LOSS_EXPONENTIALS_H

#include <stdint.h>

enum { MERIT__EXP_BLOCK = 256 }; // how many numbers callers give at a time

/* e [n] = exp(x [n]) for x <= 0; e may be x. Fast: to 1e-7 of each, and 0 below -87. */
void merit__exponentials(double *e, const double *x, int64_t n, int is_fast);

/* out [n] = 1 - exp(x [n]) for x <= 0, exact also next to 0; fast: likewise. */
void merit__missing_of_1(double *out, const double *x, int64_t n, int is_fast);

/* The sum of x [n]: of a fast row in lanes, else in order, from `before` on. */
double merit__add_up(double before, const double *x, int64_t n, int is_fast);

#endif
