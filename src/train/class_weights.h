/* How much the examples of each class count in training. */
#ifndef MERIT_TRAIN_CLASS_WEIGHTS_H
#define MERIT_TRAIN_CLASS_WEIGHTS_H

#include "merit/data.h"
#include "merit/error.h"

/* The given weights [n_classes], times what makes their mean over the examples of
 * `data` 1, so that learning rates mean the same as ever; *out is NULL without weights.
 * EINVAL for a weight that is not a finite number of 0 or more, or when the examples
 * weigh nothing together. Free *out with merit__free. */
merit_status merit__class_weights_make(float **out, const double *given,
                                       int64_t n_classes, const merit_dataset *data,
                                       merit_error *err);

/* SHA-256 of the given weights in hex; "" without. */
void merit__class_weights_hash(char hex[65], const double *given, int64_t n_classes);

#endif
