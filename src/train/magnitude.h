/* Whether numbers are finite. */
#ifndef MERIT_TRAIN_MAGNITUDE_H
#define MERIT_TRAIN_MAGNITUDE_H

#include <stdint.h>

/* The sum of the absolute values of n numbers: not finite when one of them is not. */
float merit__magnitude(const float *values, int64_t n);

#endif
