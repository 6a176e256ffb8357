/* Whether a table is symmetric, or as good as that, and each truth its best answer. */
#ifndef MERIT_SCORES_SCORES_BALANCE_H
#define MERIT_SCORES_SCORES_BALANCE_H

#include "merit/scores.h"

/* Whether numbers added to its rows make the K x K part symmetric, up to rounding: then
 * S_ij + shift_i is, with shift_i = S_0i - S_i0. If not, *first and *second, where they
 * are not NULL, are the classes whose S_ij and S_ji differ most. O(K^2); 1 for an
 * implicit table. */
int merit__scores_are_balanced(const merit_scores *scores, int64_t *first,
                               int64_t *second);

/* Whether no class scores more than the truth itself, for any truth. O(K^2); 1 for an
 * implicit table. */
int merit__scores_favour_truth(const merit_scores *scores);

#endif
