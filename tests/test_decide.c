/* Decisions: what is answered to what is believed. */
#include "merit/decide.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { N_BELIEFS = 100000 };

static const double question[4 * 4] = {
    2,  1,  0,  -1, //
    1,  2,  -1, 0,  //
    0,  -1, 0,  1,  //
    -1, 0,  1,  2,
};

static merit_scores *make_scores(const double *values, int64_t K, int64_t A)
{
    merit_scores *scores = NULL;
    assert_int_equal(merit_scores_create(&scores, K, A, values, NULL, NULL), MERIT_OK);
    return scores;
}

static merit_decision *make_decision(const double *values, int64_t K, int64_t A,
                                     merit_rule rule, double temperature)
{
    merit_decision *decision = NULL;
    merit_scores *scores = make_scores(values, K, A);
    const merit_decision_options options = {
        .rule = rule, .temperature = temperature, .decode = values};
    assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                     MERIT_OK);
    merit_scores_free(scores); // the decision keeps what it needs
    return decision;
}

static void apply(const merit_decision *decision, const float *logits, int64_t n,
                  merit_decision_results results)
{
    merit_error err;
    if (merit_decision_apply(decision, logits, n, &results, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
}

/* Logits [N_BELIEFS,4] of posteriors that are uniform over the simplex. */
static float *uniform_beliefs(void)
{
    float *logits = merit__alloc_array(N_BELIEFS * 4, sizeof *logits);
    assert_non_null(logits);
    for (uint32_t row = 0; row < N_BELIEFS; row++) {
        uint32_t words[4];
        merit__random(words, 7, MERIT__USE_INIT, row, 0, 0);
        for (size_t k = 0; k < 4; k++) {
            logits[4 * row + k] = logf(-log1pf(-merit__uniform(words[k]) - 0x1p-25f));
        }
    }
    return logits;
}

/* The question's table, over all that can be believed. */
static void test_question(void **state)
{
    (void)state;
    static const double volume[4] = {0.311, 0.251, 0, 0.439};
    float *logits = uniform_beliefs();
    int32_t *bayes = merit__alloc_array(N_BELIEFS, sizeof *bayes);
    int32_t *argmax = merit__alloc_array(N_BELIEFS, sizeof *argmax);
    merit_decision *to_bayes = make_decision(question, 4, 4, MERIT_RULE_AUTO, 0);
    merit_decision *to_argmax = make_decision(question, 4, 4, MERIT_RULE_ARGMAX, 0);
    apply(to_bayes, logits, N_BELIEFS, (merit_decision_results){.answers = bayes});
    apply(to_argmax, logits, N_BELIEFS, (merit_decision_results){.answers = argmax});
    double share[4] = {0}, argmax_share[4] = {0}, agreement = 0;
    for (size_t row = 0; row < N_BELIEFS; row++) {
        share[bayes[row]] += 1.0 / N_BELIEFS;
        argmax_share[argmax[row]] += 1.0 / N_BELIEFS;
        agreement += (bayes[row] == argmax[row]) / (double)N_BELIEFS;
    }
    // The third class is never worth answering; the rest within 4 standard errors.
    assert_true(share[2] == 0);
    assert_true(fabs(agreement - 0.66) < 0.011);
    for (size_t k = 0; k < 4; k++) {
        assert_true(fabs(share[k] - volume[k]) < 0.007);
        assert_true(fabs(argmax_share[k] - 0.25) < 0.006);
    }
    merit_decision_free(to_bayes);
    merit_decision_free(to_argmax);
    merit__free(argmax);
    merit__free(bayes);
    merit__free(logits);
}

/* Rows are truths and columns answers: a table that is not its own transpose. */
static void test_asymmetric(void **state)
{
    (void)state;
    static const double table[3 * 3] = {1, 0, -9, 0, 1, 0, 8, 0, 2};
    static const struct {
        merit_rule rule;
        int32_t answer;
        double expected;
    } cases[] = {{MERIT_RULE_ARGMAX, 2, 0.2 * -9 + 0.5 * 2},
                 {MERIT_RULE_BAYES, 0, 0.2 * 1 + 0.5 * 8},
                 {MERIT_RULE_DECODE, 0, 0.2 * 1 + 0.5 * 8}};
    const float logits[3] = {logf(0.2f), logf(0.3f), logf(0.5f)};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        merit_decision *decision = make_decision(table, 3, 3, cases[i].rule, 1);
        int32_t answer;
        double expected;
        apply(decision, logits, 1, (merit_decision_results){&answer, &expected, NULL});
        assert_int_equal(answer, cases[i].answer);
        assert_true(fabs(expected - cases[i].expected) < 1e-6);
        merit_decision_free(decision);
    }
}

/* "Don't know" earns 1.2 always: right while no answer earns more. */
static void test_extra_answer(void **state)
{
    (void)state;
    static const double table[2 * 3] = {2, 0, 1.2, 0, 2, 1.2};
    static const double beliefs[] = {0.5, 0.55, 0.59, 0.61, 0.8, 0.41, 0.39, 0.01};
    static const int32_t expected[] = {2, 2, 2, 0, 0, 2, 1, 1};
    merit_decision *bayes = make_decision(table, 2, 3, MERIT_RULE_BAYES, 1);
    merit_decision *argmax = make_decision(table, 2, 3, MERIT_RULE_ARGMAX, 1);
    for (size_t i = 0; i < LENGTH(beliefs); i++) {
        const double q = beliefs[i];
        const float logits[2] = {(float)log(q), (float)log(1 - q)};
        int32_t answer;
        double worth, posterior[2];
        const merit_decision_results results = {&answer, &worth, posterior};
        apply(bayes, logits, 1, results);
        assert_int_equal(answer, expected[i]);
        assert_true(fabs(posterior[0] - q) < 1e-6);
        assert_true(fabs(worth - fmax(1.2, fmax(2 * q, 2 - 2 * q))) < 1e-6);
        apply(argmax, logits, 1, results);
        assert_int_equal(answer, q < 0.5);
        assert_true(fabs(worth - fmax(2 * q, 2 - 2 * q)) < 1e-6);
    }
    merit_decision_free(bayes);
    merit_decision_free(argmax);
}

/* q of logits and temperatures, large and small, worked out beside. */
static void test_posterior(void **state)
{
    (void)state;
    static const struct {
        float logits[3];
        double temperature;
        double q[3];
        int32_t answer;
    } cases[] = {
        {{0, 0, 0}, 1, {1.0 / 3, 1.0 / 3, 1.0 / 3}, 0},
        {{1e4f, -1e4f, 0}, 1, {1, 0, 0}, 0},
        {{-1e4f, -1e4f, 1e4f}, 1, {0, 0, 1}, 2},
        {{-1e4f, -1e4f, -1e4f}, 1, {1.0 / 3, 1.0 / 3, 1.0 / 3}, 0},
        {{1e4f, 1e4f, -1e4f}, 0.05, {0.5, 0.5, 0}, 0},
        {{-1e4f, 1e4f, 1e4f}, 20, {0, 0.5, 0.5}, 1},
        {{FLT_MAX, -FLT_MAX, 0}, 1e-300, {1, 0, 0}, 0},
        {{-3e38f, -3e38f, -3e38f}, DBL_TRUE_MIN, {1.0 / 3, 1.0 / 3, 1.0 / 3}, 0},
        // ln 2 = 0.693147 apart: 1 to 2, and 1 to 4 at half the temperature.
        {{0, 0.69314718f, -1e4f}, 1, {1.0 / 3, 2.0 / 3, 0}, 1},
        {{0, 0.69314718f, -1e4f}, 0.5, {0.2, 0.8, 0}, 1},
        {{1e4f, -1e4f, 0}, DBL_MAX, {1.0 / 3, 1.0 / 3, 1.0 / 3}, 0},
    };
    static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (int rule = MERIT_RULE_ARGMAX; rule <= MERIT_RULE_DECODE; rule++) {
            int32_t answer = -1;
            double expected = NAN, q[3];
            merit_decision *decision =
                make_decision(identity, 3, 3, (merit_rule)rule, cases[i].temperature);
            apply(decision, cases[i].logits, 1,
                  (merit_decision_results){&answer, &expected, q});
            assert_int_equal(answer, cases[i].answer);
            assert_true(fabs(expected - cases[i].q[answer]) < 1e-7);
            for (size_t k = 0; k < 3; k++) {
                assert_true(fabs(q[k] - cases[i].q[k]) < 1e-7);
            }
            merit_decision_free(decision);
        }
    }
}

/* DECODE uses its matrix, and only it. */
static void test_decode(void **state)
{
    (void)state;
    static const double decode[2 * 3] = {0, 1, 5, 3, 1, -5};
    static const double scores_values[2 * 3] = {9, 0, 0, 0, 9, 0};
    static const float logits[3 * 2] = {50, -50, -50, 50, 0, 0};
    static const int32_t answers_expected[3] = {2, 0, 0};
    static const double expected_expected[3] = {5, 3, 1.5};
    merit_scores *scores = make_scores(scores_values, 2, 3);
    merit_decision *decision = NULL;
    double copied[6];
    memcpy(copied, decode, sizeof decode);
    const merit_decision_options options = {.rule = MERIT_RULE_DECODE,
                                            .decode = copied};
    assert_int_equal(merit_decision_create(&decision, scores, &options, NULL),
                     MERIT_OK);
    memset(copied, 0, sizeof copied);
    int32_t answers[3];
    double expected[3];
    apply(decision, logits, 3, (merit_decision_results){answers, expected, NULL});
    assert_memory_equal(answers, answers_expected, sizeof answers);
    for (size_t row = 0; row < 3; row++) {
        assert_true(fabs(expected[row] - expected_expected[row]) < 1e-12);
    }
    merit_decision_free(decision);
    merit_scores_free(scores);
}

/* A row's result depends on that row, and each result can be had alone. */
static void test_rows(void **state)
{
    (void)state;
    enum { N = 50 };
    float *logits = uniform_beliefs();
    merit_decision *decision = make_decision(question, 4, 4, MERIT_RULE_BAYES, 1.7);
    int32_t answers[N], answer, alone[N];
    double expected[N], worth, worths[N], q[N * 4], row_q[4], qs[N * 4];
    apply(decision, logits, N, (merit_decision_results){answers, expected, q});
    apply(decision, logits, N, (merit_decision_results){.answers = alone});
    apply(decision, logits, N, (merit_decision_results){.expected = worths});
    apply(decision, logits, N, (merit_decision_results){.posterior = qs});
    apply(decision, logits, N, (merit_decision_results){0});
    apply(decision, NULL, 0, (merit_decision_results){answers, expected, q});
    assert_memory_equal(answers, alone, sizeof answers);
    assert_memory_equal(expected, worths, sizeof expected);
    assert_memory_equal(q, qs, sizeof q);
    for (size_t row = 0; row < N; row++) {
        apply(decision, logits + 4 * row, 1,
              (merit_decision_results){&answer, &worth, row_q});
        assert_int_equal(answer, answers[row]);
        assert_true(worth == expected[row]);
        assert_memory_equal(row_q, q + 4 * row, sizeof row_q);
        double u = 0, sum = 0;
        for (size_t i = 0; i < 4; i++) {
            u += row_q[i] * question[4 * i + (size_t)answer];
            sum += row_q[i];
        }
        assert_true(fabs(u - worth) < 1e-15 && fabs(sum - 1) < 1e-15);
    }
    merit_decision_free(decision);
    merit__free(logits);
}

/* One allocation for any number of rows. */
static void test_allocations(void **state)
{
    (void)state;
    float *logits = uniform_beliefs();
    merit_decision *decision = make_decision(question, 4, 4, MERIT_RULE_BAYES, 1);
    int32_t *answers = merit__alloc_array(N_BELIEFS, sizeof *answers);
    merit__alloc_fail_at(0, 0);
    apply(decision, logits, N_BELIEFS, (merit_decision_results){.answers = answers});
    assert_true(merit__alloc_count() <= 1);
    merit__free(answers);
    merit_decision_free(decision);
    merit__free(logits);
}

typedef struct job {
    const merit_decision *decision;
    const float *logits;
    double *expected; // [N_BELIEFS]
    merit_status status;
} job;

static void *run_job(void *argument)
{
    job *j = argument;
    const merit_decision_results results = {.expected = j->expected};
    j->status = merit_decision_apply(j->decision, j->logits, N_BELIEFS, &results, NULL);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    enum { N_THREADS = 4 };
    float *logits = uniform_beliefs();
    merit_decision *decision = make_decision(question, 4, 4, MERIT_RULE_BAYES, 1);
    job jobs[N_THREADS];
    pthread_t threads[N_THREADS];
    for (size_t t = 0; t < N_THREADS; t++) {
        jobs[t] = (job){.decision = decision, .logits = logits};
        jobs[t].expected = merit__alloc_array(N_BELIEFS, sizeof *jobs[t].expected);
        assert_int_equal(pthread_create(&threads[t], NULL, run_job, &jobs[t]), 0);
    }
    for (size_t t = 0; t < N_THREADS; t++) {
        assert_int_equal(pthread_join(threads[t], NULL), 0);
        assert_int_equal(jobs[t].status, MERIT_OK);
        assert_memory_equal(jobs[t].expected, jobs[0].expected,
                            N_BELIEFS * sizeof *jobs[t].expected);
    }
    for (size_t t = 0; t < N_THREADS; t++) {
        merit__free(jobs[t].expected);
    }
    merit_decision_free(decision);
    merit__free(logits);
}

static void test_not_finite(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    static const char *const named[] = {"nan", "inf", "-inf"};
    merit_decision *decision = make_decision(question, 4, 4, MERIT_RULE_ARGMAX, 1);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        float logits[5 * 4] = {0};
        char message[80];
        merit_error err;
        int32_t answers[5];
        const merit_decision_results results = {.answers = answers};
        logits[3 * 4 + 1] = bad[i];
        logits[4 * 4 + 2] = NAN; // the first one is named
        assert_int_equal(merit_decision_apply(decision, logits, 5, &results, &err),
                         MERIT_ENUMERIC);
        snprintf(message, sizeof message,
                 "logits[3][1] is %s, expected a finite number", named[i]);
        assert_string_equal(err.message, message);
    }
    merit_decision_free(decision);
}

static void test_refused_options(void **state)
{
    (void)state;
    double not_finite[16] = {0};
    not_finite[7] = INFINITY;
    const struct {
        merit_decision_options options;
        const char *message;
    } cases[] = {
        {{.rule = (merit_rule)4}, "there is no decision rule number 4"},
        {{.temperature = -1}, "temperature is -1"},
        {{.temperature = INFINITY}, "temperature is inf"},
        {{.temperature = NAN}, "temperature is nan"},
        {{.rule = MERIT_RULE_DECODE}, "needs a decode matrix"},
        {{.rule = MERIT_RULE_DECODE, .decode = not_finite}, "value 7"},
    };
    merit_scores *scores = make_scores(question, 4, 4);
    merit_decision *decision = NULL;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        merit_error err;
        assert_int_equal(
            merit_decision_create(&decision, scores, &cases[i].options, &err),
            MERIT_EINVAL);
        assert_null(decision);
        assert_non_null(strstr(err.message, cases[i].message));
    }
    assert_int_equal(merit_decision_create(NULL, scores, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_decision_create(&decision, NULL, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_decision_create(&decision, scores, NULL, NULL), MERIT_OK);

    const float logits[4] = {0};
    const merit_decision_results results = {0};
    assert_int_equal(merit_decision_apply(NULL, logits, 1, &results, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decision_apply(decision, NULL, 1, &results, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decision_apply(decision, logits, -1, &results, NULL),
                     MERIT_EINVAL);
    assert_int_equal(merit_decision_apply(decision, logits, 1, NULL, NULL),
                     MERIT_EINVAL);
    merit_decision_free(decision);
    merit_decision_free(NULL);
    merit_scores_free(scores);
}

/* How many allocations a decision and one use of it need, each of which fails once. */
static int count_failures(const merit_decision_options *options)
{
    merit_scores *scores = make_scores(question, 4, 4);
    const float logits[4] = {0};
    const merit_decision_results results = {0};
    int n_failures = 0;
    for (long n = 1;; n++) {
        merit_decision *decision = NULL;
        merit_error err;
        merit__alloc_fail_at(n, 0);
        merit_status status = merit_decision_create(&decision, scores, options, &err);
        if (status == MERIT_OK) {
            status = merit_decision_apply(decision, logits, 1, &results, &err);
        } else {
            assert_null(decision);
        }
        merit__alloc_fail_at(0, 0);
        merit_decision_free(decision);
        if (status == MERIT_OK) {
            break;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        n_failures++;
    }
    merit_scores_free(scores);
    return n_failures;
}

static void test_without_memory(void **state)
{
    (void)state;
    const merit_decision_options decode = {.rule = MERIT_RULE_DECODE,
                                           .decode = question};
    // The table is shared, a decode matrix is copied.
    assert_int_equal(count_failures(NULL), 2);
    assert_int_equal(count_failures(&decode), 3);
}

/* Rows are decided in blocks; each as if it were alone, to the last bit. */
static void test_rows_alone(void **state)
{
    (void)state;
    enum { K = 7, A = 300, N = 70 };
    double *table = merit__alloc_array(K * A, sizeof *table);
    float *logits = merit__alloc_array(N * K, sizeof *logits);
    int32_t answers[N];
    double expected[N];
    for (uint32_t i = 0; i < K * A; i++) {
        table[i] = (double)(i * 7919 % 1001) / 1000;
    }
    for (uint32_t i = 0; i < N * K; i++) {
        logits[i] = (float)(i * 6007 % 997) / 100;
    }
    for (merit_rule rule = MERIT_RULE_ARGMAX; rule <= MERIT_RULE_DECODE; rule++) {
        merit_decision *decision = make_decision(table, K, A, rule, 2);
        apply(decision, logits, N, (merit_decision_results){answers, expected, NULL});
        for (size_t row = 0; row < N; row++) {
            int32_t answer = -1;
            double worth = 0, q[K], sum = 0;
            apply(decision, logits + row * K, 1,
                  (merit_decision_results){&answer, &worth, q});
            assert_int_equal(answers[row], answer);
            assert_true(expected[row] == worth);
            for (size_t i = 0; i < K; i++) {
                sum += q[i] * table[i * A + (size_t)answer];
            }
            assert_true(worth == sum);
        }
        merit_decision_free(decision);
    }
    merit__free(table);
    merit__free(logits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question),       cmocka_unit_test(test_asymmetric),
        cmocka_unit_test(test_extra_answer),   cmocka_unit_test(test_posterior),
        cmocka_unit_test(test_decode),         cmocka_unit_test(test_rows),
        cmocka_unit_test(test_allocations),    cmocka_unit_test(test_threads),
        cmocka_unit_test(test_not_finite),     cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_rows_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
