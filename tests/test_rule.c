/* The decision rules by name. */
#include "merit/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_names(void **state)
{
    (void)state;
    for (int rule = MERIT_RULE_AUTO; rule <= MERIT_RULE_DECODE; rule++) {
        merit_rule parsed = MERIT_RULE_AUTO;
        const char *name = merit_rule_name((merit_rule)rule);
        assert_int_equal(merit_rule_parse(&parsed, name, NULL), MERIT_OK);
        assert_int_equal(parsed, rule);
    }
    assert_string_equal(merit_rule_name(MERIT_RULE_BAYES), "bayes");
    assert_string_equal(merit_rule_name((merit_rule)4), "unknown");
    assert_string_equal(merit_rule_name((merit_rule)-1), "unknown");
}

static void test_unknown_names(void **state)
{
    (void)state;
    static const char *const names[] = {"", "Bayes", "bayes ", "arg", "\x1b[2J"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        merit_rule parsed = MERIT_RULE_DECODE;
        merit_error err;
        assert_int_equal(merit_rule_parse(&parsed, names[i], &err), MERIT_EINVAL);
        assert_int_equal(parsed, MERIT_RULE_DECODE);
        assert_non_null(strstr(err.message, "auto, argmax, bayes or decode"));
        assert_null(strchr(err.message, '\x1b'));
    }
    merit_rule parsed;
    assert_int_equal(merit_rule_parse(NULL, "bayes", NULL), MERIT_EINVAL);
    assert_int_equal(merit_rule_parse(&parsed, NULL, NULL), MERIT_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_unknown_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
