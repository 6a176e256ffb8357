/* The temperature under which held-out truths are likeliest. */
#ifndef MERIT_DECIDE_TEMPERATURE_H
#define MERIT_DECIDE_TEMPERATURE_H

#include "decide/outputs.h"

/* Between which temperatures are fitted. */
#define MERIT__TEMPERATURE_LOWEST 0.05
#define MERIT__TEMPERATURE_HIGHEST 20.0

/* Held-out rows. */
typedef struct merit__rows {
    const merit__outputs *outputs;
    const float *logits;   // [N,K]
    const int32_t *labels; // [N]
    const float *weights;  // [N] or NULL
    int64_t n;             // N
    size_t K;
    double *q;       // [K] scratch
    double *scratch; // of the outputs
} merit__rows;

/* Checks rows: EFORMAT, EINVAL, ENUMERIC name the first bad label, weight, logits. */
merit_status merit__temperature_check(const merit__rows *rows, merit_error *err);

/* The slope of the rows' loss in b = 1/temperature; *curvature its derivative, for
 * g-softmax only about that. */
double merit__rows_slope(const merit__rows *rows, double temperature,
                         double *curvature);

/* merit_temperature_fit and merit_decision_fit_temperature, for rows as they were
 * given, without K and scratch; *loss, unless NULL, is the sum of -log q of the labels
 * there, for links with a posterior. */
merit_status merit__temperature_fit(double *temperature, double *loss, merit__rows rows,
                                    merit_error *err);

#endif
