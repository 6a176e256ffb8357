/* How alike a table makes two classes. */
#ifndef MERIT_SCORES_SCORES_KERNEL_H
#define MERIT_SCORES_SCORES_KERNEL_H

#include "merit/scores.h"

/* kernel [K,K] = exp(-C_ij / 2), C = cost D / max D with the D of
 * merit__scores_distances: the classes that are furthest apart are `cost` apart.
 * EUNSUPPORTED when the kernel is not positive semidefinite, with its least eigenvalue
 * and the cost from which on it is, or the two classes because of which none will do;
 * and as merit__scores_distances. ENOMEM. `who` begins the message. */
merit_status merit__scores_kernel(double *kernel, const merit_scores *scores,
                                  double cost, const char *who, merit_error *err);

#endif
