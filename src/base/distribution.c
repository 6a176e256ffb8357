#include "base/distribution.h"

#include <float.h>
#include <math.h>

enum merit__distribution_fault merit__distribution_check(const double *values, size_t K,
                                                         double tolerance, size_t *at,
                                                         double *sum)
{
    *sum = 0;
    for (size_t k = 0; k < K; k++) {
        // The negation also catches a NaN.
        if (!(values[k] >= 0 && values[k] <= DBL_MAX)) {
            *at = k;
            return isfinite(values[k]) ? MERIT__DISTRIBUTION_NEGATIVE
                                       : MERIT__DISTRIBUTION_NOT_FINITE;
        }
        *sum += values[k];
    }
    return fabs(*sum - 1) <= tolerance ? MERIT__DISTRIBUTION_GOOD
                                       : MERIT__DISTRIBUTION_SUM;
}
