/* The base module: random numbers, messages, suggestions, memory. */
#include "base/alloc.h"
#include "base/fail.h"
#include "base/random.h"
#include "base/suggest.h"
#include "merit/scores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The philox4x32-10 lines of Random123's kat_vectors: counter, key, result.
static const uint32_t philox_vectors[][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
     0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
     0x94fdcceb, 0x5001e420, 0x24126ea1},
};

static void test_philox_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof philox_vectors / sizeof *philox_vectors; i++) {
        const uint32_t *v = philox_vectors[i];
        uint32_t out[4];
        merit__random(out, (uint64_t)v[5] << 32 | v[4], v[0], v[1], v[2], v[3]);
        assert_memory_equal(out, v + 6, sizeof out);
    }
}

static void test_uniform_and_below(void **state)
{
    (void)state;
    assert_true(merit__uniform(0) == 0.0f);
    assert_true(merit__uniform(UINT32_MAX) == 1.0f - 0x1p-24f);
    assert_true(merit__uniform(0x80000000u) == 0.5f);
    static const uint32_t limits[] = {1, 2, 3, 10, 60000, UINT32_MAX};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_int_equal(merit__below(0, limits[i]), 0);
        assert_int_equal(merit__below(UINT32_MAX, limits[i]), limits[i] - 1);
    }
}

static void test_normal_moments(void **state)
{
    (void)state;
    const double n = 20000;
    double sums[5] = {0}; // of x, x^2, x^4, y, x y
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
        uint32_t words[4];
        float out[2];
        merit__random(words, 7, MERIT__USE_INIT, i, 0, 0);
        merit__normal2(out, words[0], words[1]);
        double x = (double)out[0];
        double y = (double)out[1];
        sums[0] += x;
        sums[1] += x * x;
        sums[2] += x * x * x * x;
        sums[3] += y;
        sums[4] += x * y;
    }
    assert_true(fabs(sums[0] / n) < 0.03);
    assert_true(fabs(sums[1] / n - 1) < 0.04);
    assert_true(fabs(sums[2] / n - 3) < 0.3);
    assert_true(fabs(sums[3] / n) < 0.03);
    assert_true(fabs(sums[4] / n) < 0.03);
    float out[2];
    merit__normal2(out, 0, 0);
    assert_true(isfinite(out[0]) && isfinite(out[1]));
    merit__normal2(out, UINT32_MAX, UINT32_MAX);
    assert_true(isfinite(out[0]) && isfinite(out[1]));
}

static void test_permutation_is_one(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 2, 3, 4, 5, 1000, 4097};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = (size_t)sizes[s];
        int64_t *order = malloc((n + 1) * sizeof *order);
        int64_t *again = malloc((n + 1) * sizeof *again);
        char *seen = calloc(n + 1, 1);
        assert_true(order != NULL && again != NULL && seen != NULL);
        order[n] = -7;
        merit__permutation(order, sizes[s], 3, MERIT__USE_SHUFFLE, 5);
        assert_int_equal(order[n], -7);
        for (size_t i = 0; i < n; i++) {
            assert_in_range(order[i], 0, n - 1);
            assert_false(seen[order[i]]);
            seen[order[i]] = 1;
        }
        merit__permutation(again, sizes[s], 3, MERIT__USE_SHUFFLE, 5);
        assert_memory_equal(order, again, n * sizeof *order);
        merit__permutation(again, sizes[s], 3, MERIT__USE_SHUFFLE, 6);
        if (n >= 1000) {
            assert_memory_not_equal(order, again, n * sizeof *order);
        }
        free(order);
        free(again);
        free(seen);
    }
}

static void test_permutation_is_fair(void **state)
{
    (void)state;
    int counts[27] = {0}; // by the base 3 number of the permutation
    for (uint32_t i = 0; i < 6000; i++) {
        int64_t order[3];
        merit__permutation(order, 3, 1, MERIT__USE_SHUFFLE, i);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    static const int all[6] = {5, 7, 11, 15, 19, 21}; // 012 021 102 120 201 210
    for (size_t i = 0; i < 6; i++) {
        assert_in_range(counts[all[i]], 850, 1150);
    }
}

static const char *const loss_names[] = {
    "cross-entropy", "expected-score", "hinge", "brier", "sgd", "a-b-c-d"};

static const char *loss_name(const void *context, size_t i)
{
    return ((const char *const *)context)[i];
}

static void test_suggest(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *expected;
    } cases[] = {
        {"expected_score", "expected-score"},
        {"croos-entropy", "cross-entropy"},
        {"crossentropy", "cross-entropy"},
        {"hing", "hinge"},
        {"sdg", "sgd"},
        {"bier", "brier"},
        {"a_b_c_d", "a-b-c-d"},
        {"adamw", NULL},
        {"", NULL},
        {"x", NULL},
        {"a-word-that-is-far-too-long-to-be-the-name-of-anything-in-this-list", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = merit__suggest(cases[i].word, loss_name, loss_names, 6);
        if (cases[i].expected == NULL) {
            assert_null(found);
        } else {
            assert_non_null(found);
            assert_string_equal(found, cases[i].expected);
        }
    }
    assert_null(merit__suggest("hinge", loss_name, loss_names, 0));
}

static void test_printable(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t out_bytes;
        const char *expected;
    } cases[] = {
        {"plain", 32, "plain"},
        {"a\nb\tc", 32, "a\\x0ab\\x09c"},
        {"\x1b[31m", 32, "\\x1b[31m"},
        {"\x7f", 32, "\\x7f"},
        {"Stra\xc3\x9f"
         "e",
         32,
         "Stra\xc3\x9f"
         "e"},
        {"\xe2\x82\xac \xf0\x9f\x98\x80", 32, "\xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xc3", 32, "\\xc3"},
        {"\xc0\xaf", 32, "\\xc0\\xaf"},                   // overlong
        {"\xe0\x80\xaf", 32, "\\xe0\\x80\\xaf"},          // overlong
        {"\xed\xa0\x80", 32, "\\xed\\xa0\\x80"},          // surrogate
        {"\xf4\x90\x80\x80", 32, "\\xf4\\x90\\x80\\x80"}, // above U+10FFFF
        {"\xff", 32, "\\xff"},
        {"\xc2\x9b"
         "0m",
         32,
         "\\xc2\\x9b"
         "0m"}, // a terminal escape
        {"\xe2\x80\xae"
         "x",
         32,
         "\\xe2\\x80\\xae"
         "x"}, // right-to-left override
        {"abcdefghij", 11, "abcdefghij"},
        {"abcdefghij", 10, "abcdef..."},
        {"abcd\xe2\x82\xac"
         "efghi",
         10, "abcd..."},
        {"abc\n\n\n\n", 10, "abc..."},
        {"abcdef", 3, ".."},
        {"abcdef", 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[33];
        memset(out, '!', sizeof out);
        merit__printable(out, cases[i].out_bytes, cases[i].name);
        assert_string_equal(out, cases[i].expected);
        assert_true(out[cases[i].out_bytes] == '!');
    }
}

static void test_printable_path(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t out_bytes;
        const char *expected;
    } cases[] = {
        {"a/b.tsv", 8, "a/b.tsv"},
        {"aa/b.tsv", 8, "....tsv"},
        {"/long/way/to/b.tsv", 12, "...to/b.tsv"},
        {"\n\n\n", 12, "...\\x0a\\x0a"},
        {"abcdef", 3, ".."},
        {"", 8, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[33];
        memset(out, '!', sizeof out);
        merit__printable_path(out, cases[i].out_bytes, cases[i].path);
        assert_string_equal(out, cases[i].expected);
        assert_true(out[cases[i].out_bytes] == '!');
    }
}

static void test_fail(void **state)
{
    (void)state;
    merit_error err;
    memset(&err, 0xff, sizeof err);
    assert_int_equal(sizeof err, 256);
    assert_int_equal(merit__fail(&err, MERIT_EFORMAT, "%s:%d: a\nb", "x", 12),
                     MERIT_EFORMAT);
    assert_int_equal(err.code, MERIT_EFORMAT);
    assert_string_equal(err.message, "x:12: a\\x0ab");
    assert_int_equal(merit__fail(NULL, MERIT_EIO, "nobody listens"), MERIT_EIO);
    char long_text[3000];
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    merit__fail(&err, MERIT_EIO, "%s", long_text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_string_equal(err.message + 248, "...");
    assert_int_equal(merit__fail_memory(&err, 123, "K=7"), MERIT_ENOMEM);
    assert_non_null(strstr(err.message, "123 bytes"));
    assert_non_null(strstr(err.message, "K=7"));
    assert_int_equal(merit__fail_system(&err, ENOSPC, "a.tsv", "write"), MERIT_EIO);
    assert_string_equal(err.message, "a.tsv: cannot write: No space left on device");
    assert_string_equal(merit_version(), MERIT_VERSION);
}

static void test_alloc(void **state)
{
    (void)state;
    assert_null(merit__alloc_array(SIZE_MAX, 2));
    assert_null(merit__alloc_array(SIZE_MAX / 2 + 2, 1));
    assert_null(merit__copy_string("", SIZE_MAX));
    char *a = merit__alloc_array(0, 8);
    char *b = merit__alloc_array(8, 0);
    assert_true(a != NULL && b != NULL && a != b);
    merit__free(a);
    merit__free(b);
    merit__free(NULL);
    unsigned char *kept[16];
    for (size_t i = 0; i < 16; i++) {
        size_t n = 3 * (7 * i + 1);
        kept[i] = merit__alloc_array(7 * i + 1, 3);
        assert_non_null(kept[i]);
        assert_int_equal((uintptr_t)kept[i] % 64, 0);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(kept[i][j], 0);
        }
        memset(kept[i], 0xff, n); // not zero when it comes back
    }
    for (size_t i = 0; i < 16; i++) {
        merit_text_free((char *)kept[i]);
    }
    merit_text_free(NULL);
}

static void test_grow(void **state)
{
    (void)state;
    int64_t *array = NULL;
    size_t n_capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t before = n_capacity;
        assert_int_equal(
            merit__grow_array((void **)&array, &n_capacity, i + 1, sizeof *array), 0);
        assert_true(n_capacity > i);
        assert_true(n_capacity == before || n_capacity >= 2 * before);
        assert_int_equal(array[n_capacity - 1], 0);
        array[i] = (int64_t)i;
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(array[i], i);
    }
    int64_t *same = array;
    size_t before = n_capacity;
    assert_int_equal(
        merit__grow_array((void **)&array, &n_capacity, SIZE_MAX / 4, sizeof *array),
        -1);
    assert_true(array == same && n_capacity == before);
    merit__free(array);
}

static void test_alloc_hook(void **state)
{
    (void)state;
    static const struct {
        long n;
        int sticky;
        const char *expected; // x: fails
    } cases[] = {{0, 0, "....."}, {1, 0, "x...."}, {3, 0, "..x.."}, {3, 1, "..xxx"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit__alloc_fail_at(cases[i].n, cases[i].sticky);
        for (size_t j = 0; j < 5; j++) {
            void *memory = merit__alloc_array(1, 1);
            assert_int_equal(memory == NULL, cases[i].expected[j] == 'x');
            merit__free(memory);
        }
        assert_int_equal(merit__alloc_count(), 5);
    }
    merit__alloc_fail_at(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_uniform_and_below),
        cmocka_unit_test(test_normal_moments),
        cmocka_unit_test(test_permutation_is_one),
        cmocka_unit_test(test_permutation_is_fair),
        cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_printable_path),
        cmocka_unit_test(test_fail),
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_alloc_hook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
