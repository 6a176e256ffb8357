/* Losses of tables of large trees, of which only rows are ever seen: they are as with
 * the table that is written out, also by the paths in float. */
#include "implicit_fixtures.h"

#include "loss/fast_rows.h"

enum { K_MAX = 500, MANY = 5003 };

// The two losses agree on the batch, in value and gradient.
static void compare_losses(const twins *t, const char *spec,
                           const merit_loss_batch *batch)
{
    merit_error err = {0};
    merit_loss *a = NULL;
    merit_loss *b = NULL;
    const int64_t K = merit_scores_n_truths(t->written);
    const size_t n = (size_t)(batch->n * K);
    float *d = calloc(2 * n, sizeof *d);
    double value[2] = {0};
    if (merit_loss_create(&a, spec, t->written, &err) ||
        merit_loss_create(&b, spec, t->implicit, &err) ||
        merit_loss_eval(a, batch, &value[0], d, &err) ||
        merit_loss_eval(b, batch, &value[1], d + n, &err)) {
        fail_msg("%s: %s", spec, err.message);
    }
    assert_close(value[0], value[1], 1e-6);
    for (size_t i = 0; i < n; i++) {
        assert_close(d[i], d[n + i], 1e-6);
    }
    if (merit_loss_targets(a) != NULL) { // which an implicit table would not hold
        assert_null(merit_loss_targets(b));
        assert_int_equal(merit_loss_rule(b), MERIT_RULE_ARGMAX);
    } else {
        assert_int_equal(merit_loss_rule(a), merit_loss_rule(b));
    }
    merit_loss_free(a);
    merit_loss_free(b);
    free(d);
}

// The gradient of one row in double is that of central differences.
static void check_row_gradient(const merit_scores *scores, const char *spec,
                               uint64_t seed)
{
    const size_t K = (size_t)merit_scores_n_truths(scores);
    const double step = 1e-4;
    double *z = make_array(2 * (int64_t)K, sizeof *z);
    double *gradient = z + K;
    merit_loss *loss = make_loss(spec, scores);
    const int64_t truth = (int64_t)(uniform(&seed) * (double)K);
    for (size_t k = 0; k < K; k++) {
        z[k] = 2 * normal(&seed);
    }
    merit_loss_row(loss, z, truth, 0.5, gradient);
    for (size_t k = 0; k < K; k += 1 + K / 20) {
        const double at = z[k];
        z[k] = at + step;
        const double above = merit_loss_row(loss, z, truth, 0.5, NULL);
        z[k] = at - step;
        const double below = merit_loss_row(loss, z, truth, 0.5, NULL);
        z[k] = at;
        const double slope = (above - below) / (2 * step);
        if (!is_close(gradient[k], slope, 1e-6)) {
            fail_msg("%s: d/dz_%zu is %g, by differences %g", spec, k, gradient[k],
                     slope);
        }
    }
    merit_loss_free(loss);
    free(z);
}

static void test_losses(void **state)
{
    (void)state;
    enum { N = 6 };
    int64_t n_refused = 0;
    for (int turn = 0; turn < 4; turn++) {
        uint64_t seed = (uint64_t)turn;
        const int by_length = turn == 3;
        twins t = make_twins(turn == 0 ? K_MAX : 60, by_length, turn == 2, 40 + seed);
        const size_t K = (size_t)merit_scores_n_truths(t.written);
        float *logits = calloc(2 * N * K, sizeof *logits);
        float *targets = logits + N * K;
        int32_t labels[N];
        for (size_t i = 0; i < N * K; i++) {
            logits[i] = (float)(4 * normal(&seed));
        }
        for (size_t n = 0; n < N; n++) {
            labels[n] = (int32_t)(uniform(&seed) * (double)K);
            targets[n * K + (size_t)labels[n]] = 0.75F;
            targets[n * K + ((size_t)labels[n] + 3) % K] = 0.25F;
        }
        const float weights[N] = {1, 0.5F, 0, 3, 2, 0.25F};
        const merit_loss_batch by_label = {
            .n = N, .logits = logits, .labels = labels, .weights = weights};
        const merit_loss_batch by_target = {
            .n = N, .logits = logits, .targets = targets};
        for (int64_t i = 0; i < merit_loss_count(); i++) {
            const char *name = merit_loss_describe(i)->name;
            merit_loss *loss = NULL;
            merit_error err = {0};
            if (merit_loss_create(&loss, name, t.implicit, &err) != MERIT_OK) {
                assert_int_equal(err.code, MERIT_EUNSUPPORTED);
                assert_non_null(strstr(err.message, name));
                assert_non_null(strstr(err.message, "implicit"));
                assert_non_null(strstr(err.message, "Use "));
                n_refused++;
                continue;
            }
            merit_loss_free(loss);
            if (by_length && strcmp(name, "hierarchical-cross-entropy") == 0) {
                continue; // not ultrametric: refused of a table that is written out
            }
            compare_losses(&t, name, &by_label);
            compare_losses(&t, name, &by_target);
            check_row_gradient(t.implicit, name, seed);
        }
        if (turn != 2) { // with other parameters
            compare_losses(&t, "power-score(power=0.3, floor=0.5)", &by_label);
            compare_losses(&t, "log-score(floor=0.01)", &by_label);
            compare_losses(&t, "complement(scale=3)", &by_label);
            compare_losses(&t, "soft-labels(temperature=0.4)", &by_target);
            compare_losses(&t, "decision-score(temperature=0.02)", &by_label);
        }
        free(logits);
        free_twins(&t);
    }
    assert_int_equal(n_refused, 4); // geometric
}

// The float path of many classes is the row function in double, up to rounding.
static void check_fast(const merit_scores *scores, const char *spec, double spread,
                       uint64_t seed)
{
    enum { N = 3 };
    merit_loss *loss = NULL;
    assert_int_equal(merit_loss_create(&loss, spec, scores, NULL), MERIT_OK);
    assert_true(loss->def->fast != MERIT__FAST_NONE &&
                MANY >= (int)MERIT__FAST_CLASSES);
    float *logits = calloc(2 * N * MANY, sizeof *logits);
    float *dlogits = logits + N * MANY;
    double *z = calloc(2 * MANY, sizeof *z);
    int32_t labels[N] = {0, MANY / 2, MANY - 1};
    const float weights[N] = {1, 0.5F, 2};
    for (int64_t i = 0; i < N * MANY; i++) {
        logits[i] = (float)(spread * normal(&seed));
    }
    logits[MANY / 2] += (float)(5 * spread);
    const merit_loss_batch batch = {
        .n = N, .logits = logits, .labels = labels, .weights = weights, .scale = 1};
    double value = 0;
    double expected = 0;
    double unused = 0;
    assert_int_equal(merit_loss_eval(loss, &batch, &value, dlogits, NULL), MERIT_OK);
    assert_int_equal(merit_loss_eval(loss, &batch, &unused, NULL, NULL), MERIT_OK);
    assert_true(value == unused);
    for (int64_t n = 0; n < N; n++) {
        for (int64_t k = 0; k < MANY; k++) {
            z[k] = logits[n * MANY + k];
        }
        const double w = (double)weights[n];
        expected += w * merit_loss_row(loss, z, labels[n], 0, z + MANY);
        for (int64_t k = 0; k < MANY; k++) {
            assert_close(dlogits[n * MANY + k], w * z[MANY + k], 3e-6);
        }
    }
    assert_close(value, expected, 1e-6 * (1 + fabs(expected)));
    free(logits);
    free(z);
    merit_loss_free(loss);
}

static void test_fast_rows(void **state)
{
    (void)state;
    static const char *const specs[] = {"cross-entropy", "softmax-margin",
                                        "softmax-margin(scale=12)", "expected-score"};
    twins t = make_twins(MANY, 1, 0, 77);
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        check_fast(t.implicit, specs[i], 0.1, 1);
        check_fast(t.implicit, specs[i], 3, 2);
        check_fast(t.implicit, specs[i], 40, 3);
        check_fast(t.written, specs[i], 3, 2);
    }
    free_twins(&t);
}

// What is wrong is told as for few classes.
static void test_fast_rows_refuse(void **state)
{
    (void)state;
    twins t = make_twins(MANY, 0, 0, 78);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    float *logits = calloc(2 * MANY, sizeof *logits);
    merit_loss *loss = NULL;
    assert_int_equal(merit_loss_create(&loss, "softmax-margin", t.implicit, NULL), 0);
    for (size_t i = 0; i < 3 * 4; i++) {
        const int64_t places[] = {0, 7, MANY / 2, MANY - 1};
        const int64_t at = places[i % 4];
        int32_t label = 5;
        double value = 0;
        merit_error err = {0};
        char expected[40];
        const merit_loss_batch batch = {.n = 1, .logits = logits, .labels = &label};
        logits[at] = bad[i / 4];
        snprintf(expected, sizeof expected, "logits[0][%lld]", (long long)at);
        assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, &err),
                         MERIT_ENUMERIC);
        assert_non_null(strstr(err.message, expected));
        logits[at] = 0;
        label = MANY;
        assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, &err),
                         MERIT_EFORMAT);
    }
    logits[3] = 2e38F; // finite, but nothing for float sums
    int32_t label = 3;
    double value = 0;
    const merit_loss_batch batch = {.n = 1, .logits = logits, .labels = &label};
    assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, NULL), 0);
    assert_true(value >= 0 && value < 1e-30);
    merit_loss_free(loss);
    free(logits);
    free_twins(&t);
}

// Exponentials in float, beside those in double that the rows are specified with.
static void check_row_by_row(const merit_scores *scores, const char *name,
                             double spread, uint64_t seed)
{
    merit_loss *loss = NULL;
    float *logits = calloc(2 * MANY, sizeof *logits);
    double *z = calloc(2 * MANY, sizeof *z);
    merit_error err = {0};
    if (merit_loss_create(&loss, name, scores, &err) != MERIT_OK) {
        assert_int_equal(err.code, MERIT_EUNSUPPORTED);
    }
    for (int32_t label = 0; loss != NULL && label < MANY; label += MANY / 2) {
        const merit_loss_batch batch = {.n = 1, .logits = logits, .labels = &label};
        double value = 0;
        double largest = 0;
        for (int64_t k = 0; k < MANY; k++) {
            logits[k] = (float)(spread * normal(&seed));
            z[k] = logits[k];
        }
        assert_int_equal(merit_loss_eval(loss, &batch, &value, logits + MANY, NULL),
                         MERIT_OK);
        const double expected = merit_loss_row(loss, z, label, 0, z + MANY);
        assert_close(value, expected, 1e-6 * fabs(expected) + 1e-30);
        for (int64_t k = 0; k < MANY; k++) {
            largest = fmax(largest, fabs(z[MANY + k]));
        }
        for (int64_t k = 0; k < MANY; k++) {
            assert_close(logits[MANY + k], z[MANY + k], 3e-6 * largest + 1e-30);
        }
    }
    merit_loss_free(loss);
    free(logits);
    free(z);
}

static void test_exponentials_in_float(void **state)
{
    (void)state;
    twins t = make_twins(MANY, 0, 0, 79);
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        const char *name = merit_loss_describe(i)->name;
        check_row_by_row(t.implicit, name, 0.1, 1);
        check_row_by_row(t.implicit, name, 3, 2);
        check_row_by_row(t.implicit, name, 30, 3);
    }
    free_twins(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_fast_rows),
        cmocka_unit_test(test_fast_rows_refuse),
        cmocka_unit_test(test_exponentials_in_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
