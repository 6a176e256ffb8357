/* Answers that attract a model that is confidently wrong. */
#include "merit/audit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define QUESTION MERIT_SOURCE_DIR "/examples/question.txt"

static void test_the_question(void **state)
{
    (void)state;
    static const int expected[4][4] = {
        {0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 1, 0}};
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_load(&scores, QUESTION, NULL, NULL), MERIT_OK);
    for (int64_t i = 0; i < 4; i++) {
        for (int64_t k = 0; k < 4; k++) {
            assert_int_equal(merit_audit_is_trap(scores, i, k), expected[i][k]);
        }
    }
    merit_scores_free(scores);
}

// 1 for the truth, 0.5 in its group of n_group, 0 elsewhere; then "don't know".
static merit_scores *new_tree(int64_t K, int64_t n_group)
{
    const int64_t A = K + 1;
    merit_scores *scores = NULL;
    double *values = calloc((size_t)(K * A), sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < K; i++) {
        for (int64_t k = 0; k < K; k++) {
            values[i * A + k] = i == k ? 1 : i / n_group == k / n_group ? 0.5 : 0;
        }
        values[i * A + K] = 0.6;
    }
    assert_int_equal(merit_scores_create(&scores, K, A, values, NULL, NULL), MERIT_OK);
    free(values);
    return scores;
}

static void test_siblings_are_traps(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{20, 5}, {100, 10}};
    for (size_t t = 0; t < 2; t++) {
        const int64_t K = sizes[t][0], n_group = sizes[t][1];
        merit_scores *scores = new_tree(K, n_group);
        for (int64_t i = 0; i < K; i++) {
            for (int64_t k = 0; k < K; k++) {
                const int is_sibling = i != k && i / n_group == k / n_group;
                assert_int_equal(merit_audit_is_trap(scores, i, k), is_sibling);
            }
            // An extra answer has no logit that a model could be sure of.
            assert_int_equal(merit_audit_is_trap(scores, i, K), 0);
        }
        merit_scores_free(scores);
    }
}

static void test_ties_and_borders(void **state)
{
    (void)state;
    // Truth 0: answer 1 is as good as the truth. Truth 2: no information.
    static const double values[] = {1, 1, 0, 0, 1, 0, 2, 2, 2};
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, 3, 3, values, NULL, NULL), MERIT_OK);
    assert_int_equal(merit_audit_is_trap(scores, 0, 1), 0);
    assert_int_equal(merit_audit_is_trap(scores, 0, 0), 0);
    for (int64_t k = 0; k < 3; k++) {
        assert_int_equal(merit_audit_is_trap(scores, 2, k), 0);
    }
    static const int64_t outside[][2] = {{-1, 0}, {3, 0}, {0, -1}, {0, 3}};
    for (size_t t = 0; t < 4; t++) {
        assert_int_equal(merit_audit_is_trap(scores, outside[t][0], outside[t][1]), 0);
    }
    assert_int_equal(merit_audit_is_trap(NULL, 0, 1), 0);
    merit_scores_free(scores);
}

// A rate of exactly 0 is no trap: 0.9 - 0.6 + (0.9 + 0.6 + 0 - 1.8) = 0.
static void test_a_rate_of_zero(void **state)
{
    (void)state;
    static const double scales[] = {1, 0.1, 1.0 / 3, 1e-7, 1e9};
    for (size_t t = 0; t < sizeof scales / sizeof scales[0]; t++) {
        const double s = scales[t];
        const double values[] = {9 * s, 6 * s, 0, 0, 9 * s, 0, 0, 0, 9 * s};
        const double above[] = {9 * s, 6.01 * s, 0, 0, 9 * s, 0, 0, 0, 9 * s};
        merit_scores *scores = NULL;
        assert_int_equal(merit_scores_create(&scores, 3, 3, values, NULL, NULL),
                         MERIT_OK);
        assert_int_equal(merit_audit_is_trap(scores, 0, 1), 0);
        merit_scores_free(scores);
        assert_int_equal(merit_scores_create(&scores, 3, 3, above, NULL, NULL),
                         MERIT_OK);
        assert_int_equal(merit_audit_is_trap(scores, 0, 1), 1);
        merit_scores_free(scores);
    }
}

static void test_escape_time(void **state)
{
    (void)state;
    assert_true(merit_audit_escape_time(1, 0) == 0);
    assert_true(fabs(merit_audit_escape_time(1, log(3)) - 1) < 1e-15);
    assert_true(fabs(merit_audit_escape_time(0.5, 6) - 402.4287934927351) < 1e-10);
    assert_true(fabs(merit_audit_escape_time(2, 1e-12) - 2.5e-13) < 1e-24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_question),
        cmocka_unit_test(test_siblings_are_traps),
        cmocka_unit_test(test_ties_and_borders),
        cmocka_unit_test(test_a_rate_of_zero),
        cmocka_unit_test(test_escape_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
