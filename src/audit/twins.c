#include "audit/audit_parts.h"

#include <math.h>

// Whether n numbers of a and b, each `stride` apart, differ by one constant.
static int differ_by_constant(const double *a, const double *b, int64_t n,
                              int64_t stride, double rounding)
{
    const double first = a[0] - b[0];
    for (int64_t i = 1; i < n; i++) {
        if (fabs(a[i * stride] - b[i * stride] - first) > rounding) {
            return 0;
        }
    }
    return 1;
}

void merit__audit_twins(merit_audit *audit)
{
    const int64_t K = audit->K, A = audit->A;
    const double rounding = MERIT__AUDIT_ROUNDING * audit->facts.regret_scale;
    for (int64_t k = 0; k < A; k++) {
        for (int64_t j = 0; j < k; j++) {
            if (differ_by_constant(audit->S + k, audit->S + j, K, A, rounding)) {
                audit->answers[k].twin = j;
                audit->answers[k].twin_offset = audit->S[k] - audit->S[j];
                break;
            }
        }
    }
    for (int64_t i = 0; i < K; i++) {
        audit->truth_twin[i] = i;
        for (int64_t j = 0; j < i; j++) {
            if (differ_by_constant(audit->S + i * A, audit->S + j * A, A, 1,
                                   rounding)) {
                audit->truth_twin[i] = j;
                break;
            }
        }
    }
}
