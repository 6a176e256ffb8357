/* The directory of a run, and what it says of the training it belongs to. */
#ifndef MERIT_TRAIN_OWN_RUN_H
#define MERIT_TRAIN_OWN_RUN_H

#include "train/training.h"

/* Opens and locks the directory; a run in it, which *has_run tells of, must agree with
 * the training. Fails as merit_train. */
merit_status merit__own_run_open(merit__training *training, const char *directory,
                                 int *has_run, merit_error *err);

/* Makes the directory a run's: config.json first, since what lies there without it is
 * somebody else's. */
merit_status merit__own_run_describe(merit__training *training, int has_run,
                                     merit_error *err);

#endif
