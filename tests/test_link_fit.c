/* How far margins are taken back from what a net has learned. */
#include "loss_fixtures.h"

#include "base/alloc.h"
#include "merit/decide.h"

enum { K = 5, N = 20000 };

static float logits[N * K];
static int32_t labels[N];

static merit_scores *table_of(table_kind kind)
{
    double values[K * K];
    fill_table(values, kind, K, 5);
    for (int i = 0; i < K; i++) { // the truth is its own best answer
        for (int k = 0; k < K; k++) {
            values[i * (K + 1)] = fmax(values[i * (K + 1)], values[i * K + k]);
        }
    }
    return make_scores(values, K, K);
}

/* Random logits; labels drawn from what the link and a temperature make of them. */
static void draw_examples(const merit_scores *scores, merit_link link,
                          double temperature, uint64_t seed)
{
    static double posterior[N * K];
    merit_decision *decision = NULL;
    const merit_decision_options options = {.link = link, .temperature = temperature};
    const merit_decision_results results = {.posterior = posterior};
    for (int64_t i = 0; i < N * K; i++) {
        logits[i] = (float)(2 * normal(&seed));
    }
    assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                     MERIT_OK);
    assert_int_equal(merit_decision_apply(decision, logits, N, &results, NULL),
                     MERIT_OK);
    merit_decision_free(decision);
    for (int64_t i = 0; i < N; i++) {
        double left = uniform(&seed);
        labels[i] = 0;
        while (labels[i] < K - 1 && (left -= posterior[i * K + labels[i]]) > 0) {
            labels[i]++;
        }
    }
}

/* The part of the margins is found that the labels were made with. */
static void test_parts(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        merit_scores *scores = table_of(kind ? TABLE_ASYMMETRIC : TABLE_SYMMETRIC);
        for (int part = 0; part <= 4; part++) {
            const merit_link whole = {MERIT_LINK_MARGIN, 6};
            const merit_link true_one = {
                part == 0 ? MERIT_LINK_SOFTMAX : MERIT_LINK_MARGIN, 6.0 * part / 4};
            merit_link link = whole;
            double temperature = 0;
            draw_examples(scores, true_one, 1.25, (uint64_t)part + 1);
            assert_int_equal(merit_link_fit(&link, &temperature, scores, logits, labels,
                                            NULL, N, NULL),
                             MERIT_OK);
            assert_int_equal(link.kind, true_one.kind);
            assert_true(link.cost == true_one.cost);
            assert_true(fabs(temperature - 1.25) < 0.05);
        }
        merit_scores_free(scores);
    }
}

/* Rows of weight 0 do not count. */
static void test_weights(void **state)
{
    (void)state;
    static float weights[N];
    const merit_link half = {MERIT_LINK_MARGIN, 3};
    merit_link link = {MERIT_LINK_MARGIN, 6};
    merit_scores *scores = table_of(TABLE_SYMMETRIC);
    double temperature = 0;
    draw_examples(scores, half, 1, 3);
    for (int64_t i = 0; i < N; i++) {
        weights[i] = i % 4 == 0 ? 1 : 0;
        labels[i] = i % 4 == 0 ? labels[i] : (int32_t)(i / 4 % K);
    }
    assert_int_equal(
        merit_link_fit(&link, &temperature, scores, logits, labels, weights, N, NULL),
        MERIT_OK);
    assert_int_equal(link.kind, MERIT_LINK_MARGIN);
    assert_true(link.cost == half.cost && fabs(temperature - 1) < 0.1);
    merit_scores_free(scores);
}

/* Other links stay what they are. */
static void test_other_links(void **state)
{
    (void)state;
    static const merit_link links[] = {{MERIT_LINK_SOFTMAX, 0},
                                       {MERIT_LINK_G_SOFTMAX, 2}};
    merit_scores *scores = table_of(TABLE_SYMMETRIC);
    for (int i = 0; i < 2; i++) {
        merit_decision *decision = NULL;
        const merit_decision_options options = {.link = links[i]};
        merit_link link = links[i];
        double temperature = 0, expected = 0;
        draw_examples(scores, (merit_link){0}, 1, 9);
        assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                         MERIT_OK);
        assert_int_equal(merit_decision_fit_temperature(&expected, decision, logits,
                                                        labels, NULL, 500, NULL),
                         MERIT_OK);
        assert_int_equal(merit_link_fit(&link, &temperature, scores, logits, labels,
                                        NULL, 500, NULL),
                         MERIT_OK);
        assert_true(temperature == expected);
        assert_int_equal(link.kind, links[i].kind);
        assert_true(link.cost == links[i].cost);
        merit_decision_free(decision);
    }
    merit_scores_free(scores);
}

static void test_without_memory(void **state)
{
    (void)state;
    merit_scores *scores = table_of(TABLE_SYMMETRIC);
    merit_status status = MERIT_ENOMEM;
    draw_examples(scores, (merit_link){0}, 1, 9);
    for (long n = 1; status != MERIT_OK; n++) {
        merit_link link = {MERIT_LINK_MARGIN, 6};
        double temperature = 0;
        merit__alloc_fail_at(n, n % 2 == 0);
        status = merit_link_fit(&link, &temperature, scores, logits, labels, NULL, 100,
                                NULL);
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
        assert_true(n < 1000);
        assert_true(n > 1 || status == MERIT_ENOMEM);
    }
    merit_scores_free(scores);
}

/* One example; and labels that are sure however much is taken back: then it is all. */
static void test_little_to_go_by(void **state)
{
    (void)state;
    merit_scores *scores = table_of(TABLE_SYMMETRIC);
    for (int64_t n = 1; n <= 100; n += 99) {
        merit_link link = {MERIT_LINK_MARGIN, 6};
        double temperature = 0;
        for (int64_t i = 0; i < n * K; i++) {
            labels[i / K] = (int32_t)(i / K % K);
            logits[i] = i % K == labels[i / K] ? 3000 : 0;
        }
        assert_int_equal(
            merit_link_fit(&link, &temperature, scores, logits, labels, NULL, n, NULL),
            MERIT_OK);
        assert_int_equal(link.kind, MERIT_LINK_MARGIN);
        assert_true(link.cost == 6 && temperature > 0);
    }
    logits[3] = NAN;
    merit_link link = {MERIT_LINK_MARGIN, 6};
    double temperature = 0;
    assert_int_equal(
        merit_link_fit(&link, &temperature, scores, logits, labels, NULL, 100, NULL),
        MERIT_ENUMERIC);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),          cmocka_unit_test(test_weights),
        cmocka_unit_test(test_other_links),    cmocka_unit_test(test_little_to_go_by),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
