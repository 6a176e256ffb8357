#include "base/logits.h"

#include <math.h>

#include "base/fail.h"

/* Several lanes, so that none waits for another: x - x is 0, or no number. */
static int all_finite(const float *logits, size_t K)
{
    enum { LANES = 16 };
    float none[LANES] = {0};
    float sum = 0;
    size_t k = 0;
    for (; k + LANES <= K; k += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            none[lane] += logits[k + lane] - logits[k + lane];
        }
    }
    for (; k < K; k++) {
        sum += logits[k] - logits[k];
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        sum += none[lane];
    }
    return !isnan(sum);
}

merit_status merit__logits_check(const float *logits, size_t K, size_t row,
                                 merit_error *err)
{
    if (all_finite(logits, K)) {
        return MERIT_OK;
    }
    for (size_t k = 0; k < K; k++) {
        if (!isfinite(logits[k])) {
            return merit__fail(err, MERIT_ENUMERIC,
                               "logits[%zu][%zu] is %g, expected a finite number", row,
                               k, (double)logits[k]);
        }
    }
    return MERIT_OK;
}
