/* How far margins are taken back. */
#include "merit/decide.h"

#include <math.h>

#include "base/fail.h"
#include "decide/temperature.h"

enum { PARTS = 4 };

/* The margins of `whole` in part. */
static merit_link in_part(merit_link whole, int part)
{
    const double cost = whole.cost * ((double)part / PARTS);
    return part == 0 ? (merit_link){MERIT_LINK_SOFTMAX, 0}
                     : (merit_link){MERIT_LINK_MARGIN, cost};
}

/* The temperature of rows that are read by this link, and their loss there. */
static merit_status fit(double *temperature, double *loss, merit_link link,
                        const merit_scores *scores, merit__rows rows, merit_error *err)
{
    merit__outputs outputs;
    merit_status status = merit__outputs_init(&outputs, scores, link, err);
    if (status == MERIT_OK) {
        rows.outputs = &outputs;
        status = merit__temperature_fit(temperature, loss, rows, err);
    }
    merit__outputs_dispose(&outputs);
    return status;
}

merit_status merit_link_fit(merit_link *link, double *temperature,
                            const merit_scores *scores, const float *logits,
                            const int32_t *labels, const float *weights, int64_t n,
                            merit_error *err)
{
    if (link == NULL || temperature == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_link_fit: an argument is NULL");
    }
    const merit_link whole = *link;
    const merit__rows rows = {
        .logits = logits, .labels = labels, .weights = weights, .n = n};
    double least = INFINITY;
    if (whole.kind != MERIT_LINK_MARGIN) {
        return fit(temperature, NULL, whole, scores, rows, err);
    }
    for (int part = PARTS; part >= 0; part--) {
        double found = 0, loss = 0;
        merit_status status =
            fit(&found, &loss, in_part(whole, part), scores, rows, err);
        if (status != MERIT_OK) {
            return status;
        }
        if (!(loss < least)) {
            break;
        }
        least = loss;
        *temperature = found;
        *link = in_part(whole, part);
    }
    return MERIT_OK;
}
