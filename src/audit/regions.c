/* The regions of beliefs in which each answer is the Bayes decision, by sampling. */
#include "audit/audit_parts.h"

#include <math.h>
#include <string.h>

#include "audit/beliefs.h"
#include "base/alloc.h"
#include "base/fail.h"

enum { BLOCK = 16, TILE = 128 }; // beliefs and answers at a time, to stay in the cache

// u [n] += e row [n]; a count that the compiler knows becomes vector instructions.
static void add(double *restrict u, double e, const double *restrict row, int64_t n)
{
    if (n == TILE) {
        for (int k = 0; k < TILE; k++) {
            u[k] += e * row[k];
        }
        return;
    }
    for (int64_t k = 0; k < n; k++) {
        u[k] += e * row[k];
    }
}

// expected [BLOCK,A] = eta [BLOCK,K] table [K,A]
static void multiply(double *expected, const double *eta, const double *table,
                     int64_t K, int64_t A)
{
    memset(expected, 0, (size_t)(BLOCK * A) * sizeof *expected);
    for (int64_t from = 0; from < A; from += TILE) {
        const int64_t n = A - from < TILE ? A - from : TILE;
        for (int64_t i = 0; i < K; i++) {
            for (int64_t b = 0; b < BLOCK; b++) {
                add(expected + b * A + from, eta[b * K + i], table + i * A + from, n);
            }
        }
    }
}

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
        multiply(expected, eta, audit->scaled, K, A);
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
