/* Taking margins back: what a model believes that was trained with softmax-margin.
 *
 *     L = -z_i + log sum_j exp(z_j + C_ij),   C_ij = cost (S_ii - S_ij) / R
 *
 * At the optimum the mean over the posterior p of softmax_k(z + C_i) is p_k: p is the
 * stationary distribution of a Markov chain with the transitions
 * M_ik = exp(z_k + C_ik) / sum_j exp(z_j + C_ij). With S symmetric, up to numbers added
 * to rows, the chain is reversible, and
 *
 *     p_k ~ exp(z_k) sum_j exp(z_j) F_kj,   F_kj = exp(-cost S_kj / R):
 *
 * K^2 steps, O(nodes) for an implicit table; cost = 0 leaves softmax(z). Any other
 * chain is solved by elimination (Grassmann, Taksar and Heyman 1985, which subtracts
 * nothing), K^3 / 3 steps. */
#ifndef MERIT_DECIDE_MARGIN_H
#define MERIT_DECIDE_MARGIN_H

#include "merit/scores.h"

#include "decide/margin_tree.h"

typedef struct merit__margin {
    size_t K;
    merit__margin_tree tree; // of an implicit table; else its table is NULL
    double *factors;         // [K,K] F up to one factor; or C where it is
    int is_chain;            // not symmetric
} merit__margin;

/* Prepares for margins of up to `cost`; the table must outlive *out. EUNSUPPORTED for
 * one that is not symmetric and has more than MERIT_MARGIN_CLASSES classes, or in which
 * another answer than the truth is best; ENOMEM. Dispose of *out in any case. */
merit_status merit__margin_init(merit__margin *out, const merit_scores *scores,
                                double cost, merit_error *err);
void merit__margin_dispose(merit__margin *margin);

/* How many doubles of scratch a row needs. */
size_t merit__margin_scratch(const merit__margin *margin);

/* out [K]: logits of which softmax is that posterior. Of finite logits of any size. */
void merit__margin_logits(float *out, const merit__margin *margin, const float *logits,
                          double *scratch);

#endif
