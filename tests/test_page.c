/* Pages: what is counted for them, how numbers and names are written, pictures, and
 * memory that runs out. Whole pages are looked at in test_report_page.py. */
#include "merit/compare.h"
#include "merit/report.h"
#include "report/examined.h"
#include "report/mistakes.h"
#include "report/page.h"
#include "report/picture.h"
#include "report/reliability.h"
#include "train_runs.h"

#include "base/alloc.h"

/* Compares what was written, and forgets it. */
static void expect_text(merit__xml *xml, const char *wanted)
{
    assert_false(xml->out_of_memory);
    assert_string_equal(xml->bytes, wanted);
    merit__free(xml->bytes);
    *xml = (merit__xml){0};
}

static void test_numbers(void **state)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {
        {1.5, 2, "1.50"},
        {-0.25, 2,
         "\xe2\x88\x92"
         "0.25"},
        {-0.001, 2, "0.00"},
        {NAN, 2, "\xe2\x80\x93"},
        {INFINITY, 0, "\xe2\x88\x9e"},
        {-INFINITY, 0, "\xe2\x88\x92\xe2\x88\x9e"},
        {1.25e12, 3,
         "1.25\xc3\x97"
         "10\xc2\xb9\xc2\xb2"},
        {-5e120, 0,
         "\xe2\x88\x92"
         "5\xc3\x97"
         "10\xc2\xb9\xc2\xb2\xe2\x81\xb0"},
    };
    (void)state;
    merit__xml xml = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        merit__xml_number(&xml, cases[i].value, cases[i].decimals);
        expect_text(&xml, cases[i].text);
    }
    merit__page_count(&xml, 0);
    expect_text(&xml, "0");
    merit__page_count(&xml, 999);
    expect_text(&xml, "999");
    merit__page_count(&xml, 1234567);
    expect_text(&xml, "1,234,567");
    merit__page_count(&xml, INT64_MIN);
    expect_text(&xml, "\xe2\x88\x92"
                      "9,223,372,036,854,775,808");
    merit__page_percent(&xml, 0.1234, 1);
    expect_text(&xml, "12.3\xc2\xa0%");
    merit__page_percent(&xml, NAN, 1);
    expect_text(&xml, "\xe2\x80\x93");
}

static void test_scores_have_the_decimals_they_need(void **state)
{
    static const struct {
        double score, size;
        const char *text;
    } cases[] = {
        {3, 3, "3"},
        {2.5, 3, "2.5"},
        {0.59, 2, "0.59"},
        {1.88249, 2, "1.882"},
        {100.04, 100, "100"},
        {100.26, 100, "100.3"},
        {0, 2, "0"},
        {1e9, 1e9,
         "1\xc3\x97"
         "10\xe2\x81\xb9"},
        {0.0125, 0.02, "0.0125"},
    };
    (void)state;
    merit__xml xml = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        merit__page_score(&xml, cases[i].score, cases[i].size);
        expect_text(&xml, cases[i].text);
    }
    assert_int_equal(merit__page_decimals(-2, 1), 3);
    assert_int_equal(merit__page_decimals(0, 0.02), 5);
    assert_int_equal(merit__page_decimals(0, 0), 3);
    assert_int_equal(merit__page_decimals(-1e15, 0), 0);
}

static void test_names(void **state)
{
    (void)state;
    merit__xml xml = {0};
    merit__page_name(&xml, "<a href='x'>&\x01");
    expect_text(&xml, "<bdi>&lt;a href=&#39;x&#39;&gt;&amp;\\x01</bdi>");
    merit__xml_attribute(&xml, "alt", "\" onload=\"x", 40);
    expect_text(&xml, " alt=\"&quot; onload=&quot;x\"");
    merit__xml_attribute(&xml, "alt", "abcdef", 3);
    expect_text(&xml, " alt=\"ab\xe2\x80\xa6\"");
    // Marks that turn what follows around, seen or unseen.
    merit__page_name(&xml, "\xe2\x80\x8f"
                           "a\xd8\x9c\xe2\x81\xa9");
    expect_text(&xml, "<bdi>\\xe2\\x80\\x8fa\\xd8\\x9c\\xe2\\x81\\xa9</bdi>");
}

static void test_file_names(void **state)
{
    static const char *const cases[][2] = {
        {"run", "run"},         {"a/b/run", "run"}, {"/run///", "run"}, {"/", "/"},
        {"a/b.html", "b.html"}, {"", ""},           {"..", ".."},
    };
    (void)state;
    char name[MERIT__PAGE_PATH_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(merit__page_file_name(name, cases[i][0]), cases[i][1]);
    }
    char longest[1000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(strlen(merit__page_file_name(name, longest)), 255);
}

/* A set of n examples with these labels. */
static merit_dataset *labelled(const int32_t *labels, int64_t n)
{
    int64_t index[64];
    assert_true(n <= 64);
    for (int64_t i = 0; i < n; i++) {
        index[i] = 0;
        while (merit_dataset_labels(data)[index[i]] != labels[i]) {
            index[i]++;
        }
    }
    merit_dataset *out;
    assert_int_equal(merit_dataset_subset(&out, data, index, n, NULL), MERIT_OK);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(merit_dataset_labels(out)[i], labels[i]);
    }
    return out;
}

static void test_reliability(void **state)
{
    enum { N = 8 };
    static const int32_t labels[N] = {0, 1, 0, 2, 1, 1, 0, 2};
    double believed[N] = {0.4, 0.4, 0.4, 0.9, 0.9, 1, 1, 0.6};
    int32_t likeliest[N] = {0, 0, 0, 2, 2, 1, 2, 2};
    (void)state;
    merit__examined examined = {.data = labelled(labels, N),
                                .n = N,
                                .n_classes = 3,
                                .likeliest = likeliest,
                                .believed = believed};
    merit__reliability_bin bins[MERIT__RELIABILITY_BINS];
    merit__reliability_count(bins, &examined);
    int64_t n = 0;
    for (int b = 0; b < MERIT__RELIABILITY_BINS; b++) {
        n += bins[b].n;
    }
    assert_int_equal(n, N);
    assert_int_equal(bins[3].n, 3); // beliefs of 0.4
    assert_true(fabs(bins[3].believed - 0.4) < 1e-12);
    assert_true(fabs(bins[3].right - 2.0 / 3) < 1e-12);
    // Wilson's interval of 2 of 3: 0.2077 to 0.9385.
    assert_true(fabs(bins[3].low - 0.2076597) < 1e-6);
    assert_true(fabs(bins[3].high - 0.9385081) < 1e-6);
    assert_int_equal(bins[8].n, 2);
    assert_true(fabs(bins[8].right - 0.5) < 1e-12);
    assert_int_equal(bins[9].n, 2);
    assert_true(fabs(bins[9].believed - 1) < 1e-12);
    assert_int_equal(bins[5].n, 1);
    merit_dataset_free((merit_dataset *)examined.data);
}

static void test_mistakes(void **state)
{
    enum { N = 60 };
    int32_t labels[N], answers[N];
    double expected[N];
    (void)state;
    // Truth 0: answered 1 loses 1, answered 2 loses 3; truth 1 answered 2 loses 2.
    double values[9] = {3, 2, 0, 0, 3, 1, 0, 0, 3};
    merit_scores *table;
    assert_int_equal(merit_scores_create(&table, 3, 3, values, NULL, NULL), MERIT_OK);
    double best[3] = {3, 3, 3};
    for (int i = 0; i < N; i++) {
        labels[i] = i % 3 == 2 ? 1 : 0;
        answers[i] = i % 3 == 1 ? 2 : i % 3 == 0 ? 1 : 2;
        expected[i] = i % 7; // ties: the earlier example
    }
    answers[59] = 1; // right
    merit__examined examined = {.data = labelled(labels, N),
                                .scores = table,
                                .n = N,
                                .n_classes = 3,
                                .n_answers = 3,
                                .answers = answers,
                                .expected = expected,
                                .best = best};
    int64_t found[MERIT__MISTAKES_SHOWN];
    int64_t n = merit__mistakes_find(found, &examined);
    // Four of each kind, by loss, then by claim, then by place.
    static const int64_t wanted[] = {13, 34, 55, 19, 20, 41, 5, 26, 6, 27, 48, 12};
    assert_int_equal(n, 12);
    for (int i = 0; i < 12; i++) {
        if (found[i] != wanted[i]) {
            fail_msg("place %d: example %d, expected %d", i, (int)found[i],
                     (int)wanted[i]);
        }
    }
    merit_dataset_free((merit_dataset *)examined.data);
    merit_scores_free(table);
}

static void test_pictures(void **state)
{
    (void)state;
    float values[2 * 300] = {0};
    merit__picture picture;
    merit__picture_range range = merit__picture_range_none();
    values[1] = 255;
    values[301] = 100;
    merit__picture_range_add(&range, values, 600);
    merit__picture_range_finish(&range);
    assert_true(range.black == 0 && range.white == 255);
    assert_int_equal(merit__picture_make(&picture, values, 1, 2, 300, &range, NULL),
                     MERIT_OK);
    assert_int_equal(picture.width, MERIT__PICTURE_SIDE);
    assert_int_equal(picture.height, 1); // 2 * 128 / 300, but not 0
    assert_int_equal(picture.n_channels, 1);
    assert_int_equal(picture.pixels[0], 89); // (0 + 255 + 0 + 100) / 4
    assert_int_equal(picture.pixels[127], 0);
    merit__free(picture.pixels);
    range = merit__picture_range_none();
    values[1] = -3;
    values[301] = 7;
    merit__picture_range_add(&range, values, 600);
    merit__picture_range_finish(&range);
    assert_true(range.black == -3 && range.white == 7);
    range = merit__picture_range_none();
    merit__picture_range_add(&range, values + 302, 10); // all the same
    merit__picture_range_finish(&range);
    assert_true(range.white > range.black);
    assert_true(merit__picture_is_one(1, 28, 28) && merit__picture_is_one(3, 2, 2));
    assert_false(merit__picture_is_one(60, 1, 1) || merit__picture_is_one(1, 1, 60));
}

static void test_an_example(void **state)
{
    (void)state;
    static const int64_t index[] = {5, 2};
    float first[SIDE * SIDE], second[SIDE * SIDE];
    merit_dataset *part;
    assert_int_equal(merit_dataset_subset(&part, data, index, 2, NULL), MERIT_OK);
    assert_int_equal(merit_dataset_example(part, 1, first, NULL), MERIT_OK);
    assert_int_equal(merit_dataset_example(data, 2, second, NULL), MERIT_OK);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(merit_dataset_example(data, 5, second, NULL), MERIT_OK);
    assert_true(memcmp(first, second, sizeof first) != 0);
    merit_dataset_free(part);
}

/* Fails one allocation after the other; what cannot do without is ENOMEM and leaves
 * nothing. Of the many, every 37th. */
static void expect_every_failure(const char *path, const merit_report_options *options)
{
    const long step = 37;
    long n_allocations = 1, n_failed = 0;
    for (long n = 1; n <= n_allocations; n += n < 200 ? 1 : step) {
        merit_error err = {0};
        char *text;
        size_t n_bytes;
        merit__alloc_fail_at(n, 0);
        merit_status status =
            options != NULL ? merit_report_run(&text, &n_bytes, path, options, &err)
                            : merit_report_comparison(&text, &n_bytes, path, &err);
        n_allocations = merit__alloc_count(); // fewer than all where it ended early
        merit__alloc_fail_at(0, 0);
        if (status != MERIT_OK &&
            (status != MERIT_ENOMEM || err.code != (int32_t)status)) {
            fail_msg("allocation %ld: %d, %s", n, (int)status, err.message);
        }
        n_failed += status != MERIT_OK;
        n_allocations += status != MERIT_OK ? step : 0;
        assert_true((text != NULL) == (status == MERIT_OK));
        merit_text_free(text);
    }
    assert_true(n_failed > 100);
}

static void test_memory_may_be_short(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_train_options options = base_options();
    options.epochs = 1;
    options.net = plain_net;
    train_new("run", &options);
    merit_report_options wanted = {.data = other_data, .n_threads = 1};
    expect_every_failure(data_path(path, "run"), &wanted);
}

static void test_memory_may_be_short_for_a_comparison(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    static const char *const losses[] = {"cross-entropy", "expected-score"};
    merit_compare_options options = {.losses = losses, .n_losses = 2, .n_seeds = 1};
    options.train = base_options();
    options.train.loss = NULL;
    options.train.epochs = 1;
    options.train.net = plain_net;
    merit_comparison *comparison;
    merit_error err;
    if (merit_compare(&comparison, data_path(path, "comparison"), data, scores,
                      &options, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit_comparison_free(comparison);
    expect_every_failure(path, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_scores_have_the_decimals_they_need),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_reliability),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_an_example),
        cmocka_unit_test(test_memory_may_be_short),
        cmocka_unit_test(test_memory_may_be_short_for_a_comparison),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
