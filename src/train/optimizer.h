/* Optimisers: how a gradient changes parameters, element by element. */
#ifndef MERIT_TRAIN_OPTIMIZER_H
#define MERIT_TRAIN_OPTIMIZER_H

#include "merit/error.h"

enum { MERIT__MOMENTS = 2 }; // the most that any optimiser keeps

/* What a step depends on. */
typedef struct merit__optimizer_step {
    double learning_rate;
    double momentum;     // of SGD; beta 1 of AdamW
    double weight_decay; // 0 for biases
    int64_t step;        // from 1
} merit__optimizer_step;

/* An optimiser; src/train/optimizer_<name>.c defines merit__optimizer_<name>. */
typedef struct merit__optimizer {
    const char *name;
    int n_moments;        // arrays of state as large as the parameters, from 0
    double learning_rate; // default
    double momentum;      // default
    /* Changes parameters [n] and moments [n] by gradient [n]. */
    void (*update)(const merit__optimizer_step *step, float *parameters,
                   const float *gradient, float *const moments[MERIT__MOMENTS],
                   int64_t n);
} merit__optimizer;

/* The optimiser of that name; EINVAL with the nearest one otherwise. */
merit_status merit__optimizer_find(const merit__optimizer **out, const char *name,
                                   merit_error *err);

#endif
