/* From which score to which a table goes. */
#ifndef MERIT_SCORES_SCORES_RANGE_H
#define MERIT_SCORES_SCORES_RANGE_H

#include "merit/scores.h"

/* The least and the largest score of a class as the answer, over all truths. */
void merit__scores_range(double *low, double *high, const merit_scores *scores);

#endif
