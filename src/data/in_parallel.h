/* The same work on many things, on several threads. */
#ifndef MERIT_DATA_IN_PARALLEL_H
#define MERIT_DATA_IN_PARALLEL_H

#include "data/loading.h"

/* Calls task(context, i) for every i in 0..n-1, each once, on up to n_threads threads
 * (at least 1); returns when all are done. What the tasks write must not overlap. With
 * no thread to be had the caller does it alone. It tells `loading` (NULL: nobody) how
 * far they are. */
void merit__in_parallel(int64_t n, int64_t n_threads,
                        void (*task)(void *context, int64_t i), void *context,
                        merit__loading *loading);

#endif
