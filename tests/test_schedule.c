/* Schedules: where they begin, peak and end, and that they move without jumps. */
#include "train/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static merit__schedule find(const char *name)
{
    merit__schedule schedule = NULL;
    merit_error err;
    assert_int_equal(merit__schedule_find(&schedule, name, &err), MERIT_OK);
    assert_non_null(schedule);
    return schedule;
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double fraction, factor;
    } values[] = {
        {"constant", 0, 1},        {"constant", 0.5, 1},       {"constant", 1, 1},
        {"cosine", 0, 1},          {"cosine", 0.5, 0.5},       {"cosine", 1, 0},
        {"one-cycle", 0, 0.1},     {"one-cycle", 0.125, 0.55}, {"one-cycle", 0.25, 1},
        {"one-cycle", 0.625, 0.5}, {"one-cycle", 1, 0},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double factor = find(values[i].name)(values[i].fraction);
        assert_true(fabs(factor - values[i].factor) < 1e-12);
    }
    double third = find("cosine")(1.0 / 3);
    assert_true(fabs(third - (1 + cos(pi / 3)) / 2) < 1e-12);
}

/* Within 0 and 1, no jump, up to one peak and down from it. */
static void test_shape(void **state)
{
    (void)state;
    static const char *const names[] = {"constant", "cosine", "one-cycle"};
    enum { STEPS = 10000 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        merit__schedule schedule = find(names[i]);
        double before = schedule(0);
        int has_fallen = 0;
        for (int step = 1; step <= STEPS; step++) {
            double now = schedule((double)step / STEPS);
            assert_true(now >= 0 && now <= 1);
            assert_true(fabs(now - before) < 10.0 / STEPS);
            assert_false(has_fallen && now > before);
            has_fallen = has_fallen || now < before;
            before = now;
        }
    }
}

static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *name, *said;
    } wrong[] = {
        {"", "there are constant, cosine and one-cycle"},
        {"one_cycle", "did you mean one-cycle"},
        {"Cosine", "unknown schedule \"Cosine\""},
        {"\x1b[2Jcosine", "\\x1b[2Jcosine"},
    };
    merit__schedule schedule;
    merit_error err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(merit__schedule_find(&schedule, wrong[i].name, &err),
                         MERIT_EINVAL);
        if (strstr(err.message, wrong[i].said) == NULL) {
            fail_msg("%s: %s", wrong[i].name, err.message);
        }
    }
    assert_int_equal(merit__schedule_find(&schedule, "x", NULL), MERIT_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
