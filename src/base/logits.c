#include "base/logits.h"

#include <math.h>

#include "base/fail.h"

merit_status merit__logits_check(const float *logits, size_t K, size_t row,
                                 merit_error *err)
{
    for (size_t k = 0; k < K; k++) {
        if (!isfinite(logits[k])) {
            return merit__fail(err, MERIT_ENUMERIC,
                               "logits[%zu][%zu] is %g, expected a finite number", row,
                               k, (double)logits[k]);
        }
    }
    return MERIT_OK;
}
