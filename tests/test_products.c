#include "base/products.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/alloc.h"

/* Sums in the order of K, to the last bit, whatever the sizes. */
static void products_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},    {3, 2, 5},      {2, 9, 128},
                                      {33, 8, 257}, {32, 131, 131}, {0, 4, 4}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const size_t n = sizes[s][0], K = sizes[s][1], A = sizes[s][2];
        double *rows = merit__alloc_array(n * K, sizeof *rows);
        double *matrix = merit__alloc_array(K * A, sizeof *matrix);
        double *products = merit__alloc_array(n * A, sizeof *products);
        for (size_t i = 0; i < n * K; i++) {
            rows[i] = (double)(i * 7919 % 1009) / 1009;
        }
        for (size_t i = 0; i < K * A; i++) {
            matrix[i] = (double)(i * 6007 % 997) / 997 - 0.5;
        }
        merit__multiply_rows(products, rows, matrix, n, K, A);
        for (size_t at = 0; at < n * A; at++) {
            double sum = 0;
            for (size_t i = 0; i < K; i++) {
                sum += rows[at / A * K + i] * matrix[i * A + at % A];
            }
            assert_true(products[at] == sum);
        }
        merit__free(rows);
        merit__free(matrix);
        merit__free(products);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_of_all_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
