/* What a net draws: initial values and dropout masks. */
#include "net/dropout_mask.h"
#include "net_fixtures.h"

#include <math.h>

typedef struct moments {
    double mean, deviation, fourth; // fourth central moment / deviation^4
    float low, high;
} moments;

static moments measure(const float *values, int64_t n)
{
    moments m = {.low = values[0], .high = values[0]};
    double second = 0, fourth = 0;
    for (int64_t i = 0; i < n; i++) {
        m.mean += (double)values[i] / (double)n;
        m.low = values[i] < m.low ? values[i] : m.low;
        m.high = values[i] > m.high ? values[i] : m.high;
    }
    for (int64_t i = 0; i < n; i++) {
        double square = ((double)values[i] - m.mean) * ((double)values[i] - m.mean);
        second += square / (double)n;
        fourth += square * square / (double)n;
    }
    m.deviation = sqrt(second);
    m.fourth = fourth / (second * second);
    return m;
}

static void check_constant(const float *values, int64_t n, float expected)
{
    for (int64_t i = 0; i < n; i++) {
        assert_true(values[i] == expected);
    }
}

/* The initial values of tensor i. */
static const float *initial(const merit_net *net, const float *arena, int64_t i)
{
    return arena + net->tensors[i].offset;
}

static float *make_arena(const merit_net *net, uint64_t seed)
{
    float *arena = malloc((size_t)net->n_arena * sizeof(float));
    assert_non_null(arena);
    for (int64_t i = 0; i < net->n_arena; i++) {
        arena[i] = NAN;
    }
    merit__net_init(net, seed, arena);
    return arena;
}

static void test_initial_statistics(void **state)
{
    (void)state;
    // 0 weight, 1 bias; 2 scale, 3 shift, 4 mean, 5 variance; 6 weight, 7 bias; 8, 9
    merit_net *net = make_net("conv 64 3, batchnorm, relu, dense 100", 32, 6, 6);
    float *arena = make_arena(net, 7);
    moments conv = measure(initial(net, arena, 0), net->tensors[0].n);
    double deviation = sqrt(2.0 / (32 * 9));
    assert_true(fabs(conv.mean) < 0.03 * deviation);
    assert_true(fabs(conv.deviation / deviation - 1) < 0.03);
    assert_true(fabs(conv.fourth - 3) < 0.2); // normal
    moments dense = measure(initial(net, arena, 6), net->tensors[6].n);
    deviation = sqrt(2.0 / (64 * 36));
    assert_true(fabs(dense.mean) < 0.01 * deviation);
    assert_true(fabs(dense.deviation / deviation - 1) < 0.01);
    moments last = measure(initial(net, arena, 8), net->tensors[8].n);
    assert_true(fabs(last.mean) < 0.01);
    assert_true(fabs(last.fourth - 1.8) < 0.1); // uniform
    assert_true(last.low >= -0.1F && last.low < -0.099F);
    assert_true(last.high <= 0.1F && last.high > 0.099F);
    check_constant(initial(net, arena, 1), 64, 0);
    check_constant(initial(net, arena, 2), 64, 1);
    check_constant(initial(net, arena, 3), 64, 0);
    check_constant(initial(net, arena, 4), 64, 0);
    check_constant(initial(net, arena, 5), 64, 1);
    check_constant(initial(net, arena, 7), 100, 0);
    check_constant(initial(net, arena, 9), 10, 0);
    free(arena);
    merit_net_free(net);
}

static void test_initial_determinism(void **state)
{
    (void)state;
    merit_net *net = make_net("dense 33, relu, dense 33", 33, 1, 1);
    size_t n_bytes = (size_t)net->n_arena * sizeof(float);
    float *a = make_arena(net, 1), *b = make_arena(net, 1), *c = make_arena(net, 2);
    assert_memory_equal(a, b, n_bytes);
    assert_memory_not_equal(a, c, n_bytes);
    // Two layers of the same size differ, and so do neighbours.
    assert_memory_not_equal(initial(net, a, 0), initial(net, a, 2), 33 * sizeof(float));
    for (int64_t i = 0; i + 1 < net->tensors[0].n; i++) {
        assert_true(a[i] != a[i + 1]);
    }
    // The values of a tensor depend on its place, not on what follows.
    merit_net *shorter = make_net("dense 33, relu", 33, 1, 1);
    float *d = make_arena(shorter, 1);
    assert_memory_equal(a, d, (size_t)net->tensors[0].n * sizeof(float));
    free(a);
    free(b);
    free(c);
    free(d);
    merit_net_free(shorter);
    merit_net_free(net);
}

enum { N_MASK = 100003 };

/* The share of numbers that are kept; all others must be 0. */
static double kept_share(const float *mask, float kept)
{
    int64_t n = 0;
    for (int64_t i = 0; i < N_MASK; i++) {
        assert_true(mask[i] == 0 || mask[i] == kept);
        n += mask[i] == kept;
    }
    return (double)n / N_MASK;
}

/* The share of numbers at which two masks agree. */
static double agreement(const float *a, const float *b)
{
    int64_t n = 0;
    for (int64_t i = 0; i < N_MASK; i++) {
        n += a[i] == b[i];
    }
    return (double)n / N_MASK;
}

static void test_dropout_mask(void **state)
{
    (void)state;
    float *a = malloc(N_MASK * sizeof(float)), *b = malloc(N_MASK * sizeof(float));
    merit__slice_key key = {.seed = 5, .step = 6, .slice = 7};
    static const double rates[] = {0, 0.1, 0.5, 0.9};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        merit__dropout_mask(a, N_MASK, rates[i], key, 3);
        double kept = kept_share(a, (float)(1 / (1 - rates[i])));
        assert_true(fabs(kept - (1 - rates[i])) < 0.008); // 5 standard deviations
    }
    merit__dropout_mask(a, N_MASK, 0.5, key, 3);
    merit__dropout_mask(b, N_MASK, 0.5, key, 3);
    assert_true(agreement(a, b) == 1);
    const struct {
        merit__slice_key key;
        int64_t layer;
    } others[] = {
        {{6, 6, 7}, 3},
        {{5, 7, 7}, 3},
        {{5, 6, 8}, 3},
        {{5, 6, 7}, 4},
        {{5, 7, 6}, 3},
        {{5, 3, 7}, 6},
        {{5 + (UINT64_C(1) << 32), 6, 7}, 3},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        merit__dropout_mask(b, N_MASK, 0.5, others[i].key, others[i].layer);
        assert_true(fabs(agreement(a, b) - 0.5) < 0.008);
    }
    // A mask does not depend on how much of it is asked for.
    merit__dropout_mask(b, 1001, 0.5, key, 3);
    assert_memory_equal(a, b, 1001 * sizeof(float));
    // Neighbours are independent.
    merit__dropout_mask(b, N_MASK, 0.5, key, 3);
    memmove(b, b + 1, (N_MASK - 1) * sizeof(float));
    assert_true(fabs(agreement(a, b) - 0.5) < 0.008);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_statistics),
        cmocka_unit_test(test_initial_determinism),
        cmocka_unit_test(test_dropout_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
