/* How well soft labels serve the decisions of a table. */
#include "audit/audit_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "audit/beliefs.h"
#include "base/alloc.h"
#include "base/fail.h"

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

// Whether the argmax of P^T eta earns as much as the best class. scratch [2 K].
static int is_right(const double *eta, const double *P, const double *S, int64_t K,
                    double *scratch)
{
    double *q = scratch, *expected = scratch + K;
    merit__belief_expected(q, eta, P, K, K);
    merit__belief_expected(expected, eta, S, K, K);
    const int64_t answer = merit__belief_largest(q, K);
    const int64_t best = merit__belief_largest(expected, K);
    return expected[answer] >= expected[best] - MERIT__AUDIT_ROUNDING;
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
    const int64_t K = merit_scores_n_truths(scores);
    const size_t size = (size_t)K;
    const uint64_t seed = options == NULL ? 0 : options->seed;
    const int64_t wanted = options == NULL ? 0 : options->n_samples;
    const int64_t n = wanted > 0 ? wanted : merit__belief_count(K, K);
    int64_t n_wrong = 0;
    double *numbers = NULL; // S [K,K], then P [K,K], then three rows
    merit_status status = MERIT_OK;
    MERIT_TRY(check(targets, K, err));
    numbers = merit__alloc_array(2 * size * size + 3 * size, sizeof *numbers);
    if (numbers == NULL) {
        MERIT_TRY(merit__fail_memory(
            err, (2 * size * size + 3 * size) * sizeof *numbers, "soft labels"));
    }
    double *S = numbers, *P = S + K * K, *eta = P + K * K, *scratch = eta + K;
    scale(S, scores, K);
    for (int64_t s = 0; s < n; s++) {
        merit__belief_draw(eta, K, seed, s);
        n_wrong += !is_right(eta, targets, S, K, scratch);
    }
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
