/* The g-softmax: a softmax that knows which classes are alike. */
#ifndef MERIT_BASE_G_SOFTMAX_H
#define MERIT_BASE_G_SOFTMAX_H

#include <stddef.h>

/* a [K], a distribution, minimises
 *
 *     h(a) = sum_ij a_i a_j G_ij exp(-(f_i + f_j) / 2),   f = logits
 *
 * for a positive semidefinite kernel G [K,K] of positive numbers with 1 on the
 * diagonal. Returns -log h(a), the g-LSE. Classes that others stand for get exactly 0.
 * G = I gives softmax and log-sum-exp. Any finite logits; `scratch` has
 * merit__g_softmax_scratch(K) doubles; a may be the logits themselves. Exact up to
 * rounding; where G is singular a need not be unique. O(K s^2) with s classes above 0.
 * Mensch, Blondel and Peyre 2019, arXiv 1905.06005. */
double merit__g_softmax(double *a, const double *logits, const double *kernel, size_t K,
                        double *scratch);

size_t merit__g_softmax_scratch(size_t K);

#endif
