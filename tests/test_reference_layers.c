/* The layers of the reference engine on numbers that were worked out by hand. */
#include "reference_fixtures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_values),
        cmocka_unit_test(test_batchnorm_values),
        cmocka_unit_test(test_batchnorm_of_one_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
