/* The training that is measured: the net of bench/speed.py, one thread, minibatches of
 * 128, momentum SGD, cross entropy. */
#ifndef MERIT_BENCH_TRAINING_H
#define MERIT_BENCH_TRAINING_H

#include "merit/data.h"
#include "merit/loss.h"
#include "train/learner.h"

enum { BENCH_BATCH = 128 };

typedef struct bench_training {
    merit_scores *scores; // identity of 10 classes
    merit_net *net;
    merit_loss *loss;
    merit__normalisation normalisation;
    merit__learner *learner;
    float *parameters; // [P] that it begins with
    int64_t *order;    // [N] of the examples
    int64_t n;
} bench_training;

/* Ready for its first step; ends the program where that fails. */
void bench_training_create(bench_training *out, const merit_dataset *data,
                           int64_t slice, int exact);

/* So many steps, again from the first minibatch; seconds. */
double bench_training_run(bench_training *t, int64_t n_steps);

void bench_training_dispose(bench_training *t);

#endif
