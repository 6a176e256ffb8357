#include "merit/metrics.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/products.h"
#include "decide/posterior.h"
#include "metrics/answers.h"
#include "scores/scores_table.h"

enum { N_BINS = 15 }; // of the calibration error

/* Sums over the examples so far, in their order, each times its weight. */
struct merit_tally {
    merit_scores *scores; // shared
    const double *S;      // [K,A]; NULL for an implicit table
    size_t n_rows;        // that are multiplied at once
    size_t K, A;
    int64_t n;
    int has_expected, has_posterior; // with every example so far
    double weight;
    double hits, earned, claimed, log_loss, decode_loss;
    double surplus[N_BINS]; // of hit - confidence
    double *prior;          // [K] weight of each truth
    double *u;              // [n_rows,A] scratch
    double *scratch;        // of merit_scores_expect
    double *given;          // [A] weight of each answer,
    double *answer_claimed; // [A] what it claimed
    double *answer_earned;  // [A] and what it earned
};

merit_status merit_tally_create(merit_tally **out, const merit_scores *scores,
                                merit_error *err)
{
    if (out == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_tally_create: an argument is NULL");
    }
    *out = NULL;
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const size_t A = (size_t)merit_scores_n_answers(scores);
    merit_tally *tally = merit__alloc_array(1, sizeof *tally);
    if (tally == NULL) {
        return merit__fail_memory(err, sizeof *tally, "metrics");
    }
    const size_t n_rows =
        merit_scores_values(scores) == NULL ? 1 : MERIT__PRODUCTS_ROWS;
    const size_t n_sums = K + (n_rows + 3) * A + merit_scores_scratch(scores);
    tally->scores = merit__scores_share(scores);
    tally->prior = merit__alloc_array(n_sums, sizeof *tally->prior);
    if (tally->prior == NULL) {
        merit_tally_free(tally);
        return merit__fail_memory(err, n_sums * sizeof *tally->prior, "metrics");
    }
    tally->S = merit_scores_values(scores);
    tally->n_rows = n_rows;
    tally->K = K;
    tally->A = A;
    tally->u = tally->prior + K;
    tally->given = tally->u + n_rows * A;
    tally->answer_claimed = tally->given + A;
    tally->answer_earned = tally->answer_claimed + A;
    tally->scratch = tally->answer_earned + A;
    tally->has_expected = tally->has_posterior = 1;
    *out = tally;
    return MERIT_OK;
}

void merit_tally_free(merit_tally *tally)
{
    if (tally != NULL) {
        merit_scores_free(tally->scores);
        merit__free(tally->prior);
        merit__free(tally);
    }
}

static void add_answers(merit_tally *t, const merit_answers *given)
{
    for (size_t row = 0; row < (size_t)given->n; row++) {
        const double weight = merit__answers_weight(given, row);
        const size_t truth = (size_t)given->labels[row];
        const size_t answer = (size_t)given->answers[row];
        const double earned =
            weight * merit_scores_score(t->scores, (int64_t)truth, (int64_t)answer);
        t->weight += weight;
        t->hits += answer == truth ? weight : 0;
        t->earned += earned;
        t->prior[truth] += weight;
        t->given[answer] += weight;
        t->answer_earned[answer] += earned;
        if (given->expected != NULL) {
            t->claimed += weight * given->expected[row];
            t->answer_claimed[answer] += weight * given->expected[row];
        }
    }
}

/* The bin of a confidence in [0,1]: ((b / N_BINS, (b + 1) / N_BINS]. */
static size_t bin_of(double confidence)
{
    const double place = ceil(confidence * N_BINS) - 1;
    return place < 0 ? 0 : place >= N_BINS ? N_BINS - 1 : (size_t)place;
}

static void add_calibration(merit_tally *t, const merit_answers *given)
{
    for (size_t row = 0; row < (size_t)given->n; row++) {
        const double weight = merit__answers_weight(given, row);
        const double *q = given->posterior + row * t->K;
        const size_t truth = (size_t)given->labels[row];
        const size_t likeliest = merit__first_largest(q, t->K);
        if (weight > 0) { // 0 times an infinite log loss is not 0
            t->log_loss -= weight * log(q[truth]);
        }
        t->surplus[bin_of(q[likeliest])] +=
            weight * ((likeliest == truth) - q[likeliest]);
    }
}

/* u [n,A]: what n <= n_rows beliefs expect of each answer. */
static void multiply(const merit_tally *t, const double *beliefs, size_t n)
{
    if (t->S == NULL) {
        merit_scores_expect(t->scores, beliefs, t->u, t->scratch);
    } else {
        merit__multiply_rows(t->u, beliefs, t->S, n, t->K, t->A);
    }
}

/* In blocks of rows, for each of which the table is read once. */
static void add_decode_loss(merit_tally *t, const merit_answers *given)
{
    const size_t N = (size_t)given->n;
    for (size_t first = 0; first < N; first += t->n_rows) {
        const size_t n_left = N - first;
        const size_t n = n_left < t->n_rows ? n_left : t->n_rows;
        multiply(t, given->posterior + first * t->K, n);
        for (size_t i = 0; i < n; i++) {
            const double *u = t->u + i * t->A;
            t->decode_loss +=
                merit__answers_weight(given, first + i) *
                (u[merit__first_largest(u, t->A)] - u[given->answers[first + i]]);
        }
    }
}

merit_status merit_tally_add(merit_tally *tally, const merit_answers *given,
                             merit_error *err)
{
    if (tally == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_tally_add: tally is NULL");
    }
    double weight = 0;
    const merit_status status =
        merit__answers_check_rows(&weight, tally->scores, given, (size_t)tally->n, err);
    if (status != MERIT_OK) {
        return status;
    }
    tally->n += given->n;
    tally->has_expected = tally->has_expected && given->expected != NULL;
    tally->has_posterior = tally->has_posterior && given->posterior != NULL;
    add_answers(tally, given);
    if (tally->has_posterior) {
        add_calibration(tally, given);
        add_decode_loss(tally, given);
    }
    return MERIT_OK;
}

/* Where the mean score lies between the best constant answer and the oracle. Divides
 * last, so that whole numbers tie exactly. */
static void measure_limits(merit_metrics *out, const merit_tally *t)
{
    multiply(t, t->prior, 1);
    const size_t constant = merit__first_largest(t->u, t->A);
    double oracle = 0;
    for (size_t i = 0; i < t->K; i++) {
        const int64_t truth = (int64_t)i;
        const int64_t best = merit_scores_best_answer(t->scores, truth);
        oracle += t->prior[i] * merit_scores_score(t->scores, truth, best);
    }
    out->best_constant = (int32_t)constant;
    out->best_constant_score = t->u[constant] / t->weight;
    out->oracle_score = oracle / t->weight;
    out->regret = out->oracle_score - out->mean_score;
    if (out->oracle_score > out->best_constant_score) {
        out->normalized_score = (out->mean_score - out->best_constant_score) /
                                (out->oracle_score - out->best_constant_score);
    }
}

/* EINVAL unless some example was added that counts. */
static merit_status check_weight(const merit_tally *tally, merit_error *err)
{
    if (tally->n == 0) {
        return merit__fail(err, MERIT_EINVAL, "no example was added to the tally");
    }
    return tally->weight == 0 ? merit__answers_fail_weightless(err) : MERIT_OK;
}

merit_status merit_tally_metrics(const merit_tally *tally, merit_metrics *out,
                                 merit_error *err)
{
    if (tally == NULL || out == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_tally_metrics: an argument is NULL");
    }
    const merit_status status = check_weight(tally, err);
    if (status != MERIT_OK) {
        return status;
    }
    *out = (merit_metrics){.n = tally->n,
                           .accuracy = tally->hits / tally->weight,
                           .mean_score = tally->earned / tally->weight,
                           .normalized_score = NAN,
                           .claimed_score = NAN,
                           .log_loss = NAN,
                           .ece = NAN,
                           .decode_loss = NAN};
    measure_limits(out, tally);
    if (tally->has_expected) {
        out->claimed_score = tally->claimed / tally->weight;
    }
    if (tally->has_posterior) {
        double ece = 0;
        for (size_t bin = 0; bin < N_BINS; bin++) {
            ece += fabs(tally->surplus[bin]);
        }
        out->log_loss = tally->log_loss / tally->weight;
        out->ece = ece / tally->weight;
        out->decode_loss = tally->decode_loss / tally->weight;
    }
    return MERIT_OK;
}

merit_status merit_tally_claims(const merit_tally *tally, double *weight,
                                double *claimed, double *realised, merit_error *err)
{
    if (tally == NULL || weight == NULL || claimed == NULL || realised == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_tally_claims: an argument is NULL");
    }
    const merit_status status = check_weight(tally, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (!tally->has_expected) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_tally_claims: examples without an expected score "
                           "were added");
    }
    for (size_t k = 0; k < tally->A; k++) {
        const double given = tally->given[k];
        weight[k] = given;
        claimed[k] = given > 0 ? tally->answer_claimed[k] / given : NAN;
        realised[k] = given > 0 ? tally->answer_earned[k] / given : NAN;
    }
    return MERIT_OK;
}
