/* Heat maps: which colour a value has, what is written in the fields, sizes. */
#include "base/alloc.h"
#include "merit/report.h"
#include "merit/scores.h"
#include "report/heat_map.h"
#include "report/heat_scale.h"
#include "report/text_width.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

static const char question[] = "c1 c2 c3 c4\nc1 2 1 0 -1\nc2 1 2 -1 0\nc3 0 -1 0 1\n"
                               "c4 -1 0 1 2\n";

static void assert_near(double found, double expected)
{
    assert_true(fabs(found - expected) <= 1e-12);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

static char *draw(merit_scores *scores)
{
    merit_error err;
    char *text;
    size_t n_bytes;
    assert_int_equal(merit_scores_svg(scores, &text, &n_bytes, &err), MERIT_OK);
    assert_int_equal(strlen(text), n_bytes);
    merit_scores_free(scores);
    return text;
}

static merit_scores *parse(const char *text)
{
    merit_error err;
    merit_scores *scores;
    assert_int_equal(merit_scores_parse(&scores, text, strlen(text), "t", NULL, &err),
                     MERIT_OK);
    return scores;
}

static void test_scale(void **state)
{
    static const struct {
        double values[3], from, reach;
    } cases[] = {
        {{-1, 0, 2}, 0, 2},        // two inks, as far as the larger
        {{-5, -1, 0}, 0, 5},       // costs
        {{0, 0.001, 1}, 0, 1},     // little is more than nothing
        {{-1, -0.001, 0}, 0, 1},
        {{10, 11, 14}, 10, 4},     // far from 0: from the lowest on
        {{-14, -11, -10}, -10, 4}, // likewise, downwards
        {{3, 3, 3}, 3, 1},         // nothing to tell apart
        {{0, 0, 0}, 0, 1},
        {{-1e308, 0, 1.5e308}, 0, 1.5e308},
        {{1e-300, 2e-300, 4e-300}, 0, 4e-300},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        merit__heat_scale scale = merit__heat_scale_of(cases[i].values, 3);
        int before = -MERIT__HEAT_LEVELS;
        assert_near(scale.from / cases[i].reach, cases[i].from / cases[i].reach);
        assert_near(scale.reach / cases[i].reach, 1);
        for (int j = 0; j < 3; j++) {
            int level = merit__heat_level(&scale, cases[i].values[j]);
            assert_true(level >= before && level <= MERIT__HEAT_LEVELS);
            assert_true((level > 0) == (cases[i].values[j] > scale.from));
            assert_true((level < 0) == (cases[i].values[j] < scale.from));
            before = level;
        }
    }
}

static void test_question(void **state)
{
    (void)state;
    char *text = draw(parse(question));
    assert_non_null(strstr(text, "The best answer to c3 is c4."));
    assert_int_equal(count(text, "class=\"best\""), 1);
    const char *best = strstr(text, "class=\"best\"");
    size_t n_moves = 0;
    for (const char *at = best; *at != '/'; at++) {
        n_moves += *at == 'M';
    }
    assert_int_equal(n_moves, 4);
    assert_int_equal(count(text, "class=\"on-t"), 16);
    assert_int_equal(count(text, "class=\"on-thick\""), 3); // the three 2
    assert_int_equal(count(text, "\xe2\x88\x92"
                                 "1</text>"),
                     5); // 4, and the legend
    assert_null(strstr(text, "-hatch\""));
    assert_null(strstr(text, "<script"));
    merit_text_free(text);
}

static void test_names_are_text(void **state)
{
    (void)state;
    char *text = draw(parse("a\t<script>alert(1)</script>\t\xe2\x80\xaetxet\n"
                            "a\t1\t0\t0\n"
                            "<script>alert(1)</script>\t0\t1\t0\n"
                            "\xe2\x80\xaetxet\t0\t2\t1\n"));
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "\xe2\x80\xae")); // turns the text after it around
    assert_non_null(strstr(text, "&lt;script&gt;alert\xe2\x80\xa6</text>"));
    assert_non_null(strstr(text, "\\xe2\\x80\\xae"));
    merit_text_free(text);
}

static merit_scores *ordinal(int64_t n)
{
    merit_error err;
    merit_scores *scores;
    merit_scores_options options = {.n_classes = n};
    assert_int_equal(merit_scores_load(&scores, "ordinal", &options, &err), MERIT_OK);
    return scores;
}

static void test_sizes(void **state)
{
    (void)state;
    char *text = draw(ordinal(20));
    assert_int_equal(count(text, "class=\"on-t"), 400);
    merit_text_free(text);
    text = draw(ordinal(64)); // names without numbers
    assert_int_equal(count(text, "class=\"on-t"), 0);
    assert_non_null(strstr(text, ">63</text>"));
    merit_text_free(text);
    text = draw(ordinal(100)); // neither
    assert_null(strstr(text, ">99</text>"));
    assert_null(strstr(text, "the mean of"));
    merit_text_free(text);
    text = draw(ordinal(1000));
    assert_non_null(strstr(text, "a field: the mean of 8 &#215; 8"));
    assert_true(strlen(text) < 200000);
    merit_text_free(text);
}

static void test_signs_without_numbers_are_hatched(void **state)
{
    enum { N = 30 };
    (void)state;
    merit_error err;
    merit_scores *scores;
    double values[N * N];
    for (int i = 0; i < N * N; i++) {
        values[i] = i % (N + 1) == 0 ? 1 : -1;
    }
    assert_int_equal(merit_scores_create(&scores, N, N, values, NULL, &err), MERIT_OK);
    char *text = draw(scores);
    assert_int_equal(count(text, "fill=\"url(#scores-hatch)\""), 1);
    assert_int_equal(count(text, "<pattern id=\"scores-hatch\""), 1);
    merit_text_free(text);
}

static void test_huge_numbers(void **state)
{
    (void)state;
    merit_error err;
    merit_scores *scores;
    double values[4] = {1e15, -1e15, -1e15, 1e15};
    assert_int_equal(merit_scores_create(&scores, 2, 2, values, NULL, &err), MERIT_OK);
    char *text = draw(scores);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    assert_non_null(strstr(text, "fill-opacity=\"1.000\""));
    merit_text_free(text);
}

static void test_values_that_are_not_finite(void **state)
{
    (void)state;
    merit_error err = {0};
    merit__xml xml = {0};
    merit_scores *scores = parse(question);
    double values[16] = {[5] = NAN};
    merit__heat_map map = {.id = "m",
                           .title = "t",
                           .legend = "l",
                           .values = values,
                           .names = scores,
                           .n_rows = 4,
                           .n_columns = 4};
    assert_int_equal(merit__heat_map_draw(&xml, &map, "d", 1, &err), MERIT_EINVAL);
    assert_non_null(strstr(err.message, "value 5 of a picture is not finite"));
    merit__free(xml.bytes);
    merit_scores_free(scores);
}

static void test_little_memory(void **state)
{
    (void)state;
    merit_scores *scores = ordinal(200);
    merit_status status = MERIT_ENOMEM;
    for (long n = 1; status != MERIT_OK; n++) {
        merit_error err = {0};
        char *text;
        size_t n_bytes;
        merit__alloc_fail_at(n, 0);
        status = merit_scores_svg(scores, &text, &n_bytes, &err);
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
        assert_true((text != NULL) == (status == MERIT_OK));
        assert_int_equal(err.code, status);
        assert_true(n < 1000);
        merit_text_free(text);
    }
    merit_scores_free(scores);
}

static void test_width(void **state)
{
    (void)state;
    assert_near(merit__text_width("", 10, 10), 0);
    assert_near(merit__text_width("aaaa", 2, 10), merit__text_width("aa", 10, 10));
    assert_true(merit__text_width("MM", 9, 10) > merit__text_width("ii", 9, 10));
    assert_true(merit__text_width("\xe9\xbe\x8d", 9, 10) >= 10);
    assert_near(merit__text_width("aa", 9, 20), 2 * merit__text_width("aa", 9, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_question),
        cmocka_unit_test(test_names_are_text),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_signs_without_numbers_are_hatched),
        cmocka_unit_test(test_huge_numbers),
        cmocka_unit_test(test_values_that_are_not_finite),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
