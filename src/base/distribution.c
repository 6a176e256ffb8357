#include "base/distribution.h"

#include <float.h>
#include <math.h>

/* The sum, in lanes, none of which waits for another; 0 unless all values are finite
 * and none is negative. */
static int add_up(double *sum, const double *values, size_t K)
{
    enum { LANES = 8 };
    double part[LANES] = {0};
    double least[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= K; k += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            const double value = values[k + lane];
            part[lane] += value;
            least[lane] = value < least[lane] ? value : least[lane];
        }
    }
    *sum = 0;
    for (; k < K; k++) {
        *sum += values[k];
        least[0] = values[k] < least[0] ? values[k] : least[0];
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        *sum += part[lane];
        least[0] = least[lane] < least[0] ? least[lane] : least[0];
    }
    return isfinite(*sum) && least[0] >= 0;
}

enum merit__distribution_fault merit__distribution_check(const double *values, size_t K,
                                                         double tolerance, size_t *at,
                                                         double *sum)
{
    if (add_up(sum, values, K)) {
        return fabs(*sum - 1) <= tolerance ? MERIT__DISTRIBUTION_GOOD
                                           : MERIT__DISTRIBUTION_SUM;
    }
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
