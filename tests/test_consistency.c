/* Which decision rule is right for which loss: the expected loss under a posterior is
 * minimised over the logits, and what the rules then answer is compared with the answer
 * of the highest expected score. */
#include "optimum.h"

#include <stdio.h>

enum { K = QUESTION_CLASSES, N_POSTERIORS = 40 };

/* Like the question's, but every class is its own best answer. */
static const double similar[K * K] = {1, 0.5, 0, 0.2, 0.5, 1, 0.1, 0,
                                      0, 0.1, 1, 0.6, 0.2, 0, 0.6, 1};

/* Two pairs: a tree, and as such definite. */
static const double pairs[K * K] = {2, 1, -1, -1, 1, 2, -1, -1,
                                    -1, -1, 2, 1, -1, -1, 1, 2};

/* Costs that differ both ways. */
static const double asymmetric[K * K] = {0,  -1, -6, -0.1, -7, 0,    -0.3, -2,
                                         -3, -5, 0,  -0.2, -1, -0.4, -4,   0};

/* A linear system A x = b of n <= K unknowns by Gauss with partial pivots; A and b
 * [n,m] are destroyed, b becomes x. Returns 0 when A is singular. */
static int solve(double *A, double *b, int n, int m)
{
    for (int c = 0; c < n; c++) {
        int pivot = c;
        for (int r = c + 1; r < n; r++) {
            pivot = fabs(A[r * n + c]) > fabs(A[pivot * n + c]) ? r : pivot;
        }
        if (A[pivot * n + c] == 0) {
            return 0;
        }
        for (int j = 0; j < n; j++) {
            double a = A[c * n + j];
            A[c * n + j] = A[pivot * n + j];
            A[pivot * n + j] = a;
        }
        for (int j = 0; j < m; j++) {
            double a = b[c * m + j];
            b[c * m + j] = b[pivot * m + j];
            b[pivot * m + j] = a;
        }
        for (int r = 0; r < n; r++) {
            double factor = r == c ? 0 : A[r * n + c] / A[c * n + c];
            for (int j = 0; j < n; j++) {
                A[r * n + j] -= factor * A[c * n + j];
            }
            for (int j = 0; j < m; j++) {
                b[r * m + j] -= factor * b[c * m + j];
            }
        }
    }
    for (int r = 0; r < n; r++) {
        for (int j = 0; j < m; j++) {
            b[r * m + j] /= A[r * n + r];
        }
    }
    return 1;
}

/* The answer of a rule; `decode` is D = P^-1 S where the rule needs it. */
static int decide(merit_rule rule, const double *q, const double *S,
                  const double *decode)
{
    double worth[K];
    if (rule == MERIT_RULE_ARGMAX) {
        return argmax(q, K);
    }
    mix(worth, q, rule == MERIT_RULE_BAYES ? S : decode, K);
    return argmax(worth, K);
}

static void make_decode(double *decode, const merit_loss *loss, const double *S)
{
    double P[K * K];
    memcpy(decode, S, K * K * sizeof *decode);
    if (merit_loss_targets(loss) != NULL) {
        memcpy(P, merit_loss_targets(loss), sizeof P);
        assert_true(solve(P, decode, K, K));
    }
}

enum outcome { NEVER, SOMETIMES };

typedef struct consistency {
    const char *loss;
    const double *S;
    merit_rule rule;
    enum outcome wrong;
    double slack; // a regret that does not count as wrong: 0 up to the minimiser
} consistency;

static const consistency cases[] = {
    {"cross-entropy", similar, MERIT_RULE_BAYES, NEVER, 1e-6},
    {"cross-entropy", asymmetric, MERIT_RULE_BAYES, NEVER, 1e-6},
    {"cross-entropy", question_table, MERIT_RULE_BAYES, NEVER, 1e-6},
    {"cross-entropy", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"cross-entropy", question_table, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"expected-score", similar, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"expected-score", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"expected-score", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"affine-labels", similar, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"affine-labels", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"affine-labels", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"affine-labels", asymmetric, MERIT_RULE_DECODE, NEVER, 1e-6},
    {"tilted-score(temperature=1e6)", similar, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"tilted-score(temperature=1e6)", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"tilted-score(temperature=1e6)", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"tilted-score(temperature=0.4)", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 0.01},
    {"soft-labels(temperature=0.2)", similar, MERIT_RULE_DECODE, NEVER, 1e-5},
    {"soft-labels(temperature=1)", asymmetric, MERIT_RULE_DECODE, NEVER, 1e-5},
    {"soft-labels(temperature=0.5)", question_table, MERIT_RULE_DECODE, NEVER, 1e-5},
    {"soft-labels(temperature=0.5)", question_table, MERIT_RULE_ARGMAX, SOMETIMES,
     1e-5},
    {"softmax-margin(scale=0.5)", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"softmax-margin(scale=0.5)", asymmetric, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"softmax-margin(scale=0.5)", question_table, MERIT_RULE_BAYES, SOMETIMES, 1e-5},
    {"cross-entropy-plus-cost", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"cross-entropy-plus-cost", question_table, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"score-squares", similar, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"score-squares", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"score-squares", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"score-logistic", similar, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"score-logistic", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"score-logistic", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-6},
    {"geometric", similar, MERIT_RULE_BAYES, NEVER, 1e-4},
    {"geometric", pairs, MERIT_RULE_BAYES, NEVER, 1e-4},
    {"geometric(cost=30)", pairs, MERIT_RULE_BAYES, NEVER, 1e-4},
    {"geometric", pairs, MERIT_RULE_ARGMAX, SOMETIMES, 1e-4},
    {"hierarchical-cross-entropy(alpha=1)", pairs, MERIT_RULE_BAYES, NEVER, 1e-6},
    {"hierarchical-cross-entropy", pairs, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"kernel-score", similar, MERIT_RULE_BAYES, NEVER, 1e-6},
    {"kernel-score", pairs, MERIT_RULE_BAYES, NEVER, 1e-6},
    {"kernel-score", pairs, MERIT_RULE_ARGMAX, SOMETIMES, 1e-6},
    {"entropic-expected-score", similar, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"entropic-expected-score", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"entropic-expected-score", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"entropic-expected-score(temperature=9)", asymmetric, MERIT_RULE_ARGMAX, NEVER,
     1e-5},
    {"complement", similar, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"complement", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"complement", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"brier", similar, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"brier", asymmetric, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"brier", question_table, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"brier", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 1e-5},
    {"ranked-probability", similar, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"ranked-probability", asymmetric, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"ranked-probability", question_table, MERIT_RULE_BAYES, NEVER, 1e-5},
    {"ranked-probability", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 1e-5},
    {"decision-score", similar, MERIT_RULE_BAYES, NEVER, 1e-3},
    {"decision-score", asymmetric, MERIT_RULE_BAYES, NEVER, 1e-3},
    {"decision-score", question_table, MERIT_RULE_BAYES, NEVER, 1e-3},
    {"decision-score", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 1e-3},
    {"log-score", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 0.01},
    {"log-score", asymmetric, MERIT_RULE_BAYES, SOMETIMES, 0.01},
    {"log-score(floor=7e6)", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-3},
    {"power-score(power=1)", similar, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"power-score(power=1)", asymmetric, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"power-score(power=1)", question_table, MERIT_RULE_ARGMAX, NEVER, 1e-5},
    {"power-score(power=0.3)", asymmetric, MERIT_RULE_ARGMAX, SOMETIMES, 0.01},
};

static void rules_find_the_best_answer(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const consistency *one = &cases[c];
        merit_loss *loss = make_loss_of(one->loss, one->S, K);
        double decode[K * K];
        uint64_t seed = 2024;
        int n_wrong = 0;
        make_decode(decode, loss, one->S);
        for (int n = 0; n < N_POSTERIORS; n++) {
            double eta[K];
            double q[K];
            draw_posterior(eta, K, &seed);
            minimise_beliefs(q, loss, one->S, eta, K);
            int answer = decide(one->rule, q, one->S, decode);
            n_wrong += regret(eta, one->S, K, answer) > one->slack;
        }
        if ((n_wrong > 0) != (one->wrong == SOMETIMES)) {
            fail_msg("%s, rule %d (case %d): %d of %d answers are wrong", one->loss,
                     (int)one->rule, (int)c, n_wrong, N_POSTERIORS);
        }
        merit_loss_free(loss);
    }
}

/* Where the truth is certain, every loss with its own rule answers the best. */
static void certain_truths_get_their_best_answer(void **state)
{
    (void)state;
    const double *const tables[] = {similar, asymmetric, question_table, pairs};
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        const merit_loss_info *info = merit_loss_describe(l);
        for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
            // At its default P is all but singular for the question, where two truths
            // share their best answer.
            const char *spec = strcmp(info->name, "soft-labels") == 0
                                   ? "soft-labels(temperature=0.5)"
                                   : info->name;
            merit_scores *scores = make_scores(tables[t], K, K);
            merit_loss *loss = make_loss_if_allowed(spec, scores);
            double decode[K * K];
            merit_scores_free(scores);
            if (loss == NULL) {
                assert_true(tables[t] != pairs);
                continue;
            }
            make_decode(decode, loss, tables[t]);
            for (int i = 0; i < K; i++) {
                double eta[K] = {0};
                double q[K];
                eta[i] = 1;
                minimise_beliefs(q, loss, tables[t], eta, K);
                int answer = decide(merit_loss_rule(loss), q, tables[t], decode);
                if (regret(eta, tables[t], K, answer) > 1e-6) {
                    fail_msg("%s, table %d: truth %d is answered %d", spec, (int)t, i,
                             answer);
                }
            }
            merit_loss_free(loss);
        }
    }
}

/* The optima themselves: cross entropy eta, soft and affine labels P^T eta (affine:
 * 1/K + (u_k - mean u) / M, M = 6), expected score the vertex of the best answer, cross
 * entropy plus cost eta_j / (mu + lambda w_j) with one mu for all j. */
static void optima_are_as_derived(void **state)
{
    (void)state;
    static const char *const names[] = {
        "cross-entropy", "affine-labels", "soft-labels(temperature=0.5)",
        "expected-score", "cross-entropy-plus-cost(lambda=2)"};
    uint64_t seed = 99;
    for (int n = 0; n < N_POSTERIORS; n++) {
        double eta[K];
        double q[sizeof names / sizeof *names][K];
        double u[K];
        double soft[K];
        double costs[K];
        double mean = 0;
        draw_posterior(eta, K, &seed);
        for (size_t l = 0; l < sizeof names / sizeof *names; l++) {
            merit_loss *loss = make_loss_of(names[l], question_table, K);
            minimise(q[l], loss, eta, K);
            if (l == 2) {
                mix(soft, eta, merit_loss_targets(loss), K);
            }
            merit_loss_free(loss);
        }
        mix(u, eta, question_table, K);
        for (int k = 0; k < K; k++) {
            mean += u[k] / K;
        }
        // w_j = sum_i eta_i max_k S_ik - u_j, over the range 3
        const double best = 2 * eta[0] + 2 * eta[1] + eta[2] + 2 * eta[3];
        for (int k = 0; k < K; k++) {
            costs[k] = (best - u[k]) / 3;
        }
        for (int k = 0; k < K; k++) {
            assert_true(fabs(q[0][k] - eta[k]) < 1e-6);
            assert_true(fabs(q[1][k] - (1. / K + (u[k] - mean) / 6)) < 1e-6);
            assert_true(fabs(q[2][k] - soft[k]) < 1e-6);
            double mu = eta[k] / q[4][k] - 2 * costs[k];
            double mu_first = eta[0] / q[4][0] - 2 * costs[0];
            assert_true(is_close(mu, mu_first, 1e-4));
        }
        int leader = argmax(u, K);
        assert_true(argmax(q[3], K) == leader && q[3][leader] > 0.99);
    }
}

/* The proper losses that a tree allows: their own beliefs are the posterior. */
static void proper_losses_find_the_posterior(void **state)
{
    (void)state;
    static const char *const names[] = {
        "cross-entropy", "geometric", "geometric(cost=1)",
        "hierarchical-cross-entropy(alpha=0.5)", "kernel-score"};
    uint64_t seed = 5;
    for (size_t l = 0; l < sizeof names / sizeof *names; l++) {
        merit_loss *loss = make_loss_of(names[l], pairs, K);
        for (int n = 0; n < N_POSTERIORS; n++) {
            double eta[K];
            double q[K];
            draw_posterior(eta, K, &seed);
            minimise_beliefs(q, loss, pairs, eta, K);
            for (int k = 0; k < K; k++) {
                if (fabs(q[k] - eta[k]) > 1e-3) {
                    fail_msg("%s: class %d has %g, its posterior is %g", names[l], k,
                             q[k], eta[k]);
                }
            }
        }
        merit_loss_free(loss);
    }
}

/* How often the most probable class is the wrong answer under the question's table,
 * over all posteriors: soft labels at these temperatures, and cross entropy. Decoded by
 * D = P^-1 S soft labels are never wrong. */
static void shares_of_wrong_answers(void **state)
{
    (void)state;
    enum { N = 40000 };
    static const struct {
        const char *loss;
        double temperature, share;
    } rows[] = {{"soft-labels", 0.25, 0.194}, {"soft-labels", 0.5, 0.161},
                {"soft-labels", 1, 0.111},    {"soft-labels", 2, 0.070},
                {"soft-labels", 8, 0.022},    {"cross-entropy", 0, 0.34}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        char spec[64];
        double decode[K * K];
        uint64_t seed = 5 + r;
        int n_wrong = 0;
        int n_wrong_decoded = 0;
        snprintf(spec, sizeof spec, "%s", rows[r].loss);
        if (rows[r].temperature > 0) {
            snprintf(spec, sizeof spec, "%s(temperature=%g)", rows[r].loss,
                     rows[r].temperature);
        }
        merit_loss *loss = make_loss_of(spec, question_table, K);
        make_decode(decode, loss, question_table);
        for (int n = 0; n < N; n++) {
            double eta[K];
            double q[K];
            draw_posterior(eta, K, &seed);
            memcpy(q, eta, sizeof q);
            if (merit_loss_targets(loss) != NULL) {
                mix(q, eta, merit_loss_targets(loss), K);
            }
            n_wrong += regret(eta, question_table, K, argmax(q, K)) > 1e-9;
            int decoded = decide(MERIT_RULE_DECODE, q, question_table, decode);
            n_wrong_decoded += regret(eta, question_table, K, decoded) > 1e-9;
        }
        const double share = (double)n_wrong / N;
        const double deviation = sqrt(rows[r].share / N);
        if (fabs(share - rows[r].share) > 4 * deviation + 0.0005 + (r == 5) * 0.005) {
            fail_msg("%s: %.4f of the answers are wrong, expected %.4f", spec, share,
                     rows[r].share);
        }
        assert_int_equal(n_wrong_decoded, 0);
        merit_loss_free(loss);
    }
}

/* With two classes softmax margin answers 0 where eta_0 sigmoid(c_01) is the larger,
 * though the best answer is 0 where eta_0 c_01 is. */
static void softmax_margin_weighs_by_the_sigmoid(void **state)
{
    (void)state;
    static const double S[4] = {0, -4, -0.5, 0};
    const double weight_0 = 1 / (1 + exp(-4));
    const double weight_1 = 1 / (1 + exp(-0.5));
    const double threshold = weight_1 / (weight_0 + weight_1);
    const double best_threshold = 0.5 / 4.5;
    merit_loss *loss = make_loss_of("softmax-margin", S, 2);
    int n_wrong = 0;
    for (int n = 1; n < 40; n++) {
        double eta[2] = {n / 40., 1 - n / 40.};
        double q[2];
        if (fabs(eta[0] - threshold) < 1e-3) {
            continue;
        }
        minimise(q, loss, eta, 2);
        assert_int_equal(argmax(q, 2), eta[0] > threshold ? 0 : 1);
        n_wrong += (eta[0] > threshold) != (eta[0] > best_threshold);
    }
    assert_true(n_wrong > 5);
    merit_loss_free(loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_find_the_best_answer),
        cmocka_unit_test(certain_truths_get_their_best_answer),
        cmocka_unit_test(optima_are_as_derived),
        cmocka_unit_test(proper_losses_find_the_posterior),
        cmocka_unit_test(shares_of_wrong_answers),
        cmocka_unit_test(softmax_margin_weighs_by_the_sigmoid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
