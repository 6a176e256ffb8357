/* The temperature under which held-out truths are likeliest. */
#ifndef MERIT_DECIDE_TEMPERATURE_H
#define MERIT_DECIDE_TEMPERATURE_H

#include "decide/outputs.h"

/* Held-out rows as they came, to be checked. */
typedef struct merit__held_out {
    const merit__outputs *outputs;
    const float *logits;   // [N,K]
    const int32_t *labels; // [N]
    const float *weights;  // [N] or NULL
    int64_t n;             // N
} merit__held_out;

/* merit_temperature_fit and merit_decision_fit_temperature; `given` is not NULL. */
merit_status merit__temperature_fit(double *temperature, const merit__held_out *given,
                                    merit_error *err);

#endif
