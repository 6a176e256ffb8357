/* Linear programs over beliefs, solved by COIN-OR Clp. */
#ifndef MERIT_AUDIT_PROGRAMS_H
#define MERIT_AUDIT_PROGRAMS_H

#include "merit/error.h"

enum merit__program {
    /* The most by which answer k can earn more than every other: max u_k - max_j u_j.
     */
    MERIT__PROGRAM_MARGIN,
    /* The least, the most belief in class i at which no answer earns more than k. */
    MERIT__PROGRAM_LEAST_BELIEF,
    MERIT__PROGRAM_MOST_BELIEF,
    /* By how much S[k][k] must rise so that k is the best answer somewhere: the least
     * max_j u_j - u_k over beliefs with weight 1 on k and any on the others. */
    MERIT__PROGRAM_RAISE
};

/* One model over weights eta_1..eta_K of the truths and v, the best of the other
 * answers' expected scores:
 *     u_j = sum_i eta_i S_ij <= v   for every answer j that may be better
 *     sum_i eta_i = 1
 * All programs differ from it in the objective and in bounds only. */
typedef struct merit__programs merit__programs;

/* S [K,A], borrowed, best scaled to differences of about 1. With all_rows each answer
 * has its constraint from the start, and each program begins where the last one ended;
 * else constraints are added as they are violated. ENOMEM. */
merit_status merit__programs_create(merit__programs **out, const double *S, int64_t K,
                                    int64_t A, int all_rows, merit_error *err);
void merit__programs_free(merit__programs *programs);

/* Solves one, for answer k and, where it asks for a belief, class i. Returns 0 when the
 * solver found no optimum, else 1 and eta [K] the weights (a distribution but for
 * RAISE), mixture [A] the multipliers of the constraints (for MARGIN a distribution
 * over other answers). */
int merit__program_solve(merit__programs *programs, enum merit__program program,
                         int64_t k, int64_t i, double *eta, double *mixture);

#endif
