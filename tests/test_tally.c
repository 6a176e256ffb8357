/* Measures that are taken part by part. */
#include "merit/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"

enum { N = 500, K = 3, A = 4 };

typedef struct examples {
    int32_t labels[N], answers[N];
    float weights[N];
    double expected[N], posterior[N * K];
} examples;

static void fill(examples *out)
{
    for (uint32_t i = 0; i < N; i++) {
        uint32_t w[4];
        merit__random(w, 3, MERIT__USE_INIT, i, 0, 0);
        out->labels[i] = (int32_t)merit__below(w[0], K);
        out->answers[i] = (int32_t)merit__below(w[1], A);
        out->weights[i] = i % 7 == 0 ? 0 : merit__uniform(w[2]);
        out->expected[i] = merit__uniform(w[3]);
        merit__random(w, 3, MERIT__USE_INIT, i, 1, 0);
        double sum = 0;
        for (uint32_t k = 0; k < K; k++) {
            out->posterior[i * K + k] = 0.01 + (double)merit__uniform(w[k]);
            sum += out->posterior[i * K + k];
        }
        for (uint32_t k = 0; k < K; k++) {
            out->posterior[i * K + k] /= sum;
        }
    }
}

static merit_scores *make_scores(void)
{
    static const double values[K * A] = {2,  1,   -1, 0.3, 0.7, 2,
                                         -1, 0.3, -1, 0.1, 2,   0.3};
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, K, A, values, NULL, NULL), MERIT_OK);
    return scores;
}

static merit_answers part_of(const examples *all, size_t from, size_t n)
{
    return (merit_answers){.n = (int64_t)n,
                           .labels = all->labels + from,
                           .answers = all->answers + from,
                           .weights = all->weights + from,
                           .expected = all->expected + from,
                           .posterior = all->posterior + from * K};
}

// Bit by bit, but for what lies behind the last member.
static void assert_same(const merit_metrics *a, const merit_metrics *b)
{
    assert_memory_equal(a, b, offsetof(merit_metrics, best_constant));
    assert_int_equal(a->best_constant, b->best_constant);
}

/* The same bits, however the examples are divided. */
static void test_parts(void **state)
{
    (void)state;
    static const size_t parts[] = {1, 3, 7, 128, N};
    static examples all;
    fill(&all);
    merit_scores *scores = make_scores();
    merit_answers whole = part_of(&all, 0, N);
    merit_metrics expected;
    double claims[3][A], found[3][A];
    assert_int_equal(merit_metrics_compute(&expected, scores, &whole, NULL), MERIT_OK);
    assert_int_equal(
        merit_claims(claims[0], claims[1], claims[2], scores, &whole, NULL), MERIT_OK);
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        merit_tally *tally = NULL;
        merit_metrics m;
        assert_int_equal(merit_tally_create(&tally, scores, NULL), MERIT_OK);
        for (size_t from = 0; from < N; from += parts[p]) {
            size_t n = N - from < parts[p] ? N - from : parts[p];
            merit_answers given = part_of(&all, from, n);
            assert_int_equal(merit_tally_add(tally, &given, NULL), MERIT_OK);
        }
        assert_int_equal(merit_tally_metrics(tally, &m, NULL), MERIT_OK);
        assert_same(&m, &expected);
        assert_int_equal(merit_tally_claims(tally, found[0], found[1], found[2], NULL),
                         MERIT_OK);
        assert_memory_equal(found, claims, sizeof claims);
        merit_tally_free(tally);
    }
    merit_scores_free(scores);
}

/* The table is shared: whoever made it may free it first. */
static void test_table_freed_first(void **state)
{
    (void)state;
    static examples all;
    fill(&all);
    merit_scores *scores = make_scores();
    merit_answers given = part_of(&all, 0, N);
    merit_metrics expected, m;
    merit_tally *tally = NULL;
    assert_int_equal(merit_metrics_compute(&expected, scores, &given, NULL), MERIT_OK);
    assert_int_equal(merit_tally_create(&tally, scores, NULL), MERIT_OK);
    merit_scores_free(scores);
    assert_int_equal(merit_tally_add(tally, &given, NULL), MERIT_OK);
    assert_int_equal(merit_tally_metrics(tally, &m, NULL), MERIT_OK);
    assert_same(&m, &expected);
    merit_tally_free(tally);
}

/* What some part lacks is not measured; what a part gets wrong is not added. */
static void test_incomplete(void **state)
{
    (void)state;
    static examples all;
    fill(&all);
    merit_scores *scores = make_scores();
    merit_tally *tally = NULL;
    merit_metrics m, before;
    merit_error err;
    double claims[3][A];
    assert_int_equal(merit_tally_create(&tally, scores, NULL), MERIT_OK);
    assert_int_equal(merit_tally_metrics(tally, &m, &err), MERIT_EINVAL);
    assert_string_equal(err.message, "no example was added to the tally");
    merit_answers weightless = part_of(&all, 0, 1);
    assert_int_equal(merit_tally_add(tally, &weightless, NULL), MERIT_OK);
    assert_int_equal(merit_tally_metrics(tally, &m, &err), MERIT_EINVAL);
    assert_string_equal(err.message, "all weights are 0");
    merit_answers given = part_of(&all, 1, 99);
    assert_int_equal(merit_tally_add(tally, &given, NULL), MERIT_OK);
    assert_int_equal(merit_tally_metrics(tally, &before, NULL), MERIT_OK);
    assert_false(isnan(before.ece) || isnan(before.claimed_score));

    all.labels[150] = K;
    given = part_of(&all, 100, 100);
    assert_int_equal(merit_tally_add(tally, &given, &err), MERIT_EFORMAT);
    assert_string_equal(err.message, "labels[150] is 3, expected 0 to 2");
    assert_int_equal(merit_tally_metrics(tally, &m, NULL), MERIT_OK);
    assert_same(&m, &before);

    given = part_of(&all, 200, 10);
    given.posterior = NULL;
    assert_int_equal(merit_tally_add(tally, &given, NULL), MERIT_OK);
    assert_int_equal(merit_tally_metrics(tally, &m, NULL), MERIT_OK);
    assert_true(isnan(m.ece) && isnan(m.log_loss) && !isnan(m.claimed_score));
    given.expected = NULL;
    assert_int_equal(merit_tally_add(tally, &given, NULL), MERIT_OK);
    assert_int_equal(merit_tally_metrics(tally, &m, NULL), MERIT_OK);
    assert_true(isnan(m.claimed_score) && m.n == 120);
    assert_int_equal(merit_tally_claims(tally, claims[0], claims[1], claims[2], &err),
                     MERIT_EINVAL);
    merit_tally_free(tally);
    merit_scores_free(scores);
}

static void test_no_memory(void **state)
{
    (void)state;
    merit_scores *scores = make_scores();
    merit_tally *tally = NULL;
    for (long n = 1; n <= 2; n++) {
        merit__alloc_fail_at(n, 0);
        assert_int_equal(merit_tally_create(&tally, scores, NULL), MERIT_ENOMEM);
        merit__alloc_fail_at(0, 0);
        assert_null(tally);
    }
    assert_int_equal(merit_tally_create(NULL, scores, NULL), MERIT_EINVAL);
    assert_int_equal(merit_tally_create(&tally, NULL, NULL), MERIT_EINVAL);
    merit_tally_free(NULL);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_table_freed_first),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
