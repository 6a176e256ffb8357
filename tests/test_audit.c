/* The audit of a table through the library: closed forms, trees, refusals, memory. */
#include "merit/audit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

enum { K4 = 4 };

static const double question[K4 * K4] = {2, 1,  0, -1, 1,  2, -1, 0,
                                         0, -1, 0, 1,  -1, 0, 1,  2};

static merit_scores *new_scores(const double *values, int64_t K, int64_t A)
{
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, K, A, values, NULL, NULL), MERIT_OK);
    return scores;
}

static merit_audit *new_audit(const merit_scores *scores,
                              const merit_audit_options *options)
{
    merit_audit *audit = NULL;
    merit_error err;
    assert_int_equal(merit_audit_create(&audit, scores, options, &err), MERIT_OK);
    assert_non_null(audit);
    return audit;
}

static int near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

// Until q = 1/2 from a fresh model: K, expected score, cross entropy.
static void test_plateau(void **state)
{
    (void)state;
    static const double rows[][3] = {
        {4, 3.65, 1.32}, {10, 11.96, 2.78}, {100, 107.1, 5.53}, {1000, 1011.8, 7.90}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const int64_t K = (int64_t)rows[r][0];
        const double lead = log((double)K - 1);
        assert_true(near(merit_audit_plateau(K, 1, 0, lead), rows[r][1],
                         K < 100 ? 0.005 : 0.05));
        assert_true(
            near(merit_audit_plateau_cross_entropy(K, 0, lead), rows[r][2], 0.005));
        assert_true(near(merit_audit_plateau(K, 0.5, 0, lead),
                         2 * merit_audit_plateau(K, 1, 0, lead), 1e-9));
    }
    assert_true(merit_audit_plateau(7, 1, 2, 2) == 0);
}

// The same by small steps of gradient descent on one example.
static double steps_until_half(int64_t K, double step, int cross_entropy)
{
    double lead = 0, time = 0;
    while (lead < log((double)K - 1)) {
        const double q = 1 / (1 + (double)(K - 1) * exp(-lead));
        // d(z_b - z_other)/dt, all others alike.
        const double pull = 1 - q + (1 - q) / (double)(K - 1);
        lead += step * pull * (cross_entropy ? 1 : q);
        time += step;
    }
    return time;
}

static void test_plateau_by_steps(void **state)
{
    (void)state;
    static const int64_t sizes[] = {3, 4, 10, 100};
    for (size_t s = 0; s < 4; s++) {
        const int64_t K = sizes[s];
        const double lead = log((double)K - 1);
        assert_true(near(merit_audit_plateau(K, 1, 0, lead),
                         steps_until_half(K, 1e-3, 0), 0.02));
        assert_true(near(merit_audit_plateau_cross_entropy(K, 0, lead),
                         steps_until_half(K, 1e-3, 1), 0.02));
    }
}

static void test_the_question(void **state)
{
    (void)state;
    merit_scores *scores = new_scores(question, K4, K4);
    merit_audit *audit = new_audit(scores, NULL);
    const merit_audit_facts *facts = merit_audit_facts_of(audit);
    assert_int_equal(facts->n_samples, 200000);
    assert_int_equal(facts->truths[2].best, 3);
    assert_int_equal(facts->truths[2].diagonal_rank, 2);
    assert_int_equal(facts->answers[2].reach, MERIT_REACH_TIES);
    assert_true(facts->answers[2].margin == 0);
    assert_true(near(facts->answers[2].mixture[1], 0.5, 1e-9));
    assert_true(near(facts->answers[2].mixture[3], 0.5, 1e-9));
    assert_true(near(facts->answers[2].raise, 2.0 / 3, 1e-9));
    for (int64_t k = 0; k < K4; k++) {
        assert_int_equal(facts->answers[k].proof, MERIT_PROOF_PROGRAM);
        if (k != 2) {
            assert_int_equal(facts->answers[k].reach, MERIT_REACH_BELIEFS);
            assert_true(near(facts->answers[k].margin, 1, 1e-9));
            assert_null(facts->answers[k].mixture);
            assert_true(isnan(facts->answers[k].raise));
            assert_true(near(facts->answers[k].witness[k], 1, 1e-9));
        }
    }
    assert_true(facts->affine_M == 6);
    assert_int_equal(facts->n_traps, 3);
    assert_int_equal(facts->n_trap_components, 2);
    // The table may go first.
    merit_scores_free(scores);
    assert_non_null(strstr(facts->findings[0].text, "the best answer is 3"));
    merit_audit_free(audit);
}

// Found by trying, and by linear programs: the same for every answer.
static void test_limits_change_the_proof_only(void **state)
{
    (void)state;
    enum { K = 12, A = 14 };
    double values[K * A];
    uint32_t word = 1;
    for (int64_t at = 0; at < K * A; at++) {
        word = word * 1664525u + 1013904223u;
        values[at] = (double)(word >> 8) / (1 << 24);
    }
    for (int64_t i = 0; i < K; i++) { // one that is dominated, one that ties
        values[i * A + 12] = 0.3 * values[i * A] + 0.7 * values[i * A + 1] - 0.01;
        values[i * A + 13] = 0.5 * (values[i * A + 2] + values[i * A + 3]);
    }
    merit_scores *scores = new_scores(values, K, A);
    merit_audit *exact = new_audit(scores, NULL);
    const merit_audit_options few = {.n_exact = 5, .n_samples = 1000};
    merit_audit *sampled = new_audit(scores, &few);
    const merit_audit_facts *a = merit_audit_facts_of(exact);
    const merit_audit_facts *b = merit_audit_facts_of(sampled);
    assert_int_equal(a->n_by_program, A);
    assert_true(b->n_by_belief > 0 && b->n_by_program >= 2);
    for (int64_t k = 0; k < A; k++) {
        assert_int_equal(a->answers[k].reach, b->answers[k].reach);
        assert_true(b->answers[k].margin <= a->answers[k].margin + 1e-7);
    }
    assert_int_equal(a->answers[12].reach, MERIT_REACH_NEVER);
    assert_int_equal(a->answers[13].reach, MERIT_REACH_TIES);
    assert_true(near(a->answers[12].margin, b->answers[12].margin, 1e-7));
    merit_audit_free(sampled);

    const merit_audit_options none = {.n_exact = 5, .n_samples = 4, .n_programs = 1};
    merit_audit *undecided = new_audit(scores, &none);
    b = merit_audit_facts_of(undecided);
    assert_true(b->n_undecided > 0);
    for (int64_t k = 0; k < A; k++) {
        assert_true(b->answers[k].reach == MERIT_REACH_UNKNOWN ||
                    b->answers[k].reach == a->answers[k].reach);
    }
    merit_audit_free(undecided);
    merit_audit_free(exact);
    merit_scores_free(scores);
}

static void test_scores_of_any_size(void **state)
{
    (void)state;
    static const double scales[] = {1e-12, 1e-3, 1e6, 1e14};
    for (size_t s = 0; s < 4; s++) {
        double values[K4 * K4];
        for (int64_t at = 0; at < K4 * K4; at++) {
            values[at] = question[at] * scales[s];
        }
        merit_scores *scores = new_scores(values, K4, K4);
        merit_audit *audit = new_audit(scores, NULL);
        const merit_audit_facts *facts = merit_audit_facts_of(audit);
        assert_int_equal(facts->answers[2].reach, MERIT_REACH_TIES);
        assert_true(near(facts->answers[2].raise / scales[s], 2.0 / 3, 1e-9));
        assert_true(near(facts->answers[0].margin / scales[s], 1, 1e-9));
        assert_int_equal(facts->n_traps, 3);
        assert_int_equal(facts->centred_rank, 3);
        assert_false(facts->is_zero_sum_semidefinite);
        merit_audit_free(audit);
        merit_scores_free(scores);
    }
}

static void test_labels(void **state)
{
    (void)state;
    static const double affine[K4 * K4] = {
        0.5,  1.0 / 3,  1.0 / 6, 0,        1.0 / 3, 0.5,     0,       1.0 / 6,
        0.25, 1.0 / 12, 0.25,    5.0 / 12, 0,       1.0 / 6, 1.0 / 3, 0.5};
    static const double one_hot[K4 * K4] = {1, 0, 0, 0, 0, 1, 0, 0,
                                            0, 0, 1, 0, 0, 0, 0, 1};
    static const double uniform[K4 * K4] = {.25, .25, .25, .25, .25, .25, .25, .25,
                                            .25, .25, .25, .25, .25, .25, .25, .25};
    merit_scores *scores = new_scores(question, K4, K4);
    merit_audit_label_facts facts;
    assert_int_equal(merit_audit_labels(&facts, affine, scores, NULL, NULL), MERIT_OK);
    assert_true(facts.wrong == 0);
    assert_int_equal(facts.n_samples, 200000);
    assert_int_equal(merit_audit_labels(&facts, one_hot, scores, NULL, NULL), MERIT_OK);
    assert_true(near(facts.wrong, 0.34, 0.006)); // argmax is no Bayes decision
    assert_true(near(facts.condition, 1, 1e-12));
    assert_true(facts.entropy == 0 && facts.closest_distance == 2);
    assert_int_equal(merit_audit_labels(&facts, uniform, scores, NULL, NULL), MERIT_OK);
    assert_true(facts.condition > 1e12);
    assert_true(near(facts.entropy, log(4), 1e-12) && facts.closest_distance == 0);

    double bad[K4 * K4];
    memcpy(bad, affine, sizeof bad);
    static const double wrong[] = {-0.1, 1.5, NAN, INFINITY};
    for (size_t w = 0; w < 4; w++) {
        merit_error err;
        bad[6] = wrong[w];
        assert_int_equal(merit_audit_labels(&facts, bad, scores, NULL, &err),
                         MERIT_EINVAL);
        assert_non_null(strstr(err.message, "targets[1][2]"));
    }
    assert_int_equal(merit_audit_labels(NULL, affine, scores, NULL, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_audit_labels(&facts, NULL, scores, NULL, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_audit_labels(&facts, affine, NULL, NULL, NULL),
                     MERIT_EINVAL);
    merit_scores_free(scores);
}

static void test_refusals(void **state)
{
    (void)state;
    merit_scores *scores = new_scores(question, K4, K4);
    static const double negative[] = {1, 1, -1, 1}, nothing[] = {0, 0, 0, 0};
    static const double not_a_number[] = {1, NAN, 1, 1},
                        infinite[] = {1, INFINITY, 1, 1};
    const merit_audit_options bad[] = {
        {.priors = negative},     {.priors = nothing},
        {.priors = not_a_number}, {.priors = infinite},
        {.n_samples = -1},        {.n_exact = -1},
        {.n_programs = -1},       {.n_samples = (int64_t)1 << 31}};
    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
        merit_audit *audit = (merit_audit *)(uintptr_t)1;
        merit_error err;
        assert_int_equal(merit_audit_create(&audit, scores, &bad[b], &err),
                         MERIT_EINVAL);
        assert_null(audit);
        assert_true(strlen(err.message) > 10);
    }
    merit_audit *audit = NULL;
    assert_int_equal(merit_audit_create(NULL, scores, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_audit_create(&audit, NULL, NULL, NULL), MERIT_EINVAL);
    assert_null(merit_audit_facts_of(NULL));
    merit_audit_free(NULL);
    assert_string_equal(merit_severity_name(MERIT_SEVERITY_PROBLEM), "PROBLEM");
    assert_string_equal(merit_severity_name((merit_severity)0), "unknown");
    assert_string_equal(merit_severity_name((merit_severity)5), "unknown");
    merit_scores_free(scores);
}

static void test_too_large(void **state)
{
    (void)state;
    enum { A = 4001 };
    double *values = calloc(2 * A, sizeof *values);
    merit_audit *audit = NULL;
    merit_error err;
    assert_non_null(values);
    values[0] = 1;
    merit_scores *scores = new_scores(values, 2, A);
    free(values);
    assert_int_equal(merit_audit_create(&audit, scores, NULL, &err), MERIT_ENOMEM);
    assert_non_null(strstr(err.message, "4001"));
    merit_scores_free(scores);
}

// Every allocation fails once: a refusal each time, and nothing is lost.
static void test_memory(void **state)
{
    (void)state;
    merit_scores *scores = new_scores(question, K4, K4);
    const merit_audit_options few = {.n_samples = 50};
    static const double one_hot[K4 * K4] = {1, 0, 0, 0, 0, 1, 0, 0,
                                            0, 0, 1, 0, 0, 0, 0, 1};
    long n = 1;
    for (int done = 0; !done; n++) {
        merit_audit *audit = NULL;
        merit_error err;
        merit__alloc_fail_at(n, 0);
        const merit_status status = merit_audit_create(&audit, scores, &few, &err);
        merit__alloc_fail_at(0, 0);
        done = status == MERIT_OK;
        if (!done) {
            assert_int_equal(status, MERIT_ENOMEM);
            assert_null(audit);
        }
        merit_audit_free(audit);
    }
    assert_true(n > 40);
    n = 1;
    for (int done = 0; !done; n++) {
        merit_audit_label_facts facts;
        merit__alloc_fail_at(n, 0);
        const merit_status status =
            merit_audit_labels(&facts, one_hot, scores, &few, NULL);
        merit__alloc_fail_at(0, 0);
        done = status == MERIT_OK;
        assert_true(done || status == MERIT_ENOMEM);
    }
    assert_true(n > 2);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plateau),
        cmocka_unit_test(test_plateau_by_steps),
        cmocka_unit_test(test_the_question),
        cmocka_unit_test(test_limits_change_the_proof_only),
        cmocka_unit_test(test_scores_of_any_size),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
