/* Paths as a shell takes them. */
#include "base/shell.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_paths(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"run1", "run1"},
        {"a/b_c-1.5+x=2,3:60%", "a/b_c-1.5+x=2,3:60%"},
        {"", "''"},
        {"my run", "'my run'"},
        {"it's", "'it'\\''s'"},
        {"'''", "''\\'''\\'''\\'''"},
        {"$(rm x);`y`", "'$(rm x);`y`'"},
        {"~/run", "'~/run'"},
        {"-run", "./-run"},
        {"- run", "'./- run'"},
        {"n\xc3\xa4he", "'n\xc3\xa4he'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *word = merit__shell_path(cases[i][0]);
        assert_non_null(word);
        assert_string_equal(word, cases[i][1]);
        merit__free(word);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    merit__alloc_fail_at(1, 0);
    assert_null(merit__shell_path("run"));
    merit__alloc_fail_at(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
