/* Which trainings a run consists of.
 *
 * A plain run has one candidate. `auto` has two: cross-entropy, then softmax-margin,
 * which goes on from the parameters that earned most until then. What earns most on
 * held-out data is kept. */
#ifndef MERIT_TRAIN_CANDIDATES_H
#define MERIT_TRAIN_CANDIDATES_H

#include "merit/loss.h"

enum { MERIT__MAX_CANDIDATES = 2 };

typedef struct merit__candidates {
    int64_t n;
    char spec[MERIT__MAX_CANDIDATES][192];            // stage list of each
    merit_loss_stages *stages[MERIT__MAX_CANDIDATES]; // owned
    int64_t n_steps;                                  // of each
} merit__candidates;

/* loss: a spec, a stage list, "auto" or "auto:fast". */
merit_status merit__candidates_create(merit__candidates *out, const char *loss,
                                      int64_t n_steps, const merit_scores *scores,
                                      merit_error *err);
void merit__candidates_dispose(merit__candidates *candidates);

/* The loss in force at a step of a candidate, and how far its stage has come. */
const merit_loss *merit__candidates_loss(const merit__candidates *candidates,
                                         int64_t candidate, int64_t step,
                                         double *progress);

#endif
