/* Metrics, confusion and claims against values worked out by hand; what they refuse. */
#include "merit/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* The question's table with a fifth answer, "don't know". */
static const double question[4 * 5] = {
    2,  1,  0,  -1, 0.75, //
    1,  2,  -1, 0,  0.75, //
    0,  -1, 0,  1,  0.75, //
    -1, 0,  1,  2,  0.75,
};

static merit_scores *make_scores(const double *values, int64_t K, int64_t A)
{
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, K, A, values, NULL, NULL), MERIT_OK);
    return scores;
}

static void assert_close(double found, double expected, const char *what)
{
    const double scale = fmax(1, fabs(expected));
    const int both_nan = isnan(found) && isnan(expected);
    const int same = found == expected; // also infinities
    if (!both_nan && !same && !(fabs(found - expected) <= 1e-13 * scale)) {
        fail_msg("%s is %.17g, expected %.17g", what, found, expected);
    }
}

/* Four examples; the weights sum to 4. */
static const int32_t labels[4] = {0, 1, 2, 3};
static const int32_t answers[4] = {0, 0, 4, 3};
static const float weights[4] = {1, 2, 0, 1};
static const double expected[4] = {1.5, 0.5, 9, -1};
static const double posterior[4 * 4] = {
    0.5,  0.25, 0.25, 0,   // confidence 0.5, right
    0.25, 0.5,  0.25, 0,   // 0.5, right
    0.25, 0.25, 0,    0.5, // 0.5, wrong, weight 0
    0.75, 0,    0,    0.25 // 0.75, wrong
};

static const merit_answers hand = {.n = 4,
                                   .labels = labels,
                                   .answers = answers,
                                   .weights = weights,
                                   .expected = expected,
                                   .posterior = posterior};

static void test_by_hand(void **state)
{
    (void)state;
    merit_scores *scores = make_scores(question, 4, 5);
    merit_metrics m;
    assert_int_equal(merit_metrics_compute(&m, scores, &hand, NULL), MERIT_OK);
    assert_int_equal(m.n, 4);
    assert_close(m.accuracy, (1 + 1) / 4.0, "accuracy");
    assert_close(m.mean_score, (2 + 2 * 1 + 2) / 4.0, "mean_score");
    // Always the second class: (1 + 2 * 2 + 0) / 4; always the first: (2 + 2 - 1) / 4.
    assert_int_equal(m.best_constant, 1);
    assert_close(m.best_constant_score, 1.25, "best_constant_score");
    assert_close(m.oracle_score, 2, "oracle_score");
    assert_close(m.regret, 0.5, "regret");
    assert_close(m.normalized_score, (1.5 - 1.25) / (2 - 1.25), "normalized_score");
    assert_close(m.claimed_score, (1.5 + 2 * 0.5 - 1) / 4, "claimed_score");
    assert_close(m.log_loss, (log(2) + 2 * log(2) + log(4)) / 4, "log_loss");
    // One bin is (3 * 1 - 3 * 0.5) / 4 off, the other 0.75 / 4.
    assert_close(m.ece, (1.5 + 0.75) / 4, "ece");
    // u of the rows that count: 1.25 .75 -.25 -.25 .75 | 1 1 -.5 0 .75 |
    // 1.25 .75 .25 -.25 .75; lost: 0, 0 and 1.25 + 0.25.
    assert_close(m.decode_loss, 1.5 / 4, "decode_loss");
    merit_scores_free(scores);
}

static void test_confusion_by_hand(void **state)
{
    (void)state;
    static const double table[4 * 5] = {
        1, 0, 0, 0, 0, //
        2, 0, 0, 0, 0, //
        0, 0, 0, 0, 0, // weight 0
        0, 0, 0, 1, 0,
    };
    merit_scores *scores = make_scores(question, 4, 5);
    double confusion[4 * 5];
    memset(confusion, 0x7f, sizeof confusion);
    assert_int_equal(merit_confusion(confusion, scores, &hand, NULL), MERIT_OK);
    for (size_t i = 0; i < LENGTH(table); i++) {
        assert_close(confusion[i], table[i], "confusion");
    }
    merit_scores_free(scores);
}

static void test_claims_by_hand(void **state)
{
    (void)state;
    merit_scores *scores = make_scores(question, 4, 5);
    double weight[5], claimed[5], realised[5];
    assert_int_equal(merit_claims(weight, claimed, realised, scores, &hand, NULL),
                     MERIT_OK);
    static const double weight_expected[5] = {3, 0, 0, 1, 0};
    const double claimed_expected[5] = {(1.5 + 2 * 0.5) / 3, NAN, NAN, -1, NAN};
    const double realised_expected[5] = {(2 + 2 * 1) / 3.0, NAN, NAN, 2, NAN};
    for (size_t k = 0; k < 5; k++) {
        assert_close(weight[k], weight_expected[k], "weight");
        assert_close(claimed[k], claimed_expected[k], "claimed");
        assert_close(realised[k], realised_expected[k], "realised");
    }
    merit_scores_free(scores);
}

/* What is not given is NaN, and nothing else is. */
static void test_not_given(void **state)
{
    (void)state;
    merit_scores *scores = make_scores(question, 4, 5);
    merit_answers given = {.n = 4, .labels = labels, .answers = answers};
    merit_metrics m;
    assert_int_equal(merit_metrics_compute(&m, scores, &given, NULL), MERIT_OK);
    assert_close(m.claimed_score, NAN, "claimed_score");
    assert_close(m.log_loss, NAN, "log_loss");
    assert_close(m.ece, NAN, "ece");
    assert_close(m.decode_loss, NAN, "decode_loss");
    assert_close(m.mean_score, (2 + 1 + 0.75 + 2) / 4, "mean_score");
    assert_close(m.best_constant_score, 0.75, "best_constant_score");
    merit_scores_free(scores);
}

/* What all three that look at answers refuse alike. */
static void expect_refusal(const merit_answers *given, merit_status expected_status,
                           const char *message)
{
    merit_scores *scores = make_scores(question, 4, 5);
    merit_metrics m;
    double table[20], weight[5], claimed[5], realised[5];
    for (int call = 0; call < 3; call++) {
        merit_error err = {0};
        const merit_status status =
            call == 0   ? merit_metrics_compute(&m, scores, given, &err)
            : call == 1 ? merit_confusion(table, scores, given, &err)
                        : merit_claims(weight, claimed, realised, scores, given, &err);
        assert_int_equal(status, expected_status);
        assert_int_equal(err.code, expected_status);
        if (strstr(err.message, message) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", err.message, message);
        }
    }
    merit_scores_free(scores);
}

static void test_refused_calls(void **state)
{
    (void)state;
    merit_answers given = hand;
    given.labels = NULL;
    expect_refusal(&given, MERIT_EINVAL, "labels");
    given = hand;
    given.answers = NULL;
    expect_refusal(&given, MERIT_EINVAL, "answers");
    given = hand;
    given.n = 0;
    expect_refusal(&given, MERIT_EINVAL, "n is 0");
    given.n = -4;
    expect_refusal(&given, MERIT_EINVAL, "n is -4");
}

static void test_refused_labels_and_answers(void **state)
{
    (void)state;
    static const int32_t bad_labels[4] = {0, 1, 4, 9}, low_labels[4] = {0, -1, 2, 3};
    static const int32_t bad_answers[4] = {0, 0, 4, 5}, low_answers[4] = {-7, 0, 4, 3};
    merit_answers given = hand;
    given.labels = bad_labels;
    expect_refusal(&given, MERIT_EFORMAT, "labels[2] is 4, expected 0 to 3");
    given.labels = low_labels;
    expect_refusal(&given, MERIT_EFORMAT, "labels[1] is -1");
    given = hand;
    given.answers = bad_answers;
    expect_refusal(&given, MERIT_EFORMAT, "answers[3] is 5, expected 0 to 4");
    given.answers = low_answers;
    expect_refusal(&given, MERIT_EFORMAT, "answers[0] is -7");
}

static void test_refused_weights(void **state)
{
    (void)state;
    static const float negative[4] = {1, -2, 0, 1}, none[4] = {0};
    const float not_a_number[4] = {1, 2, NAN, 1};
    merit_answers given = hand;
    given.weights = negative;
    expect_refusal(&given, MERIT_EINVAL, "weights[1] is -2");
    given.weights = none;
    expect_refusal(&given, MERIT_EINVAL, "all weights are 0");
    given.weights = not_a_number;
    expect_refusal(&given, MERIT_EINVAL, "weights[2] is nan");
}

static void test_refused_claims(void **state)
{
    (void)state;
    const double infinite[4] = {1.5, 0.5, 9, INFINITY};
    double nan_posterior[16], logits[16], too_much[16];
    memcpy(nan_posterior, posterior, sizeof posterior);
    memcpy(logits, posterior, sizeof posterior);
    memcpy(too_much, posterior, sizeof posterior);
    nan_posterior[9] = NAN;
    logits[5] = -0.5;
    too_much[15] = 0.5;
    merit_answers given = hand;
    given.expected = infinite;
    expect_refusal(&given, MERIT_ENUMERIC, "expected[3] is inf");
    given = hand;
    given.posterior = nan_posterior;
    expect_refusal(&given, MERIT_ENUMERIC, "posterior[2][1] is nan");
    given.posterior = logits;
    expect_refusal(&given, MERIT_EFORMAT, "posterior[1][1] is -0.5");
    given.posterior = too_much;
    expect_refusal(&given, MERIT_EFORMAT, "posterior[3] sums to 1.25");
}

static void test_null_arguments(void **state)
{
    (void)state;
    merit_scores *scores = make_scores(question, 4, 5);
    merit_metrics m;
    double v[20];
    merit_answers no_claims = hand;
    no_claims.expected = NULL;
    assert_int_equal(merit_metrics_compute(NULL, scores, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_metrics_compute(&m, NULL, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_metrics_compute(&m, scores, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_confusion(NULL, scores, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_confusion(v, NULL, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_confusion(v, scores, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_claims(NULL, v, v, scores, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_claims(v, NULL, v, scores, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_claims(v, v, NULL, scores, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_claims(v, v, v, NULL, &hand, NULL), MERIT_EINVAL);
    assert_int_equal(merit_claims(v, v, v, scores, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_claims(v, v, v, scores, &no_claims, NULL), MERIT_EINVAL);
    merit_scores_free(scores);
}

static void test_without_memory(void **state)
{
    (void)state;
    merit_scores *scores = make_scores(question, 4, 5);
    merit_metrics m;
    merit_error err;
    merit__alloc_fail_at(1, 0);
    assert_int_equal(merit_metrics_compute(&m, scores, &hand, &err), MERIT_ENOMEM);
    assert_int_equal(err.code, MERIT_ENOMEM);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(merit_metrics_compute(&m, scores, &hand, &err), MERIT_OK);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_confusion_by_hand),
        cmocka_unit_test(test_claims_by_hand),
        cmocka_unit_test(test_not_given),
        cmocka_unit_test(test_refused_calls),
        cmocka_unit_test(test_refused_labels_and_answers),
        cmocka_unit_test(test_refused_weights),
        cmocka_unit_test(test_refused_claims),
        cmocka_unit_test(test_null_arguments),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
