/* Rows of probabilities as they come from outside. */
#ifndef MERIT_BASE_DISTRIBUTION_H
#define MERIT_BASE_DISTRIBUTION_H

#include <stddef.h>

/* What keeps a row from being a distribution. */
enum merit__distribution_fault {
    MERIT__DISTRIBUTION_GOOD,
    MERIT__DISTRIBUTION_NOT_FINITE, // values[*at]
    MERIT__DISTRIBUTION_NEGATIVE,   // values[*at]
    MERIT__DISTRIBUTION_SUM         // *sum is not 1 within the tolerance
};

/* Looks at values [K]. *sum is their sum unless one of them is at fault. */
enum merit__distribution_fault merit__distribution_check(const double *values, size_t K,
                                                         double tolerance, size_t *at,
                                                         double *sum);

#endif
