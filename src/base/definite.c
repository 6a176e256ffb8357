#include "base/definite.h"

#include <math.h>

static const double pivot_tolerance = 1e-12;

/* Exchanges rows and columns j and k. */
static void exchange(double *a, size_t n, size_t j, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        const double kept = a[j * n + i];
        a[j * n + i] = a[k * n + i];
        a[k * n + i] = kept;
    }
    for (size_t i = 0; i < n; i++) {
        const double kept = a[i * n + j];
        a[i * n + j] = a[i * n + k];
        a[i * n + k] = kept;
    }
}

static size_t largest_pivot(const double *a, size_t n, size_t from)
{
    size_t best = from;
    for (size_t i = from + 1; i < n; i++) {
        best = a[i * n + i] > a[best * n + best] ? i : best;
    }
    return best;
}

/* Whether all that is left from row `from` on is no larger than `limit`. */
static int is_nothing(const double *a, size_t n, size_t from, double limit)
{
    for (size_t i = from; i < n; i++) {
        for (size_t j = from; j < n; j++) {
            if (!(fabs(a[i * n + j]) <= limit)) {
                return 0;
            }
        }
    }
    return 1;
}

int merit__is_semidefinite(double *a, size_t n)
{
    double limit = 0;
    for (size_t j = 0; j < n; j++) {
        exchange(a, n, j, largest_pivot(a, n, j));
        const double *pivot_row = a + j * n;
        const double pivot = pivot_row[j];
        if (j == 0) {
            limit = (double)n * pivot_tolerance * fmax(pivot, 0);
        }
        if (pivot <= limit) {
            return is_nothing(a, n, j, limit);
        }
        for (size_t i = j + 1; i < n; i++) {
            const double factor = a[i * n + j] / pivot;
            for (size_t k = j + 1; factor != 0 && k < n; k++) {
                a[i * n + k] -= factor * pivot_row[k];
            }
        }
    }
    return 1;
}

/* out = A x; returns x^T A x. */
static double multiply(double *out, const double *a, size_t n, const double *x)
{
    double form = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        for (size_t j = 0; j < n; j++) {
            out[i] += a[i * n + j] * x[j];
        }
        form += x[i] * out[i];
    }
    return form;
}

double merit__least_eigenvalue(const double *a, size_t n, double *scratch)
{
    enum { MOST_STEPS = 50000, MULTIPLICATIONS = 400000000 };
    double *x = scratch, *ax = scratch + n;
    double bound = 0, least = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            sum += fabs(a[i * n + j]);
        }
        bound = fmax(bound, sum);
        x[i] = sin(1 + (double)i); // no eigenvector of a table that people write
    }
    // The power method on bound I - A: its largest eigenvalue is bound less the least.
    const size_t affordable = MULTIPLICATIONS / (n * n) + 10;
    for (size_t step = 0; step < MOST_STEPS && step < affordable; step++) {
        double square = 0;
        for (size_t i = 0; i < n; i++) {
            square += x[i] * x[i];
        }
        for (size_t i = 0; i < n; i++) {
            x[i] /= sqrt(square);
        }
        least = multiply(ax, a, n, x);
        for (size_t i = 0; i < n; i++) {
            x[i] = bound * x[i] - ax[i];
        }
    }
    return least;
}
