/* How many floating-point operations a core can do. */
#ifndef MERIT_BENCH_FMA_PEAK_H
#define MERIT_BENCH_FMA_PEAK_H

/* Multiplies and adds for about `seconds` in registers alone, with the widest vectors this
 * processor has; returns GFLOP/s (2 per fused multiply-add). */
double fma_peak(double seconds);

#endif
