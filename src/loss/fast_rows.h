/* Rows of many classes in float: at most three passes over the logits, which the
 * gradient's own row serves as scratch. Beside the row functions in double, which are
 * what a loss means; the two agree to about 1e-6 of the largest number. */
#ifndef MERIT_LOSS_FAST_ROWS_H
#define MERIT_LOSS_FAST_ROWS_H

#include "loss/loss_def.h"

enum { MERIT__FAST_CLASSES = 2048 }; // from how many classes on it is used

typedef struct merit__fast_row {
    merit__loss_fast kind;
    int64_t n;           // K
    const float *logits; // [K]
    const float *table;  // [K] scores; NULL for cross entropy
    float top;           // the best of them: a margin is what is lost against it
    double margin;       // what costs are multiplied by
    int64_t hot;         // the class of the target
    double factor;       // what the gradient is multiplied by
    double range;        // R: no number of the table is further from another
} merit__fast_row;

/* The value, and the gradient in dlogits [K] unless NULL. Returns 0, with dlogits
 * undefined, where a logit is not finite or a number may be too large for float: then
 * the other path is asked, which can tell what is wrong. */
int merit__fast_row_eval(double *value, float *dlogits, const merit__fast_row *row);

#endif
