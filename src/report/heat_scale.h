/* How thick the ink of a value is. */
#ifndef MERIT_REPORT_HEAT_SCALE_H
#define MERIT_REPORT_HEAT_SCALE_H

#include <stdint.h>

enum { MERIT__HEAT_LEVELS = 24 }; // of each ink

/* From `from`, which has no ink, to the value farthest from it. */
typedef struct merit__heat_scale {
    double low, high; // of the values
    double from;
    double reach; // > 0
} merit__heat_scale;

/* The scale of n >= 1 finite values: from 0, where that tells them apart. */
merit__heat_scale merit__heat_scale_of(const double *values, int64_t n);

/* -MERIT__HEAT_LEVELS .. MERIT__HEAT_LEVELS; 0 is no ink. */
int merit__heat_level(const merit__heat_scale *scale, double value);

#endif
