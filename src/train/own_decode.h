/* The decode matrix that is a loss's own. */
#ifndef MERIT_TRAIN_OWN_DECODE_H
#define MERIT_TRAIN_OWN_DECODE_H

#include "merit/decide.h"
#include "merit/loss.h"

/* Whether the loss has one: it has targets of its own or learns through a channel. */
int merit__has_own_decode(const merit_loss *loss);

/* decode [K,A]; only for a loss that has one. */
merit_status merit__own_decode(double *decode, const merit_loss *loss,
                               const merit_scores *scores, merit_error *err);

#endif
