/* How the learning rate moves over a training. */
#ifndef MERIT_TRAIN_SCHEDULE_H
#define MERIT_TRAIN_SCHEDULE_H

#include "merit/error.h"

/* A schedule: the factor on the learning rate at `fraction` of the training, [0,1]. */
typedef double (*merit__schedule)(double fraction);

/* one-cycle (Smith and Topin 2019), cosine (Loshchilov and Hutter 2017), constant;
 * EINVAL otherwise. */
merit_status merit__schedule_find(merit__schedule *out, const char *name,
                                  merit_error *err);

#endif
