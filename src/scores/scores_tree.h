/* The tree that a table is made of. */
#ifndef MERIT_SCORES_SCORES_TREE_H
#define MERIT_SCORES_SCORES_TREE_H

#include "merit/scores.h"

/* depths [K,K]: at [i][j] the depth of the smallest node of the tree that holds both
 * classes, 0 for the root; at [i][i] the depth of the class itself, the number of nodes
 * above it. The tree is that of merit__scores_distances, which must be ultrametric: of
 * three classes the two largest distances are the same. Nodes of equal distance that
 * touch are one node, so that groups are one level and the identity is none.
 * EUNSUPPORTED tells which classes do not fit a tree; `who` and `instead` as there.
 * ENOMEM. O(K^2). */
merit_status merit__scores_tree(double *depths, const merit_scores *scores,
                                const char *who, const char *instead, merit_error *err);

#endif
