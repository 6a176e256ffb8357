#include "decide/least_norm.h"

#include <float.h>
#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

/* The state of one solution. In the end A = Q [T 0; 0 0] Z^T in permuted columns: T is
 * the upper triangle of the first `rank` rows of a, beside it lie the reflections that
 * make up Z, and those that make up Q have been applied to x at once. */
typedef struct linear_system {
    size_t n, m;
    size_t rank;
    double *a;      // [n,n]
    double *x;      // [n,m]
    double *v;      // [n] the reflection at hand, I - beta v v^T
    double *sums;   // [max(n,m)]
    double *z_head; // [n] first entries of the reflections of Z; the others are in a
    double *z_beta; // [n]
    size_t *column; // [n] the original column that now is column j
} linear_system;

/* Turns v [n] into the reflection that maps it to a multiple of its first unit vector.
 * Returns the multiple. v must not be 0. */
static double reflection_make(double *v, size_t n, double *beta)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        square += v[i] * v[i];
    }
    const double norm = copysign(sqrt(square), v[0]);
    *beta = 1 / (norm * (norm + v[0]));
    v[0] += norm;
    return -norm;
}

/* Applies a reflection to the n rows of c [n,m], which are `stride` apart. */
static void reflect_rows(double *c, size_t stride, size_t n, size_t m, const double *v,
                         double beta, double *sums)
{
    for (size_t k = 0; k < m; k++) {
        sums[k] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < m; k++) {
            sums[k] += v[i] * c[i * stride + k];
        }
    }
    for (size_t i = 0; i < n; i++) {
        const double factor = beta * v[i];
        for (size_t k = 0; k < m; k++) {
            c[i * stride + k] -= factor * sums[k];
        }
    }
}

/* Of the columns from j on the one that is longest from row j on, and its length. */
static size_t longest_column(const linear_system *s, size_t j, double *length)
{
    const size_t n = s->n;
    for (size_t k = j; k < n; k++) {
        s->sums[k] = 0;
    }
    for (size_t i = j; i < n; i++) {
        for (size_t k = j; k < n; k++) {
            s->sums[k] += s->a[i * n + k] * s->a[i * n + k];
        }
    }
    size_t longest = j;
    for (size_t k = j + 1; k < n; k++) {
        longest = s->sums[k] > s->sums[longest] ? k : longest;
    }
    *length = sqrt(s->sums[longest]);
    return longest;
}

static void swap_columns(linear_system *s, size_t j, size_t k)
{
    for (size_t i = 0; i < s->n; i++) {
        double *row = s->a + i * s->n;
        const double kept = row[j];
        row[j] = row[k];
        row[k] = kept;
    }
    const size_t kept = s->column[j];
    s->column[j] = s->column[k];
    s->column[k] = kept;
}

/* QR with column pivoting; stops where the rest is rounding. */
static void triangulate(linear_system *s)
{
    const size_t n = s->n;
    double first_length = 0;
    for (size_t j = 0; j < n; j++) {
        s->column[j] = j;
    }
    for (s->rank = 0; s->rank < n; s->rank++) {
        const size_t j = s->rank;
        double length = 0, beta = 0;
        const size_t pivot = longest_column(s, j, &length);
        if (j == 0) {
            first_length = length;
        }
        if (length <= 16 * (double)n * DBL_EPSILON * first_length) {
            return;
        }
        swap_columns(s, j, pivot);
        for (size_t i = j; i < n; i++) {
            s->v[i - j] = s->a[i * n + j];
        }
        s->a[j * n + j] = reflection_make(s->v, n - j, &beta);
        reflect_rows(s->a + j * n + j + 1, n, n - j, n - j - 1, s->v, beta, s->sums);
        reflect_rows(s->x + j * s->m, s->m, n - j, s->m, s->v, beta, s->sums);
    }
}

/* Reflects the columns beyond the rank into the triangle, last row first. */
static void absorb_excess_columns(linear_system *s)
{
    const size_t n = s->n, excess = n - s->rank;
    for (size_t i = s->rank; i-- > 0;) {
        double *tail = s->a + i * n + s->rank;
        double beta = 0;
        s->v[0] = s->a[i * n + i];
        for (size_t t = 0; t < excess; t++) {
            s->v[1 + t] = tail[t];
        }
        s->a[i * n + i] = reflection_make(s->v, 1 + excess, &beta);
        s->z_head[i] = s->v[0];
        s->z_beta[i] = beta;
        for (size_t above = 0; above < i; above++) {
            double *head = s->a + above * n + i;
            double *rest = s->a + above * n + s->rank;
            double sum = s->z_head[i] * *head;
            for (size_t t = 0; t < excess; t++) {
                sum += tail[t] * rest[t];
            }
            *head -= beta * sum * s->z_head[i];
            for (size_t t = 0; t < excess; t++) {
                rest[t] -= beta * sum * tail[t];
            }
        }
    }
}

/* to [m] += factor * from [m] */
static void add_multiple(double *to, double factor, const double *from, size_t m)
{
    for (size_t k = 0; k < m; k++) {
        to[k] += factor * from[k];
    }
}

/* Solves with the triangle; the rows beyond the rank become 0. */
static void substitute_back(linear_system *s)
{
    const size_t n = s->n, m = s->m;
    for (size_t i = s->rank; i-- > 0;) {
        double *row = s->x + i * m;
        for (size_t j = i + 1; j < s->rank; j++) {
            add_multiple(row, -s->a[i * n + j], s->x + j * m, m);
        }
        for (size_t k = 0; k < m; k++) {
            row[k] /= s->a[i * n + i];
        }
    }
    for (size_t i = s->rank * m; i < n * m; i++) {
        s->x[i] = 0;
    }
}

/* x = Z x: the reflections of absorb_excess_columns, first row first. */
static void spread_over_excess(linear_system *s)
{
    const size_t n = s->n, m = s->m;
    for (size_t i = 0; i < s->rank; i++) {
        const double *tail = s->a + i * n + s->rank;
        for (size_t k = 0; k < m; k++) {
            s->sums[k] = s->z_head[i] * s->x[i * m + k];
        }
        for (size_t t = 0; t < n - s->rank; t++) {
            add_multiple(s->sums, tail[t], s->x + (s->rank + t) * m, m);
        }
        const double beta = s->z_beta[i];
        add_multiple(s->x + i * m, -beta * s->z_head[i], s->sums, m);
        for (size_t t = 0; t < n - s->rank; t++) {
            add_multiple(s->x + (s->rank + t) * m, -beta * tail[t], s->sums, m);
        }
    }
}

/* Moves every row of x to where its column came from. */
static void restore_order(linear_system *s)
{
    for (size_t j = 0; j < s->n; j++) {
        while (s->column[j] != j) {
            const size_t home = s->column[j];
            for (size_t k = 0; k < s->m; k++) {
                const double kept = s->x[home * s->m + k];
                s->x[home * s->m + k] = s->x[j * s->m + k];
                s->x[j * s->m + k] = kept;
            }
            s->column[j] = s->column[home];
            s->column[home] = home;
        }
    }
}

merit_status merit__least_norm_solve(double *x, double *a, size_t n, size_t m,
                                     merit_error *err)
{
    const size_t width = n > m ? n : m;
    double *scratch = merit__alloc_array(3 * n + width, sizeof *scratch);
    size_t *column = merit__alloc_array(n, sizeof *column);
    if (scratch == NULL || column == NULL) {
        merit__free(scratch);
        merit__free(column);
        return merit__fail_memory(err, (4 * n + width) * sizeof *scratch,
                                  "solving a linear system");
    }
    linear_system s = {.n = n,
                       .m = m,
                       .a = a,
                       .x = x,
                       .v = scratch,
                       .z_head = scratch + n,
                       .z_beta = scratch + 2 * n,
                       .sums = scratch + 3 * n,
                       .column = column};
    triangulate(&s);
    if (s.rank < n) {
        absorb_excess_columns(&s);
    }
    substitute_back(&s);
    if (s.rank < n) {
        spread_over_excess(&s);
    }
    restore_order(&s);
    merit__free(scratch);
    merit__free(column);
    return MERIT_OK;
}
