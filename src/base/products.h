/* Many rows times one matrix. */
#ifndef MERIT_BASE_PRODUCTS_H
#define MERIT_BASE_PRODUCTS_H

#include <stddef.h>

/* So many rows at a time read the matrix once and keep their sums in the cache. */
enum { MERIT__PRODUCTS_ROWS = 32 };

/* products [n,A] = rows [n,K] matrix [K,A]. Each sum runs in the order of K: the bits
 * of a row do not depend on the other rows. */
void merit__multiply_rows(double *products, const double *rows, const double *matrix,
                          size_t n, size_t K, size_t A);

#endif
