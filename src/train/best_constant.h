/* What can be earned without looking at the examples. */
#ifndef MERIT_TRAIN_BEST_CONSTANT_H
#define MERIT_TRAIN_BEST_CONSTANT_H

#include "merit/data.h"
#include "merit/scores.h"

/* The mean score on labelled data of the one answer that earns most if it is always
 * given; NaN without memory. */
double merit__best_constant(const merit_scores *scores, const merit_dataset *data);

#endif
