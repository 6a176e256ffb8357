/* What can be answered without a posterior: it scores the same whatever is true. */
#ifndef MERIT_DECIDE_STEADY_ANSWER_H
#define MERIT_DECIDE_STEADY_ANSWER_H

#include <stddef.h>

#include "merit/scores.h"

/* The best of the answers that are no classes and score the same for every truth, and
 * that score; -oo where there is none. ENOMEM. */
merit_status merit__steady_answer(size_t *answer, double *score,
                                  const merit_scores *scores, merit_error *err);

#endif
