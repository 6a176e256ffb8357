#include "metrics/interval.h"

#include <stdlib.h>

int merit__interval_is_possible(int64_t n, int64_t n_resamples, double level)
{
    return n > 0 && n <= UINT32_MAX && n_resamples > 0 && n_resamples <= UINT32_MAX &&
           level > 0 && level < 1;
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The share-quantile of n sorted values, linear between neighbours. */
static double quantile(const double *sorted, size_t n, double share)
{
    const double place = share * (double)(n - 1);
    const size_t below = (size_t)place;
    if (below + 1 >= n) {
        return sorted[n - 1];
    }
    return sorted[below] +
           (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

void merit__interval_of_means(merit_interval *out, double *means, size_t n,
                              double level)
{
    qsort(means, n, sizeof *means, compare);
    out->low = quantile(means, n, (1 - level) / 2);
    out->high = quantile(means, n, (1 + level) / 2);
}
