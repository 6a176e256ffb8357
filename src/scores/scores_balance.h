/* What a table has to be for margins to be taken back. */
#ifndef MERIT_SCORES_SCORES_BALANCE_H
#define MERIT_SCORES_SCORES_BALANCE_H

#include "merit/scores.h"

/* Whether numbers added to its rows make the K x K part symmetric, up to rounding: then
 * S_ij + shift_i is, with shift_i = S_0i - S_i0. O(K^2); 1 for an implicit table. */
int merit__scores_are_balanced(const merit_scores *scores);

/* Whether no class scores more than the truth itself, for any truth. O(K^2); 1 for an
 * implicit table. */
int merit__scores_favour_truth(const merit_scores *scores);

#endif
