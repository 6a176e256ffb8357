/* Optima that are known in closed form, under the question's table or a channel; up to
 * the minimiser, which is slow next to 0. */
#include "optimum.h"

enum { K = QUESTION_CLASSES, N_POSTERIORS = 40 };

typedef struct optimum {
    double eta[K], q[K];
    double u[K]; // expected scores of the answers
} optimum;

/* The optimum of a loss for a random posterior. */
static optimum find_optimum(const char *spec, uint64_t *seed)
{
    optimum o;
    merit_loss *loss = make_loss_of(spec, question_table, K);
    draw_posterior(o.eta, K, seed);
    minimise(o.q, loss, o.eta, K);
    mix(o.u, o.eta, question_table, K);
    merit_loss_free(loss);
    return o;
}

/* Brier, ranked probability: eta. */
static void proper_losses_find_the_posterior(void **state)
{
    (void)state;
    static const char *const names[] = {"brier", "ranked-probability"};
    uint64_t seed = 1;
    for (int n = 0; n < 2 * N_POSTERIORS; n++) {
        optimum o = find_optimum(names[n % 2], &seed);
        for (int k = 0; k < K; k++) {
            assert_true(fabs(o.q[k] - o.eta[k]) < 2e-4);
        }
    }
}

/* Expected score and entropy: softmax(u / T). */
static void entropic_expected_score_finds_a_softmax(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int n = 0; n < N_POSTERIORS; n++) {
        double z[K];
        double expected[K];
        optimum o = find_optimum("entropic-expected-score(temperature=0.4)", &seed);
        for (int k = 0; k < K; k++) {
            z[k] = o.u[k] / 0.4;
        }
        softmax(expected, z, K);
        for (int k = 0; k < K; k++) {
            assert_true(fabs(o.q[k] - expected[k]) < 1e-6);
        }
    }
}

/* Complement: [1 - w_j / l]_+ with w the expected costs: the cheapest n have 1 - w / l,
 * n as many as stay above 0. */
static void complement_finds_what_costs_little(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int n = 0; n < N_POSTERIORS; n++) {
        optimum o = find_optimum("complement", &seed);
        // w up to a factor, which l takes up.
        const double best = 2 * o.eta[0] + 2 * o.eta[1] + o.eta[2] + 2 * o.eta[3];
        double low = 0;
        double high = 100;
        for (int step = 0; step < 200; step++) {
            double sum = 0;
            double l = (low + high) / 2;
            for (int k = 0; k < K; k++) {
                sum += fmax(0, 1 - (best - o.u[k]) / l);
            }
            low = sum < 1 ? l : low;
            high = sum < 1 ? high : l;
        }
        for (int k = 0; k < K; k++) {
            const double expected = fmax(0, 1 - (best - o.u[k]) / low);
            assert_true(fabs(o.q[k] - expected) < 2e-4);
        }
    }
}

/* Log score: no return A_ij / (A_i.q) has a mean above 1, and those of the classes in
 * use have 1. The question's scores are raised by 1. */
static void log_score_finds_the_portfolio(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int n = 0; n < N_POSTERIORS; n++) {
        optimum o = find_optimum("log-score", &seed);
        for (int j = 0; j < K; j++) {
            double mean = 0;
            for (int i = 0; i < K; i++) {
                double gain = 0;
                for (int k = 0; k < K; k++) {
                    gain += (question_table[i * K + k] + 1) * o.q[k];
                }
                mean += o.eta[i] * (question_table[i * K + j] + 1) / gain;
            }
            assert_true(mean < 1 + 1e-3);
            assert_true(o.q[j] < 1e-3 || fabs(mean - 1) < 1e-3);
        }
    }
}

/* Columns that add up to the same, 2, and differ in what they are right for. */
static const double mixed_up[K * K] = {1.5, 0.25, 0, 0.5,  0.25, 1.25, 0, 0,
                                       0,   0.25, 2, 0.75, 0.25, 0.25, 0, 0.75};

/* Such a table is a channel, and where some q explains the posterior, T q = eta, the
 * log score finds it; its decode matrix T^T S then tells the expected scores. */
static void log_score_sees_through_a_channel(void **state)
{
    (void)state;
    uint64_t seed = 5;
    merit_error err = {0};
    double decode[K * K];
    int n_wrong_argmax = 0;
    int n_wrong_bayes = 0;
    merit_scores *scores = make_scores(mixed_up, K, K);
    merit_loss *loss = make_loss("log-score", scores);
    const double *T = merit_loss_channel(loss);
    assert_non_null(T);
    assert_int_equal(merit_loss_rule(loss), MERIT_RULE_DECODE);
    assert_int_equal(merit_decode_channel(decode, T, scores, &err), MERIT_OK);
    for (int n = 0; n < N_POSTERIORS; n++) {
        double clean[K];
        double eta[K] = {0};
        double q[K];
        double u[K];
        double worth[K];
        draw_posterior(clean, K, &seed);
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                assert_true(is_close(T[i * K + j], mixed_up[i * K + j] / 2, 1e-15));
                eta[i] += T[i * K + j] * clean[j];
            }
        }
        minimise(q, loss, eta, K);
        mix(u, eta, mixed_up, K);
        mix(worth, q, decode, K);
        for (int k = 0; k < K; k++) {
            assert_true(fabs(q[k] - clean[k]) < 1e-4);
            assert_true(fabs(worth[k] - u[k]) < 1e-4);
        }
        assert_true(regret(eta, mixed_up, K, argmax(worth, K)) < 1e-3);
        mix(worth, q, mixed_up, K);
        n_wrong_argmax += regret(eta, mixed_up, K, argmax(q, K)) > 1e-3;
        n_wrong_bayes += regret(eta, mixed_up, K, argmax(worth, K)) > 1e-3;
    }
    assert_true(n_wrong_argmax > 0 && n_wrong_bayes > 0);
    merit_loss_free(loss);
    merit_scores_free(scores);
    loss = make_loss_of("log-score", question_table, K);
    assert_null(merit_loss_channel(loss));
    assert_int_equal(merit_loss_rule(loss), MERIT_RULE_ARGMAX);
    merit_loss_free(loss);
}

/* z near the least expected loss of a convex loss with corners: the mean of the later
 * steps of a subgradient descent. */
static void descend(double *mean, const merit_loss *loss, const double *eta)
{
    enum { N = 20000 };
    double z[K] = {0};
    double gradient[K];
    memset(mean, 0, K * sizeof *mean);
    for (int n = 0; n < N; n++) {
        expected_loss(loss, eta, z, K, gradient);
        for (int k = 0; k < K; k++) {
            z[k] -= 1 / sqrt(n + 1) * gradient[k];
            mean[k] += n < N / 2 ? 0 : z[k] * 2 / N;
        }
    }
}

/* How many answers by argmax lose more than 0.02 of the range R under the hinge. */
static int count_wrong_hinges(const double *S, double range)
{
    uint64_t seed = 6;
    int n_wrong = 0;
    merit_loss *loss = make_loss_of("hinge", S, K);
    for (int n = 0; n < N_POSTERIORS; n++) {
        double eta[K];
        double z[K];
        draw_posterior(eta, K, &seed);
        descend(z, loss, eta);
        n_wrong += regret(eta, S, K, argmax(z, K)) > 0.02 * range;
    }
    merit_loss_free(loss);
    return n_wrong;
}

/* The hinge is right for distances in a tree whose nodes are the classes, here a
 * line and a star. Elsewhere it can be wrong, and at S = I it does not tell: all
 * logits tie unless one class has half of the posterior. */
static void hinge_is_right_for_trees_of_classes(void **state)
{
    (void)state;
    static const double line[K * K] = {0,  -1, -2, -3, -1, 0,  -1, -2,
                                       -2, -1, 0,  -1, -3, -2, -1, 0};
    static const double star[K * K] = {0,  -1, -1, -1, -1, 0,  -2, -2,
                                       -1, -2, 0,  -2, -1, -2, -2, 0};
    static const double identity[K * K] = {1, 0, 0, 0, 0, 1, 0, 0,
                                           0, 0, 1, 0, 0, 0, 0, 1};
    static const double costs[K * K] = {0,  -1, -6, -0.1, -7, 0,    -0.3, -2,
                                        -3, -5, 0,  -0.2, -1, -0.4, -4,   0};
    assert_int_equal(count_wrong_hinges(line, 3), 0);
    assert_int_equal(count_wrong_hinges(star, 2), 0);
    assert_true(count_wrong_hinges(costs, 7) > 0);
    merit_loss *loss = make_loss_of("hinge", identity, K);
    for (int n = 0; n < 2; n++) {
        static const double eta[2][K] = {{0.4, 0.3, 0.2, 0.1}, {0.6, 0.2, 0.1, 0.1}};
        double z[K];
        descend(z, loss, eta[n]);
        assert_true(n == 0 ? fabs(z[0] - z[3]) < 0.05 : fabs(z[0] - z[1] - 1) < 0.05);
    }
    merit_loss_free(loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proper_losses_find_the_posterior),
        cmocka_unit_test(entropic_expected_score_finds_a_softmax),
        cmocka_unit_test(complement_finds_what_costs_little),
        cmocka_unit_test(log_score_finds_the_portfolio),
        cmocka_unit_test(hinge_is_right_for_trees_of_classes),
        cmocka_unit_test(log_score_sees_through_a_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
