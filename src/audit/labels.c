/* How well soft labels serve the decisions of a table. */
#include "audit/audit_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "audit/beliefs.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/products.h"

static double entropy_of(const double *P, int64_t K)
{
    double sum = 0;
    for (int64_t at = 0; at < K * K; at++) {
        sum -= P[at] > 0 ? P[at] * log(P[at]) : 0;
    }
    return sum / (double)K;
}

static double closest_distance(const double *P, int64_t K)
{
    double closest = INFINITY;
    for (int64_t i = 0; i < K; i++) {
        for (int64_t j = 0; j < i; j++) {
            double distance = 0;
            for (int64_t k = 0; k < K; k++) {
                distance += fabs(P[i * K + k] - P[j * K + k]);
            }
            closest = fmin(closest, distance);
        }
    }
    return closest;
}

// The scores of the classes [K,K], in units of the largest difference within a row.
static void scale(double *S, const merit_scores *scores, int64_t K)
{
    const int64_t A = merit_scores_n_answers(scores);
    const double *values = merit_scores_values(scores);
    double range = 0;
    for (int64_t i = 0; i < K; i++) {
        const double *row = values + i * A;
        double best = row[0];
        for (int64_t k = 1; k < K; k++) {
            best = fmax(best, row[k]);
        }
        for (int64_t k = 0; k < K; k++) {
            S[i * K + k] = row[k] - best;
            range = fmax(range, best - row[k]);
        }
    }
    for (int64_t at = 0; at < K * K; at++) {
        S[at] /= range > 0 ? range : 1;
    }
}

enum { BLOCK = MERIT__PRODUCTS_ROWS }; // beliefs at a time

// In how many of n beliefs the argmax of P^T eta earns less than the best class.
// scratch [3 BLOCK,K].
static int64_t count_wrong(const double *P, const double *S, int64_t K, uint64_t seed,
                           int64_t n, double *scratch)
{
    double *eta = scratch, *q = eta + BLOCK * K, *expected = q + BLOCK * K;
    int64_t n_wrong = 0;
    for (int64_t from = 0; from < n; from += BLOCK) {
        const int64_t n_rows = n - from < BLOCK ? n - from : BLOCK;
        for (int64_t b = 0; b < n_rows; b++) {
            merit__belief_draw(eta + b * K, K, seed, from + b);
        }
        merit__multiply_rows(q, eta, P, (size_t)n_rows, (size_t)K, (size_t)K);
        merit__multiply_rows(expected, eta, S, (size_t)n_rows, (size_t)K, (size_t)K);
        for (int64_t b = 0; b < n_rows; b++) {
            const double *worth = expected + b * K;
            const int64_t answer = merit__belief_largest(q + b * K, K);
            const int64_t best = merit__belief_largest(worth, K);
            n_wrong += worth[answer] < worth[best] - MERIT__AUDIT_ROUNDING;
        }
    }
    return n_wrong;
}

static merit_status check(const double *targets, int64_t K, merit_error *err)
{
    static const double rounding = 1e-9;
    for (int64_t at = 0; at < K * K; at++) {
        if (!(targets[at] >= -rounding && targets[at] <= 1 + rounding)) {
            return merit__fail(err, MERIT_EINVAL,
                               "targets[%" PRId64 "][%" PRId64
                               "] is %g, expected a probability",
                               at / K, at % K, targets[at]);
        }
    }
    return MERIT_OK;
}

merit_status merit_audit_labels(merit_audit_label_facts *out, const double *targets,
                                const merit_scores *scores,
                                const merit_audit_options *options, merit_error *err)
{
    if (out == NULL || targets == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_audit_labels: an argument is NULL");
    }
    if (merit_scores_values(scores) == NULL) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "soft labels are for tables whose scores are written out; "
                           "merit_scores_write_out makes one");
    }
    const int64_t K = merit_scores_n_truths(scores);
    const size_t size = (size_t)K;
    const uint64_t seed = options == NULL ? 0 : options->seed;
    const int64_t wanted = options == NULL ? 0 : options->n_samples;
    const int64_t n = wanted > 0 ? wanted : merit__belief_count(K, K);
    // S [K,K], P [K,K] and what counting needs.
    const size_t n_numbers = 2 * size * size + 3 * BLOCK * size;
    double *numbers = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(check(targets, K, err));
    numbers = merit__alloc_array(n_numbers, sizeof *numbers);
    if (numbers == NULL) {
        MERIT_TRY(merit__fail_memory(err, n_numbers * sizeof *numbers, "soft labels"));
    }
    double *S = numbers, *P = S + K * K, *scratch = P + K * K;
    scale(S, scores, K);
    const int64_t n_wrong = count_wrong(targets, S, K, seed, n, scratch);
    memcpy(P, targets, size * size * sizeof *P);
    MERIT_TRY(merit__audit_singular_values(scratch, P, K, K, err));
    *out = (merit_audit_label_facts){
        .n_samples = n,
        .wrong = (double)n_wrong / (double)n,
        .wrong_error = merit__belief_error((double)n_wrong / (double)n, n),
        .condition = scratch[K - 1] > 0 ? scratch[0] / scratch[K - 1] : INFINITY,
        .entropy = entropy_of(targets, K),
        .closest_distance = closest_distance(targets, K)};

fail:
    merit__free(numbers);
    return status;
}
