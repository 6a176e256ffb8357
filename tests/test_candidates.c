/* Which losses a run trains with, and from which step on. */
#include "train/candidates.h"

#include "base/alloc.h"
#include "loss/loss_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

static merit_scores *table;

static int make_table(void **state)
{
    (void)state;
    static const double values[9] = {2, 1, -1, 1, 2, -1, -1, 0, 2};
    return merit_scores_create(&table, 3, 3, values, NULL, NULL) == MERIT_OK ? 0 : -1;
}

static int free_table(void **state)
{
    (void)state;
    merit_scores_free(table);
    return 0;
}

static merit__candidates create(const char *loss, int64_t n_steps)
{
    merit__candidates candidates;
    merit_error err = {0};
    if (merit__candidates_create(&candidates, loss, n_steps, table, &err) != MERIT_OK) {
        fail_msg("%s: %s", loss, err.message);
    }
    return candidates;
}

static const char *loss_at(const merit__candidates *candidates, int64_t candidate,
                           int64_t step, double *progress)
{
    return merit__candidates_loss(candidates, candidate, step, progress)
        ->def->info.name;
}

static void test_one(void **state)
{
    (void)state;
    static const struct {
        const char *loss, *name;
    } plain[] = {
        {"cross-entropy", "cross-entropy"},
        {"auto:fast", "cross-entropy"},
        {"softmax-margin(scale=0.5)", "softmax-margin"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        merit__candidates c = create(plain[i].loss, 10);
        double progress = -1;
        assert_int_equal(c.n, 1);
        assert_int_equal(c.n_steps, 10);
        for (int64_t step = 0; step < 10; step++) {
            assert_string_equal(loss_at(&c, 0, step, &progress), plain[i].name);
            assert_true(fabs(progress - (double)step / 10) < 1e-12);
        }
        merit__candidates_dispose(&c);
        merit__candidates_dispose(&c); // once more does no harm
    }
}

/* A stage begins at the first step that is not before its share, and its progress goes
 * from 0 towards 1. */
static void test_stages(void **state)
{
    (void)state;
    merit__candidates c = create("cross-entropy:60%,\texpected-score", 10);
    double progress;
    assert_string_equal(c.spec[0], "cross-entropy:60%, expected-score");
    for (int64_t step = 0; step < 10; step++) {
        assert_string_equal(loss_at(&c, 0, step, &progress),
                            step < 6 ? "cross-entropy" : "expected-score");
        double expected = step < 6 ? (double)step / 6 : (double)(step - 6) / 4;
        assert_true(fabs(progress - expected) < 1e-12);
    }
    merit__candidates_dispose(&c);
}

/* Cross entropy and softmax-margin; margins that are too wide for the number of classes
 * are narrowed, whatever the unit of the table. */
static void test_auto(void **state)
{
    (void)state;
    static const struct {
        double factor;
        const char *second;
    } scales[] = {
        {0.1, "softmax-margin"},
        {0.5, "softmax-margin"},
        {1, "softmax-margin(scale=0.55)"}, // 1.5 log 3 / 3
        {10, "softmax-margin(scale=0.055)"},
        {1e6, "softmax-margin(scale=5.5e-07)"},
    };
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        double values[9], progress;
        merit_scores *scaled;
        merit__candidates c;
        for (int j = 0; j < 9; j++) {
            values[j] = scales[i].factor * merit_scores_values(table)[j];
        }
        assert_int_equal(merit_scores_create(&scaled, 3, 3, values, NULL, NULL),
                         MERIT_OK);
        assert_int_equal(merit__candidates_create(&c, "auto", 10, scaled, NULL),
                         MERIT_OK);
        assert_int_equal(c.n, 2);
        assert_string_equal(c.spec[0], "cross-entropy");
        assert_string_equal(c.spec[1], scales[i].second);
        assert_string_equal(loss_at(&c, 0, 9, &progress), "cross-entropy");
        assert_string_equal(loss_at(&c, 1, 0, &progress), "softmax-margin");
        merit__candidates_dispose(&c);
        merit_scores_free(scaled);
    }
}

/* Where all answers are worth the same there is nothing to try but cross entropy. */
static void test_auto_without_information(void **state)
{
    (void)state;
    static const double values[9] = {1, 1, 1, 2, 2, 2, 3, 3, 3};
    merit_scores *constant;
    merit__candidates c;
    assert_int_equal(merit_scores_create(&constant, 3, 3, values, NULL, NULL), MERIT_OK);
    assert_int_equal(merit__candidates_create(&c, "auto", 10, constant, NULL), MERIT_OK);
    assert_int_equal(c.n, 1);
    merit__candidates_dispose(&c);
    merit_scores_free(constant);
}

static void test_refusals(void **state)
{
    (void)state;
    char long_loss[400];
    memset(long_loss, 'x', sizeof long_loss - 1);
    long_loss[sizeof long_loss - 1] = 0;
    const struct {
        const char *loss, *said;
    } wrong[] = {
        {"", "unknown loss"},
        {"crossentropy", "did you mean cross-entropy"},
        {"auto:slow", "did you mean auto or auto:fast?"},
        {"atuo", "did you mean auto?"},
        {"cross-entropy:60%", "60 %"},
        {"cross-entropy,", "unknown loss"},
        {"softmax-margin(scale=-1)", "scale"},
        {long_loss, "399 characters"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        merit__candidates c;
        merit_error err = {0};
        assert_int_equal(merit__candidates_create(&c, wrong[i].loss, 10, table, &err),
                         MERIT_EINVAL);
        if (strstr(err.message, wrong[i].said) == NULL) {
            fail_msg("%s: %s", wrong[i].loss, err.message);
        }
        for (int64_t j = 0; j < MERIT__MAX_CANDIDATES; j++) {
            assert_null(c.stages[j]);
        }
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    merit__candidates c;
    merit_error err;
    merit__alloc_fail_at(0, 0);
    c = create("auto", 10);
    long n = merit__alloc_count();
    merit__candidates_dispose(&c);
    assert_true(n >= 2);
    for (long i = 1; i <= n; i++) {
        merit__alloc_fail_at(i, 0);
        merit_status status = merit__candidates_create(&c, "auto", 10, table, &err);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, MERIT_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_auto_without_information),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_table, free_table);
}
