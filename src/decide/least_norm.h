/* Linear systems that may be singular. */
#ifndef MERIT_DECIDE_LEAST_NORM_H
#define MERIT_DECIDE_LEAST_NORM_H

#include "merit/error.h"

/* x = A^+ B: of the least-squares solutions of A x = B the one of least norm, by a
 * complete orthogonal decomposition (Golub and Van Loan, Matrix Computations, chapter
 * 5). x [n,m] holds B and gets the solution; a [n,n] is destroyed. A column of A that
 * is a combination of others up to rounding counts as one. ENOMEM. */
merit_status merit__least_norm_solve(double *x, double *a, size_t n, size_t m,
                                     merit_error *err);

#endif
