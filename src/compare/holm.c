#include "compare/holm.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"

static int by_value(const void *left, const void *right)
{
    const double a = **(double *const *)left, b = **(double *const *)right;
    return (a > b) - (a < b);
}

merit_status merit__holm(double *p, int64_t n, merit_error *err)
{
    double **order = merit__alloc_array((size_t)n, sizeof *order);
    if (order == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *order, "p-values");
    }
    for (int64_t i = 0; i < n; i++) {
        order[i] = p + i;
    }
    qsort(order, (size_t)n, sizeof *order, by_value);
    double least = 0; // a larger p-value is never raised to less than a smaller one
    for (int64_t i = 0; i < n; i++) {
        const double raised = *order[i] * (double)(n - i);
        least = raised > least ? raised : least;
        least = least < 1 ? least : 1;
        *order[i] = least;
    }
    merit__free(order);
    return MERIT_OK;
}
