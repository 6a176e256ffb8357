/* Parameters that learn: one optimiser step from one minibatch, cut into slices.
 *
 *     minibatch   |s0|s1|s2|s3|s4|s5|s6|s7|       slices of a fixed number of examples
 *     groups      |  g0 |  g1 |  g2 |  g3 |       a gradient buffer each
 *     gradient    ((g0 + g1) + (g2 + g3))         a fixed binary tree
 *
 * A slice runs forward, loss and backward on one thread. A thread takes a whole group
 * and adds its slices in order, so what is computed, and in which order it is added,
 * depends on the slice size and the number of groups, never on the threads.
 *
 * With a sample of the classes, a step computes the logits of these alone and leaves
 * the last layer's rows of the others as they are (last_rows.h). */
#ifndef MERIT_TRAIN_LEARNER_H
#define MERIT_TRAIN_LEARNER_H

#include "data/batch.h"
#include "merit/loss.h"
#include "net/engine.h"
#include "train/optimizer.h"

typedef struct merit__learner merit__learner;

typedef struct merit__learner_options {
    const merit__engine *engine;
    const merit__optimizer *optimizer;
    const merit_dataset *data;                 // borrowed
    const merit__normalisation *normalisation; // borrowed
    merit__augmentation augmentation;
    int64_t batch, slice, groups, threads;
    int32_t exact;
    uint64_t seed;
    const float *class_weights; // [K] of all classes; NULL: all 1; borrowed
    int64_t sample;             // of the classes, in a step; 0: all of them
    const merit_scores *scores; // which classes are near, for a sample; borrowed
} merit__learner_options;

/* One minibatch of units: examples, or windows of sequences, each with some rows. */
typedef struct merit__minibatch {
    const int64_t *index;   // [n] into the data
    int64_t n;              // 1 .. batch
    uint32_t epoch;         // keys augmentation
    int64_t step;           // of the run, from 0; keys dropout
    int64_t first_step;     // the one at which the optimiser began
    const merit_loss *loss; // with a sample, cross entropy in its place
    double progress;        // of the loss's stage
    double learning_rate, momentum, weight_decay;
} merit__minibatch;

merit_status merit__learner_create(merit__learner **out, const merit_net *net,
                                   const merit__learner_options *options,
                                   merit_error *err);
void merit__learner_free(merit__learner *learner);

/* Sets and gets the canonical parameters and moments [net->n_arena]; moments beyond the
 * optimiser's are ignored and may be NULL. */
merit_status merit__learner_set(merit__learner *learner, const float *parameters,
                                const float *const moments[MERIT__MOMENTS],
                                merit_error *err);
merit_status merit__learner_get(merit__learner *learner, float *parameters,
                                float *const moments[MERIT__MOMENTS], merit_error *err);

/* One step. *loss is the mean over the rows of the minibatch. ENUMERIC names the
 * example or the layer where a number is not finite. Then nothing has changed, unless
 * the step itself left the range of floats: after any ENUMERIC set the parameters
 * again. Allocates nothing, but scratch when it first sees a loss that needs more of
 * it. */
merit_status merit__learner_step(merit__learner *learner,
                                 const merit__minibatch *minibatch, double *loss,
                                 merit_error *err);

#endif
