/* A net as text: what it means, how it is printed, what is refused, initial values. */
#include "base/alloc.h"
#include "merit/scores.h"
#include "net/dropout_mask.h"
#include "net/engine.h"
#include "net/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_CLASSES = 10 };

static const char small_cnn[] =
    "conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu";

static merit_net *make_net(const char *spec, int64_t c, int64_t h, int64_t w)
{
    merit_net *net = NULL;
    merit_error err = {0};
    if (merit_net_create(&net, spec, c, h, w, N_CLASSES, &err) != MERIT_OK) {
        fail_msg("%s: %s", spec, err.message);
    }
    return net;
}

/* --- text and shapes ----------------------------------------------------------------
 */

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

/* --- refusals -----------------------------------------------------------------------
 */

typedef struct refusal {
    const char *spec;
    int64_t c, h, w;
    merit_status status;
    const char *message;
} refusal;

static const refusal refusals[] = {
    {"conv 32 3, relu, conv 64 5", 1, 3, 3, MERIT_EINVAL,
     "layer 3 (conv 64 5): the image is 3x3, smaller than the kernel 5x5"},
    {"conv 8 3", 4, 1, 1, MERIT_EINVAL,
     "layer 1 (conv 8 3): the image is 1x1, smaller than the kernel 3x3"},
    {"conv 8 3 pad 2", 4, 1, 1, MERIT_EINVAL,
     "layer 1 (conv 8 3 pad 2): the image is 1x1, smaller than the kernel 3x3"},
    {"pool 2, pool 5", 1, 3, 8, MERIT_EINVAL,
     "layer 2 (pool 5): the image is 1x4, smaller than the kernel 1x5"},
    {"avgpool 9", 1, 9, 8, MERIT_EINVAL,
     "layer 1 (avgpool 9): the image is 9x8, smaller than the kernel 9x9"},
    {"conv 8 3 pad 3", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 8 3 pad 3): the padding is 3, it must be less than the kernel 3"},
    {"resnet-9", 3, 32, 32, MERIT_EINVAL,
     "net \"resnet-9\": there are resnet-8, resnet-14, resnet-20 and so on in steps of "
     "6 "
     "up to resnet-200"},
    {"resnet-2", 3, 32, 32, MERIT_EINVAL,
     "net \"resnet-2\": there are resnet-8, resnet-14, resnet-20 and so on in steps of "
     "6 "
     "up to resnet-200"},
    {"resnet-8", 3, 8, 8, MERIT_EINVAL,
     "layer 24 (conv 64 3): the image is 2x2, smaller than the kernel 3x3"},
    {"relu, cnov 64 3", 1, 9, 9, MERIT_EINVAL,
     "layer 2 (cnov 64 3): there is no layer \"cnov\"; did you mean conv?"},
    {"max_pool 2", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (max_pool 2): there is no layer \"max_pool\"; did you mean pool?"},
    {"Linear 5", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (Linear 5): there is no layer \"Linear\"; did you mean dense?"},
    {"transformer 8", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (transformer 8): there is no layer \"transformer\"; there are conv, "
     "conv1d, dense, "
     "relu, pool, avgpool, globalpool, batchnorm, dropout, residual, embedding, "
     "per-position"},
    {"batch_norm", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (batch_norm): there is no layer \"batch_norm\"; did you mean batchnorm?"},
    {"conv 64", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 64): expected conv C k [stride s] [pad p]"},
    {"conv 64 3 stride", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 64 3 stride): expected conv C k [stride s] [pad p]"},
    {"conv 64 3 stride 1 stride 2", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 64 3 stride 1 stride 2): expected conv C k [stride s] [pad p]"},
    {"conv 64 3 1 1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 64 3 1 1): expected conv C k [stride s] [pad p]"},
    {"conv 4 3 stride 1 pad 1 pad 1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 4 3 stride 1 pad 1 pad 1): expected conv C k [stride s] [pad p]"},
    {"conv 4 3 stride 1 pad 1 pad 1 pad 1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 4 3 stride 1 pad 1 pad 1 pad 1): expected conv C k [stride s] "
     "[pad p]"},
    {"conv 64 3 strid 2", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 64 3 strid 2): \"strid\" is unknown; did you mean stride?"},
    {"pool 2 pad 1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (pool 2 pad 1): expected pool k [stride s]"},
    {"relu 6", 1, 9, 9, MERIT_EINVAL, "layer 1 (relu 6): expected relu"},
    {"dense", 1, 9, 9, MERIT_EINVAL, "layer 1 (dense): expected dense F"},
    {"conv 64 3x3", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 64 3x3): \"3x3\" is not a whole number from 1 to 2147483647"},
    {"conv 0 3", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 0 3): \"0\" is not a whole number from 1 to 2147483647"},
    {"conv -4 3", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv -4 3): \"-4\" is not a whole number from 1 to 2147483647"},
    {"dense 2147483648", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (dense 2147483648): \"2147483648\" is not a whole number from 1 to "
     "2147483647"},
    {"dense 1.5", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (dense 1.5): \"1.5\" is not a whole number from 1 to 2147483647"},
    {"conv 4 3 stride 0", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 4 3 stride 0): \"0\" is not a whole number from 1 to 2147483647"},
    {"conv 4 3 pad -1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 4 3 pad -1): \"-1\" is not a whole number from 0 to 2147483647"},
    {"dropout", 1, 9, 9, MERIT_EINVAL, "layer 1 (dropout): expected dropout p"},
    {"dropout 1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (dropout 1): the share to drop is at least 0 and less than 1, not \"1\""},
    {"dropout -0.1", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (dropout -0.1): the share to drop is at least 0 and less than 1, not "
     "\"-0.1\""},
    {"dropout nan", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (dropout nan): the share to drop is at least 0 and less than 1, not "
     "\"nan\""},
    {"dropout 0.00000000000000000000000000000000005e9", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (dropout 0.00000000000000000000000000000): the share to drop is at least "
     "0 and less than 1, not \"0.00000000000000000000000000...\""},
    {"relu,, relu", 1, 9, 9, MERIT_EINVAL,
     "layer 2 is empty; write a layer such as relu, or take out the comma or the "
     "parentheses"},
    {"relu, ", 1, 9, 9, MERIT_EINVAL,
     "layer 2 is empty; write a layer such as relu, or take out the comma or the "
     "parentheses"},
    {",", 1, 9, 9, MERIT_EINVAL,
     "layer 1 is empty; write a layer such as relu, or take out the comma or the "
     "parentheses"},
    {"residual()", 1, 9, 9, MERIT_EINVAL,
     "layer 1 is empty; write a layer such as relu, or take out the comma or the "
     "parentheses"},
    {"residual(relu", 1, 9, 9, MERIT_EINVAL,
     "layer 2 (residual): its \")\" is missing"},
    {"residual(residual(relu), relu", 1, 9, 9, MERIT_EINVAL,
     "layer 4 (residual): its \")\" is missing"},
    {"relu)", 1, 9, 9, MERIT_EINVAL, "layer 2: \")\" without \"residual(\" before it"},
    {"residual(relu) relu", 1, 9, 9, MERIT_EINVAL,
     "after layer 2 (residual): expected a comma or the end, found \"relu\""},
    {"residual(relu)(", 1, 9, 9, MERIT_EINVAL,
     "after layer 2 (residual): expected a comma or the end, found \"(\""},
    {"residual", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (residual): expected residual(layers)"},
    {"conv 8 3 (relu)", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (conv 8 3): only residual is followed by parentheses"},
    {"(relu)", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (): only residual is followed by parentheses"},
    {"conv 32 3, residual(conv 64 3, relu)", 1, 14, 14, MERIT_EINVAL,
     "layer 4 (residual): its block turns 32x14x14 into 64x14x14; a block that is "
     "added "
     "to its input must keep the shape"},
    {"residual(residual(pool 2))", 3, 4, 6, MERIT_EINVAL,
     "layer 2 (residual): its block turns 3x4x6 into 3x2x3; a block that is added to "
     "its input must keep the shape"},
    {"conv 2147483647 1", 1, 28, 28, MERIT_ENOMEM,
     "layer 1 (conv 2147483647 1): its output is 2147483647x28x28, more than the limit "
     "of 2147483647 numbers"},
    {"dense 2147483647, dense 2147483647", 1, 28, 28, MERIT_ENOMEM,
     "layer 1 (dense 2147483647): it brings the net to 1685774662895 parameters, the "
     "limit is 1099511627776"},
    {"relu", 0, 28, 28, MERIT_EINVAL,
     "the examples are 0x28x28; each size must be at least 1 and their product at most "
     "2147483647"},
    {"relu", 1, -28, 28, MERIT_EINVAL,
     "the examples are 1x-28x28; each size must be at least 1 and their product at "
     "most "
     "2147483647"},
    {"relu", INT64_MAX, INT64_MAX, INT64_MAX, MERIT_EINVAL,
     "the examples are 9223372036854775807x9223372036854775807x9223372036854775807; "
     "each size must be at least 1 and their product at most 2147483647"},
    {"relu", 65536, 32768, 1, MERIT_EINVAL,
     "the examples are 65536x32768x1; each size must be at least 1 and their product "
     "at most 2147483647"},
    {NULL, 1, 1, 1, MERIT_EINVAL, "no net was given"},
    {"re\x1b[31mlu", 1, 9, 9, MERIT_EINVAL,
     "layer 1 (re\\x1b[31mlu): there is no layer \"re\\x1b[31mlu\"; there are conv, "
     "conv1d, dense, relu, pool, avgpool, globalpool, batchnorm, dropout, residual, "
     "embedding, per-position"},
    {"gr\xc3\xb6\xc3\x9f"
     "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\xc3\xb6",
     1, 9, 9, MERIT_EINVAL,
     "layer 1 (gr\xc3\xb6\xc3\x9f"
     "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee): there is no "
     "layer \"gr\xc3\xb6\xc3\x9f"
     "eeeeeeeeeeeeeeeeeeeeee...\"; there are conv, conv1d, dense, "
     "relu, pool, avgpool, globalpool, batchnorm, dropout, residual, embedding, "
     "per-position"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const refusal *r = &refusals[i];
        merit_error err = {0};
        merit_net *net = (merit_net *)(uintptr_t)&refusals;
        assert_int_equal(
            merit_net_create(&net, r->spec, r->c, r->h, r->w, N_CLASSES, &err),
            r->status);
        assert_string_equal(err.message, r->message);
        assert_int_equal(err.code, r->status);
        assert_null(net);
        assert_int_equal(
            merit_net_create(&net, r->spec, r->c, r->h, r->w, N_CLASSES, NULL),
            r->status);
    }
}

static void test_classes(void **state)
{
    (void)state;
    merit_error err;
    merit_net *net;
    assert_int_equal(merit_net_create(&net, "", 1, 1, 1, 0, &err), MERIT_EINVAL);
    assert_string_equal(err.message, "there are 0 classes, a net has 1 to 2147483647");
    assert_int_equal(merit_net_create(&net, "", 1, 1, 1, INT64_MAX, &err),
                     MERIT_EINVAL);
    assert_int_equal(merit_net_create(&net, "", 1, 1, 1, 1, &err), MERIT_OK);
    assert_int_equal(merit_net_n_parameters(net), 2);
    merit_net_free(net);
}

/* `before`, then n times `middle`, then `after`. */
static char *repeat(const char *before, const char *middle, size_t n, const char *after)
{
    size_t length = strlen(middle);
    size_t n_bytes = strlen(before) + n * length + strlen(after) + 1;
    char *text = malloc(n_bytes);
    assert_non_null(text);
    char *at = stpcpy(text, before);
    for (size_t i = 0; i < n; i++) {
        at = stpcpy(at, middle);
    }
    stpcpy(at, after);
    return text;
}

static void check_status(char *spec, merit_status status, const char *message)
{
    merit_error err = {0};
    merit_net *net;
    assert_int_equal(merit_net_create(&net, spec, 1, 1, 1, N_CLASSES, &err), status);
    assert_string_equal(err.message, message);
    merit_net_free(net);
    free(spec);
}

static void test_limits(void **state)
{
    (void)state;
    static const char too_many[] = "the net has more than 10000 layers";
    check_status(repeat("", "relu,", 9998, "relu"), MERIT_OK, "");
    check_status(repeat("", "relu,", 9999, "relu"), MERIT_ENOMEM, too_many);
    check_status(repeat("", "residual(", 1000000, ""), MERIT_ENOMEM, too_many);
    check_status(repeat("", "(", 1000000, ""), MERIT_EINVAL,
                 "layer 1 (): only residual is followed by parentheses");
    char *open = repeat("", "residual(", 9998, "relu");
    check_status(repeat(open, ")", 9998, ""), MERIT_OK, "");
    free(open);
    check_status(repeat("relu", " ", 1000000, ""), MERIT_OK, "");
    check_status(repeat("", "x", 1000000, ""), MERIT_EINVAL,
                 "layer 1 (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx): there is no layer "
                 "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"; there are conv, conv1d, dense, "
                 "relu, pool, avgpool, globalpool, batchnorm, dropout, residual, "
                 "embedding, per-position");
    check_status(repeat("relu", " x", 1000000, ""), MERIT_EINVAL,
                 "layer 1 (relu x x x x x x x x x x x x x x x x x ): expected relu");
}

static void test_free_null(void **state)
{
    (void)state;
    merit_net_free(NULL);
}

/* --- memory -------------------------------------------------------------------------
 */

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

/* --- initial values -----------------------------------------------------------------
 */

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

/* --- dropout masks ------------------------------------------------------------------
 */

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
        cmocka_unit_test(test_text_and_shapes),
        cmocka_unit_test(test_layer_fields),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_free_null),
        cmocka_unit_test(test_allocation_failures),
        cmocka_unit_test(test_initial_statistics),
        cmocka_unit_test(test_initial_determinism),
        cmocka_unit_test(test_dropout_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
