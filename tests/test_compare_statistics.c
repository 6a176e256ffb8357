/* How sure a mean is, and when a difference is one: Student, crossed means, Holm. */
#include "base/alloc.h"
#include "compare/crossed_mean.h"
#include "compare/holm.h"
#include "compare/student.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_near(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

/* The 97.5 % points of the usual tables. */
static void test_student_quantiles_of_the_tables(void **state)
{
    (void)state;
    static const struct {
        double df, t;
    } known[] = {{1, 12.706204736174707},   {2, 4.302652729749464},
                 {3, 3.182446305284263},    {5, 2.570581835636314},
                 {10, 2.2281388519649385},  {30, 2.0422724563012373},
                 {120, 1.9799304050824413}, {(double)INFINITY, 1.959963984540054}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_near(merit__student_quantile(0.05, known[i].df), known[i].t, 1e-10);
    }
}

/* One and two degrees of freedom have closed forms, also far out. */
static void test_student_tails(void **state)
{
    (void)state;
    static const double ts[] = {0, 0.001, 0.5, 1, 3, 40, 1e4};
    for (size_t i = 0; i < sizeof ts / sizeof *ts; i++) {
        const double t = ts[i], root = sqrt(2 + t * t);
        assert_near(merit__student_p(t, 1), 2 / M_PI * atan2(1, t), 1e-12);
        // 1 - t / sqrt(2 + t^2) without cancellation
        assert_near(merit__student_p(t, 2), 2 / (root * (root + t)), 1e-12);
        assert_near(merit__student_p(-t, 2), merit__student_p(t, 2), 0);
    }
    assert_near(merit__student_p(2, 1e9), erfc(2 / sqrt(2)), 1e-7);
    assert_true(merit__student_p((double)INFINITY, 3) <= 0);
    assert_true(isnan(merit__student_p((double)NAN, 3)));
}

/* Two seeds, three examples, by hand. Means of the seeds 2 and 4, of the examples 2, 3,
 * 4: v_S = 2 / 2, v_N = 1 / 3, df = (4/3)^2 / (1 / 1 + (1/9) / 2). */
static void test_crossed_mean_by_hand(void **state)
{
    (void)state;
    static const double first[] = {1, 2, 3}, second[] = {3, 4, 5}, zero[] = {0, 0, 0};
    const double *a[] = {first, second}, *none[] = {zero, zero};
    double scratch[3];
    merit__crossed_mean mean;
    merit__crossed_mean_of(&mean, a, NULL, 2, 3, scratch);
    assert_near(mean.mean, 3, 0);
    assert_near(mean.variance, 4.0 / 3, 1e-15);
    assert_near(mean.df, 16.0 / 9 / (1 + 1.0 / 18), 1e-15);
    assert_near(mean.spread, sqrt(2), 1e-15);
    const merit_interval interval = merit__crossed_interval(&mean);
    const double half = merit__student_quantile(0.05, mean.df) * sqrt(4.0 / 3);
    assert_near(interval.high - 3, half, 1e-12);
    assert_near(3 - interval.low, half, 1e-12);
    assert_near(merit__crossed_p(&mean), merit__student_p(3 / sqrt(4.0 / 3), mean.df),
                1e-12);
    merit__crossed_mean_of(&mean, none, a, 2, 3, scratch);
    assert_near(mean.mean, -3, 0);
    assert_near(mean.variance, 4.0 / 3, 1e-15);
}

static void test_crossed_mean_of_little(void **state)
{
    (void)state;
    static const double values[] = {1, 2, 6}, same[] = {0.25, 0.25, 0.25};
    const double *a[] = {values}, *b[] = {same};
    double scratch[3];
    merit__crossed_mean mean;
    // One seed: the examples alone.
    merit__crossed_mean_of(&mean, a, NULL, 1, 3, scratch);
    assert_near(mean.variance, 7.0 / 3, 1e-15);
    assert_near(mean.df, 2, 1e-15);
    assert_true(isnan(mean.spread));
    // One number: nothing is known.
    merit__crossed_mean_of(&mean, a, NULL, 1, 1, scratch);
    assert_true(isnan(merit__crossed_interval(&mean).low));
    assert_near(merit__crossed_p(&mean), 1, 0);
    // No difference at all, and one that is always the same.
    merit__crossed_mean_of(&mean, b, b, 1, 3, scratch);
    assert_near(merit__crossed_p(&mean), 1, 0);
    assert_true(merit__crossed_interval(&mean).high <= 0);
    merit__crossed_mean_of(&mean, b, NULL, 1, 3, scratch);
    assert_true(merit__crossed_p(&mean) <= 0);
}

static void test_holm(void **state)
{
    (void)state;
    double p[] = {0.04, 0.01, 0.03, 0.005, 0.9};
    static const double raised[] = {0.09, 0.04, 0.09, 0.025, 0.9};
    assert_int_equal(merit__holm(p, 5, NULL), MERIT_OK);
    for (int i = 0; i < 5; i++) {
        assert_near(p[i], raised[i], 1e-15);
    }
    double ones[] = {1, 0.6, 0.6};
    assert_int_equal(merit__holm(ones, 3, NULL), MERIT_OK);
    assert_true(ones[0] <= 1 && ones[1] >= 1 && ones[2] >= 1);
    assert_int_equal(merit__holm(NULL, 0, NULL), MERIT_OK);
    merit_error err;
    merit__alloc_fail_at(1, 0);
    assert_int_equal(merit__holm(p, 5, &err), MERIT_ENOMEM);
    merit__alloc_fail_at(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student_quantiles_of_the_tables),
        cmocka_unit_test(test_student_tails),
        cmocka_unit_test(test_crossed_mean_by_hand),
        cmocka_unit_test(test_crossed_mean_of_little),
        cmocka_unit_test(test_holm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
