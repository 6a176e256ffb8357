/* From stored bytes to what a slice reads: gather, normalise, augment. */
#ifndef MERIT_DATA_BATCH_H
#define MERIT_DATA_BATCH_H

#include "merit/data.h"

/* x = (value - mean[c]) / deviation[c] for each channel; 0 for a missing value. */
typedef struct merit__normalisation {
    int64_t n_channels;
    float *mean;      // [C], owned
    float *deviation; // [C], owned, > 0
} merit__normalisation;

/* Mean and standard deviation per channel over all examples and positions, in double,
 * in order, leaving out what is missing; a constant channel gets FLT_MAX, so that other
 * values, which nothing was learned from, become 0 as well. */
merit_status merit__normalisation_measure(merit__normalisation *out,
                                          const merit_dataset *data, merit_error *err);

/* How many channels never changed where they were measured; *first is the first one. */
int64_t merit__normalisation_constant(int64_t *first,
                                      const merit__normalisation *normalisation);

/* Whether channel c is one of them. */
int merit__is_constant(const merit__normalisation *normalisation, int64_t c);

void merit__normalisation_dispose(merit__normalisation *normalisation);

/* Random changes to training examples. Zero is none. */
typedef struct merit__augmentation {
    int64_t shift; // up to so many pixels each way; what moves in is the mean
    int32_t flip;  // non-zero: left-right with probability 1/2
    double hide;   // of sequences whose letters are hidden, the share that is
} merit__augmentation;

/* Fills x [n,C,H,W] with examples index[0..n) of data that are no sequences,
 * normalised; augmentation NULL for none, else keyed by (seed, epoch, example). Safe in
 * several threads. What is in memory cannot fail and allocates nothing; pictures that
 * are read from files again fail with EFORMAT when one has changed, EIO, ENOMEM. */
merit_status merit__batch_fill(float *x, const merit_dataset *data,
                               const int64_t *index, int64_t n,
                               const merit__normalisation *normalisation,
                               const merit__augmentation *augmentation, uint64_t seed,
                               uint32_t epoch, merit_error *err);

#endif
