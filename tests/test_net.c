/* A net as text: what it means and how it is printed. */
#include "base/alloc.h"
#include "merit/scores.h"
#include "net_fixtures.h"

#include <inttypes.h>

static const char small_cnn[] =
    "conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu";

typedef struct text_case {
    const char *spec, *canonical;
    int64_t c, h, w;
    const char *shapes; // of every output, the last dense included
    int64_t n_parameters;
} text_case;

static const text_case text_cases[] = {
    {small_cnn, small_cnn, 1, 28, 28,
     "32x28x28 32x28x28 32x14x14 64x14x14 64x14x14 64x7x7 128x1x1 128x1x1 10x1x1",
     421642},
    {"", "", 3, 2, 2, "10x1x1", 130},
    {"cnn", small_cnn, 1, 28, 28,
     "32x28x28 32x28x28 32x14x14 64x14x14 64x14x14 64x7x7 128x1x1 128x1x1 10x1x1",
     421642},
    {"cnn", "dense 128, relu", 3, 1, 9, "128x1x1 128x1x1 10x1x1", 3584 + 1290},
    {"cnn", "conv 32 3, relu, pool 2, dense 128, relu", 3, 3, 9,
     "32x3x9 32x3x9 32x1x4 128x1x1 128x1x1 10x1x1", 896 + 16512 + 1290},
    {"cnn",
     "conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, conv 128 3, relu, pool 2, "
     "dense 128, relu",
     1, 64, 100,
     "32x64x100 32x64x100 32x32x50 64x32x50 64x32x50 64x16x25 128x16x25 128x16x25 "
     "128x8x12 128x1x1 128x1x1 10x1x1",
     320 + 18496 + 73856 + 1572992 + 1290},
    {"resnet-8",
     "conv 16 3, batchnorm, relu, residual(conv 16 3, batchnorm, relu, conv 16 3, "
     "batchnorm), relu, conv 32 3 stride 2, batchnorm, relu, residual(conv 32 3, "
     "batchnorm, relu, conv 32 3, batchnorm), relu, conv 64 3 stride 2, batchnorm, "
     "relu, residual(conv 64 3, batchnorm, relu, conv 64 3, batchnorm), relu, "
     "globalpool",
     3, 12, 12,
     "16x12x12 16x12x12 16x12x12 16x12x12 16x12x12 16x12x12 16x12x12 "
     "16x12x12 16x12x12 16x12x12 32x6x6 32x6x6 32x6x6 32x6x6 32x6x6 32x6x6 "
     "32x6x6 32x6x6 32x6x6 32x6x6 64x3x3 64x3x3 64x3x3 64x3x3 64x3x3 64x3x3 "
     "64x3x3 64x3x3 64x3x3 64x3x3 64x1x1 10x1x1",
     448 + 32 + 2 * (2320 + 32) + 4640 + 64 + 2 * (9248 + 64) + 18496 + 128 +
         2 * (36928 + 128) + 650},
    {" \t\n ", "", 784, 1, 1, "10x1x1", 7850},
    {"relu,relu", "relu, relu", 2, 3, 4, "2x3x4 2x3x4 10x1x1", 250},
    {"  conv\t8   3 ,\nrelu ", "conv 8 3, relu", 3, 5, 6, "8x5x6 8x5x6 10x1x1",
     8 * 27 + 8 + 2410},
    {"conv 8 3 pad 1 stride 1", "conv 8 3", 1, 5, 5, "8x5x5 10x1x1", 80 + 2010},
    {"conv 8 3 pad 0", "conv 8 3 pad 0", 1, 5, 5, "8x3x3 10x1x1", 80 + 730},
    {"conv 8 3 pad 2", "conv 8 3 pad 2", 1, 5, 5, "8x7x7 10x1x1", 80 + 3930},
    {"conv 8 3 pad 0 stride 2", "conv 8 3 stride 2 pad 0", 1, 6, 7, "8x2x3 10x1x1",
     80 + 490},
    {"conv 8 3 stride 2", "conv 8 3 stride 2", 1, 6, 7, "8x3x4 10x1x1", 80 + 970},
    {"conv 4 2", "conv 4 2", 1, 5, 5, "4x4x4 10x1x1", 20 + 650},
    {"conv 4 4", "conv 4 4", 1, 5, 5, "4x4x4 10x1x1", 68 + 650},
    {"conv 4 1 stride 2", "conv 4 1 stride 2", 2, 4, 4, "4x2x2 10x1x1", 12 + 170},
    {"conv 007 1", "conv 7 1", 1, 1, 1, "7x1x1 10x1x1", 14 + 80},
    {"pool 2", "pool 2", 3, 5, 7, "3x2x3 10x1x1", 190},
    {"pool 3 stride 2", "pool 3 stride 2", 3, 7, 9, "3x3x4 10x1x1", 370},
    {"pool 3 stride 3", "pool 3", 3, 7, 9, "3x2x3 10x1x1", 190},
    {"avgpool 2 stride 1", "avgpool 2 stride 1", 1, 3, 3, "1x2x2 10x1x1", 50},
    {"pool 2", "pool 2", 3, 1, 9, "3x1x4 10x1x1", 130},
    {"avgpool 3 stride 2", "avgpool 3 stride 2", 1, 1, 9, "1x1x4 10x1x1", 50},
    {"linear", "", 3, 1, 1, "10x1x1", 40},
    {"cnn1d", "conv1d 32 7, relu, pool 2, conv1d 64 7, relu, pool 2, dense 128, relu",
     2, 1, 66, "32x1x66 32x1x66 32x1x33 64x1x33 64x1x33 64x1x16 128x1x1 128x1x1 10x1x1",
     147370},
    {"mlp", "dense 128, relu, dense 64, relu", 3, 1, 1,
     "128x1x1 128x1x1 64x1x1 64x1x1 10x1x1", 512 + 8256 + 650},
    {"globalpool", "globalpool", 5, 3, 7, "5x1x1 10x1x1", 60},
    {"batchnorm", "batchnorm", 3, 2, 2, "3x2x2 10x1x1", 6 + 130},
    {"dropout 0.50", "dropout 0.5", 1, 2, 2, "1x2x2 10x1x1", 50},
    {"dropout 1e-1, dropout 0, dropout -0", "dropout 0.1, dropout 0, dropout 0", 1, 2,
     2, "1x2x2 1x2x2 1x2x2 10x1x1", 50},
    {"dense 7", "dense 7", 2, 3, 4, "7x1x1 10x1x1", 175 + 80},
    {"residual ( conv 3 3,relu ) ,pool 2", "residual(conv 3 3, relu), pool 2", 3, 4, 4,
     "3x4x4 3x4x4 3x4x4 3x2x2 10x1x1", 84 + 130},
    {"relu, residual(relu, residual(batchnorm), relu)",
     "relu, residual(relu, residual(batchnorm), relu)", 3, 1, 1,
     "3x1x1 3x1x1 3x1x1 3x1x1 3x1x1 3x1x1 10x1x1", 6 + 40},
    {"residual(residual(relu))", "residual(residual(relu))", 1, 2, 2,
     "1x2x2 1x2x2 1x2x2 10x1x1", 50},
};

static void check_shapes(const merit_net *net, const char *expected)
{
    char found[512] = "";
    size_t n = 0;
    for (int64_t i = 0; i < net->n_layers; i++) {
        merit__shape out = net->layers[i].out;
        merit__shape in = i == 0 ? net->in : net->layers[i - 1].out;
        n += (size_t)snprintf(found + n, sizeof(found) - n,
                              "%s%" PRId64 "x%" PRId64 "x%" PRId64, i > 0 ? " " : "",
                              out.c, out.h, out.w);
        assert_memory_equal(&in, &net->layers[i].in, sizeof(in));
    }
    assert_string_equal(found, expected);
}

static void test_text_and_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
        const text_case *c = &text_cases[i];
        merit_net *net = make_net(c->spec, c->c, c->h, c->w);
        assert_string_equal(merit_net_spec(net), c->canonical);
        check_shapes(net, c->shapes);
        assert_int_equal(merit_net_n_parameters(net), c->n_parameters);
        merit_net *again = make_net(merit_net_spec(net), c->c, c->h, c->w);
        assert_string_equal(merit_net_spec(again), c->canonical);
        assert_int_equal(again->n_layers, net->n_layers);
        assert_memory_equal(again->layers, net->layers,
                            (size_t)net->n_layers * sizeof(net->layers[0]));
        merit_net_free(again);
        merit_net_free(net);
    }
}

static void test_layer_fields(void **state)
{
    (void)state;
    merit_net *net = make_net("conv 4 3 stride 2 pad 0, residual(relu, residual("
                              "dropout 0.25)), globalpool",
                              2, 7, 9);
    assert_int_equal(net->n_layers, 7);
    const merit__layer *conv = &net->layers[0];
    assert_int_equal(conv->kind, MERIT__CONV);
    assert_int_equal(conv->kernel_h, 3);
    assert_int_equal(conv->kernel_w, 3);
    assert_int_equal(conv->stride, 2);
    assert_int_equal(conv->pad, 0);
    assert_string_equal(conv->text, "conv 4 3 stride 2 pad 0");
    assert_true(net->layers[2].rate == 0.25);
    assert_int_equal(net->layers[3].kind, MERIT__ADD); // of the inner block
    assert_int_equal(net->layers[3].from, 1);
    assert_int_equal(net->layers[4].kind, MERIT__ADD);
    assert_int_equal(net->layers[4].from, 0);
    assert_int_equal(net->layers[5].kernel_h, 3);
    assert_int_equal(net->layers[5].kernel_w, 4);
    assert_int_equal(net->layers[6].kind, MERIT__DENSE);
    assert_string_equal(net->layers[6].text, "dense 10");
    merit_net_free(net);
    net = make_net("residual(relu)", 2, 7, 9);
    assert_int_equal(net->layers[1].from, -1);
    merit_net_free(net);
}

static void test_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum merit__tensor_kind kind;
        int64_t n_dims, dims[4], layer;
    } expected[] = {
        {"1.weight", MERIT__WEIGHT, 4, {4, 2, 3, 3}, 0},
        {"1.bias", MERIT__BIAS, 1, {4}, 0},
        {"2.scale", MERIT__BIAS, 1, {4}, 1},
        {"2.shift", MERIT__BIAS, 1, {4}, 1},
        {"2.mean", MERIT__STATISTIC, 1, {4}, 1},
        {"2.variance", MERIT__STATISTIC, 1, {4}, 1},
        {"4.weight", MERIT__WEIGHT, 2, {10, 4 * 5 * 6}, 3},
        {"4.bias", MERIT__BIAS, 1, {10}, 3},
    };
    merit_net *net = make_net("conv 4 3, batchnorm, relu", 2, 5, 6);
    assert_int_equal(net->n_tensors, sizeof(expected) / sizeof(expected[0]));
    int64_t offset = 0;
    for (int64_t i = 0; i < net->n_tensors; i++) {
        const merit__tensor *tensor = &net->tensors[i];
        int64_t n = 1;
        assert_string_equal(tensor->name, expected[i].name);
        assert_int_equal(tensor->kind, expected[i].kind);
        assert_int_equal(tensor->layer, expected[i].layer);
        assert_int_equal(tensor->n_dims, expected[i].n_dims);
        for (int64_t d = 0; d < tensor->n_dims; d++) {
            assert_int_equal(tensor->dims[d], expected[i].dims[d]);
            n *= tensor->dims[d];
        }
        assert_int_equal(tensor->n, n);
        assert_int_equal(tensor->offset, offset);
        offset += n;
    }
    assert_int_equal(net->n_arena, offset);
    assert_int_equal(merit_net_n_parameters(net), offset - 8);
    assert_int_equal(net->layers[0].tensor, 0);
    assert_int_equal(net->layers[1].tensor, 2);
    assert_int_equal(net->layers[2].tensor, -1);
    assert_int_equal(net->layers[3].tensor, 6);
    merit_net_free(net);
}

static void test_describe(void **state)
{
    (void)state;
    static const char expected[] = "1 conv 8 3                 1x6x6 -> 8x6x6   80\n"
                                   "2 batchnorm                8x6x6 -> 8x6x6   16\n"
                                   "3 relu                     8x6x6 -> 8x6x6   0\n"
                                   "4 residual (adds layer 1)  8x6x6 -> 8x6x6   0\n"
                                   "5 pool 2                   8x6x6 -> 8x3x3   0\n"
                                   "6 dense 10                 8x3x3 -> 10x1x1  730\n";
    merit_net *net = make_net("conv 8 3, residual(batchnorm, relu), pool 2", 1, 6, 6);
    char *text = NULL;
    merit_error err;
    assert_int_equal(merit_net_describe(net, &text, &err), MERIT_OK);
    assert_string_equal(text, expected);
    merit_text_free(text);
    merit_net_free(net);
    net = make_net("residual(relu)", 1, 6, 6);
    assert_int_equal(merit_net_describe(net, &text, &err), MERIT_OK);
    assert_non_null(strstr(text, "2 residual (adds the examples)  1x6x6 -> 1x6x6 "));
    merit_text_free(text);
    merit_net_free(net);
}

static void test_free_null(void **state)
{
    (void)state;
    merit_net_free(NULL);
}

static merit_status create_and_describe(merit_error *err)
{
    merit_net *net = NULL;
    char *text = NULL;
    merit_status status = merit_net_create(
        &net, "conv 4 3, residual(relu, residual(batchnorm), relu), relu, relu, relu",
        1, 8, 8, N_CLASSES, err);
    if (status == MERIT_OK) {
        status = merit_net_describe(net, &text, err);
    } else {
        assert_null(net);
    }
    assert_true(status == MERIT_OK || text == NULL);
    merit_text_free(text);
    merit_net_free(net);
    return status;
}

static void test_allocation_failures(void **state)
{
    (void)state;
    merit_error err = {0};
    assert_int_equal(create_and_describe(&err), MERIT_OK);
    for (int sticky = 0; sticky <= 1; sticky++) {
        merit__alloc_fail_at(0, 0);
        assert_int_equal(create_and_describe(&err), MERIT_OK);
        long n = merit__alloc_count();
        assert_true(n > 5);
        for (long i = 1; i <= n; i++) {
            merit__alloc_fail_at(i, sticky);
            assert_int_equal(create_and_describe(&err), MERIT_ENOMEM);
            assert_int_equal(err.code, MERIT_ENOMEM);
            assert_true(strlen(err.message) > 10);
        }
        merit__alloc_fail_at(0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_shapes),
        cmocka_unit_test(test_layer_fields),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_free_null),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
