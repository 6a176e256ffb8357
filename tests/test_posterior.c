/* Decisions and temperatures for probabilities instead of logits. */
#include "merit/decide.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { N = 200, K = 4 };

static const double question[K * K] = {2,  0, -1, -1, 0,  2,  0, -1,
                                       -1, 0, 0,  1,  -1, -1, 1, 2};

static merit_scores *make_scores(void)
{
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, K, K, question, NULL, NULL),
                     MERIT_OK);
    return scores;
}

/* Probabilities and the logits that they are from. */
static void fill(float *logits, double *p, int32_t *labels)
{
    for (uint32_t i = 0; i < N; i++) {
        uint32_t w[4];
        double sum = 0;
        merit__random(w, 8, MERIT__USE_INIT, i, 0, 0);
        for (uint32_t k = 0; k < K; k++) {
            logits[i * K + k] = 8 * merit__uniform(w[k]) - 4;
            p[i * K + k] = exp((double)logits[i * K + k]);
            sum += p[i * K + k];
        }
        for (uint32_t k = 0; k < K; k++) {
            p[i * K + k] /= sum;
        }
        merit__random(w, 8, MERIT__USE_INIT, i, 1, 0);
        double left = merit__uniform(w[0]);
        labels[i] = 0;
        while (labels[i] < K - 1 && left > p[i * K + (uint32_t)labels[i]]) {
            left -= p[i * K + (uint32_t)labels[i]++];
        }
    }
}

/* The same decisions as for the logits, under each rule and temperature. */
static void test_as_logits(void **state)
{
    (void)state;
    static const double temperatures[] = {0.2, 1, 3};
    float logits[N * K];
    double p[N * K], expected[2][N], q[2][N * K];
    int32_t labels[N], answers[2][N];
    merit_scores *scores = make_scores();
    fill(logits, p, labels);
    for (size_t t = 0; t < LENGTH(temperatures); t++) {
        for (int rule = MERIT_RULE_ARGMAX; rule <= MERIT_RULE_BAYES; rule++) {
            merit_decision_options options = {.rule = (merit_rule)rule,
                                              .temperature = temperatures[t]};
            merit_decision *decision = NULL;
            merit_decision_results results[2];
            for (size_t i = 0; i < 2; i++) {
                results[i] = (merit_decision_results){answers[i], expected[i], q[i]};
            }
            assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                             MERIT_OK);
            assert_int_equal(
                merit_decision_apply(decision, logits, N, &results[0], NULL), MERIT_OK);
            assert_int_equal(
                merit_decision_apply_posterior(decision, p, N, &results[1], NULL),
                MERIT_OK);
            assert_memory_equal(answers[0], answers[1], sizeof answers[0]);
            for (size_t i = 0; i < N * K; i++) {
                assert_true(fabs(q[0][i] - q[1][i]) < 1e-14);
            }
            for (size_t i = 0; i < N; i++) {
                assert_true(fabs(expected[0][i] - expected[1][i]) < 1e-13);
            }
            // In place, and with nothing wanted.
            double own[N * K];
            memcpy(own, p, sizeof own);
            merit_decision_results in_place = {.posterior = own}, nothing = {0};
            assert_int_equal(
                merit_decision_apply_posterior(decision, own, N, &in_place, NULL),
                MERIT_OK);
            assert_memory_equal(own, q[1], sizeof own);
            assert_int_equal(
                merit_decision_apply_posterior(decision, p, N, &nothing, NULL),
                MERIT_OK);
            merit_decision_free(decision);
        }
    }
    merit_scores_free(scores);
}

static void test_zeros_and_sums(void **state)
{
    (void)state;
    static const double p[] = {0, 0.25, 0.75, 0, 1, 0, 0, 0, 5e-324, 0.5, 0.5, 0,
                               0.25, 0.25, 0.25, 0.2503};
    static const double temperatures[] = {0.05, 1, 20};
    double q[LENGTH(p)];
    merit_scores *scores = make_scores();
    for (size_t t = 0; t < LENGTH(temperatures); t++) {
        merit_decision_options options = {.temperature = temperatures[t]};
        merit_decision *decision = NULL;
        merit_decision_results results = {.posterior = q};
        assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                         MERIT_OK);
        assert_int_equal(merit_decision_apply_posterior(decision, p, 4, &results, NULL),
                         MERIT_OK);
        for (size_t row = 0; row < 4; row++) {
            double sum = 0;
            for (size_t k = 0; k < K; k++) {
                sum += q[row * K + k];
                assert_true(p[row * K + k] > 0 || q[row * K + k] == 0);
            }
            assert_true(fabs(sum - 1) < 1e-15);
        }
        assert_true(q[4] == 1);
        const double odds = pow(3, 1 / temperatures[t]);
        assert_true(fabs(q[2] / q[1] / odds - 1) < 1e-13);
        merit_decision_free(decision);
    }
    merit_scores_free(scores);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        double row[K];
        merit_status status;
        const char *text;
    } cases[] = {
        {{0.5, -0.25, 0.75, 0}, MERIT_EFORMAT, "posterior[1][1] is -0.25, expected"},
        {{0.5, 0.5, NAN, 0}, MERIT_ENUMERIC, "posterior[1][2] is "},
        {{INFINITY, 0, 0, 0}, MERIT_ENUMERIC, "posterior[1][0] is inf"},
        {{0, 0, 0, 0}, MERIT_EFORMAT, "posterior[1] sums to 0, expected 1"},
        {{0.5, 0.5, 0.002, 0}, MERIT_EFORMAT, "posterior[1] sums to 1.002"},
    };
    merit_scores *scores = make_scores();
    merit_decision *decision = NULL;
    merit_decision_results results = {0};
    merit_error err;
    double temperature = 7;
    static const int32_t labels[2] = {0, 0}, high[2] = {0, 4};
    double p[2 * K] = {0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25};
    assert_int_equal(merit_decision_create(&decision, scores, NULL, NULL), MERIT_OK);
    assert_int_equal(
        merit_temperature_fit_posterior(&temperature, NULL, p, high, 2, K, &err),
        MERIT_EFORMAT);
    assert_string_equal(err.message, "labels[1] is 4, expected 0 to 3");
    for (size_t i = 0; i < LENGTH(cases); i++) {
        memcpy(p + K, cases[i].row, sizeof cases[i].row);
        assert_int_equal(merit_decision_apply_posterior(decision, p, 2, &results, &err),
                         cases[i].status);
        assert_non_null(strstr(err.message, cases[i].text));
        assert_int_equal(
            merit_temperature_fit_posterior(&temperature, NULL, p, labels, 2, K, &err),
            cases[i].status);
        assert_non_null(strstr(err.message, cases[i].text));
    }
    assert_true(temperature == 7);
    assert_int_equal(merit_decision_apply_posterior(NULL, p, 2, &results, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decision_apply_posterior(decision, NULL, 2, &results, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decision_apply_posterior(decision, p, -1, &results, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decision_apply_posterior(decision, NULL, 0, &results, NULL),
                     MERIT_OK);
    assert_int_equal(
        merit_temperature_fit_posterior(&temperature, NULL, p, labels, 0, K, NULL),
        MERIT_EINVAL);
    merit__alloc_fail_at(1, 0);
    assert_int_equal(merit_decision_apply_posterior(decision, p, 1, &results, NULL),
                     MERIT_ENOMEM);
    for (long n = 1; n <= 3; n++) {
        merit__alloc_fail_at(n, 0);
        assert_int_equal(
            merit_temperature_fit_posterior(&temperature, NULL, p, labels, 1, K, NULL),
            MERIT_ENOMEM);
    }
    merit__alloc_fail_at(0, 0);
    merit_decision_free(decision);
    merit_scores_free(scores);
}

/* The temperature of the probabilities is that of their logits. */
static void test_temperature(void **state)
{
    (void)state;
    float logits[N * K];
    double p[N * K], of_logits = 0, of_posterior = 0;
    int32_t labels[N];
    int64_t n_used = 0;
    fill(logits, p, labels);
    assert_int_equal(
        merit_temperature_fit(&of_logits, logits, labels, NULL, N, K, NULL), MERIT_OK);
    assert_int_equal(
        merit_temperature_fit_posterior(&of_posterior, &n_used, p, labels, N, K, NULL),
        MERIT_OK);
    assert_int_equal(n_used, N);
    assert_true(of_logits > 0.8 && of_logits < 1.25);
    assert_true(fabs(of_posterior / of_logits - 1) < 1e-6);

    // A class of probability 0 changes nothing; a label of it does not count.
    double wide[N * (K + 1)];
    for (size_t i = 0; i < N; i++) {
        memcpy(wide + i * (K + 1), p + i * K, K * sizeof *p);
        wide[i * (K + 1) + K] = 0;
    }
    double of_wide = 0;
    const int64_t L = K + 1;
    assert_int_equal(
        merit_temperature_fit_posterior(&of_wide, NULL, wide, labels, N, L, NULL),
        MERIT_OK);
    assert_true(of_wide == of_posterior);
    labels[N - 1] = K;
    assert_int_equal(
        merit_temperature_fit_posterior(&of_wide, &n_used, wide, labels, N, L, NULL),
        MERIT_OK);
    assert_int_equal(
        merit_temperature_fit_posterior(&of_posterior, NULL, p, labels, N - 1, K, NULL),
        MERIT_OK);
    assert_true(n_used == N - 1 && of_wide == of_posterior);
    for (size_t i = 0; i < N; i++) {
        labels[i] = K;
    }
    assert_int_equal(
        merit_temperature_fit_posterior(&of_wide, &n_used, wide, labels, N, L, NULL),
        MERIT_OK);
    assert_true(n_used == 0 && of_wide == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_logits),
        cmocka_unit_test(test_zeros_and_sums),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_temperature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
