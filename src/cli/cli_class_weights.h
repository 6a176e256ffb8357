/* --class-weights: how much the examples of each class count. */
#ifndef MERIT_CLI_CLASS_WEIGHTS_H
#define MERIT_CLI_CLASS_WEIGHTS_H

#include "merit/data.h"
#include "merit/scores.h"

/* Makes weights [K], for the caller to free: for "balanced" 1 over the number of
 * examples of each class, so that all classes count alike; else of a file with a line
 * `class<TAB>weight` for each class whose weight is not 1. *out is NULL for no spec.
 * EFORMAT names the line. */
merit_status merit__class_weights_read(double **out, const char *spec,
                                       const merit_scores *scores,
                                       const merit_dataset *data, merit_error *err);

#endif
