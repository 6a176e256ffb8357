/* What the benchmarks in C share. */
#ifndef MERIT_BENCH_COMMON_H
#define MERIT_BENCH_COMMON_H

#include "merit/error.h"

/* The net that is measured, for images of 28x28 in 10 classes. */
extern const char *const bench_net;

/* Seconds since some moment. */
double bench_now(void);

/* Tells a failure and ends the program with 1. */
void bench_check(merit_status status, const merit_error *err);

#endif
