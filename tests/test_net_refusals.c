/* Texts that are no nets: what is refused, with which words. */
#include "net_fixtures.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
