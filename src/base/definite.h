/* Whether a symmetric matrix is positive semidefinite. */
#ifndef MERIT_BASE_DEFINITE_H
#define MERIT_BASE_DEFINITE_H

#include <stddef.h>

/* Whether x^T A x >= 0 for all x, up to rounding. a [n,n] is symmetric and destroyed.
 *
 * By Cholesky with the largest pivot first: what is left of a semidefinite matrix after
 * each step is semidefinite, so no entry of it is larger than its largest pivot. Pivots
 * up to n 1e-12 of the first one count as 0: a hundred times the rounding of n steps in
 * double (about n 1e-16 each for a matrix whose entries are decimals), and less than
 * anything a table means to say. O(n^3) / 6 multiplications. */
int merit__is_semidefinite(double *a, size_t n);

/* An estimate from above of the least eigenvalue of the symmetric a [n,n], good to a
 * few digits where the next one is not all but the same; to tell how far from
 * semidefinite a matrix is. `scratch` has 2 n doubles. */
double merit__least_eigenvalue(const double *a, size_t n, double *scratch);

#endif
