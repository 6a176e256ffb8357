/* Links: what outputs mean, as text and in decisions. */
#include "loss_fixtures.h"

#include "base/alloc.h"
#include "base/g_softmax.h"

enum { K = 4, A = 5, N = 3 };

/* Two pairs, shifted by row, and an answer more that is always worth 9. */
static const double table[K * A] = {2,  1,  -1, -1, 9, 2, 3, 0, 0, 9,
                                    -1, -1, 2,  1,  9, 5, 5, 7, 8, 9};
static const float logits[N * K] = {0.25f, 0.5f, -1, 0.3f, 3,     -2,
                                    0.5f,  0,    -4, -3,   -3.5f, -9};

static merit_decision *make_decision(merit_rule rule, double temperature,
                                     merit_link link)
{
    merit_scores *scores = make_scores(table, K, A);
    merit_decision *decision = NULL;
    merit_error err = {0};
    const merit_decision_options options = {
        .rule = rule, .temperature = temperature, .link = link};
    if (merit_decision_create(&decision, scores, &options, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit_scores_free(scores);
    return decision;
}

static void links_are_text(void **state)
{
    (void)state;
    static const struct {
        merit_link link;
        const char *text;
        int has_posterior;
    } cases[] = {
        {{0}, "softmax", 1},
        {{MERIT_LINK_G_SOFTMAX, 4}, "g-softmax(cost=4)", 1},
        {{MERIT_LINK_G_SOFTMAX, 1. / 3}, "g-softmax(cost=0.3333333333333333)", 1},
        {{MERIT_LINK_SCORES, 0}, "scores", 0},
        {{MERIT_LINK_LOGISTIC_SCORES, 0}, "logistic-scores", 0},
        {{MERIT_LINK_MARGIN, 4.5}, "margin(cost=4.5)", 1},
    };
    static const char *const bad[] = {"",
                                      "Softmax",
                                      "softmax(cost=1)",
                                      "g-softmax",
                                      "g-softmax(cost=)",
                                      "g-softmax(cost=4",
                                      "g-softmax(cost=4) ",
                                      "g-softmax(cost=nan)",
                                      "g-softmax(cost=-1)",
                                      "g-softmax(cost=1e9)",
                                      "margin(cost=0)",
                                      "margin(cost=101)",
                                      "margin",
                                      "scores "};
    char text[MERIT_LINK_BYTES];
    merit_link link;
    merit_error err;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_link_print(text, cases[c].link);
        assert_string_equal(text, cases[c].text);
        assert_int_equal(merit_link_parse(&link, text, &err), MERIT_OK);
        assert_int_equal(link.kind, cases[c].link.kind);
        assert_true(link.cost == cases[c].link.cost);
        assert_int_equal(merit_link_has_posterior(link), cases[c].has_posterior);
    }
    for (size_t c = 0; c < sizeof bad / sizeof *bad; c++) {
        if (merit_link_parse(&link, bad[c], &err) != MERIT_EINVAL) {
            fail_msg("\"%s\" is read as a link", bad[c]);
        }
    }
    assert_int_equal(merit_link_parse(NULL, "softmax", NULL), MERIT_EINVAL);
    assert_int_equal(merit_link_parse(&link, NULL, NULL), MERIT_EINVAL);
}

/* Outputs that are scores: the largest one is the answer, its score is in the units of
 * the table, which goes from -1 to 8 among the classes. The Bayes rule also knows what
 * the answer is worth that always scores 9. */
static void scores_are_expected_scores(void **state)
{
    (void)state;
    static const merit_rule rules[] = {MERIT_RULE_ARGMAX, MERIT_RULE_BAYES};
    static const int32_t best[N] = {1, 0, 1};
    for (int r = 0; r < 2; r++) {
        for (int logistic = 0; logistic < 2; logistic++) {
            const merit_link link = {.kind = logistic ? MERIT_LINK_LOGISTIC_SCORES
                                                      : MERIT_LINK_SCORES};
            merit_decision *decision = make_decision(rules[r], 7, link);
            int32_t answers[N];
            double expected[N], posterior[N * K];
            double temperature = 0;
            merit_decision_results results = {.answers = answers, .expected = expected};
            assert_int_equal(merit_decision_apply(decision, logits, N, &results, NULL),
                             MERIT_OK);
            for (int n = 0; n < N; n++) {
                const double z = logits[n * K + best[n]];
                const double share = logistic ? 1 / (1 + exp(-z)) : z;
                const double score = -1 + 9 * share;
                const int has_more = rules[r] == MERIT_RULE_BAYES && score < 9;
                assert_int_equal(answers[n], has_more ? 4 : best[n]);
                assert_true(is_close(expected[n], has_more ? 9 : score, 1e-14));
            }
            results.posterior = posterior;
            merit_status status =
                merit_decision_apply(decision, logits, N, &results, NULL);
            assert_int_equal(status, MERIT_EINVAL);
            status = merit_decision_fit_temperature(&temperature, decision, logits,
                                                    best, NULL, N, NULL);
            assert_true(status == MERIT_OK && temperature == 1);
            merit_decision_free(decision);
        }
    }
}

/* D = 1 within a pair and 3 across: of cost 4, so is C. */
static void fill_kernel(double *kernel)
{
    for (int i = 0; i < K; i++) {
        for (int j = 0; j < K; j++) {
            const double distance = i == j ? 0 : i / 2 == j / 2 ? 1 : 3;
            kernel[i * K + j] = exp(-4 * distance / 3 / 2);
        }
    }
}

/* An answer whose worth depends on the truth is not given: that takes a posterior. */
static void other_answers_are_not_given(void **state)
{
    (void)state;
    static const double values[2 * 3] = {1, 0, 99, 0, 1, 98};
    static const float z[2] = {0.75f, 0.25f};
    const merit_decision_options options = {.rule = MERIT_RULE_BAYES,
                                            .link = {MERIT_LINK_SCORES, 0}};
    merit_scores *scores = make_scores(values, 2, 3);
    merit_decision *decision = NULL;
    int32_t answer = -1;
    const merit_decision_results results = {.answers = &answer};
    assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                     MERIT_OK);
    assert_int_equal(merit_decision_apply(decision, z, 1, &results, NULL), MERIT_OK);
    assert_int_equal(answer, 0);
    merit_decision_free(decision);
    merit_scores_free(scores);
}

static void g_softmax_makes_the_posterior(void **state)
{
    (void)state;
    const merit_link link = {MERIT_LINK_G_SOFTMAX, 4};
    static const double temperature = 1.5;
    merit_decision *decision = make_decision(MERIT_RULE_BAYES, temperature, link);
    int32_t answers[N];
    double expected[N], posterior[N * K], kernel[K * K];
    double *scratch = make_array((int64_t)merit__g_softmax_scratch(K), sizeof *scratch);
    const merit_decision_results results = {
        .answers = answers, .expected = expected, .posterior = posterior};
    fill_kernel(kernel);
    assert_int_equal(merit_decision_apply(decision, logits, N, &results, NULL),
                     MERIT_OK);
    for (int n = 0; n < N; n++) {
        double z[K], q[K], worth = 0;
        for (int k = 0; k < K; k++) {
            z[k] = logits[n * K + k] / temperature;
        }
        merit__g_softmax(q, z, kernel, K, scratch);
        for (int k = 0; k < K; k++) {
            assert_true(is_close(posterior[n * K + k], q[k], 1e-12));
            worth += q[k] * table[k * A + answers[n]];
        }
        assert_true(is_close(expected[n], worth, 1e-12));
        assert_int_equal(answers[n], 4); // worth 9 whatever is true
    }
    free(scratch);
    merit_decision_free(decision);
}

/* Truths drawn from the g-softmax at some temperature give that temperature back. */
static void the_temperature_is_recovered(void **state)
{
    (void)state;
    enum { N_DRAWN = 400 };
    static const double temperatures[] = {0.3, 1, 2.5};
    static float z[N_DRAWN * K * K], weights[N_DRAWN * K];
    static int32_t labels[N_DRAWN * K];
    double kernel[K * K];
    double *scratch = make_array((int64_t)merit__g_softmax_scratch(K), sizeof *scratch);
    merit_decision *decision =
        make_decision(MERIT_RULE_AUTO, 0, (merit_link){MERIT_LINK_G_SOFTMAX, 4});
    fill_kernel(kernel);
    for (int t = 0; t < 3; t++) {
        uint64_t seed = 4;
        double found = 0;
        for (int n = 0; n < N_DRAWN; n++) {
            double scaled[K], q[K];
            for (int k = 0; k < K; k++) {
                const float value = (float)(3 * normal(&seed));
                scaled[k] = value / temperatures[t];
                for (int label = 0; label < K; label++) {
                    z[(n * K + label) * K + k] = value;
                }
            }
            merit__g_softmax(q, scaled, kernel, K, scratch);
            for (int label = 0; label < K; label++) {
                labels[n * K + label] = label;
                weights[n * K + label] = (float)q[label];
            }
        }
        assert_int_equal(merit_decision_fit_temperature(&found, decision, z, labels,
                                                        weights, N_DRAWN * K, NULL),
                         MERIT_OK);
        if (!is_close(found, temperatures[t], 1e-6)) {
            fail_msg("%.9g, expected %g", found, temperatures[t]);
        }
    }
    free(scratch);
    merit_decision_free(decision);
}

/* Softmax by way of a decision is merit_temperature_fit. */
static void softmax_has_the_temperature_of_softmax(void **state)
{
    (void)state;
    static const int32_t labels[N] = {0, 1, 2};
    double a = 0, b = 0;
    merit_decision *decision = make_decision(MERIT_RULE_BAYES, 3, (merit_link){0});
    assert_int_equal(merit_temperature_fit(&a, logits, labels, NULL, N, K, NULL),
                     MERIT_OK);
    assert_int_equal(
        merit_decision_fit_temperature(&b, decision, logits, labels, NULL, N, NULL),
        MERIT_OK);
    assert_true(a == b);
    assert_int_equal(
        merit_decision_fit_temperature(&b, NULL, logits, labels, NULL, N, NULL),
        MERIT_EINVAL);
    assert_int_equal(
        merit_decision_fit_temperature(NULL, decision, logits, labels, NULL, N, NULL),
        MERIT_EINVAL);
    merit_decision_free(decision);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const double *values;
        merit_decision_options options;
        merit_status status;
        const char *message;
    } cases[] = {
        {question_table,
         {.link = {MERIT_LINK_G_SOFTMAX, 4}},
         MERIT_EUNSUPPORTED,
         "g-softmax: taken for each other 2 and 3 lose 0"},
        {question_table,
         {.link = {MERIT_LINK_G_SOFTMAX, 0}},
         MERIT_EINVAL,
         "the cost of g-softmax is 0"},
        {question_table, {.link = {.kind = 17}}, MERIT_EINVAL, "no link number 17"},
        {question_table,
         {.rule = MERIT_RULE_DECODE,
          .decode = question_table,
          .link = {MERIT_LINK_SCORES, 0}},
         MERIT_EINVAL,
         "decode is for softmax outputs alone"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_decision *decision = NULL;
        merit_error err = {0};
        merit_scores *scores = make_scores(cases[c].values, K, K);
        assert_int_equal(
            merit_decision_create(&decision, scores, &cases[c].options, &err),
            cases[c].status);
        assert_null(decision);
        if (strstr(err.message, cases[c].message) == NULL) {
            fail_msg("\"%s\", expected \"%s\"", err.message, cases[c].message);
        }
        merit_scores_free(scores);
    }
}

static merit_status use(void)
{
    merit_scores *scores = make_scores(table, K, A);
    merit_decision *decision = NULL;
    double posterior[N * K];
    double temperature;
    static const int32_t labels[N] = {0, 1, 2};
    const merit_decision_options options = {.link = {MERIT_LINK_G_SOFTMAX, 4}};
    const merit_decision_results results = {.posterior = posterior};
    merit_status status = merit_decision_create(&decision, scores, &options, NULL);
    if (status == MERIT_OK) {
        status = merit_decision_apply(decision, logits, N, &results, NULL);
    }
    if (status == MERIT_OK) {
        status = merit_decision_fit_temperature(&temperature, decision, logits, labels,
                                                NULL, N, NULL);
    }
    merit_decision_free(decision);
    merit_scores_free(scores);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    merit__alloc_fail_at(1000, 0);
    assert_int_equal(use(), MERIT_OK);
    const long n_allocated = merit__alloc_count();
    merit__alloc_fail_at(0, 0);
    long n_of_table = 0;
    merit__alloc_fail_at(1000, 0);
    merit_scores_free(make_scores(table, K, A));
    n_of_table = merit__alloc_count();
    merit__alloc_fail_at(0, 0);
    for (long at = n_of_table + 1; at <= n_allocated; at++) {
        merit__alloc_fail_at(at, 0);
        merit_status status = use();
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, MERIT_ENOMEM);
    }
    assert_true(n_allocated > n_of_table + 3);
}

/* The link of each loss that has one of its own, and of stages. */
static void losses_know_their_link(void **state)
{
    (void)state;
    static const struct {
        const char *loss;
        merit_link link;
    } cases[] = {
        {"cross-entropy", {0}},
        {"kernel-score", {0}},
        {"score-squares", {MERIT_LINK_SCORES, 0}},
        {"score-logistic", {MERIT_LINK_LOGISTIC_SCORES, 0}},
        {"geometric", {MERIT_LINK_G_SOFTMAX, 4}},
        {"geometric(cost=2.5)", {MERIT_LINK_G_SOFTMAX, 2.5}},
    };
    merit_scores *scores = make_scores(table, K, A);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        merit_loss *loss = make_loss(cases[c].loss, scores);
        assert_int_equal(merit_loss_link(loss).kind, cases[c].link.kind);
        assert_true(merit_loss_link(loss).cost == cases[c].link.cost);
        merit_loss_free(loss);
    }
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_text),
        cmocka_unit_test(scores_are_expected_scores),
        cmocka_unit_test(other_answers_are_not_given),
        cmocka_unit_test(g_softmax_makes_the_posterior),
        cmocka_unit_test(the_temperature_is_recovered),
        cmocka_unit_test(softmax_has_the_temperature_of_softmax),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(allocations_may_fail),
        cmocka_unit_test(losses_know_their_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
