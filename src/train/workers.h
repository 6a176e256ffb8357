/* Threads that run one task at a time, together. */
#ifndef MERIT_TRAIN_WORKERS_H
#define MERIT_TRAIN_WORKERS_H

#include "merit/error.h"

typedef struct merit__workers merit__workers;

/* Starts n threads (1 to 1024), which sleep until there is work. */
merit_status merit__workers_create(merit__workers **out, int64_t n, merit_error *err);

/* Ends the threads; NULL is allowed. */
void merit__workers_free(merit__workers *workers);

/* Runs task(context, worker) on every thread, worker = 0 .. n - 1, and returns when all
 * have returned. Nothing runs on the calling thread. */
void merit__workers_run(merit__workers *workers,
                        void (*task)(void *context, int64_t worker), void *context);

#endif
