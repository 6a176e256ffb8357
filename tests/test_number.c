/* Numbers as text: every double keeps its bits, whatever the host process has set. */
#include "base/fail.h"
#include "base/number.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct number_case {
    const char *text;
    double value;
} number_case;

static const number_case good_numbers[] = {
    {"0", 0.0},
    {"-0", -0.0},
    {"1", 1.0},
    {"+4", 4.0},
    {"-1", -1.0},
    {"2.", 2.0},
    {".5", 0.5},
    {"0.1", 0.1},
    {"-2.2917", -2.2917},
    {"1e9", 1e9},
    {"1E+9", 1e9},
    {"1e-5", 1e-5},
    {"1e-320", 1e-320},
    {"5e-324", 5e-324},
    {"1e-400", 0.0},
    {"2.2250738585072014e-308", 2.2250738585072014e-308},
    {"1.7976931348623157e308", 1.7976931348623157e308},
    {"0.1000000000000000055511151231257827", 0.1},
    {"007", 7.0},
};

static const char *const bad_numbers[] = {
    "",    "-",     "+",    ".",     "-.",    "e5",       "1e",        "1e+",
    "1,5", "1.5.2", "1.5a", " 1",    "1 ",    "nan",      "NaN",       "-nan(2)",
    "inf", "-inf",  "0x10", "0x1p3", "1_000", "infinity", "1e999",     "-1e999",
    "--1", "+-1",   "1e5.", "1..",   "1d5",   "\xd9\xa1", "1\xc2\xa0", "1'000",
};

static void check_numbers(void)
{
    double value = 0;
    for (size_t i = 0; i < sizeof good_numbers / sizeof *good_numbers; i++) {
        const number_case *c = &good_numbers[i];
        assert_int_equal(merit__parse_double(c->text, strlen(c->text), &value), 0);
        assert_memory_equal(&value, &c->value, sizeof value);
    }
    value = 42;
    for (size_t i = 0; i < sizeof bad_numbers / sizeof *bad_numbers; i++) {
        const char *text = bad_numbers[i];
        assert_int_equal(merit__parse_double(text, strlen(text), &value), -1);
        assert_true(value == 42);
    }
    assert_int_equal(merit__parse_double("1\0"
                                         "2",
                                         3, &value),
                     -1);
    // Only the first n bytes count.
    assert_int_equal(merit__parse_double("1234", 2, &value), 0);
    assert_true(value == 12);
    char buffer[MERIT__NUMBER_BYTES];
    assert_int_equal(merit__print_double(buffer, -2.2917), 7);
    assert_string_equal(buffer, "-2.2917");
}

static void test_parse_double(void **state)
{
    (void)state;
    check_numbers();
    char text[MERIT__NUMBER_TEXT_MAX + 2];
    double value = 0;
    memset(text, '0', sizeof text);
    text[MERIT__NUMBER_TEXT_MAX - 1] = '3';
    assert_int_equal(merit__parse_double(text, MERIT__NUMBER_TEXT_MAX, &value), 0);
    assert_true(value == 3);
    assert_int_equal(merit__parse_double(text, MERIT__NUMBER_TEXT_MAX + 1, &value), -1);
    // The longest exact decimal of a double: the largest subnormal number.
    double largest = nextafter(0x1p-1022, 0);
    int n = snprintf(text, sizeof text, "-%.1074f", largest);
    assert_int_equal(merit__parse_double(text, (size_t)n, &value), 0);
    assert_true(value == -largest);
}

/* Decimals of all lengths and sizes: what strtod makes of them in the C locale. */
static void test_parse_as_strtod(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        uint32_t w[4];
        char text[64];
        double value = 0;
        merit__random(w, 21, MERIT__USE_INIT, i, 0, 0);
        const int n_digits = 1 + (int)merit__below(w[0], 20);
        const int exponent = (int)merit__below(w[1], i % 8 == 0 ? 700 : 60) -
                             (i % 8 == 0 ? 350 : 30);
        const double from = ((double)w[2] + (double)w[3] / 4294967296.0) / 4294967296.0;
        const int n =
            i % 2 == 0
                ? snprintf(text, sizeof text, "%.*fe%d", n_digits, from, exponent)
                : snprintf(text, sizeof text, "%.*e", n_digits, from);
        const double expected = strtod(text, NULL);
        const int status = merit__parse_double(text, (size_t)n, &value);
        if (isinf(expected) ? status == 0 : status != 0 || value != expected) {
            fail_msg("%s: %.17g, expected %.17g", text, value, expected);
        }
    }
}

static void test_parse_integer(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t low, high;
        int result;
        int64_t value;
    } cases[] = {
        {"0", 0, 9, 0, 0},
        {"-0", 0, 9, 0, 0},
        {"+12", 0, 99, 0, 12},
        {"-12", -12, 99, 0, -12},
        {"9223372036854775807", 0, INT64_MAX, 0, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, 0, 0, INT64_MIN},
        {"9223372036854775808", INT64_MIN, INT64_MAX, -1, 0},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, -1, 0},
        {"99999999999999999999999", INT64_MIN, INT64_MAX, -1, 0},
        {"10", 0, 9, -1, 0},
        {"-1", 0, 9, -1, 0},
        {"", 0, 9, -1, 0},
        {"-", 0, 9, -1, 0},
        {"1.0", 0, 9, -1, 0},
        {"1e0", 0, 9, -1, 0},
        {" 1", 0, 9, -1, 0},
        {"0x1", 0, 9, -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 77;
        assert_int_equal(merit__parse_integer(cases[i].text, strlen(cases[i].text),
                                              cases[i].low, cases[i].high, &value),
                         cases[i].result);
        assert_true(value == (cases[i].result == 0 ? cases[i].value : 77));
    }
}

static void test_print_double(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {0.1, "0.1"},
        {-2.2917, "-2.2917"},
        {1e-5, "1e-05"},
        {1.0 / 3, "0.3333333333333333"},
        {5e-324, "5e-324"},
        {1e-320, "1e-320"},
        {1e300, "1e+300"},
        {100, "100"},
        {0.1 + 0.2, "0.30000000000000004"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MERIT__NUMBER_BYTES];
        size_t n = merit__print_double(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(n, strlen(text));
    }
}

static void check_round_trip(uint64_t bits)
{
    double value = 0;
    double again = 0;
    char text[MERIT__NUMBER_BYTES];
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) {
        return;
    }
    size_t n = merit__print_double(text, value);
    assert_true(n < sizeof text);
    assert_int_equal(merit__parse_double(text, n, &again), 0);
    assert_memory_equal(&again, &value, sizeof value);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t w[4];
        merit__random(w, 11, 0, i, 0, 0);
        uint64_t bits = (uint64_t)w[0] << 32 | w[1];
        check_round_trip(bits);
        check_round_trip(bits & 0x800fffffffffffffu); // subnormal
    }
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        check_round_trip(exponent << 52);
        check_round_trip((exponent << 52) + 1);
        check_round_trip((exponent << 52) | 0xfffffffffffffu);
    }
}

static void test_rounding_mode_of_the_host(void **state)
{
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        double value = 0;
        char text[MERIT__NUMBER_BYTES];
        assert_int_equal(fesetround(modes[i]), 0);
        int parsed = merit__parse_double("0.1", 3, &value);
        merit__print_double(text, -2.2917);
        int mode = fegetround();
        fesetround(FE_TONEAREST);
        assert_int_equal(parsed, 0);
        assert_true(value == 0.1);
        assert_string_equal(text, "-2.2917");
        assert_int_equal(mode, modes[i]);
    }
}

static char directory[] = "/tmp/merit-test-number-XXXXXX";

// Some systems have no locale with a decimal comma; then one is compiled.
static int use_german(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_ALL, names[i]) != NULL) {
            return 1;
        }
    }
    char target[64];
    if (mkdtemp(directory) == NULL) {
        return 0;
    }
    snprintf(target, sizeof target, "%s/locale", directory);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execlp("localedef", "localedef", "-i", "de_DE", "-f", "UTF-8", target,
               (char *)NULL);
        _exit(127);
    }
    int result = 0;
    waitpid(child, &result, 0);
    setenv("LOCPATH", directory, 1);
    int found = result == 0 && setlocale(LC_ALL, "locale") != NULL;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command) == 0 && found;
}

static void test_locale_with_decimal_comma(void **state)
{
    (void)state;
    if (!use_german()) {
        skip();
    }
    char text[16];
    snprintf(text, sizeof text, "%.1f", 1.5);
    assert_string_equal(text, "1,5"); // or this test shows nothing
    check_numbers();
    merit_error err = {0};
    merit__fail(&err, MERIT_EINVAL, "%g", 1.5);
    assert_string_equal(err.message, "1.5");
    snprintf(text, sizeof text, "%.1f", 1.5);
    assert_string_equal(text, "1,5"); // the host's locale is back
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_double),
        cmocka_unit_test(test_parse_as_strtod),
        cmocka_unit_test(test_parse_integer),
        cmocka_unit_test(test_print_double),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_rounding_mode_of_the_host),
        cmocka_unit_test(test_locale_with_decimal_comma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
