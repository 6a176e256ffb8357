/* The least expected loss under a posterior, for the tests of what losses teach. */
#ifndef MERIT_TESTS_OPTIMUM_H
#define MERIT_TESTS_OPTIMUM_H

#include "loss_fixtures.h"

enum { MOST = 8 }; // classes

/* Uniform over the simplex. */
static inline void draw_posterior(double *eta, int n, uint64_t *seed)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        eta[i] = -log(uniform(seed));
        sum += eta[i];
    }
    for (int i = 0; i < n; i++) {
        eta[i] /= sum;
    }
}

/* E_eta L and its gradient [n]. */
static inline double expected_loss(const merit_loss *loss, const double *eta,
                                   const double *z, int n, double *gradient)
{
    double value = 0;
    double part[MOST];
    memset(gradient, 0, (size_t)n * sizeof *gradient);
    for (int i = 0; i < n; i++) {
        if (eta[i] > 0) {
            value += eta[i] * merit_loss_row(loss, z, i, 0, part);
            for (int j = 0; j < n; j++) {
                gradient[j] += eta[i] * part[j];
            }
        }
    }
    return value;
}

static inline void softmax(double *q, const double *z, int n)
{
    double sum = 0;
    double largest = z[0];
    for (int j = 1; j < n; j++) {
        largest = fmax(largest, z[j]);
    }
    for (int j = 0; j < n; j++) {
        q[j] = exp(z[j] - largest);
        sum += q[j];
    }
    for (int j = 0; j < n; j++) {
        q[j] /= sum;
    }
}

/* The logits z [n] of the least expected loss. The steps go down the gradient over q, as
 * the natural gradient does, which knows no plateaus; none moves a logit by more than
 * 1, and what is all but impossible does not hold up the rest. */
static inline void find_logits(double *z, const merit_loss *loss, const double *eta,
                               int n)
{
    double q[MOST];
    double gradient[MOST];
    double rate = 1;
    memset(z, 0, (size_t)n * sizeof *z);
    double value = expected_loss(loss, eta, z, n, gradient);
    double longest = 1;
    for (int i = 0; i < 2000 && rate > 1e-12 && longest > 1e-10; i++) {
        double direction[MOST] = {0};
        double moved[MOST] = {0};
        double ahead[MOST] = {0};
        longest = 0;
        softmax(q, z, n);
        for (int j = 0; j < n; j++) {
            direction[j] = -gradient[j] / fmax(q[j], 1e-3);
            longest = fmax(longest, fabs(direction[j]));
        }
        rate = fmin(rate, 1 / longest);
        for (int j = 0; j < n; j++) {
            moved[j] = z[j] + rate * direction[j];
        }
        double found = expected_loss(loss, eta, moved, n, ahead);
        if (found < value) {
            value = found;
            memcpy(z, moved, (size_t)n * sizeof *z);
            memcpy(gradient, ahead, sizeof gradient);
            rate *= 2;
        } else {
            rate /= 4;
        }
    }
}

/* q = softmax(z) for those. */
static inline void minimise(double *q, const merit_loss *loss, const double *eta, int n)
{
    double z[MOST];
    find_logits(z, loss, eta, n);
    softmax(q, z, n);
}

/* What a model of the least expected loss believes by the link of the loss, for the
 * table S [n,n]; softmax(z), which has the order of z, where its outputs are no beliefs.
 */
static inline void minimise_beliefs(double *q, const merit_loss *loss, const double *S,
                                    const double *eta, int n)
{
    const merit_decision_options options = {.link = merit_loss_link(loss)};
    const merit_decision_results results = {.posterior = q};
    merit_decision *decision = NULL;
    double z[MOST];
    float logits[MOST];
    find_logits(z, loss, eta, n);
    softmax(q, z, n);
    if (options.link.kind == MERIT_LINK_SOFTMAX ||
        !merit_link_has_posterior(options.link)) {
        return;
    }
    merit_scores *scores = make_scores(S, n, n);
    for (int j = 0; j < n; j++) {
        logits[j] = (float)(z[j] - z[0]);
    }
    merit_status status = merit_decision_create(&decision, scores, &options, NULL);
    assert_int_equal(status, MERIT_OK);
    status = merit_decision_apply(decision, logits, 1, &results, NULL);
    assert_int_equal(status, MERIT_OK);
    merit_decision_free(decision);
    merit_scores_free(scores);
}

static inline int argmax(const double *values, int n)
{
    int best = 0;
    for (int k = 1; k < n; k++) {
        best = values[k] > values[best] ? k : best;
    }
    return best;
}

/* out[k] = sum_i weights[i] table[i][k] */
static inline void mix(double *out, const double *weights, const double *table, int n)
{
    for (int k = 0; k < n; k++) {
        out[k] = 0;
        for (int i = 0; i < n; i++) {
            out[k] += weights[i] * table[i * n + k];
        }
    }
}

/* How much expected score an answer loses. */
static inline double regret(const double *eta, const double *S, int n, int answer)
{
    double worth[MOST];
    mix(worth, eta, S, n);
    return worth[argmax(worth, n)] - worth[answer];
}

#endif
