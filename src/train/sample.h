/* Which of many classes a step looks at, so that its last layer has few rows.
 *
 * Some are there for sure: the true ones of the minibatch and, where the scores are
 * those of an implicit tree, leaves near each of them, which are the hardest to tell
 * apart. The others are drawn from the rest, all as likely, without repetition. With K
 * classes, m of them in the sample and s of those there for sure, a class that was
 * drawn stands for (K - s) / (m - s) of its kind: log of that is added to its logit,
 * and the sum over the sample of exp(logit) then is, on average over what is drawn, the
 * sum over all classes (Bengio and Senecal 2008; Jean et al. 2015, arXiv 1412.2007, in
 * strata). */
#ifndef MERIT_TRAIN_SAMPLE_H
#define MERIT_TRAIN_SAMPLE_H

#include "merit/scores.h"

typedef struct merit__sample {
    int64_t n_classes; // K
    int64_t n;         // m < K
    int64_t n_sure;    // s: the first ones
    int64_t n_placed;  // so far
    int32_t *classes;  // [m]
    int32_t *place;    // [K] of a class in the sample; -1 without
    float drawn_logit; // what is added to the logits of those behind the first s

    // Of a tree: its leaves in order, and the nodes above them. Else NULL.
    int32_t *leaf;         // [K] the class of each leaf
    int32_t *leaf_of;      // [K] the leaf of each class
    int32_t *above;        // [nodes] -1 of the root
    int32_t *first, *last; // [nodes] the leaves at or below it
    int32_t *node;         // [K] the node of a class
} merit__sample;

/* Prepares samples of n < K classes. ENOMEM. Dispose of *out in any case. */
merit_status merit__sample_init(merit__sample *out, const merit_scores *scores,
                                int64_t n, merit_error *err);
void merit__sample_dispose(merit__sample *sample);

/* A new sample: empty, then the true classes of examples, as often as they are, at most
 * n - 1 different ones; then the others, a function of (seed, step). */
void merit__sample_begin(merit__sample *sample);
void merit__sample_add(merit__sample *sample, int32_t class);
void merit__sample_draw(merit__sample *sample, uint64_t seed, uint32_t step);

#endif
