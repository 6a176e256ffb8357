/* The reference engine: hand-made values of every layer, and every gradient against
 * central differences. */
#include "base/alloc.h"
#include "base/random.h"
#include "net/dropout_mask.h"
#include "net/engine.h"
#include "net/reference/reference_layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const merit__engine *const engine = &merit__engine_reference;
static const merit__slice_key key = {.seed = 11, .step = 12, .slice = 13};

static float *make_floats(int64_t n)
{
    float *values = merit__alloc_array((size_t)n, sizeof(float));
    assert_non_null(values);
    return values;
}

/* values[i] = mean + deviation * a normal number that depends on (seed, i). */
static void fill_normal(float *values, int64_t n, uint64_t seed, float mean,
                        float deviation)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        float normal[2];
        merit__random(words, seed, MERIT__USE_AUGMENT, (uint32_t)i, 0, 0);
        merit__normal2(normal, words[0], words[1]);
        values[i] = mean + deviation * normal[0];
    }
}

/* --- hand-made values ----------------------------------------------------------------
 */

/* One layer on small whole numbers: y from x, dx and dtensors[0..2) from dy. */
typedef struct layer_case {
    const char *spec;
    int64_t c, h, w, n;
    const char *x, *tensors[2], *y, *dy, *dx, *dtensors[2];
} layer_case;

// clang-format off
static const layer_case layer_cases[] = {
    {.spec = "conv 1 3",
     .c = 1, .h = 3, .w = 3, .n = 1,
     .x = "1 2 3  4 5 6  0 0 0",
     .tensors = {"1 10 100  1000 10000 100000  2 20 200", "0.5"},
     .y = "211080.5 322308.5 32130.5  540210.5 654321.5 65032.5  540.5 654.5 65.5",
     .dy = "1 0 0  0 0 2  0 0 0",
     .dx = "10000 100002 20  20 2200 20000  0 4 40",
     .dtensors = {"4 6 0  10 13 2  0 4 5", "3"}},
    {.spec = "conv 2 2 stride 2 pad 1",
     .c = 1, .h = 3, .w = 2, .n = 1,
     .x = "1 2  3 4  5 6",
     .tensors = {"1 10 100 1000  1 1 1 1", "0 100"},
     .y = "1000 200  5030 604  101 102  108 110",
     .dy = "1 0 0 0  0 0 0 1",
     .dx = "1000 0  0 1  0 1",
     .dtensors = {"0 0 0 1  4 0 6 0", "1 1"}},
    {.spec = "conv 1 1",
     .c = 2, .h = 1, .w = 2, .n = 2,
     .x = "1 2 3 4  5 6 7 8",
     .tensors = {"1 10", "0"},
     .y = "31 42  75 86",
     .dy = "1 2  3 4",
     .dx = "1 2 10 20  3 4 30 40",
     .dtensors = {"44 64", "10"}},
    {.spec = "dense 2",
     .c = 2, .h = 1, .w = 2, .n = 2,
     .x = "1 2 3 4  5 6 7 8",
     .tensors = {"1 10 100 1000  1 1 1 1", "0.5 -1"},
     .y = "4321.5 9  8765.5 25",
     .dy = "1 2  3 4",
     .dx = "3 12 102 1002  7 34 304 3004",
     .dtensors = {"16 20 24 28  22 28 34 40", "4 6"}},
    {.spec = "relu",
     .c = 1, .h = 1, .w = 4, .n = 1,
     .x = "-1 0 2 nan", .y = "0 0 2 nan", .dy = "5 6 7 8", .dx = "0 0 7 0"},
    {.spec = "pool 2",
     .c = 1, .h = 3, .w = 5, .n = 2,
     .x = "1 2 3 4 9  5 0 4 3 9  9 9 9 9 9   7 7 1 1 9  7 7 0 1 9  9 9 9 9 9",
     .y = "5 4  7 1", .dy = "1 2  3 4",
     .dx = "0 0 0 2 0  1 0 0 0 0  0 0 0 0 0   3 0 4 0 0  0 0 0 0 0  0 0 0 0 0"},
    {.spec = "pool 2 stride 1",
     .c = 1, .h = 2, .w = 3, .n = 1,
     .x = "1 5 2  3 4 5", .y = "5 5", .dy = "1 2", .dx = "0 3 0  0 0 0"},
    {.spec = "avgpool 2",
     .c = 1, .h = 3, .w = 5, .n = 1,
     .x = "1 2 3 4 9  5 0 4 3 9  9 9 9 9 9", .y = "2 3.5", .dy = "4 8",
     .dx = "1 1 2 2 0  1 1 2 2 0  0 0 0 0 0"},
    {.spec = "avgpool 2 stride 1",
     .c = 1, .h = 2, .w = 3, .n = 1,
     .x = "1 5 2  3 3 6", .y = "3 4", .dy = "4 8", .dx = "1 3 2  1 3 2"},
    {.spec = "globalpool",
     .c = 2, .h = 1, .w = 2, .n = 2,
     .x = "1 2 3 5  6 6 0 -1", .y = "1.5 4  6 -0.5", .dy = "2 4  6 8",
     .dx = "1 1 2 2  3 3 4 4"},
};
// clang-format on

/* Parses numbers separated by spaces into out; NULL is none. Returns how many. */
static int64_t parse_floats(float *out, const char *text)
{
    int64_t n = 0;
    char *end = NULL;
    for (const char *at = text; at != NULL && *at != '\0'; at = end) {
        out[n] = strtof(at, &end);
        assert_true(end > at);
        n++;
    }
    return n;
}

static void check_floats(const char *what, const float *found, const char *expected)
{
    float numbers[64];
    int64_t n = parse_floats(numbers, expected);
    for (int64_t i = 0; i < n; i++) {
        int same = isnan(numbers[i]) ? isnan(found[i]) : found[i] == numbers[i];
        if (!same) {
            fail_msg("%s: number %" PRId64 " is %g, expected %g", what, i,
                     (double)found[i], (double)numbers[i]);
        }
    }
}

static void run_layer(const merit__layer *layer, const merit__reference_pass *pass)
{
    switch (layer->kind) {
    case MERIT__CONV:
        merit__reference_conv_forward(pass);
        merit__reference_conv_backward(pass);
        break;
    case MERIT__DENSE:
        merit__reference_dense_forward(pass);
        merit__reference_dense_backward(pass);
        break;
    case MERIT__RELU:
        merit__reference_relu_forward(pass);
        merit__reference_relu_backward(pass);
        break;
    case MERIT__MAXPOOL:
        merit__reference_maxpool_forward(pass);
        merit__reference_maxpool_backward(pass);
        break;
    default:
        merit__reference_avgpool_forward(pass);
        merit__reference_avgpool_backward(pass);
        break;
    }
}

static void check_layer_case(const layer_case *c)
{
    enum { ROOM = 64 };
    float x[ROOM], tensors[2][ROOM], y[ROOM], dy[ROOM], dx[ROOM] = {0};
    float dtensors[2][ROOM];
    merit_net *net;
    assert_int_equal(merit_net_create(&net, c->spec, c->c, c->h, c->w, 1, NULL),
                     MERIT_OK);
    const merit__layer *layer = &net->layers[0];
    merit__reference_pass pass = {
        .layer = layer, .n = c->n, .training = 1, .x = x, .y = y, .dy = dy, .dx = dx};
    assert_int_equal(parse_floats(x, c->x), c->n * merit__reference_volume(layer->in));
    assert_int_equal(parse_floats(dy, c->dy),
                     c->n * merit__reference_volume(layer->out));
    for (int t = 0; t < 2; t++) {
        parse_floats(tensors[t], c->tensors[t]);
        pass.tensors[t] = tensors[t];
        pass.dtensors[t] = dtensors[t];
    }
    run_layer(layer, &pass);
    check_floats(c->spec, y, c->y);
    check_floats(c->spec, dx, c->dx);
    check_floats(c->spec, dtensors[0], c->dtensors[0]);
    check_floats(c->spec, dtensors[1], c->dtensors[1]);
    merit_net_free(net);
}

static void test_layer_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(layer_cases) / sizeof(layer_cases[0]); i++) {
        check_layer_case(&layer_cases[i]);
    }
}

static void test_batchnorm_values(void **state)
{
    (void)state;
    // Channel 0 holds 1 3 5 7 (mean 4, variance 5, unbiased 20/3), channel 1 holds 2s.
    const float x[] = {1, 3, 2, 2, 5, 7, 2, 2};
    const float scale[] = {2, 3}, shift[] = {10, 20}, mean[] = {1, 2};
    const float variance[] = {4, 9};
    const float dy[] = {1, 0, 1, 2, 0, 0, 3, 4};
    float y[8], dx[8] = {0}, dscale[2], dshift[2], observed[2], unbiased[2];
    merit_net *net;
    assert_int_equal(merit_net_create(&net, "batchnorm", 2, 1, 2, 1, NULL), MERIT_OK);
    merit__reference_pass pass = {.layer = &net->layers[0],
                                  .n = 2,
                                  .training = 1,
                                  .x = x,
                                  .tensors = {scale, shift, mean, variance},
                                  .y = y,
                                  .dy = dy,
                                  .dx = dx,
                                  .dtensors = {dscale, dshift, observed, unbiased}};
    merit__reference_batchnorm_forward(&pass);
    merit__reference_batchnorm_backward(&pass);
    const double inverse = 1 / sqrt(5 + 1e-5);
    const double z[] = {-3 * inverse, -inverse, inverse, 3 * inverse};
    const int place[] = {0, 1, 4, 5};
    for (int i = 0; i < 4; i++) {
        double expected = 2 * inverse * ((i == 0) - 0.25 - z[i] * z[0] / 4);
        assert_true(fabs((double)y[place[i]] - (10 + 2 * z[i])) < 1e-6);
        assert_true(fabs((double)dx[place[i]] - expected) < 1e-7);
        assert_true(y[i / 2 * 4 + i % 2 + 2] == 20);
    }
    assert_true(fabs((double)dscale[0] - z[0]) < 1e-7);
    assert_true(dshift[0] == 1 && dshift[1] == 10 && dscale[1] == 0);
    assert_true(observed[0] == 4 && observed[1] == 2);
    assert_true(fabs((double)unbiased[0] - 20.0 / 3) < 1e-6 && unbiased[1] == 0);
    pass.training = 0;
    merit__reference_batchnorm_forward(&pass);
    assert_true(fabs((double)y[5] - (10 + 2 * 6 / sqrt(4 + 1e-5))) < 1e-6);
    assert_true(y[2] == 20);
    merit_net_free(net);
}

static void test_batchnorm_of_one_number(void **state)
{
    (void)state;
    const float one[] = {7}, scale[] = {2}, shift[] = {3};
    float y[1], dx[1] = {0}, d[4];
    merit_net *net;
    assert_int_equal(merit_net_create(&net, "batchnorm", 1, 1, 1, 1, NULL), MERIT_OK);
    merit__reference_pass pass = {.layer = &net->layers[0],
                                  .n = 1,
                                  .training = 1,
                                  .x = one,
                                  .tensors = {scale, shift, one, one},
                                  .y = y,
                                  .dy = one,
                                  .dx = dx,
                                  .dtensors = {&d[0], &d[1], &d[2], &d[3]}};
    merit__reference_batchnorm_forward(&pass);
    merit__reference_batchnorm_backward(&pass);
    assert_true(y[0] == 3 && dx[0] == 0);
    assert_true(d[0] == 0 && d[1] == 7 && d[2] == 7 && d[3] == 0);
    merit_net_free(net);
}

/* --- a net at work -------------------------------------------------------------------
 */

enum { N_CLASSES = 4 };

/* A net with its plan, random parameters, examples, and a random linear loss
 * sum of weights[i] logits[i], so that dlogits = weights. */
typedef struct bench {
    merit_net *net;
    merit__plan *plan;
    int64_t n_x, n_logits;
    float *arena, *gradient, *x, *logits, *weights;
} bench;

static void make_parameters(bench *b, uint64_t seed)
{
    float *canonical = make_floats(b->net->n_arena);
    merit__net_init(b->net, seed, canonical);
    for (int64_t i = 0; i < b->net->n_tensors; i++) {
        const merit__tensor *tensor = &b->net->tensors[i];
        float *values = canonical + tensor->offset;
        if (tensor->kind == MERIT__BIAS) { // also scales and shifts
            fill_normal(values, tensor->n, seed + 100 + (uint64_t)i, values[0], 0.3F);
        }
    }
    assert_int_equal(engine->import(b->plan, canonical, b->arena, NULL), MERIT_OK);
    merit__free(canonical);
}

/* Codes, each sequence two letters shorter than the one before; what is asked behind
 * their ends weighs nothing. */
static void fill_sequences(bench *b, int64_t n, int64_t T)
{
    int64_t n_row = b->n_logits / n / b->net->n_positions;
    for (int64_t e = 0; e < n; e++) {
        int64_t length = T - 2 * e > 1 ? T - 2 * e : 1;
        for (int64_t t = 0; t < T; t++) {
            b->x[e * T + t] =
                (float)(t < length ? (7 * t + 3 * e) % 5 : MERIT__CODE_END);
            for (int64_t k = 0; b->net->n_positions > 1 && t >= length && k < n_row;
                 k++) {
                b->weights[(e * T + t) * n_row + k] = 0;
            }
        }
    }
}

static bench make_bench(const char *spec, merit__shape in, int64_t n, int training)
{
    bench b = {0};
    merit_error err;
    merit__plan_options options = {.n = n, .training = training};
    if (merit_net_create(&b.net, spec, in.c, in.h, in.w, N_CLASSES, &err) ||
        engine->create(&b.plan, b.net, &options, &err)) {
        fail_msg("%s: %s", spec, err.message);
    }
    b.n_x = n * in.c * in.h * in.w;
    b.n_logits = n * b.net->n_positions * N_CLASSES;
    b.arena = make_floats(b.plan->n_arena);
    b.gradient = make_floats(b.plan->n_arena);
    b.x = make_floats(b.n_x);
    b.logits = make_floats(b.n_logits);
    b.weights = make_floats(b.n_logits);
    make_parameters(&b, 1);
    fill_normal(b.x, b.n_x, 2, 0, 1);
    fill_normal(b.weights, b.n_logits, 3, 0, 1);
    if (merit__net_is_sequential(b.net)) {
        fill_sequences(&b, n, in.w);
    }
    assert_int_equal(engine->prepare(b.plan, b.arena, NULL), MERIT_OK);
    return b;
}

static void free_bench(bench *b)
{
    engine->destroy(b->plan);
    merit_net_free(b->net);
    merit__free(b->arena);
    merit__free(b->gradient);
    merit__free(b->x);
    merit__free(b->logits);
    merit__free(b->weights);
}

static double loss(bench *b)
{
    double sum = 0;
    assert_int_equal(engine->forward(b->plan, b->arena, b->x, key, b->logits, NULL),
                     MERIT_OK);
    for (int64_t i = 0; i < b->n_logits; i++) {
        sum += (double)b->weights[i] * (double)b->logits[i];
    }
    return sum;
}

static void forward_backward(bench *b)
{
    loss(b);
    assert_int_equal(
        engine->backward(b->plan, b->arena, b->x, b->weights, b->gradient, NULL),
        MERIT_OK);
}

/* --- central differences -------------------------------------------------------------
 */

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

/* --- what a plan promises ------------------------------------------------------------
 */

static const char mixed[] = "conv 3 3, batchnorm, relu, residual(conv 3 3, relu), pool "
                            "2, dropout 0.5, dense 10, relu";
static const merit__shape mixed_in = {2, 6, 6};

static void test_layout(void **state)
{
    (void)state;
    bench b = make_bench(mixed, mixed_in, 2, 1);
    float *canonical = make_floats(b.net->n_arena), *back = make_floats(b.net->n_arena);
    assert_string_equal(engine->name, "reference");
    assert_ptr_equal(b.plan->engine, engine);
    assert_ptr_equal(b.plan->net, b.net);
    assert_int_equal(b.plan->n_segments, b.net->n_tensors);
    int64_t end = 0;
    for (int64_t i = 0; i < b.plan->n_segments; i++) {
        const merit__segment *segment = &b.plan->segments[i];
        assert_int_equal(segment->offset % 16, 0);
        assert_true(segment->offset >= end && segment->n >= b.net->tensors[i].n);
        assert_int_equal(segment->kind, b.net->tensors[i].kind);
        end = segment->offset + segment->n;
    }
    assert_int_equal(end, b.plan->n_arena);
    fill_normal(canonical, b.net->n_arena, 5, 0, 1);
    for (int64_t i = 0; i < b.plan->n_arena; i++) {
        b.arena[i] = NAN;
    }
    assert_int_equal(engine->import(b.plan, canonical, b.arena, NULL), MERIT_OK);
    for (int64_t i = 0; i < b.plan->n_arena; i++) {
        assert_true(b.arena[i] == b.arena[i]);
    }
    assert_int_equal(engine->export(b.plan, b.arena, back, NULL), MERIT_OK);
    assert_memory_equal(back, canonical, (size_t)b.net->n_arena * sizeof(float));
    merit__free(canonical);
    merit__free(back);
    free_bench(&b);
}

static void test_repeatable(void **state)
{
    (void)state;
    bench a = make_bench(mixed, mixed_in, 3, 1), b = make_bench(mixed, mixed_in, 3, 1);
    forward_backward(&a);
    for (int64_t i = 0; i < b.plan->n_arena; i++) {
        b.gradient[i] = NAN; // all of it is written
    }
    forward_backward(&b);
    forward_backward(&b);
    assert_memory_equal(a.logits, b.logits, (size_t)a.n_logits * sizeof(float));
    assert_memory_equal(a.gradient, b.gradient,
                        (size_t)a.plan->n_arena * sizeof(float));
    assert_memory_equal(merit__reference_gradient(a.plan, -1),
                        merit__reference_gradient(b.plan, -1),
                        (size_t)a.n_x * sizeof(float));
    free_bench(&a);
    free_bench(&b);
}

static void test_inference(void **state)
{
    (void)state;
    bench a = make_bench(mixed, mixed_in, 3, 0), b = make_bench(mixed, mixed_in, 1, 0);
    merit_error err;
    loss(&a);
    // Each row depends on nothing but its example, and on no random numbers.
    for (int64_t i = 0; i < 3; i++) {
        merit__slice_key other = {.seed = (uint64_t)i};
        assert_int_equal(
            engine->forward(b.plan, b.arena, a.x + i * b.n_x, other, b.logits, NULL),
            MERIT_OK);
        assert_memory_equal(b.logits, a.logits + i * N_CLASSES,
                            N_CLASSES * sizeof(float));
    }
    assert_int_equal(
        engine->backward(b.plan, b.arena, b.x, b.weights, b.gradient, &err),
        MERIT_EINVAL);
    assert_string_equal(err.message, "the plan was not made for training");
    free_bench(&a);
    free_bench(&b);
}

/* Training with a rate of 0 and the batch's own statistics is inference. */
static void test_training_is_inference(void **state)
{
    (void)state;
    static const char spec[] = "batchnorm, dropout 0, dense 5, relu";
    bench training = make_bench(spec, (merit__shape){3, 4, 4}, 8, 1);
    bench inference = make_bench(spec, (merit__shape){3, 4, 4}, 8, 0);
    forward_backward(&training);
    for (int64_t i = 2; i < 4; i++) { // mean and variance
        int64_t offset = training.plan->segments[i].offset;
        for (int64_t c = 0; c < 3; c++) {
            float observed = training.gradient[offset + c];
            float biased = observed * (i == 3 ? 127.0F / 128 : 1);
            inference.arena[offset + c] = biased;
        }
    }
    loss(&inference);
    for (int64_t i = 0; i < training.n_logits; i++) {
        assert_true(fabsf(training.logits[i] - inference.logits[i]) < 1e-5F);
    }
    free_bench(&training);
    free_bench(&inference);
}

/* The output of layer 0 of "dropout 0.25" on ones, for a key. */
static void dropped(bench *b, merit__slice_key other, float *out)
{
    for (int64_t i = 0; i < b->n_x; i++) {
        b->x[i] = 1;
    }
    assert_int_equal(engine->forward(b->plan, b->arena, b->x, other, b->logits, NULL),
                     MERIT_OK);
    memcpy(out, merit__reference_output(b->plan, 0), (size_t)b->n_x * sizeof(float));
}

static void test_dropout(void **state)
{
    (void)state;
    bench b = make_bench("dropout 0.25", (merit__shape){8, 16, 16}, 8, 1);
    size_t n_bytes = (size_t)b.n_x * sizeof(float);
    float *a = make_floats(b.n_x), *again = make_floats(b.n_x);
    float *mask = make_floats(b.n_x);
    dropped(&b, key, a);
    int64_t n_kept = 0;
    for (int64_t i = 0; i < b.n_x; i++) {
        assert_true(a[i] == 0 || a[i] == (float)(1 / 0.75));
        n_kept += a[i] != 0;
    }
    assert_true(fabs((double)n_kept / (double)b.n_x - 0.75) < 0.017);
    merit__dropout_mask(mask, b.n_x, 0.25, key, 0);
    assert_memory_equal(a, mask, n_bytes);
    const merit__slice_key others[] = {{12, 12, 13}, {11, 13, 13}, {11, 12, 14}};
    for (int i = 0; i < 3; i++) {
        dropped(&b, others[i], again);
        assert_memory_not_equal(a, again, n_bytes);
    }
    dropped(&b, key, again);
    assert_memory_equal(a, again, n_bytes);
    merit__free(a);
    merit__free(again);
    merit__free(mask);
    free_bench(&b);
}

static void test_bad_slice(void **state)
{
    (void)state;
    static const int64_t bad[] = {0, -1, INT64_C(1) << 31, INT64_MAX, INT64_MIN};
    merit_net *net;
    assert_int_equal(merit_net_create(&net, mixed, 2, 6, 6, 2, NULL), MERIT_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        merit__plan_options options = {.n = bad[i], .training = 1};
        merit__plan *plan = (merit__plan *)(uintptr_t)&bad;
        merit_error err;
        assert_int_equal(engine->create(&plan, net, &options, &err), MERIT_EINVAL);
        assert_null(plan);
    }
    engine->destroy(NULL);
    merit_net_free(net);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    merit_net *net;
    merit__plan_options options = {.n = 2, .training = 1};
    merit__plan *plan;
    merit_error err;
    assert_int_equal(merit_net_create(&net, mixed, 2, 6, 6, 2, &err), MERIT_OK);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(engine->create(&plan, net, &options, &err), MERIT_OK);
    long n = merit__alloc_count();
    engine->destroy(plan);
    assert_true(n > 20);
    for (long i = 1; i <= 2 * n; i++) {
        merit__alloc_fail_at((i + 1) / 2, i % 2 == 0);
        assert_int_equal(engine->create(&plan, net, &options, &err), MERIT_ENOMEM);
        assert_null(plan);
        assert_true(strlen(err.message) > 10);
    }
    merit__alloc_fail_at(0, 0);
    merit_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_values),
        cmocka_unit_test(test_batchnorm_values),
        cmocka_unit_test(test_batchnorm_of_one_number),
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_repeatable),
        cmocka_unit_test(test_inference),
        cmocka_unit_test(test_training_is_inference),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_bad_slice),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
