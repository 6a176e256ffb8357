/* Logarithms and exponentials of several numbers at once, against the library's. */
#include "base/fast_exp.h"
#include "base/fast_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

/* Off by at most `tolerance` of 1 or of the value, whichever is more. */
static void check(const char *what, double x, double found, double value,
                  double tolerance)
{
    if (!(fabs(found - value) <= tolerance * fmax(1, fabs(value)))) {
        fail_msg("%s(%.9g) is %.9g, found %.9g", what, x, value, found);
    }
}

static void test_logarithms_of_four(void **state)
{
    (void)state;
    for (double e = -37; e < 38; e += 0.0037) {
        const float x = (float)pow(10, e);
        const merit__four found =
            merit__fast_log_four((merit__four){x, 1, x / 3, 0.7071067F});
        check("log", x, found[0], log(x), 2e-7);
        assert_true(found[1] == 0);
        check("log", x / 3, found[2], log(x / 3), 2e-7);
        check("log", 0.7071067F, found[3], log(0.7071067F), 2e-7);
    }
}

/* Differences of numbers that are nearly the same keep their digits. */
static void test_logarithms_near_one(void **state)
{
    (void)state;
    for (int i = -40; i <= 40; i++) {
        const float x = 1 + (float)i * 0x1p-23F;
        const float found = merit__fast_log_four(merit__four_of(x))[0];
        assert_true(fabs(found - log(x)) <= 1e-6 * fabs(log(x)));
    }
}

static void test_logarithms_of_two(void **state)
{
    (void)state;
    for (double e = -300; e < 300; e += 0.037) {
        const double x = pow(10, e);
        const merit__two found = merit__fast_log((merit__two){x, 1 + e * 1e-6});
        check("log", x, found[0], log(x), 1e-10);
        check("log", 1 + e * 1e-6, found[1], log(1 + e * 1e-6), 1e-10);
    }
}

static void test_exponentials_of_four(void **state)
{
    (void)state;
    for (float x = 0; x > -86.9F; x -= 0.00371F) {
        const merit__four found = merit__fast_exp((merit__four){x, 0, x / 2, -88});
        assert_true(fabs(found[0] - exp(x)) <= 1.2e-7 * exp(x));
        assert_true(found[1] == 1 && found[3] == 0);
        assert_true(fabs(found[2] - exp(x / 2)) <= 1.2e-7 * exp(x / 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithms_of_four),
        cmocka_unit_test(test_logarithms_near_one),
        cmocka_unit_test(test_logarithms_of_two),
        cmocka_unit_test(test_exponentials_of_four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
