#include "merit/metrics.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "decide/posterior.h"
#include "metrics/answers.h"

enum { N_BINS = 15 }; // of the calibration error

/* The arguments of one computation, checked. */
typedef struct measured {
    const merit_answers *given;
    const double *S; // [K,A]
    size_t K, A;
    double weight_sum; // > 0
    double *prior;     // [K] weight of each truth
    double *u;         // [A] scratch
} measured;

static void measure_answers(merit_metrics *out, const measured *m)
{
    double hits = 0, earned = 0, claimed = 0;
    for (size_t row = 0; row < (size_t)m->given->n; row++) {
        const double weight = merit__answers_weight(m->given, row);
        const size_t truth = (size_t)m->given->labels[row];
        const size_t answer = (size_t)m->given->answers[row];
        hits += answer == truth ? weight : 0;
        earned += weight * m->S[truth * m->A + answer];
        m->prior[truth] += weight;
        if (m->given->expected != NULL) {
            claimed += weight * m->given->expected[row];
        }
    }
    out->accuracy = hits / m->weight_sum;
    out->mean_score = earned / m->weight_sum;
    if (m->given->expected != NULL) {
        out->claimed_score = claimed / m->weight_sum;
    }
}

/* Where the mean score lies between the best constant answer and the oracle. Divides
 * last, so that whole numbers tie exactly. */
static void measure_limits(merit_metrics *out, const measured *m)
{
    merit__expected_scores(m->u, m->prior, m->S, m->K, m->A);
    const size_t constant = merit__first_largest(m->u, m->A);
    double oracle = 0;
    for (size_t i = 0; i < m->K; i++) {
        const double *row = m->S + i * m->A;
        oracle += m->prior[i] * row[merit__first_largest(row, m->A)];
    }
    out->best_constant = (int32_t)constant;
    out->best_constant_score = m->u[constant] / m->weight_sum;
    out->oracle_score = oracle / m->weight_sum;
    out->regret = out->oracle_score - out->mean_score;
    if (out->oracle_score > out->best_constant_score) {
        out->normalized_score = (out->mean_score - out->best_constant_score) /
                                (out->oracle_score - out->best_constant_score);
    }
}

/* The bin of a confidence in [0,1]: ((b / N_BINS, (b + 1) / N_BINS]. */
static size_t bin_of(double confidence)
{
    const double place = ceil(confidence * N_BINS) - 1;
    return place < 0 ? 0 : place >= N_BINS ? N_BINS - 1 : (size_t)place;
}

static void measure_posterior(merit_metrics *out, const measured *m)
{
    double log_loss = 0, decode_loss = 0;
    double surplus[N_BINS] = {0}; // weight of (hit - confidence)
    for (size_t row = 0; row < (size_t)m->given->n; row++) {
        const double weight = merit__answers_weight(m->given, row);
        const double *q = m->given->posterior + row * m->K;
        const size_t truth = (size_t)m->given->labels[row];
        const size_t likeliest = merit__first_largest(q, m->K);
        if (weight > 0) { // 0 times an infinite log loss is not 0
            log_loss -= weight * log(q[truth]);
        }
        surplus[bin_of(q[likeliest])] += weight * ((likeliest == truth) - q[likeliest]);
        merit__expected_scores(m->u, q, m->S, m->K, m->A);
        decode_loss += weight * (m->u[merit__first_largest(m->u, m->A)] -
                                 m->u[m->given->answers[row]]);
    }
    double ece = 0;
    for (size_t bin = 0; bin < N_BINS; bin++) {
        ece += fabs(surplus[bin]);
    }
    out->log_loss = log_loss / m->weight_sum;
    out->ece = ece / m->weight_sum;
    out->decode_loss = decode_loss / m->weight_sum;
}

merit_status merit_metrics_compute(merit_metrics *out, const merit_scores *scores,
                                   const merit_answers *given, merit_error *err)
{
    if (out == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_metrics_compute: out is NULL");
    }
    measured m = {.given = given};
    const merit_status status = merit__answers_check(&m.weight_sum, scores, given, err);
    if (status != MERIT_OK) {
        return status;
    }
    m.S = merit_scores_values(scores);
    m.K = (size_t)merit_scores_n_truths(scores);
    m.A = (size_t)merit_scores_n_answers(scores);
    m.prior = merit__alloc_array(m.K + m.A, sizeof *m.prior);
    if (m.prior == NULL) {
        return merit__fail_memory(err, (m.K + m.A) * sizeof *m.prior, "metrics");
    }
    m.u = m.prior + m.K;
    *out = (merit_metrics){.n = given->n,
                           .normalized_score = NAN,
                           .claimed_score = NAN,
                           .log_loss = NAN,
                           .ece = NAN,
                           .decode_loss = NAN};
    measure_answers(out, &m);
    measure_limits(out, &m);
    if (given->posterior != NULL) {
        measure_posterior(out, &m);
    }
    merit__free(m.prior);
    return MERIT_OK;
}
