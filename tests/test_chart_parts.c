/* The parts of a picture: axes, numbers, text and where labels go. */
#include "base/alloc.h"
#include "report/axis.h"
#include "report/decimal.h"
#include "report/label_places.h"
#include "report/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>

static void test_ticks_are_round(void **state)
{
    static const struct {
        double low, high, from, to, step;
        int decimals;
    } cases[] = {
        {0.1, 1.9, 0, 2, 0.5, 1},
        {0, 1, 0, 1, 0.2, 1},
        {-0.33, -0.17, -0.35, -0.15, 0.05, 2},
        {0, 1000, 0, 1000, 200, 0},
        {1.871, 1.898, 1.87, 1.9, 0.01, 2},
        {-1e300, 1e300, -1e300, 1e300, 5e299, 0},
        {0, 0, -0.6, 0.6, 0.2, 1},
        {0.5, 0.5, 0.47, 0.53, 0.01, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit__axis axis = merit__axis_round(cases[i].low, cases[i].high, 5);
        assert_true(fabs(axis.low - cases[i].from) <= 1e-9 * fabs(cases[i].step));
        assert_true(fabs(axis.high - cases[i].to) <= 1e-9 * fabs(cases[i].step));
        assert_true(fabs(axis.step - cases[i].step) <= 1e-9 * cases[i].step);
        assert_int_equal(axis.decimals, cases[i].decimals);
    }
    // Hardly different numbers still get an axis with ticks that differ.
    merit__axis axis = merit__axis_round(1e15, 1e15, 5);
    int64_t n = merit__axis_last(&axis) - merit__axis_first(&axis);
    assert_true(axis.low < 1e15 && axis.high > 1e15 && n >= 2 && n <= 12);
    assert_int_equal(merit__axis_round(0, 2, 5).fine, 3);
    axis = merit__axis_whole(1, 1, 10);
    assert_true(axis.low == 0.5 && axis.high == 1.5);
    assert_int_equal(merit__axis_first(&axis), 1);
    assert_int_equal(merit__axis_last(&axis), 1);
    axis = merit__axis_whole(1, 250, 10);
    assert_true(axis.step == 50 && axis.low == 1 && axis.high == 250);
    assert_int_equal(merit__axis_first(&axis), 1);
    assert_int_equal(merit__axis_last(&axis), 5);
}

static void test_decimals(void **state)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {-0.0, 2, "0.00"},
        {-0.001, 2, "0.00"},
        {1.25, 1, "1.2"},
        {-12.345, 2, "-12.35"},
        {123456789, 0, "123456789"},
        {0.05, 2, "0.05"},
        {999.96, 1, "1000.0"},
        {-1e300, 1, "-1e+300"},
        {1234567890, 0, "1.235e+09"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(merit__decimal_of(cases[i].value, cases[i].decimals).text,
                            cases[i].text);
    }
}

static void test_text_is_escaped(void **state)
{
    static const struct {
        const char *text;
        size_t n_characters;
        const char *xml;
    } cases[] = {
        {"<script>", 20, "&lt;script&gt;"},
        {"a&b", 3, "a&amp;b"},
        {"\"'", 2, "&quot;&#39;"},
        {"&amp;", 9, "&amp;amp;"},
        {"]]>", 3, "]]&gt;"},
        {"abcdef", 6, "abcdef"},
        {"abcdef", 5, "abcd\xe2\x80\xa6"},
        {"\xc3\xa4\xc3\xb6\xc3\xbc", 3, "\xc3\xa4\xc3\xb6\xc3\xbc"},
        {"\xc3\xa4\xc3\xb6\xc3\xbc", 2, "\xc3\xa4\xe2\x80\xa6"},
        {"a\x1b[31m\xff", 20, "a\\x1b[31m\\xff"},
        {"\xef\xbf\xbf", 2, "&#xfffd;"},
        {"\xe2\x80\xae", 20, "\\xe2\\x80\\xae"},
        {"", 5, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit__xml xml = {0};
        merit__xml_add(&xml, "%s", "");
        merit__xml_text(&xml, cases[i].text, cases[i].n_characters);
        assert_string_equal(xml.bytes, cases[i].xml);
        merit__free(xml.bytes);
    }
}

static void check_places(merit__label_place *places, size_t n, double top,
                         double bottom)
{
    double end = top;
    merit__label_places_set(places, n, top, bottom);
    for (size_t i = 0; i < n; i++) {
        assert_true(places[i].middle - places[i].height / 2 >= end - 1e-9);
        end = places[i].middle + places[i].height / 2;
    }
    assert_true(end <= bottom + 1e-9);
}

static void test_labels_do_not_overlap(void **state)
{
    (void)state;
    // Room for all: each where it wants to be.
    merit__label_place apart[] = {{20, 10, 0}, {50, 10, 0}, {80, 20, 0}};
    check_places(apart, 3, 0, 100);
    assert_true(apart[0].middle == 20 && apart[1].middle == 50 &&
                apart[2].middle == 80);
    // Two that want the same place meet halfway; the third stays.
    merit__label_place pair[] = {{40, 10, 0}, {40, 10, 0}, {90, 10, 0}};
    check_places(pair, 3, 0, 100);
    assert_true(pair[0].middle == 35 && pair[1].middle == 45 && pair[2].middle == 90);
    // Pushed in from the edges.
    merit__label_place edges[] = {{-50, 10, 0}, {0, 20, 0}, {200, 10, 0}};
    check_places(edges, 3, 0, 100);
    assert_true(edges[0].middle == 5 && edges[1].middle == 20 && edges[2].middle == 95);
    // Exactly full, and none at all.
    merit__label_place full[] = {{99, 50, 0}, {99, 50, 0}};
    check_places(full, 2, 0, 100);
    check_places(full, 0, 0, 100);
    // A group of labels pushes the next one only as far as it must.
    merit__label_place many[40];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 40; i++) {
            int slot = (i * (7 + round)) % 41;
            many[i] = (merit__label_place){.wanted = (double)(slot * slot % 300),
                                           .height = 4 + (i + round) % 5};
        }
        check_places(many, 40, 0, 300);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks_are_round),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_text_is_escaped),
        cmocka_unit_test(test_labels_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
