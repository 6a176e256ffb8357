/* Temperature scaling. */
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

enum { N_DRAWN = 300, K = 5, N = N_DRAWN * K };

/* Held-out rows whose log loss is least at a known temperature: each drawn row of
 * logits comes with every label, weighted by its probability at that temperature. */
typedef struct known {
    float logits[N * K], weights[N];
    int32_t labels[N];
} known;

static void fill_known(known *data, double temperature, double scale)
{
    for (size_t drawn = 0; drawn < N_DRAWN; drawn++) {
        float logits[K];
        double sum = 0;
        for (size_t k = 0; k < K; k++) {
            uint32_t words[4];
            float normal[2];
            merit__random(words, 5, MERIT__USE_INIT, (uint32_t)drawn, (uint32_t)k, 0);
            merit__normal2(normal, words[0], words[1]);
            logits[k] = (float)(scale * normal[0]);
            sum += exp(logits[k] / temperature);
        }
        for (size_t label = 0; label < K; label++) {
            const size_t row = drawn * K + label;
            memcpy(data->logits + row * K, logits, sizeof logits);
            data->labels[row] = (int32_t)label;
            data->weights[row] = (float)(exp(logits[label] / temperature) / sum);
        }
    }
}

static double fit(const float *logits, const int32_t *labels, const float *weights,
                  int64_t n, int64_t n_classes)
{
    double temperature = NAN;
    merit_error err;
    if (merit_temperature_fit(&temperature, logits, labels, weights, n, n_classes,
                              &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return temperature;
}

static void test_recovers(void **state)
{
    (void)state;
    static const double temperatures[] = {0.06, 0.25, 0.8, 1, 1.7, 5, 19};
    static known data;
    for (size_t i = 0; i < LENGTH(temperatures); i++) {
        const double T = temperatures[i];
        fill_known(&data, T, 2 * T);
        const double found = fit(data.logits, data.labels, data.weights, N, K);
        if (!(fabs(found / T - 1) < 1e-6)) {
            fail_msg("found the temperature %.9g, expected %g", found, T);
        }
        const double again = fit(data.logits, data.labels, data.weights, N, K);
        assert_true(again == found);
    }
}

/* Beyond the limits the nearer limit is best, as the log loss is convex in 1/T. */
static void test_limits(void **state)
{
    (void)state;
    static known data;
    fill_known(&data, 0.04, 0.1);
    assert_true(fit(data.logits, data.labels, data.weights, N, K) == 0.05);
    fill_known(&data, 25, 40);
    assert_true(fit(data.logits, data.labels, data.weights, N, K) == 20);
}

static double log_loss(const float *logits, const int32_t *labels, const float *weights,
                       size_t n, size_t n_classes, double temperature)
{
    double loss = 0;
    for (size_t row = 0; row < n; row++) {
        const float *z = logits + row * n_classes;
        double largest = z[0], sum = 0;
        for (size_t k = 1; k < n_classes; k++) {
            largest = fmax(largest, z[k]);
        }
        for (size_t k = 0; k < n_classes; k++) {
            sum += exp((z[k] - largest) / temperature);
        }
        loss += (weights ? weights[row] : 1) *
                (log(sum) - (z[labels[row]] - largest) / temperature);
    }
    return loss;
}

/* Rows of all sizes, wrong ones too: no other temperature has a smaller log loss. */
static void test_is_least(void **state)
{
    (void)state;
    float logits[60 * 3], weights[60];
    int32_t labels[60];
    for (uint32_t seed = 0; seed < 40; seed++) {
        for (uint32_t row = 0; row < 60; row++) {
            uint32_t words[4];
            merit__random(words, seed, MERIT__USE_INIT, row, 0, 0);
            const double size = pow(10, seed % 5 - 1.0);
            for (size_t k = 0; k < 3; k++) {
                logits[3 * row + k] = (float)(size * (merit__uniform(words[k]) - 0.5));
            }
            const size_t likeliest = logits[3 * row] > logits[3 * row + 1] ? 0 : 1;
            labels[row] = words[3] % 4 == 0 ? 2 : (int32_t)likeliest;
            weights[row] = (float)(words[3] % 3);
        }
        for (int weighted = 0; weighted < 2; weighted++) {
            const float *w = weighted ? weights : NULL;
            const double T = fit(logits, labels, w, 60, 3);
            const double least = log_loss(logits, labels, w, 60, 3, T);
            for (double other = 0.05; other <= 20; other *= 1.01) {
                assert_true(log_loss(logits, labels, w, 60, 3, other) >=
                            least - 1e-9 * fabs(least));
            }
        }
    }
}

/* A weight counts as that many copies, and 0 as no row. */
static void test_weights(void **state)
{
    (void)state;
    static const float logits[4 * 2] = {1, 0, 2, 0, 0, 3, -1, 4};
    static const int32_t labels[4] = {0, 1, 1, 0};
    static const float weights[4] = {3, 1, 2, 0};
    static const float copies[6 * 2] = {1, 0, 1, 0, 1, 0, 2, 0, 0, 3, 0, 3};
    static const int32_t copied_labels[6] = {0, 0, 0, 1, 1, 1};
    const double weighted = fit(logits, labels, weights, 4, 2);
    const double copied = fit(copies, copied_labels, NULL, 6, 2);
    assert_true(weighted > 0.05 && weighted < 20);
    assert_true(fabs(weighted - copied) < 1e-9);
    assert_true(fabs(weighted - fit(logits, labels, NULL, 4, 2)) > 0.1);
}

static void test_one_sided(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float logits[3 * 2];
        int32_t labels[3];
        double temperature;
    } cases[] = {
        {"all right", {1, 0, 0.5f, 0, -1, 1}, {0, 0, 1}, 0.05},
        {"all right by far", {1e4f, -1e4f, 1e4f, 0, -1e4f, 1e4f}, {0, 0, 1}, 0.05},
        {"all wrong", {1, 0, 0.5f, 0, -1, 1}, {1, 1, 0}, 20},
        {"all wrong by far", {1e4f, -1e4f, 1e4f, 0, -1e4f, 1e4f}, {1, 1, 0}, 20},
        {"one wrong by far", {1, 0, 1, 0, -1e4f, 1e4f}, {0, 0, 0}, 20},
        {"no preference", {3, 3, 0, 0, -1e4f, -1e4f}, {0, 1, 0}, 1},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const double found = fit(cases[i].logits, cases[i].labels, NULL, 3, 2);
        if (found != cases[i].temperature) {
            fail_msg("%s: %g, expected %g", cases[i].name, found, cases[i].temperature);
        }
    }
    // One class: nothing to choose. A row without weight prefers nothing either.
    assert_true(fit(cases[0].logits, (const int32_t[3]){0}, NULL, 3, 1) == 1);
    static const float only_first[3] = {1, 0, 0};
    static const float logits[6] = {2, 2, 1, 0, 0, 5};
    assert_true(fit(logits, cases[0].labels, only_first, 3, 2) == 1);
}

static void test_refusals(void **state)
{
    (void)state;
    static const float good[4] = {1, 0, 0, 1}, none[2] = {0, 0}, below[2] = {1, -1};
    const float bad[4] = {1, 0, 0, NAN}, worse[2] = {NAN, 1};
    static const int32_t labels[2] = {0, 1}, high[2] = {0, 2}, low[2] = {-1, 0};
    const struct {
        const float *logits;
        const int32_t *labels;
        const float *weights;
        int64_t n, n_classes;
        merit_status status;
        const char *message;
    } cases[] = {
        {NULL, labels, NULL, 2, 2, MERIT_EINVAL, "NULL"},
        {good, NULL, NULL, 2, 2, MERIT_EINVAL, "NULL"},
        {good, labels, NULL, 0, 2, MERIT_EINVAL, "not above 0"},
        {good, labels, NULL, 2, 0, MERIT_EINVAL, "not above 0"},
        {good, labels, none, 2, 2, MERIT_EINVAL, "all weights are 0"},
        {good, labels, below, 2, 2, MERIT_EINVAL, "weights[1] is -1"},
        {good, labels, worse, 2, 2, MERIT_EINVAL, "weights[0] is nan"},
        {good, high, NULL, 2, 2, MERIT_EFORMAT, "labels[1] is 2, expected 0 to 1"},
        {good, low, NULL, 2, 2, MERIT_EFORMAT, "labels[0] is -1"},
        {bad, labels, NULL, 2, 2, MERIT_ENUMERIC, "logits[1][1] is nan"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        double temperature = -7;
        merit_error err;
        assert_int_equal(merit_temperature_fit(&temperature, cases[i].logits,
                                               cases[i].labels, cases[i].weights,
                                               cases[i].n, cases[i].n_classes, &err),
                         cases[i].status);
        assert_true(temperature == -7);
        if (strstr(err.message, cases[i].message) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", err.message, cases[i].message);
        }
    }
    assert_int_equal(merit_temperature_fit(NULL, good, labels, NULL, 2, 2, NULL),
                     MERIT_EINVAL);
    double temperature;
    merit__alloc_fail_at(1, 0);
    assert_int_equal(
        merit_temperature_fit(&temperature, good, labels, NULL, 2, 2, NULL),
        MERIT_ENOMEM);
    merit__alloc_fail_at(0, 0);
}

/* The temperature by passes over parts of `part` rows, and how many it took. */
static double fit_in_passes(const merit_scores *scores, const float *logits,
                            const int32_t *labels, int64_t n, int64_t part,
                            double guess, int *n_passes)
{
    const int64_t n_classes = merit_scores_n_truths(scores);
    const merit_decision_options options = {0};
    merit_decision *decision = NULL;
    merit_temperature_passes *passes = NULL;
    double temperature = NAN;
    int32_t is_found = 0;
    assert_int_equal(merit_decision_create(&decision, scores, &options, NULL), 0);
    assert_int_equal(merit_temperature_passes_create(&passes, decision, guess, NULL),
                     0);
    for (*n_passes = 0; !is_found; ++*n_passes) {
        assert_true(*n_passes < 10);
        for (int64_t at = 0; at < n; at += part) {
            const int64_t here = n - at < part ? n - at : part;
            assert_int_equal(merit_temperature_passes_add(passes,
                                                          logits + at * n_classes,
                                                          labels + at, here, NULL),
                             0);
        }
        assert_int_equal(
            merit_temperature_passes_end(passes, &temperature, &is_found, NULL), 0);
    }
    merit_temperature_passes_free(passes);
    merit_decision_free(decision);
    return temperature;
}

static merit_scores *identity(int64_t n_classes)
{
    merit_scores *scores = NULL;
    const merit_scores_options options = {.n_classes = n_classes};
    assert_int_equal(merit_scores_load(&scores, "identity", &options, NULL), MERIT_OK);
    return scores;
}

/* From near one pass is enough, from anywhere ten; where the rows are divided does not
 * matter. */
static void test_in_passes(void **state)
{
    (void)state;
    static const double temperatures[] = {0.06, 0.25, 1, 1.7, 19};
    static known data;
    merit_scores *scores = identity(K);
    for (size_t i = 0; i < LENGTH(temperatures); i++) {
        const double T = temperatures[i];
        int n_passes = 0;
        fill_known(&data, T, 2 * T);
        for (size_t row = 0; row < N; row++) { // no weights: one label of each five
            data.labels[row] = data.weights[row] > 0.3f ? (int32_t)(row % K) : 0;
        }
        const double whole = fit(data.logits, data.labels, NULL, N, K);
        for (double guess = 0.01; guess < 100; guess *= 3) {
            const double found =
                fit_in_passes(scores, data.logits, data.labels, N, N, guess, &n_passes);
            if (!(fabs(found / whole - 1) < 1e-5)) {
                fail_msg("found the temperature %.9g, expected %.9g", found, whole);
            }
        }
        const double near = fit_in_passes(scores, data.logits, data.labels, N, N,
                                          whole * 1.15, &n_passes);
        assert_int_equal(n_passes, 1);
        for (int64_t part = 1; part < N; part = 3 * part + 4) {
            assert_true(fit_in_passes(scores, data.logits, data.labels, N, part,
                                      whole * 1.15, &n_passes) == near);
        }
    }
    merit_scores_free(scores);
}

static void test_in_passes_one_sided(void **state)
{
    (void)state;
    static const float logits[3 * 2] = {1, 0, 0.5f, 0, -1, 1};
    static const float same[3 * 2] = {1, 1, -3, -3, 0, 0};
    static const int32_t right[3] = {0, 0, 1}, wrong[3] = {1, 1, 0}, high[3] = {0, 2};
    merit_scores *scores = identity(2);
    int n_passes = 0;
    for (double guess = 0.1; guess < 10; guess *= 2) {
        assert_true(fit_in_passes(scores, logits, right, 3, 2, guess, &n_passes) ==
                    0.05);
        assert_true(fit_in_passes(scores, logits, wrong, 3, 2, guess, &n_passes) == 20);
        assert_true(fit_in_passes(scores, same, wrong, 3, 2, guess, &n_passes) == 1);
    }
    merit_decision *decision = NULL;
    merit_temperature_passes *passes = NULL;
    merit_error err = {0};
    double temperature;
    int32_t is_found;
    assert_int_equal(merit_decision_create(&decision, scores, NULL, NULL), 0);
    assert_int_equal(merit_temperature_passes_create(&passes, decision, 0, NULL),
                     MERIT_EINVAL);
    for (long n = 1; n < 3; n++) {
        merit__alloc_fail_at(n, 0);
        assert_int_equal(merit_temperature_passes_create(&passes, decision, 1, NULL),
                         MERIT_ENOMEM);
        merit__alloc_fail_at(0, 0);
    }
    assert_int_equal(merit_temperature_passes_create(&passes, decision, 1, NULL), 0);
    assert_int_equal(
        merit_temperature_passes_end(passes, &temperature, &is_found, NULL),
        MERIT_EINVAL);
    assert_int_equal(merit_temperature_passes_add(passes, logits, high, 2, &err),
                     MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "labels[1] is 2"));
    merit_temperature_passes_free(passes);
    merit_decision_free(decision);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_is_least),  cmocka_unit_test(test_weights),
        cmocka_unit_test(test_one_sided), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_in_passes), cmocka_unit_test(test_in_passes_one_sided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
