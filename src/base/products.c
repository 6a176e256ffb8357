#include "base/products.h"

#include <string.h>

enum { TILE = 128, TERMS = 4 }; // sums, and terms of each, at a time

/* sums [TILE] += factors [TERMS] rows [TERMS,TILE], the rows `stride` apart. Counts
 * that the compiler knows become vector instructions. */
static void add_tile(double *restrict sums, const double *factors,
                     const double *restrict rows, size_t stride)
{
    const double a = factors[0], b = factors[1], c = factors[2], d = factors[3];
    const double *restrict second = rows + stride;
    const double *restrict third = second + stride;
    const double *restrict fourth = third + stride;
    for (size_t k = 0; k < TILE; k++) {
        sums[k] = sums[k] + a * rows[k] + b * second[k] + c * third[k] + d * fourth[k];
    }
}

/* sums [n_sums] += factors [n] rows [n,n_sums] */
static void add_part(double *sums, const double *factors, const double *rows,
                     size_t stride, size_t n, size_t n_sums)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n_sums; k++) {
            sums[k] += factors[i] * rows[i * stride + k];
        }
    }
}

void merit__multiply_rows(double *products, const double *rows, const double *matrix,
                          size_t n, size_t K, size_t A)
{
    memset(products, 0, n * A * sizeof *products);
    for (size_t from = 0; from < A; from += TILE) {
        const size_t n_sums = A - from < TILE ? A - from : TILE;
        for (size_t i = 0; i < K; i += TERMS) {
            const size_t n_terms = K - i < TERMS ? K - i : TERMS;
            const double *part = matrix + i * A + from;
            for (size_t row = 0; row < n; row++) {
                double *sums = products + row * A + from;
                const double *factors = rows + row * K + i;
                if (n_sums == TILE && n_terms == TERMS) {
                    add_tile(sums, factors, part, A);
                } else {
                    add_part(sums, factors, part, A, n_terms, n_sums);
                }
            }
        }
    }
}
