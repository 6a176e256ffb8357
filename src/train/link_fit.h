/* How the logits of a trained net are best read. */
#ifndef MERIT_TRAIN_LINK_FIT_H
#define MERIT_TRAIN_LINK_FIT_H

#include "merit/decide.h"

/* *temperature: under which the labels [n] are likeliest, for logits [n,K] that are
 * read by *link. Margins are taken back as far as that makes the labels likelier: all,
 * 3/4, half, 1/4 or none (a softmax), whichever is the first that the next one does not
 * improve on; *link is then less than it was. A net that cannot reach the least loss of
 * every example, as one with too few parameters, has not learned all of its margins. */
merit_status merit__link_fit(merit_link *link, double *temperature,
                             const merit_scores *scores, const float *logits,
                             const int32_t *labels, int64_t n, merit_error *err);

#endif
