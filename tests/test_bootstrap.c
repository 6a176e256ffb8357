/* The bootstrap interval. */
#include "merit/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"

enum { N = 200, SEED = 11 };

/* n normal numbers, a function of `stream`. */
static void fill_normal(double *out, size_t n, uint32_t stream)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t words[4];
        float pair[2];
        merit__random(words, 99, MERIT__USE_INIT, stream, (uint32_t)i, 0);
        merit__normal2(pair, words[0], words[1]);
        out[i] = pair[0];
    }
}

static merit_interval interval_of(const double *a, const double *b, int64_t n,
                                  double level, uint64_t seed)
{
    merit_interval out;
    assert_int_equal(merit_bootstrap(&out, a, b, n, 1000, level, seed), MERIT_OK);
    return out;
}

/* Of normal numbers the interval is known: mean +- 1.96 deviations / sqrt(n). */
static void test_width(void **state)
{
    (void)state;
    double a[N], mean = 0, square = 0;
    fill_normal(a, N, 1);
    for (size_t i = 0; i < N; i++) {
        mean += a[i] / N;
        square += a[i] * a[i] / N;
    }
    const double error = sqrt((square - mean * mean) / N);
    const merit_interval out = interval_of(a, NULL, N, 0.95, SEED);
    assert_true(fabs(out.mean - mean) < 1e-12);
    assert_true(fabs(out.low - (mean - 1.96 * error)) < 0.25 * error);
    assert_true(fabs(out.high - (mean + 1.96 * error)) < 0.25 * error);
    const merit_interval half = interval_of(a, NULL, N, 0.5, SEED);
    assert_true(fabs(half.high - half.low - 2 * 0.6745 * error) < 0.25 * error);
}

/* 95 % intervals miss the true mean, 0, in about 5 % of 300 experiments. */
static void test_coverage(void **state)
{
    (void)state;
    double a[60];
    int n_missed = 0;
    for (uint32_t experiment = 0; experiment < 300; experiment++) {
        merit_interval out;
        fill_normal(a, 60, 1000 + experiment);
        assert_int_equal(merit_bootstrap(&out, a, NULL, 60, 300, 0.95, SEED), MERIT_OK);
        n_missed += out.low > 0 || out.high < 0;
    }
    assert_in_range(n_missed, 6, 32);
}

static void test_seed(void **state)
{
    (void)state;
    double a[N];
    fill_normal(a, N, 2);
    const merit_interval first = interval_of(a, NULL, N, 0.95, SEED);
    const merit_interval again = interval_of(a, NULL, N, 0.95, SEED);
    const merit_interval other = interval_of(a, NULL, N, 0.95, SEED + 1);
    assert_memory_equal(&first, &again, sizeof first);
    assert_true(other.mean == first.mean);
    assert_true(other.low != first.low && other.high != first.high);
}

/* Two models that are wrong about the same examples: pairs tell them apart, two
 * separate intervals would not. */
static void test_paired(void **state)
{
    (void)state;
    double a[N], b[N], noise[N], shuffled[N];
    fill_normal(b, N, 3);
    fill_normal(noise, N, 4);
    for (size_t i = 0; i < N; i++) {
        a[i] = b[i] + 0.05 + 0.1 * noise[i];
    }
    for (size_t i = 0; i < N; i++) {
        shuffled[i] = b[(i + 77) % N];
    }
    const merit_interval paired = interval_of(a, b, N, 0.95, SEED);
    const merit_interval unpaired = interval_of(a, shuffled, N, 0.95, SEED);
    assert_true(paired.low > 0);
    assert_true(unpaired.low < 0 && unpaired.high > 0);
    assert_true(paired.high - paired.low < 0.2 * (unpaired.high - unpaired.low));
    assert_true(fabs(paired.mean - unpaired.mean) < 1e-12);

    // A pair is one number.
    double differences[N];
    for (size_t i = 0; i < N; i++) {
        differences[i] = a[i] - b[i];
    }
    const merit_interval same = interval_of(differences, NULL, N, 0.95, SEED);
    assert_memory_equal(&same, &paired, sizeof same);
}

static void test_degenerate(void **state)
{
    (void)state;
    static const double one = 2.5, constant[5] = {-1, -1, -1, -1, -1};
    merit_interval out = interval_of(&one, NULL, 1, 0.95, SEED);
    assert_true(out.mean == 2.5 && out.low == 2.5 && out.high == 2.5);
    out = interval_of(constant, NULL, 5, 0.95, SEED);
    assert_true(out.mean == -1 && out.low == -1 && out.high == -1);
    out = interval_of(constant, constant, 5, 0.95, SEED);
    assert_true(out.mean == 0 && out.low == 0 && out.high == 0);
    // One resample: a point, whatever the level.
    double a[N];
    fill_normal(a, N, 5);
    assert_int_equal(merit_bootstrap(&out, a, NULL, N, 1, 0.95, SEED), MERIT_OK);
    assert_true(out.low == out.high && fabs(out.low - out.mean) < 0.5);
}

/* Every example is drawn, and all about equally often. */
static void test_draws(void **state)
{
    (void)state;
    double a[7];
    for (size_t i = 0; i < 7; i++) {
        merit_interval out;
        memset(a, 0, sizeof a);
        a[i] = 7;
        assert_int_equal(merit_bootstrap(&out, a, NULL, 7, 4000, 0.001, SEED + i),
                         MERIT_OK);
        // The median number of times that one of 7 is drawn in 7 draws is 1.
        assert_true(out.low == 1 && out.high == 1);
        assert_int_equal(merit_bootstrap(&out, a, NULL, 7, 4000, 0.9, SEED + i),
                         MERIT_OK);
        // Binomial: 34 % never, 6.5 % 3 times or more, 1 % 4 times or more.
        assert_true(out.low == 0 && out.high == 3);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    merit_interval out;
    static const double a[3] = {1, 2, 3};
    const double bad[3] = {1, INFINITY, 3};
    const struct {
        merit_interval *out;
        const double *a, *b;
        int64_t n, n_resamples;
        double level;
        merit_status status;
    } cases[] = {
        {NULL, a, NULL, 3, 10, 0.9, MERIT_EINVAL},
        {&out, NULL, a, 3, 10, 0.9, MERIT_EINVAL},
        {&out, a, NULL, 0, 10, 0.9, MERIT_EINVAL},
        {&out, a, NULL, -1, 10, 0.9, MERIT_EINVAL},
        {&out, a, NULL, INT64_MAX, 10, 0.9, MERIT_EINVAL},
        {&out, a, NULL, 3, 0, 0.9, MERIT_EINVAL},
        {&out, a, NULL, 3, -5, 0.9, MERIT_EINVAL},
        {&out, a, NULL, 3, INT64_MAX, 0.9, MERIT_EINVAL},
        {&out, a, NULL, 3, 10, 0, MERIT_EINVAL},
        {&out, a, NULL, 3, 10, 1, MERIT_EINVAL},
        {&out, a, NULL, 3, 10, -0.1, MERIT_EINVAL},
        {&out, a, NULL, 3, 10, NAN, MERIT_EINVAL},
        {&out, bad, NULL, 3, 10, 0.9, MERIT_ENUMERIC},
        {&out, a, bad, 3, 10, 0.9, MERIT_ENUMERIC},
        {&out, bad, bad, 3, 10, 0.9, MERIT_ENUMERIC}, // infinity - infinity
        {&out, a, NULL, 3, 10, 0.9, MERIT_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(merit_bootstrap(cases[i].out, cases[i].a, cases[i].b,
                                         cases[i].n, cases[i].n_resamples,
                                         cases[i].level, SEED),
                         cases[i].status);
    }
    merit__alloc_fail_at(1, 0);
    assert_int_equal(merit_bootstrap(&out, a, NULL, 3, 10, 0.9, SEED), MERIT_ENOMEM);
    merit__alloc_fail_at(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),      cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_seed),       cmocka_unit_test(test_paired),
        cmocka_unit_test(test_degenerate), cmocka_unit_test(test_draws),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
