/* How strongly the last layer turns a gradient into a change of the logits. */
#ifndef MERIT_TRAIN_FEATURE_SIZE_H
#define MERIT_TRAIN_FEATURE_SIZE_H

#include "model/model.h"

/* *out: the mean over the first examples of `data` of |h|^2 + 1, h what the last dense
 * layer reads and 1 for its bias: a step of gradient descent changes the logits of an
 * example by so many times its own gradient. Estimated by the squares of logits under
 * random signs in place of the last weights, four times over 64 examples; with ten
 * classes to about a quarter. */
merit_status merit__feature_size(double *out, const merit__inference *inference,
                                 const merit_dataset *data, int64_t n_threads,
                                 merit_error *err);

#endif
