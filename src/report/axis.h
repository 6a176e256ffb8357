/* Axes with ticks at round numbers. */
#ifndef MERIT_REPORT_AXIS_H
#define MERIT_REPORT_AXIS_H

#include <stdint.h>

/* A range of numbers and where its ends are in the picture. */
typedef struct merit__axis {
    double low, high; // low < high
    double step;      // between ticks; 1, 2 or 5 times a power of ten
    int decimals;     // that the ticks need
    int fine;         // decimals that tell a hundredth of a step
    double from, to;  // pixels of low and high
} merit__axis;

/* Widens low..high to begin and end at ticks, about n_wanted steps apart; also where
 * they are the same, or nearly. The numbers are at most 1e300 in size. */
merit__axis merit__axis_round(double low, double high, int n_wanted);

/* Leaves low..high as they are (low == high: half to either side), with ticks at whole
 * numbers. */
merit__axis merit__axis_whole(double low, double high, int n_wanted);

/* The ticks of an axis are first .. last times the step. */
int64_t merit__axis_first(const merit__axis *axis);
int64_t merit__axis_last(const merit__axis *axis);

/* The pixel of a value. */
double merit__axis_pixel(const merit__axis *axis, double value);

#endif
