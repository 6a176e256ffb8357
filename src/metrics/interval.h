/* What the bootstraps share. */
#ifndef MERIT_METRICS_INTERVAL_H
#define MERIT_METRICS_INTERVAL_H

#include <stddef.h>

#include "merit/metrics.h"

/* Whether so many resamples of n examples at that level can be asked for. */
int merit__interval_is_possible(int64_t n, int64_t n_resamples, double level);

/* out->low and out->high from the means [n] of the resamples, which are sorted. */
void merit__interval_of_means(merit_interval *out, double *means, size_t n,
                              double level);

#endif
