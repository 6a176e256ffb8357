/* Linear systems that may be singular: the pseudo-inverse X = A^+ is the solution for
 * the identity, and the Moore-Penrose conditions tell whether it is. */
#include "decide/least_norm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/random.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum { MAX_N = 40 };

typedef struct matrix {
    size_t n;
    double values[MAX_N * MAX_N];
} matrix;

static void multiply(matrix *out, const matrix *a, const matrix *b)
{
    const size_t n = a->n;
    out->n = n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++) {
                sum += a->values[i * n + k] * b->values[k * n + j];
            }
            out->values[i * n + j] = sum;
        }
    }
}

static int close_to(const matrix *a, const matrix *b, double tolerance)
{
    for (size_t i = 0; i < a->n * a->n; i++) {
        if (!(fabs(a->values[i] - b->values[i]) <= tolerance)) {
            return 0;
        }
    }
    return 1;
}

static int symmetric(const matrix *a, double tolerance)
{
    for (size_t i = 0; i < a->n; i++) {
        for (size_t j = 0; j < i; j++) {
            const double difference = a->values[i * a->n + j] - a->values[j * a->n + i];
            if (!(fabs(difference) <= tolerance)) {
                return 0;
            }
        }
    }
    return 1;
}

/* Solves for the identity, checks the four conditions and returns the rank, which is
 * the trace of A A^+. */
static size_t check_pseudo_inverse(const matrix *a, double tolerance)
{
    static matrix copy, x, ax, xa, product;
    const size_t n = a->n;
    double trace = 0;
    copy = *a;
    memset(&x, 0, sizeof x);
    x.n = n;
    for (size_t i = 0; i < n; i++) {
        x.values[i * n + i] = 1;
    }
    assert_int_equal(merit__least_norm_solve(x.values, copy.values, n, n, NULL),
                     MERIT_OK);
    multiply(&ax, a, &x);
    multiply(&xa, &x, a);
    assert_true(symmetric(&ax, tolerance));
    assert_true(symmetric(&xa, tolerance));
    multiply(&product, &ax, a);
    assert_true(close_to(&product, a, tolerance));
    multiply(&product, &xa, &x);
    assert_true(close_to(&product, &x, tolerance));
    for (size_t i = 0; i < n; i++) {
        trace += ax.values[i * n + i];
    }
    assert_true(fabs(trace - round(trace)) < 1e-9);
    return (size_t)round(trace);
}

static double uniform(size_t a, size_t b)
{
    uint32_t words[4];
    merit__random(words, 3, MERIT__USE_INIT, (uint32_t)a, (uint32_t)b, 0);
    return merit__uniform(words[0]) - 0.5;
}

/* Random matrices of every rank: combinations of so many random rows. */
static void test_ranks(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 5, 8, 40};
    static matrix a;
    for (size_t s = 0; s < LENGTH(sizes); s++) {
        const size_t n = sizes[s];
        for (size_t rank = 0; rank <= n; rank += n < 10 ? 1 : 13) {
            memset(&a, 0, sizeof a);
            a.n = n;
            for (size_t i = 0; i < n; i++) {
                for (size_t part = 0; part < rank; part++) {
                    const double share = uniform(n, i * n + part) + (i % n == part);
                    for (size_t j = 0; j < n; j++) {
                        a.values[i * n + j] += share * uniform(100 + part, j);
                    }
                }
            }
            assert_int_equal(check_pseudo_inverse(&a, 1e-9), rank);
        }
    }
}

/* Where pivoting is needed, and where columns repeat. */
static void test_chosen(void **state)
{
    (void)state;
    static const struct {
        size_t rank;
        double values[9];
    } cases[] = {
        {2, {0, 1, 0, 0, 0, 1, 0, 0.5, 0.5}},
        {1, {0, 0, 1, 0, 0, 1, 0, 0, 1}},
        {2, {0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 0}},
        {3, {0, 0, 1, 1, 0, 0, 0, 1, 0}},
        {3, {1e-6, 1, 0, 1, 1e-6, 0, 0, 0, 1e-6}},
        {1, {1e100, 1e100, 0, 1e100, 1e100, 0, 0, 0, 0}},
    };
    for (size_t c = 0; c < LENGTH(cases); c++) {
        matrix a = {.n = 3};
        double size = 0;
        for (size_t i = 0; i < 9; i++) {
            a.values[i] = cases[c].values[i];
            size = fmax(size, fabs(a.values[i]));
        }
        assert_int_equal(check_pseudo_inverse(&a, 1e-9 * fmax(1, size)), cases[c].rank);
    }
}

/* Of all solutions the least, of an unsolvable system the nearest; several columns. */
static void test_by_hand(void **state)
{
    (void)state;
    static const double singular[4] = {1, 3, 1, 3};
    // x = (1, 3) t; t = 2 for 20, and for 19 and 21; for 1 and 0, t = 1/20.
    static const double right[2 * 3] = {20, 19, 1, 20, 21, 0};
    static const double expected[2 * 3] = {2, 2, 0.05, 6, 6, 0.15};
    double a[4], x[6];
    memcpy(a, singular, sizeof a);
    memcpy(x, right, sizeof x);
    assert_int_equal(merit__least_norm_solve(x, a, 2, 3, NULL), MERIT_OK);
    for (size_t i = 0; i < 6; i++) {
        assert_true(fabs(x[i] - expected[i]) < 1e-14);
    }
}

static void test_without_memory(void **state)
{
    (void)state;
    for (long n = 1; n <= 2; n++) {
        double a[1] = {1}, x[1] = {1};
        merit_error err;
        merit__alloc_fail_at(n, 0);
        assert_int_equal(merit__least_norm_solve(x, a, 1, 1, &err), MERIT_ENOMEM);
        assert_int_equal(err.code, MERIT_ENOMEM);
        merit__alloc_fail_at(0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_chosen),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
