/* Every gradient of the reference engine against central differences. */
#include "reference_fixtures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { MAX_CHECKED = 48 }; // numbers of one array that are perturbed

/* Slopes of the loss along some numbers of one array, to either side. Where they
 * differ, a relu or a maximum switches in between; such a number tells nothing about
 * the gradient and is left out. */
typedef struct slopes {
    int64_t n;
    int64_t index[MAX_CHECKED];
    double left[MAX_CHECKED], right[MAX_CHECKED], slope[MAX_CHECKED];
    double largest; // of |slope|, at least smallest_slope
} slopes;

static const double tolerance = 0.003;     // of the largest slope in the array
static const double smallest_slope = 0.05; // less is nothing but rounding

static void measure_slope(slopes *s, bench *b, float *values, int64_t i, double middle)
{
    const float step = 0x1p-9F;
    float before = values[i];
    values[i] = before + step;
    s->right[s->n] = (loss(b) - middle) / ((double)values[i] - (double)before);
    values[i] = before - step;
    s->left[s->n] = (middle - loss(b)) / ((double)before - (double)values[i]);
    values[i] = before;
    s->index[s->n] = i;
    s->slope[s->n] = (s->left[s->n] + s->right[s->n]) / 2;
    s->n++;
}

/* Keeps the slopes that are the same to either side. Returns how many there were. */
static int64_t keep_smooth(slopes *s)
{
    int64_t n = s->n;
    s->n = 0;
    for (int64_t i = 0; i < n; i++) {
        if (fabs(s->left[i] - s->right[i]) <= tolerance * s->largest) {
            s->index[s->n] = s->index[i];
            s->slope[s->n] = s->slope[i];
            s->n++;
        }
    }
    return n;
}

/* Slopes along up to MAX_CHECKED of values[0..n), evenly spread. */
static slopes measure_slopes(bench *b, float *values, int64_t n, const char *what)
{
    slopes s = {.largest = smallest_slope};
    int64_t n_checked = n < MAX_CHECKED ? n : MAX_CHECKED;
    double middle = loss(b);
    for (int64_t i = 0; i < n_checked; i++) {
        measure_slope(&s, b, values, i * n / n_checked, middle);
        double size = fabs(s.slope[i]);
        s.largest = size > s.largest ? size : s.largest;
    }
    int64_t n_all = keep_smooth(&s);
    if (2 * s.n < n_all) {
        fail_msg("%s: of %" PRId64 " slopes only %" PRId64 " are smooth", what, n_all,
                 s.n);
    }
    return s;
}

/* Whether a gradient agrees with the slopes. */
static int agrees(const slopes *s, const float *gradient)
{
    for (int64_t i = 0; i < s->n; i++) {
        double difference = fabs((double)gradient[s->index[i]] - s->slope[i]);
        if (!(difference <= tolerance * s->largest)) {
            return 0;
        }
    }
    return 1;
}

/* The place in s->index of the largest slope. */
static int64_t steepest(const slopes *s)
{
    int64_t best = 0;
    for (int64_t i = 0; i < s->n; i++) {
        best = fabs(s->slope[i]) > fabs(s->slope[best]) ? i : best;
    }
    return best;
}

/* The test of the test: wrong gradients must not agree. */
static void check_sabotage(const slopes *s, const float *gradient, int64_t n,
                           const char *what)
{
    float *wrong = make_floats(n);
    static const float factors[] = {-1, 1.01F, 0.99F, 0};
    for (size_t f = 0; f < sizeof(factors) / sizeof(factors[0]); f++) {
        for (int64_t i = 0; i < n; i++) {
            wrong[i] = gradient[i] * factors[f];
        }
        if (agrees(s, wrong)) {
            fail_msg("%s: %g times the gradient goes unnoticed", what,
                     (double)factors[f]);
        }
    }
    memcpy(wrong, gradient, (size_t)n * sizeof(float));
    wrong[s->index[steepest(s)]] *= -1;
    if (agrees(s, wrong)) {
        fail_msg("%s: one flipped sign goes unnoticed", what);
    }
    merit__free(wrong);
}

/* Checks gradient[0..n) of the loss with respect to values[0..n). */
static void check_gradient(bench *b, float *values, int64_t n, const float *gradient,
                           const char *what)
{
    slopes s = measure_slopes(b, values, n, what);
    if (!agrees(&s, gradient)) {
        int64_t i = steepest(&s);
        fail_msg("%s: gradient and slopes differ; at %" PRId64 ": %g, %g", what,
                 s.index[i], (double)gradient[s.index[i]], s.slope[i]);
    }
    if (s.largest > smallest_slope) {
        check_sabotage(&s, gradient, n, what);
    }
}

typedef struct net_case {
    const char *spec;
    merit__shape in;
    int64_t n;
    const char *flat; // a tensor whose gradient is 0 in theory, or NULL
} net_case;

static const net_case net_cases[] = {
    {"", {3, 2, 2}, 2, NULL},
    {"dense 6", {3, 2, 2}, 3, NULL},
    {"conv 3 3", {2, 5, 4}, 2, NULL},
    {"conv 3 3 stride 2", {2, 6, 5}, 2, NULL},
    {"conv 3 3 pad 0", {2, 5, 4}, 2, NULL},
    {"conv 3 3 pad 2 stride 3", {2, 7, 4}, 2, NULL},
    {"conv 3 2", {2, 5, 4}, 2, NULL},
    {"conv 2 4 stride 2", {1, 7, 6}, 2, NULL},
    {"conv 5 1", {3, 3, 3}, 2, NULL},
    {"conv 3 5", {1, 6, 7}, 1, NULL},
    {"conv 3 3, conv 2 3", {2, 5, 4}, 2, NULL},
    {"dense 9, relu", {3, 2, 2}, 4, NULL},
    {"relu", {3, 4, 4}, 2, NULL},
    {"pool 2", {2, 5, 4}, 2, NULL},
    {"pool 3 stride 2", {2, 7, 6}, 2, NULL},
    {"pool 3 stride 1", {1, 6, 5}, 1, NULL},
    {"avgpool 2", {2, 5, 4}, 2, NULL},
    {"avgpool 3 stride 2", {2, 7, 6}, 2, NULL},
    {"conv 3 3, globalpool", {2, 5, 4}, 2, NULL},
    {"batchnorm", {3, 3, 3}, 4, NULL},
    {"batchnorm", {5, 1, 1}, 8, NULL},
    {"conv 3 3, batchnorm", {2, 5, 4}, 3, "1.bias"},
    {"dropout 0.5", {3, 4, 4}, 2, NULL},
    {"dense 12, dropout 0.25, dense 5", {3, 2, 2}, 2, NULL},
    {"residual(dense 4)", {4, 1, 1}, 2, NULL},
    {"residual(relu)", {3, 3, 3}, 2, NULL},
    {"conv 3 3, residual(conv 3 3, relu)", {2, 5, 4}, 2, NULL},
    {"conv 3 3, residual(conv 3 3, residual(conv 3 3, relu), conv 3 1)",
     {1, 4, 4},
     2,
     NULL},
    {"residual(residual(residual(conv 2 3)))", {2, 4, 4}, 1, NULL},
    {"conv1d 4 3, relu", {2, 2, 9}, 2, NULL},
    {"conv1d 4 5 dilation 2, per-position", {2, 1, 12}, 2, NULL},
    {"embedding 4, per-position", {1, 1, 6}, 2, NULL},
    {"embedding 4, globalpool", {1, 1, 6}, 3, NULL},
    {"embedding 4, conv1d 5 3, relu, conv1d 3 5 dilation 2, per-position",
     {1, 1, 9},
     3,
     NULL},
    {"embedding 5, residual(conv1d 5 3, relu), residual(conv1d 5 3 dilation 3), "
     "globalpool, dense 4, relu",
     {1, 1, 10},
     3,
     NULL},
    {"conv 4 3, relu, pool 2, conv 5 3, relu, pool 2, dense 6, relu",
     {1, 8, 8},
     3,
     NULL},
    {"conv 4 3, batchnorm, relu, residual(conv 4 3, batchnorm, relu, dropout 0.3, conv "
     "4 3), avgpool 2, dropout 0.5, dense 6",
     {2, 6, 6},
     4,
     "1.bias"},
};

/* Checks every learned tensor of a net and the gradient that reaches the examples. */
static void check_net_case(const net_case *c)
{
    char what[256];
    bench b = make_bench(c->spec, c->in, c->n, 1);
    forward_backward(&b);
    float *dx = make_floats(b.n_x);
    memcpy(dx, merit__reference_gradient(b.plan, -1), (size_t)b.n_x * sizeof(float));
    for (int64_t i = 0; i < b.net->n_tensors; i++) {
        const merit__tensor *tensor = &b.net->tensors[i];
        int64_t offset = b.plan->segments[i].offset;
        snprintf(what, sizeof(what), "%s: %s", c->spec, tensor->name);
        if (tensor->kind == MERIT__STATISTIC) {
            continue;
        }
        if (c->flat != NULL && strcmp(c->flat, tensor->name) == 0) {
            for (int64_t j = 0; j < tensor->n; j++) {
                assert_true(fabsf(b.gradient[offset + j]) < 1e-5F);
            }
            continue;
        }
        check_gradient(&b, b.arena + offset, tensor->n, b.gradient + offset, what);
    }
    if (!merit__net_is_sequential(b.net)) { // codes have no gradient
        snprintf(what, sizeof(what), "%s: examples", c->spec);
        check_gradient(&b, b.x, b.n_x, dx, what);
    }
    merit__free(dx);
    free_bench(&b);
}

static void test_gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(net_cases) / sizeof(net_cases[0]); i++) {
        check_net_case(&net_cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
