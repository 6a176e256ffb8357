/* What a learner is made of; learner.c makes it, learner_step.c runs it. */
#ifndef MERIT_TRAIN_LEARNER_OBJECT_H
#define MERIT_TRAIN_LEARNER_OBJECT_H

#include "data/dataset.h"
#include "model/formats.h"
#include "train/last_rows.h"
#include "train/learner.h"
#include "train/workers.h"

#include <stdatomic.h>

/* A stretch of one segment of the arena. */
typedef struct merit__chunk {
    int64_t offset, n, segment;
    float magnitude; // not finite when a number of it is not
} merit__chunk;

/* What a slice of the step under way is made of. */
typedef struct merit__slice {
    int64_t format;
    const int64_t *units; // [n_units] of the minibatch that run in this format
    int64_t n_units;
    int64_t first; // of them
} merit__slice;

/* What a thread needs for itself; [slice,...] is room for a slice of any format. */
typedef struct merit__hand {
    merit__plan *plans[MERIT__WIDTHS_MOST]; // for each format
    int is_prepared[MERIT__WIDTHS_MOST];    // in the step under way
    float *x;                               // [slice,C,H,W]
    float *logits;                          // [slice,T,K], T the net's positions
    float *dlogits;                         // likewise
    float *gradient; // [arena] of every slice of a group but the first
    void *loss_scratch;
    int64_t *index;  // [slice]
    int32_t *labels; // [rows] of the slice, at most [slice,T]
    float *weights;  // [rows]
    int64_t n_rows;  // of the slice that weigh something, of sequences
    int64_t *places; // [rows] in [slice,T], of sequences
    merit__draft draft;
    float *row_logits, *row_dlogits; // [rows,K], of sequences
    merit_status status;
    merit_error error;
    int64_t slice; // the one being run; where it failed
} merit__hand;

struct merit__learner {
    const merit_net *net;   // that is run: with a sample, one of fewer classes
    merit__last_rows *last; // of all classes; NULL without a sample
    merit__formats formats;
    merit__learner_options options;
    merit__workers *workers;
    merit__hand *hands; // [threads]
    int64_t n_arena;
    float *parameters; // [arena]
    float *moments[MERIT__MOMENTS];
    float **gradients;    // [groups] of [arena]
    double *slice_loss;   // [slices of a minibatch]
    merit__slice *slices; // [slices of a minibatch]
    int64_t most_slices;  // that a minibatch can have
    int64_t *order;       // [batch] units of the minibatch, format by format
    merit__chunk *chunks;
    int64_t n_chunks;
    size_t scratch_bytes; // of each hand's loss_scratch

    // The step under way.
    const merit__minibatch *minibatch;
    int64_t n_rows; // of it
    int64_t n_slices, n_groups, slices_per_group;
    atomic_llong next; // group or chunk to take
};

static inline int64_t merit__smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t merit__ceil_divide(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* In learner_slices.c: cuts the minibatch into slices, format by format, each in the
 * minibatch's order. */
void merit__learner_cut(merit__learner *learner);

/* Fills the hand's slice; the last one of a format is filled up with examples from the
 * front of those of the minibatch that run in it, which weigh nothing, or windows
 * without rows. As merit__batch_fill. */
merit_status merit__learner_gather(const merit__learner *learner, merit__hand *hand,
                                   const merit__slice *slice);

/* The first failure of any hand, by slice, so that it is the same for any number of
 * threads: groups are taken in order, and a group is given up at its first failure. */
merit_status merit__learner_failure(const merit__learner *learner, merit_error *err);

/* Runs a task on all threads; `next` counts from 0 again. */
void merit__learner_run(merit__learner *learner, void (*task)(void *, int64_t));

/* What the step under way does to tensors of a kind. */
merit__optimizer_step merit__learner_optimizer_step(const merit__learner *learner,
                                                    enum merit__tensor_kind kind);

/* ENUMERIC: `what` of the layer of a tensor is not finite. */
merit_status merit__learner_fail(const merit__learner *learner, int64_t tensor,
                                 const char *what, merit_error *err);

/* With a sample of the classes: chooses those of the step under way and puts their rows
 * into the last layer; and, when there is a gradient, updates them where they belong.
 */
merit_status merit__learner_lend(merit__learner *learner, merit_error *err);
merit_status merit__learner_update_lent(merit__learner *learner, merit_error *err);

#endif
