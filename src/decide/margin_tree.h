/* Taking margins back (margin.h) where the table is an implicit tree, in O(nodes).
 *
 * With 1 - S = x_k + x_j - 2 x_l, l the smallest node with both, F_kj is a_k a_j h_l up
 * to one factor: a = exp(c x), h = exp(-2 c x). */
#ifndef MERIT_DECIDE_MARGIN_TREE_H
#define MERIT_DECIDE_MARGIN_TREE_H

#include "scores/tree_table.h"

typedef struct merit__margin_tree {
    const merit__tree_table *table; // borrowed
    double *near;                   // [K] a
    double *shared;                 // [n_inner] h
    double *gain;                   // [n_inner] h less that of the node above
    double *class_gain;             // [K] likewise
    float *shift;                   // [K] log a
    int32_t *above;                 // [K] the inner node above each class
} merit__margin_tree;

/* For margins of up to `cost`; the table must outlive *out. ENOMEM. Dispose of *out in
 * any case. */
merit_status merit__margin_tree_init(merit__margin_tree *out,
                                     const merit__tree_table *table, double cost,
                                     merit_error *err);
void merit__margin_tree_dispose(merit__margin_tree *tree);

/* How many doubles of scratch the next two functions need. */
size_t merit__margin_tree_scratch(const merit__margin_tree *tree);

/* out [K]: the logits without margins, to a few 1e-6. 0 where that cannot be
 * done fast: few classes, logits or costs far apart; out is then of no use. */
int merit__margin_tree_fast(float *out, const merit__margin_tree *tree,
                            const float *logits, double *scratch);

/* sums [K] = F y without small differences of large numbers; sums may be y. */
void merit__margin_tree_weigh(double *sums, const merit__margin_tree *tree,
                              const double *y, double *scratch);

#endif
