/* What a survey counts as stuck, and how it sums that up. */
#include "train/survey.h"

#include "base/alloc.h"
#include "merit/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = 4, A = 5 };

// Two groups of two; the last column is an extra answer, which has no logit.
static const double values[K * A] = {2,  1,  -1, -1, 9, 1,  2,  -1, -1, 9,
                                     -1, -1, 2,  1,  9, -1, -1, 1,  2,  9};
static merit_scores *table;

static int make_table(void **state)
{
    (void)state;
    return merit_scores_create(&table, K, A, values, NULL, NULL) == MERIT_OK ? 0 : -1;
}

static int free_table(void **state)
{
    (void)state;
    merit_scores_free(table);
    return 0;
}

static void softmax(double *q, const float *z)
{
    double sum = 0;
    for (int k = 0; k < K; k++) {
        sum += exp((double)z[k]);
    }
    for (int k = 0; k < K; k++) {
        q[k] = exp((double)z[k]) / sum;
    }
}

static merit_status take(merit__survey *out, const float *logits, const int32_t *labels,
                         int64_t n)
{
    double posterior[64 * K];
    for (int64_t i = 0; i < n; i++) {
        softmax(posterior + i * K, logits + i * K);
    }
    merit__surveyed examples = {
        .logits = logits, .posterior = posterior, .labels = labels, .n = n};
    return merit__survey_take(out, table, &examples, NULL);
}

static void test_pairs_and_margins(void **state)
{
    (void)state;
    static const float logits[8 * K] = {
        20, 0,  0,  0,  // right
        0,  20, 0,  0,  // 0 -> 1, a trap, margin 20
        1,  31, 0,  0,  // 0 -> 1, margin 30
        0,  0,  12, 0,  // 0 -> 2, no trap, margin 12
        0,  0,  25, 9,  // 3 -> 2, a trap, margin 16
        0,  0,  0,  0,  // undecided
        0,  3,  0,  0,  // wrong, but with a gradient
        0,  40, 0,  10, // 0 -> 1, margin 40
    };
    static const int32_t labels[8] = {0, 0, 0, 0, 3, 1, 0, 0};
    merit__survey s;
    assert_int_equal(take(&s, logits, labels, 8), MERIT_OK);
    assert_true(s.stuck_share == 5 / 8.0);
    assert_true(s.trap_share == 4 / 8.0);
    assert_true(s.stuck_margin == 20); // of 12 16 20 30 40
    assert_true(s.stuck_margin_95 == 40);
    assert_int_equal(s.n_pairs, 3);
    assert_int_equal(s.pairs[0].truth, 0);
    assert_int_equal(s.pairs[0].answer, 1);
    assert_int_equal(s.pairs[0].is_trap, 1);
    assert_true(s.pairs[0].share == 3 / 8.0 && s.pairs[0].margin == 30);
    assert_int_equal(s.pairs[1].truth, 0);
    assert_int_equal(s.pairs[1].answer, 2);
    assert_int_equal(s.pairs[1].is_trap, 0);
    assert_int_equal(s.pairs[2].truth, 3);
    assert_int_equal(s.pairs[2].answer, 2);
    assert_true(s.pairs[2].share == 1 / 8.0 && s.pairs[2].margin == 16);
    assert_true(s.feature_size == 0);
}

static void test_confidence_and_classes(void **state)
{
    (void)state;
    static const float logits[3 * K] = {0, 0, 0, 0, 0, 50, 0, 0, 50, 0, 0, 0};
    static const int32_t labels[3] = {0, 1, 0};
    merit__survey s;
    assert_int_equal(take(&s, logits, labels, 3), MERIT_OK);
    assert_true(fabs(s.confidence - 2.25 / 3) < 1e-12);
    // The mean posterior is (5, 5, 1, 1) / 12.
    double entropy = -2 * 5 / 12.0 * log(5 / 12.0) - 2 / 12.0 * log(1 / 12.0);
    assert_true(fabs(s.effective_classes - exp(entropy)) < 1e-9);
    assert_true(s.stuck_share == 0 && s.trap_share == 0 && s.n_pairs == 0);
    assert_true(s.stuck_margin == 0 && s.stuck_margin_95 == 0);
}

/* The standard deviation under q is sqrt(e (1 - e)) with e on the best class, and 0.02
 * R is 0.06: the line is at a margin of 5.62. */
static void test_where_being_stuck_begins(void **state)
{
    (void)state;
    static const float logits[2 * K] = {0, 5.5F, -60, -60, 0, 5.75F, -60, -60};
    static const int32_t labels[2] = {0, 0};
    merit__survey s;
    assert_int_equal(take(&s, logits, labels, 1), MERIT_OK);
    assert_true(s.stuck_share == 0);
    assert_int_equal(take(&s, logits, labels, 2), MERIT_OK);
    assert_true(s.stuck_share == 0.5 && s.stuck_margin == 5.75);
}

/* The table pays more for another answer: no fault of a model that knows the truth. */
static void test_who_is_sure_of_the_truth_is_not_stuck(void **state)
{
    (void)state;
    static const double pays[4] = {0, 1, 0, 1};
    static const float logits[2] = {40, 0};
    static const double posterior[2] = {1, 0};
    static const int32_t labels[1] = {0};
    merit__surveyed examples = {
        .logits = logits, .posterior = posterior, .labels = labels, .n = 1};
    merit_scores *scores;
    merit__survey s;
    assert_int_equal(merit_scores_create(&scores, 2, 2, pays, NULL, NULL), MERIT_OK);
    assert_int_equal(merit__survey_take(&s, scores, &examples, NULL), MERIT_OK);
    assert_true(s.stuck_share == 0 && s.n_pairs == 0);
    merit_scores_free(scores);
}

/* What is lost by a wrong answer must be above 0.05 R. */
static void test_what_is_worth_having(void **state)
{
    (void)state;
    static const struct {
        double near_miss, stuck_share;
    } close[] = {{0.96, 0}, {0.94, 1}};
    static const float logits[2] = {0, 40};
    static const double posterior[2] = {0, 1};
    static const int32_t labels[1] = {0};
    merit__surveyed examples = {
        .logits = logits, .posterior = posterior, .labels = labels, .n = 1};
    for (size_t i = 0; i < 2; i++) {
        merit_scores *scores;
        merit__survey s;
        const double pair[4] = {1, close[i].near_miss, 0, 1};
        assert_int_equal(merit_scores_create(&scores, 2, 2, pair, NULL, NULL),
                         MERIT_OK);
        assert_int_equal(merit__survey_take(&s, scores, &examples, NULL), MERIT_OK);
        assert_true(s.stuck_share == close[i].stuck_share);
        merit_scores_free(scores);
    }
}

/* Of more pairs than there is room for, the largest ones. */
static void test_many_pairs(void **state)
{
    (void)state;
    enum { MANY = 6, N = 45 };
    merit_scores *identity;
    double scores[MANY * MANY] = {0}, *posterior = calloc(N * MANY, sizeof *posterior);
    float *logits = calloc(N * MANY, sizeof *logits);
    int32_t labels[N];
    int64_t n = 0;
    assert_non_null(posterior);
    assert_non_null(logits);
    for (int i = 0; i < MANY; i++) {
        scores[i * MANY + i] = 1;
    }
    assert_int_equal(merit_scores_create(&identity, MANY, MANY, scores, NULL, NULL),
                     MERIT_OK);
    // 30 pairs; the last 15 of them twice.
    for (int pair = 0, at = 0; at < MANY * MANY; at++) {
        int truth = at / MANY, answer = at % MANY;
        for (int times = 0; truth != answer && times < (pair < 15 ? 1 : 2); times++) {
            logits[n * MANY + answer] = 30;
            posterior[n * MANY + answer] = 1;
            labels[n++] = truth;
        }
        pair += truth != answer;
    }
    assert_int_equal(n, N);
    merit__surveyed examples = {
        .logits = logits, .posterior = posterior, .labels = labels, .n = N};
    merit__survey s;
    assert_int_equal(merit__survey_take(&s, identity, &examples, NULL), MERIT_OK);
    assert_true(s.stuck_share == 1);
    assert_int_equal(s.n_pairs, MERIT__SURVEY_PAIRS);
    for (int i = 0; i < MERIT__SURVEY_PAIRS; i++) {
        assert_true(s.pairs[i].share == (i < 15 ? 2.0 : 1.0) / N);
    }
    free(posterior);
    free(logits);
    merit_scores_free(identity);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const float logits[K] = {0, 20, 0, 0};
    static const int32_t labels[1] = {0};
    merit__survey s;
    for (long n = 1; n <= 2; n++) {
        merit__alloc_fail_at(n, 0);
        merit_status status = take(&s, logits, labels, 1);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, MERIT_ENOMEM);
    }
    assert_int_equal(take(&s, logits, labels, 1), MERIT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_and_margins),
        cmocka_unit_test(test_confidence_and_classes),
        cmocka_unit_test(test_where_being_stuck_begins),
        cmocka_unit_test(test_who_is_sure_of_the_truth_is_not_stuck),
        cmocka_unit_test(test_what_is_worth_having),
        cmocka_unit_test(test_many_pairs),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_table, free_table);
}
