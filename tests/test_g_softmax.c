/* The g-softmax against its optimality conditions and known cases. */
#include "base/g_softmax.h"

#include "loss_fixtures.h"

#include <stdio.h>

enum { MAX_K = 300 };

typedef struct example {
    size_t K;
    double G[MAX_K * MAX_K];
    double f[MAX_K];
    double a[MAX_K];
    double value;
} example;

/* The Gaussian kernel of random points; some lie on each other, then G is singular. */
static void fill_kernel(example *e, int n_dimensions, double width, int twins,
                        uint64_t *seed)
{
    static double x[MAX_K][3];
    for (size_t i = 0; i < e->K; i++) {
        for (int d = 0; d < n_dimensions; d++) {
            x[i][d] = twins && i % 3 == 2 ? x[i - 1][d] : width * normal(seed);
        }
    }
    for (size_t i = 0; i < e->K; i++) {
        for (size_t j = 0; j < e->K; j++) {
            double square = 0;
            for (int d = 0; d < n_dimensions; d++) {
                square += (x[i][d] - x[j][d]) * (x[i][d] - x[j][d]);
            }
            e->G[i * e->K + j] = exp(-square / 2);
        }
    }
}

static void solve(example *e)
{
    const size_t n_scratch = merit__g_softmax_scratch(e->K);
    double *scratch = make_array((int64_t)n_scratch, sizeof *scratch);
    e->value = merit__g_softmax(e->a, e->f, e->G, e->K, scratch);
    free(scratch);
}

/* How much relative to h(a) any move towards one class would gain, which bounds how far
 * h is from its minimum; and how far the value is from -log h(a). */
static void check(const example *e, const char *what)
{
    double w[MAX_K];
    double sum = 0;
    double h = 0;
    double least = INFINITY;
    double largest = e->f[0];
    for (size_t i = 1; i < e->K; i++) {
        largest = fmax(largest, e->f[i]);
    }
    for (size_t i = 0; i < e->K; i++) {
        assert_true(e->a[i] >= 0);
        sum += e->a[i];
        w[i] = exp((largest - e->f[i]) / 2);
    }
    assert_true(fabs(sum - 1) < 1e-12);
    for (size_t i = 0; i < e->K; i++) {
        double slope = 0;
        for (size_t j = 0; j < e->K; j++) {
            slope += e->a[j] > 0 ? e->G[i * e->K + j] * w[j] * e->a[j] : 0;
        }
        slope *= w[i];
        h += e->a[i] > 0 ? e->a[i] * slope : 0;
        least = fmin(least, slope);
    }
    if (!(h - least <= 1e-12 * h) || fabs(e->value - largest + log(h)) > 1e-12) {
        fail_msg("%s, K %d: the gap is %g, the value %.17g, -log h %.17g", what,
                 (int)e->K, (h - least) / h, e->value, largest - log(h));
    }
}

static void nothing_is_left_to_gain(void **state)
{
    (void)state;
    static const double widths[] = {0.3, 1, 3};
    static const double sizes[] = {0, 1, 10};
    static example e;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        uint64_t source = seed;
        char what[64];
        e.K = 1 + seed % (seed % 100 == 0 ? MAX_K : 24);
        fill_kernel(&e, 1 + (int)(seed % 3), widths[seed % 3], seed % 2 == 0, &source);
        for (size_t i = 0; i < e.K; i++) {
            e.f[i] = sizes[seed / 3 % 3] * normal(&source);
        }
        solve(&e);
        snprintf(what, sizeof what, "seed %d", (int)seed);
        check(&e, what);
    }
    e.K = MAX_K;
    uint64_t source = 5;
    fill_kernel(&e, 3, 3, 0, &source);
    for (size_t i = 0; i < e.K; i++) {
        e.f[i] = normal(&source);
    }
    solve(&e);
    check(&e, "large");
}

/* Where all classes are alike the best one takes all; where none are it is softmax. */
static void limits_are_argmax_and_softmax(void **state)
{
    (void)state;
    static example e;
    uint64_t seed = 3;
    e.K = 10;
    double sum = 0;
    for (size_t i = 0; i < e.K; i++) {
        e.f[i] = 2 * normal(&seed);
        sum += exp(e.f[i]);
        for (size_t j = 0; j < e.K; j++) {
            e.G[i * e.K + j] = i == j;
        }
    }
    solve(&e);
    for (size_t i = 0; i < e.K; i++) {
        assert_true(is_close(e.a[i], exp(e.f[i]) / sum, 1e-14));
    }
    assert_true(is_close(e.value, log(sum), 1e-14));
    for (size_t i = 0; i < e.K * e.K; i++) {
        e.G[i] = 1;
    }
    e.f[6] = 40;
    solve(&e);
    assert_true(e.a[6] == 1 && e.value == 40);
}

/* Extreme logits, and the answer in place of the question. */
static void logits_may_be_of_any_size(void **state)
{
    (void)state;
    static example e;
    uint64_t seed = 9;
    e.K = 6;
    fill_kernel(&e, 2, 1, 0, &seed);
    for (size_t i = 0; i < e.K; i++) {
        e.f[i] = i == 2 ? 3e38 : i == 4 ? 3e38 - 1e30 : -3e38;
    }
    solve(&e);
    assert_true(e.a[2] == 1 && e.value == 3e38);
    for (size_t i = 0; i < e.K; i++) {
        e.f[i] = 700 * normal(&seed);
    }
    solve(&e);
    const size_t n_scratch = merit__g_softmax_scratch(e.K);
    double *scratch = make_array((int64_t)n_scratch, sizeof *scratch);
    memset(scratch, 0xff, n_scratch * sizeof *scratch);
    assert_true(merit__g_softmax(e.f, e.f, e.G, e.K, scratch) == e.value);
    assert_memory_equal(e.f, e.a, e.K * sizeof *e.f);
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_to_gain),
        cmocka_unit_test(limits_are_argmax_and_softmax),
        cmocka_unit_test(logits_may_be_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
