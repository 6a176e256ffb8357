/* Compares a gradient with central differences, component by component, so that a
 * wrong sign or one per cent too much in a single component is found. */
#ifndef MERIT_TESTS_CHECK_GRADIENT_H
#define MERIT_TESTS_CHECK_GRADIENT_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef double differentiable(void *context, const double *x);

typedef struct gradient_check {
    int64_t n_wrong;     // components that differ by more than 1e-6 of themselves
                         // and the rounding of the differences
    int64_t worst;       // the one with the largest error for its tolerance, or -1
    double expected;     // its difference quotient
    double found;        // its gradient
    double worst_excess; // its error / tolerance
} gradient_check;

/* The derivative along x[i], exact up to h^4, and the rounding it may suffer. */
static inline double central_difference(differentiable *f, void *context, double *x,
                                        int64_t i, double *rounding)
{
    static const double steps[] = {2, 1, -1, -2};
    static const double weights[] = {-1, 8, -8, 1};
    const double h = 1.0 / 1024;
    const double at = x[i];
    double sum = 0;
    double size = 1 + fabs(at);
    for (int k = 0; k < 4; k++) {
        x[i] = at + steps[k] * h;
        double value = f(context, x);
        sum += weights[k] * value;
        size = fmax(size, fabs(at) + fabs(value));
    }
    x[i] = at;
    *rounding = 1024 * DBL_EPSILON * size / h;
    return sum / (12 * h);
}

/* Checks gradient[i] of f at x for the n components named in `components`, or for
 * i < n when that is NULL. x is changed and restored. */
static inline gradient_check check_gradient(differentiable *f, void *context, double *x,
                                            const double *gradient, int64_t n,
                                            const int64_t *components)
{
    gradient_check check = {.worst = -1};
    for (int64_t k = 0; k < n; k++) {
        const int64_t i = components == NULL ? k : components[k];
        double rounding;
        double expected = central_difference(f, context, x, i, &rounding);
        double tolerance = 1e-6 * fabs(expected) + rounding;
        double excess = fabs(gradient[i] - expected) / tolerance;
        if (!(excess <= 1)) {
            check.n_wrong++;
        }
        if (!(excess <= check.worst_excess) || check.worst < 0) {
            check.worst = i;
            check.worst_excess = excess;
            check.expected = expected;
            check.found = gradient[i];
        }
    }
    return check;
}

#endif
