/* Random beliefs, and what answers are worth under a belief. */
#ifndef MERIT_AUDIT_BELIEFS_H
#define MERIT_AUDIT_BELIEFS_H

#include <stdint.h>

/* Belief number n of the flat Dirichlet distribution over K truths: eta [K]. */
void merit__belief_draw(double *eta, int64_t K, uint64_t seed, int64_t n);

/* How many beliefs to draw for a table of this size. */
int64_t merit__belief_count(int64_t K, int64_t A);

/* The standard error of a share of n. */
double merit__belief_error(double share, int64_t n);

/* expected [A] = sum_i eta_i table [i][A], in the order of i. */
void merit__belief_expected(double *expected, const double *eta, const double *table,
                            int64_t K, int64_t A);

/* The index of the largest of n > 0 values; the first one on a tie. */
int64_t merit__belief_largest(const double *values, int64_t n);

#endif
