/* Whether matrices are positive semidefinite, and how far from it. */
#include "base/definite.h"

#include "loss_fixtures.h"

enum { MAX_N = 40 };

/* A = sum_c weight_c x_c x_c^T of normal vectors x_c. */
static void add_square(double *a, size_t n, double weight, uint64_t *seed)
{
    double x[MAX_N];
    for (size_t i = 0; i < n; i++) {
        x[i] = normal(seed);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] += weight * x[i] * x[j];
        }
    }
}

/* Sums of squares are semidefinite, of full rank or not; with a square taken away that
 * is as large as 1e-6 they are not. */
static void sums_of_squares_are_semidefinite(void **state)
{
    (void)state;
    static const double units[] = {1e-12, 1, 1e15};
    static double a[MAX_N * MAX_N];
    for (uint64_t seed = 1; seed < 60; seed++) {
        const size_t n = 1 + seed % MAX_N;
        const double unit = units[seed % 3];
        const size_t rank = seed % 2 == 0 ? n : n / 2;
        uint64_t source = seed;
        memset(a, 0, sizeof a);
        for (size_t c = 0; c < rank; c++) {
            add_square(a, n, unit, &source);
        }
        assert_true(merit__is_semidefinite(a, n));
        memset(a, 0, sizeof a);
        source = seed;
        for (size_t c = 0; c < n / 2; c++) {
            add_square(a, n, unit, &source);
        }
        add_square(a, n, -1e-6 * unit, &source);
        assert_false(merit__is_semidefinite(a, n));
    }
}

static void small_matrices(void **state)
{
    (void)state;
    static const struct {
        double a[4];
        int is_semidefinite;
        double least;
    } cases[] = {
        {{0, 0, 0, 0}, 1, 0},  {{1, 1, 1, 1}, 1, 0},    {{1, 2, 2, 1}, 0, -1},
        {{0, 1, 1, 0}, 0, -1}, {{-1, 0, 0, -2}, 0, -2}, {{0, 0, 0, -3}, 0, -3},
        {{0, 1, 1, 5}, 0, -0.19258240356725201},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double a[4];
        double scratch[4];
        if (c > 0) { // of zeros the power method has no direction
            assert_true(fabs(merit__least_eigenvalue(cases[c].a, 2, scratch) -
                             cases[c].least) < 1e-9);
        }
        memcpy(a, cases[c].a, sizeof a);
        assert_int_equal(merit__is_semidefinite(a, 2), cases[c].is_semidefinite);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_squares_are_semidefinite),
        cmocka_unit_test(small_matrices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
