/* The last layer of a net of many classes, of which each step borrows a sample of rows.
 *
 *     all classes   [K,F] weights, [K] biases, and as many moments of the optimiser
 *        | choose, lend                               ^ update
 *        v                                            |
 *     the sample    the last layer of a net of m classes: forward, loss, backward
 *
 * The net of m classes is trained like any other; biases of drawn classes are raised by
 * what they stand for. Rows that are not in the sample stay as they are, moments and
 * weight decay included. */
#ifndef MERIT_TRAIN_LAST_ROWS_H
#define MERIT_TRAIN_LAST_ROWS_H

#include "merit/loss.h"
#include "net/engine.h"
#include "train/optimizer.h"
#include "train/sample.h"

typedef struct merit__last_rows {
    const merit_net *whole; // of all classes; borrowed
    merit_net *net;         // of m classes
    merit_loss *loss;       // cross entropy among them
    merit__sample sample;
    int64_t n_classes, n_inputs; // K, F
    int64_t offset; // where the layer begins in the canonical arena; all that is behind
                    // belongs to it
    float *parameters; // [K,F] and [K]
    float *moments[MERIT__MOMENTS];
    float *weights, *biases; // [m,F] and [m] of the sample: lent; then their gradient
    float *taken[1 + MERIT__MOMENTS]; // [m] biases with their moments, to be updated
    float *canonical;                 // [arena of the net of m classes] scratch
    float *magnitude;                 // [blocks] not finite when a number of it is not
    int64_t n_blocks;                 // of rows to update, and one of biases
} merit__last_rows;

/* For steps on n of the classes of `net`. ENOMEM. The caller frees *out. */
merit_status merit__last_rows_create(merit__last_rows **out, const merit_net *net,
                                     const merit_scores *scores, int64_t n,
                                     const merit__optimizer *optimizer,
                                     merit_error *err);
void merit__last_rows_free(merit__last_rows *rows);

/* The sample's rows become the last layer of the plan's arena. */
merit_status merit__last_rows_lend(merit__last_rows *rows, merit__plan *plan,
                                   float *arena, merit_error *err);

/* Takes their gradient out of an arena. */
merit_status merit__last_rows_take(merit__last_rows *rows, merit__plan *plan,
                                   const float *gradient, merit_error *err);

/* Updates block 0 <= block < n_blocks; blocks do not touch one another. */
void merit__last_rows_update(merit__last_rows *rows, const merit__optimizer *optimizer,
                             const merit__optimizer_step *step, int64_t block);

#endif
