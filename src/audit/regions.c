/* The regions of beliefs in which each answer is the Bayes decision, by sampling. */
#include "audit/audit_parts.h"

#include <math.h>

#include "audit/beliefs.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/products.h"

enum { BLOCK = MERIT__PRODUCTS_ROWS }; // beliefs at a time

// Counts one belief; *agrees is whether its most probable class is a best answer.
static merit_status count(merit_audit *audit, const double *eta, const double *expected,
                          int *agrees, merit_error *err)
{
    const int64_t most_probable = merit__belief_largest(eta, audit->K);
    int64_t best = 0;
    double next = -INFINITY;
    for (int64_t k = 1; k < audit->A; k++) {
        if (expected[k] > expected[best]) {
            next = expected[best];
            best = k;
        } else {
            next = fmax(next, expected[k]);
        }
    }
    *agrees = expected[most_probable] >= expected[best] - MERIT__AUDIT_ROUNDING;
    audit->answers[best].volume += 1;
    return merit__audit_witness(audit, best, eta, expected[best] - next, err);
}

merit_status merit__audit_regions(merit_audit *audit, merit_error *err)
{
    const int64_t K = audit->K, A = audit->A, n = audit->options.n_samples;
    double *eta = merit__alloc_array((size_t)(BLOCK * K), sizeof *eta);
    double *expected = merit__alloc_array((size_t)(BLOCK * A), sizeof *expected);
    int64_t n_agreeing = 0;
    merit_status status = MERIT_OK;
    if (eta == NULL || expected == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)(BLOCK * (K + A)) * sizeof *eta,
                                     "beliefs"));
    }
    for (int64_t from = 0; from < n; from += BLOCK) {
        for (int64_t b = 0; b < BLOCK; b++) {
            merit__belief_draw(eta + b * K, K, audit->options.seed, from + b);
        }
        merit__multiply_rows(expected, eta, audit->scaled, BLOCK, (size_t)K, (size_t)A);
        for (int64_t b = 0; b < BLOCK && from + b < n; b++) {
            int agrees = 0;
            MERIT_TRY(count(audit, eta + b * K, expected + b * A, &agrees, err));
            n_agreeing += agrees;
        }
    }
    for (int64_t k = 0; k < A; k++) {
        audit->answers[k].volume /= (double)n;
        audit->answers[k].volume_error =
            merit__belief_error(audit->answers[k].volume, n);
    }
    audit->facts.argmax_agreement = (double)n_agreeing / (double)n;
    audit->facts.argmax_agreement_error =
        merit__belief_error(audit->facts.argmax_agreement, n);

fail:
    merit__free(eta);
    merit__free(expected);
    return status;
}
