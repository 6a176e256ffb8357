/* What is known of single losses: their values where numbers are extreme, what they
 * are to each other, what they make of a table. */
#include "loss_fixtures.h"

#include <stdio.h>

#include "base/alloc.h"

enum { SPEC_BYTES = 64 };

/* Where exp(z) is no double, and where 1 - q would be 0, log(1 - q) is minus the
 * margin, plus the logarithm of how many share it. */
static void complement_keeps_its_digits(void **state)
{
    (void)state;
    enum { K = 4 };
    static const struct {
        double z[K];
        double log_rest; // log(1 - q_0)
    } cases[] = {
        {{1000, 0, 0, 0}, 1.0986122886681098 - 1000},
        {{1000, -1000, -1000, -1000}, 1.0986122886681098 - 2000},
        {{90, 30, -1000, -1000}, -60},
        {{-100, -1000, -141, -1000}, -41},
    };
    double values[K * K];
    double g[K];
    fill_table(values, TABLE_IDENTITY, K, 0);
    const double cost = sqrt(K - 1);
    merit_loss *loss = make_loss_of("complement", values, K);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        // The truth is 1: q_0 is wrong, the others hardly count.
        double value = merit_loss_row(loss, cases[c].z, 1, 0, g);
        assert_true(is_close(value, -cost * cases[c].log_rest, 1e-15));
        assert_true(is_close(g[0], cost, 1e-15));
        // The truth is 0: all is well, to the last digit of what is left.
        value = merit_loss_row(loss, cases[c].z, 0, 0, g);
        assert_true(fabs(value - cost * exp(cases[c].log_rest)) <=
                    1e-14 * exp(cases[c].log_rest));
    }
    merit_loss_free(loss);
}

/* The ranked probability score is the kernel score of the distances of the labels; with
 * two classes both are the Brier score. */
static void quadratic_scores_agree(void **state)
{
    (void)state;
    for (int64_t K = 2; K <= 5; K++) {
        double values[25];
        double z[5];
        double ranked_gradient[5];
        double kernel_gradient[5];
        for (int64_t k = 0; k < K * K; k++) {
            values[k] = -fabs((double)(k / K - k % K));
        }
        fill_logits(z, LOGITS_NORMAL, K, (uint64_t)K);
        merit_loss *ranked = make_loss_of("ranked-probability", values, K);
        merit_loss *kernel = make_loss_of("kernel-score", values, K);
        merit_loss *brier = make_loss_of("brier", values, K);
        for (int64_t i = 0; i < K; i++) {
            double value = merit_loss_row(ranked, z, i, 0, ranked_gradient);
            double same = merit_loss_row(kernel, z, i, 0, kernel_gradient);
            assert_true(is_close(value, same, 1e-14));
            assert_true(K > 2 ||
                        is_close(value, merit_loss_row(brier, z, i, 0, NULL), 1e-14));
            for (int64_t k = 0; k < K; k++) {
                assert_true(is_close(ranked_gradient[k], kernel_gradient[k], 1e-14));
            }
        }
        merit_loss_free(ranked);
        merit_loss_free(kernel);
        merit_loss_free(brier);
    }
}

/* The margins are the costs as they stand in the table, and the class that softmax
 * margin draws to is the best answer, the truth itself where it ties. */
static void softmax_margin_draws_to_the_best_answer(void **state)
{
    (void)state;
    enum { K = 3 };
    static const double values[K * K] = {5, 1, 5, 2, 0, 2, 7, 7, 7};
    static const int64_t best[K] = {0, 0, 2};
    static const double scales[] = {0, 0.5, 1};
    static const double z[K] = {0.3, -0.7, 1.1};
    for (size_t s = 0; s < 3; s++) {
        char spec[SPEC_BYTES];
        snprintf(spec, sizeof spec, "softmax-margin(scale=%g)", scales[s]);
        merit_loss *loss = make_loss_of(spec, values, K);
        for (int64_t i = 0; i < K; i++) {
            const double most = values[i * K + best[i]];
            double sum = 0;
            for (int64_t k = 0; k < K; k++) {
                sum += exp(z[k] + scales[s] * (most - values[i * K + k]));
            }
            double expected = log(sum) - z[best[i]];
            assert_true(is_close(merit_loss_row(loss, z, i, 0, NULL), expected, 1e-14));
        }
        merit_loss_free(loss);
    }
}

/* Scores none of which is negative stand as they are: -log(S_i.q) for similarities
 * up to 1 (SimLoss); others are raised by one constant. A row without a gain is
 * refused. */
static void log_score_raises_what_is_negative(void **state)
{
    (void)state;
    enum { K = 3 };
    static const double similar[K * K] = {1, 0.8, 0.64, 0.8, 1, 0.8, 0.64, 0.8, 1};
    static const double costs[K * K] = {0, -2, -3, -1, 0, -1, -3, -2, 0};
    static const double poor[K * K] = {1, 0, 0, 0, 0, 0, 0, 0.5, 1};
    static const double q[K] = {0.25, 0.5, 0.25};
    static const double z[K] = {0, 0.6931471805599453, 0};
    static const char *const specs[] = {"log-score", "power-score"};
    merit_loss *plain = make_loss_of("log-score", similar, K);
    merit_loss *raised = make_loss_of("log-score", costs, K);
    merit_loss *floored = make_loss_of("log-score(floor=0.5)", costs, K);
    for (int64_t i = 0; i < K; i++) {
        double similarity = 0;
        double cost = 0;
        for (int64_t k = 0; k < K; k++) {
            similarity += similar[i * K + k] * q[k];
            cost += costs[i * K + k] * q[k];
        }
        double value = merit_loss_row(plain, z, i, 0, NULL);
        assert_true(is_close(value, -log(similarity), 1e-14));
        value = merit_loss_row(raised, z, i, 0, NULL);
        assert_true(is_close(value, -log((cost + 3) / 3), 1e-14));
        value = merit_loss_row(floored, z, i, 0, NULL);
        assert_true(is_close(value, -log((cost + 3.5) / 3.5), 1e-14));
    }
    merit_loss_free(plain);
    merit_loss_free(raised);
    merit_loss_free(floored);
    merit_scores *scores = make_scores(poor, K, K);
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        merit_error err = {0};
        merit_loss *loss = NULL;
        assert_int_equal(merit_loss_create(&loss, specs[s], scores, &err),
                         MERIT_EUNSUPPORTED);
        assert_non_null(strstr(err.message, "when the truth is 1"));
        assert_non_null(strstr(err.message, "Set floor above 0"));
        assert_null(loss);
    }
    merit_loss_free(make_loss("log-score(floor=0.01)", scores));
    merit_scores_free(scores);
}

/* Every allocation of every loss fails once; S = I is a tree, definite and a channel. */
static void memory_may_end_anywhere(void **state)
{
    (void)state;
    enum { K = 4 };
    double values[K * K];
    fill_table(values, TABLE_IDENTITY, K, 0);
    merit_scores *scores = make_scores(values, K, K);
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        const char *name = merit_loss_describe(l)->name;
        merit_status status = MERIT_ENOMEM;
        int n_failures = 0;
        for (; status != MERIT_OK; n_failures++) {
            merit_loss *loss = NULL;
            merit_error err = {0};
            merit__alloc_fail_at(n_failures + 1, 0);
            status = merit_loss_create(&loss, name, scores, &err);
            merit__alloc_fail_at(0, 0);
            if (status != MERIT_OK && (status != MERIT_ENOMEM || loss != NULL)) {
                fail_msg("%s, allocation %d: status %d, %s", name, n_failures + 1,
                         (int)status, err.message);
            }
            merit_loss_free(loss);
        }
        // The loss, its two rows, then a table; a channel beside it.
        assert_true(n_failures > 3);
        assert_true(strcmp(name, "log-score") != 0 || n_failures > 5);
    }
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complement_keeps_its_digits),
        cmocka_unit_test(quadratic_scores_agree),
        cmocka_unit_test(softmax_margin_draws_to_the_best_answer),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(log_score_raises_what_is_negative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
