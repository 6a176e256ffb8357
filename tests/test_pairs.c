/* The paired bootstrap over counted differences, and the numbers it draws. */
#include "merit/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"
#include "metrics/binomial.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { N = 2000, DRAWS = 20000, CELLS = 40 };

/* log C(n, k) p^k (1 - p)^(n - k) */
static double log_chance(double n, double k, double p)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) +
           (n - k) * log1p(-p);
}

/* Pearson's statistic of draws in cells around the mean against the exact chances; the
 * cells have at least one expected draw, the outer ones everything beyond. */
static void check_binomial(int64_t n, double p)
{
    double expected[CELLS] = {0}, found[CELLS] = {0};
    const double deviation = sqrt((double)n * p * (1 - p));
    const double width = fmax(1, floor(deviation / 4));
    const double first = floor((double)n * p - width * CELLS / 2);
    double mean = 0;
    merit__uniforms random = {.seed = 17, .use = MERIT__USE_BOOTSTRAP};
    for (int64_t k = 0; k <= n; k++) {
        double cell = fmin(CELLS - 1, fmax(0, floor(((double)k - first) / width)));
        expected[(int)cell] += DRAWS * exp(log_chance((double)n, (double)k, p));
    }
    for (int i = 0; i < DRAWS; i++) {
        const int64_t k = merit__binomial(&random, n, p);
        assert_true(k >= 0 && k <= n);
        double cell = fmin(CELLS - 1, fmax(0, floor(((double)k - first) / width)));
        found[(int)cell]++;
        mean += (double)k / DRAWS;
    }
    double statistic = 0, freedom = -1, rare = 0, rare_found = 0;
    for (int i = 0; i < CELLS; i++) {
        if (expected[i] < 5) {
            rare += expected[i];
            rare_found += found[i];
            continue;
        }
        statistic += (found[i] - expected[i]) * (found[i] - expected[i]) / expected[i];
        freedom++;
    }
    // Five deviations, of a chi-squared number and of the mean.
    if (statistic > freedom + 5 * sqrt(2 * freedom + 2) + 5 ||
        fabs(mean - (double)n * p) > 5 * deviation / sqrt(DRAWS) ||
        fabs(rare - rare_found) > 5 * sqrt(rare) + 5) {
        fail_msg("n %lld, p %g: statistic %g at %g degrees of freedom, mean %g, rare "
                 "%g for %g",
                 (long long)n, p, statistic, freedom, mean, rare_found, rare);
    }
}

static void test_binomial(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        double p;
    } cases[] = {{1, 0.5},    {7, 0.2},      {100, 0.03},  {100, 0.0999}, {100, 0.1},
                 {20, 0.5},   {40, 0.75},    {1000, 0.01}, {1000, 0.3},   {1000, 0.97},
                 {50000, 0.4}, {1000000, 1e-5}, {1000000, 2e-5}, {1000000, 0.9}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        check_binomial(cases[i].n, cases[i].p);
    }
    merit__uniforms random = {.seed = 1};
    assert_int_equal(merit__binomial(&random, 9, 0), 0);
    assert_int_equal(merit__binomial(&random, 9, 1), 9);
    assert_int_equal(merit__binomial(&random, 0, 0.5), 0);
}

/* Scores of two ways to answer: few distinct differences, most of them 0. */
static void fill_scores(double *a, double *b, size_t n)
{
    static const double scores[] = {2, 1, -1, 0.5};
    for (size_t i = 0; i < n; i++) {
        uint32_t w[4];
        merit__random(w, 5, MERIT__USE_INIT, (uint32_t)i, 0, 0);
        a[i] = scores[merit__below(w[0], 4)];
        b[i] = merit__below(w[1], 10) < 7 ? a[i] : scores[merit__below(w[2], 4)];
    }
}

/* The intervals are those of merit_bootstrap, up to what resamples leave open. */
static void test_as_bootstrap(void **state)
{
    (void)state;
    static const double levels[] = {0.5, 0.95, 0.99};
    double a[N], b[N];
    fill_scores(a, b, N);
    merit_pairs *pairs = NULL;
    assert_int_equal(merit_pairs_create(&pairs), MERIT_OK);
    assert_int_equal(merit_pairs_add(pairs, a, b, N / 3), MERIT_OK);
    assert_int_equal(merit_pairs_add(pairs, a, b, 0), MERIT_OK);
    assert_int_equal(merit_pairs_add(pairs, a + N / 3, b + N / 3, N - N / 3), MERIT_OK);
    for (size_t i = 0; i < LENGTH(levels); i++) {
        merit_interval one, other;
        assert_int_equal(merit_bootstrap(&one, a, b, N, 4000, levels[i], 1), MERIT_OK);
        assert_int_equal(merit_pairs_bootstrap(pairs, &other, 4000, levels[i], 1),
                         MERIT_OK);
        const double width = one.high - one.low;
        assert_true(fabs(one.mean - other.mean) < 1e-12);
        if (fabs(one.low - other.low) > 0.07 * width ||
            fabs(one.high - other.high) > 0.07 * width) {
            fail_msg("%g to %g, expected %g to %g", other.low, other.high, one.low,
                     one.high);
        }
    }
    merit_pairs_free(pairs);
}

/* Neither the order nor the parts matter; the seed does. */
static void test_order(void **state)
{
    (void)state;
    double a[N], b[N];
    merit_interval forward, backward, other;
    merit_pairs *pairs = NULL, *reversed = NULL;
    fill_scores(a, b, N);
    assert_int_equal(merit_pairs_create(&pairs), MERIT_OK);
    assert_int_equal(merit_pairs_create(&reversed), MERIT_OK);
    assert_int_equal(merit_pairs_add(pairs, a, b, N), MERIT_OK);
    for (size_t i = N; i-- > 0;) {
        assert_int_equal(merit_pairs_add(reversed, a + i, b + i, 1), MERIT_OK);
    }
    assert_int_equal(merit_pairs_bootstrap(pairs, &forward, 500, 0.95, 3), MERIT_OK);
    assert_int_equal(merit_pairs_bootstrap(reversed, &backward, 500, 0.95, 3),
                     MERIT_OK);
    assert_int_equal(merit_pairs_bootstrap(pairs, &other, 500, 0.95, 4), MERIT_OK);
    assert_memory_equal(&forward, &backward, sizeof forward);
    assert_true(other.low != forward.low || other.high != forward.high);
    merit_pairs_free(pairs);
    merit_pairs_free(reversed);
}

static void test_limits(void **state)
{
    (void)state;
    double a[N], zero[N] = {0};
    merit_interval out;
    merit_pairs *pairs = NULL;
    assert_int_equal(merit_pairs_create(&pairs), MERIT_OK);
    assert_int_equal(merit_pairs_bootstrap(pairs, &out, 10, 0.95, 1), MERIT_EINVAL);
    const double minus_zero = -0.0, infinite = INFINITY;
    assert_int_equal(merit_pairs_add(pairs, &minus_zero, zero, 1), MERIT_OK);
    assert_int_equal(merit_pairs_add(pairs, &infinite, zero, 1), MERIT_ENUMERIC);
    assert_int_equal(merit_pairs_bootstrap(pairs, &out, 10, 0.95, 1), MERIT_OK);
    assert_true(out.mean == 0 && out.low == 0 && out.high == 0);
    assert_int_equal(merit_pairs_bootstrap(pairs, &out, 10, 1, 1), MERIT_EINVAL);
    assert_int_equal(merit_pairs_bootstrap(pairs, &out, 0, 0.95, 1), MERIT_EINVAL);
    assert_int_equal(merit_pairs_add(pairs, a, NULL, 1), MERIT_EINVAL);
    assert_int_equal(merit_pairs_add(NULL, a, zero, 1), MERIT_EINVAL);
    // 65,536 distinct differences and no more.
    merit_status status = MERIT_OK;
    int64_t n = 1;
    for (; status == MERIT_OK; n += N) {
        for (int64_t i = 0; i < N; i++) {
            a[i] = (double)(n + i);
        }
        status = merit_pairs_add(pairs, a, zero, N);
    }
    assert_int_equal(status, MERIT_ENOMEM);
    assert_true(n > 65536 && n <= 65536 + N);
    merit_pairs_free(pairs);
    merit_pairs_free(NULL);
    assert_int_equal(merit_pairs_create(NULL), MERIT_EINVAL);
}

static void test_no_memory(void **state)
{
    (void)state;
    double a[N], b[N] = {0};
    merit_pairs *pairs = NULL;
    merit_interval out;
    for (long n = 1; n <= 2; n++) {
        merit__alloc_fail_at(n, 0);
        assert_int_equal(merit_pairs_create(&pairs), MERIT_ENOMEM);
        merit__alloc_fail_at(0, 0);
        assert_null(pairs);
    }
    for (size_t i = 0; i < N; i++) {
        a[i] = (double)i;
    }
    assert_int_equal(merit_pairs_create(&pairs), MERIT_OK);
    merit__alloc_fail_at(1, 0); // the table grows
    assert_int_equal(merit_pairs_add(pairs, a, b, N), MERIT_ENOMEM);
    for (long n = 1; n <= 2; n++) {
        merit__alloc_fail_at(n, 0);
        assert_int_equal(merit_pairs_bootstrap(pairs, &out, 10, 0.9, 1), MERIT_ENOMEM);
    }
    merit__alloc_fail_at(0, 0);
    assert_int_equal(merit_pairs_bootstrap(pairs, &out, 10, 0.9, 1), MERIT_OK);
    merit_pairs_free(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binomial),     cmocka_unit_test(test_as_bootstrap),
        cmocka_unit_test(test_order),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
