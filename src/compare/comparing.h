/* A comparison under way. */
#ifndef MERIT_COMPARE_COMPARING_H
#define MERIT_COMPARE_COMPARING_H

#include "compare/comparison.h"
#include "compare/measure.h"

#include <jansson.h>

typedef struct merit__comparing {
    const merit_compare_options *options;
    const char *directory;
    const merit_scores *scores;
    const merit_dataset *data; // what is trained on, with what the runs validate with
    merit_dataset *owned_data, *owned_test;
    merit__test test;
    json_t *plan; // with everything that was asked for
    int lock;

    merit_compare_event event; // of the run under way
    double started;            // monotonic seconds, of the first training
    int64_t n_trained, n_left; // runs, over and to train with the one under way
} merit__comparing;

/* The seeds that are asked for. */
int64_t merit__comparing_n_seeds(const merit_compare_options *options);
uint64_t merit__comparing_seed(const merit_compare_options *options, int64_t index);

/* The options of one run. */
merit_train_options merit__comparing_options(const merit__comparing *comparing,
                                             const char *loss, uint64_t seed);

/* Trains and measures what is asked for and is not over: seed by seed, so that an
 * interrupted comparison compares. Writes comparison.tsv after each run. */
merit_status merit__comparing_run_all(merit__comparing *comparing, merit_error *err);

#endif
