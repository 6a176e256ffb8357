/* Models saved and loaded, and what is not saved.
 * `test_model FILE` writes the model of the tests, as tests/reference keeps it for each
 * version of the format. */
#include "model_fixtures.h"

#include <math.h>

static void test_save_and_load(void **state)
{
    (void)state;
    char hash[65];
    int64_t shape[3] = {0};
    assert_int_equal(merit__model_save(sample.path, &sample.parts, hash, NULL),
                     MERIT_OK);
    merit_model *model = load(sample.path);
    const struct {
        const char *key, *value;
    } metadata[] = {
        {"format", "merit-model"},
        {"format_version", "1.1"},
        {"merit", merit_version()},
        {"net", merit_net_spec(sample.net)},
        {"input", "2x6x6"},
        {"answers", "[\"cat\",\"dog\",\"na\xc3\xafve \\\"tree\\\"\",\"don't know\"]"},
        {"link", "softmax"},
        {"rule", "decode"},
        {"temperature", "0.3333333333333333"},
        {"loss", "affine-labels(scale=0.5)"},
        {"slice", "8"},
        {"exact", "1"},
        {"provenance", "{\"seed\":1,\"data\":[\"a\",{\"n\":37}]}"},
        {"sha256", hash},
    };
    for (size_t i = 0; i < sizeof metadata / sizeof metadata[0]; i++) {
        assert_string_equal(merit_model_metadata(model, metadata[i].key),
                            metadata[i].value);
    }
    assert_null(merit_model_metadata(model, "nothing"));
    assert_null(merit_model_metadata(model, "scores"));
    assert_int_equal(merit_model_rule(model), MERIT_RULE_DECODE);
    assert_true(merit_model_temperature(model) == 1.0 / 3);
    merit_model_shape(model, &shape[0], &shape[1], &shape[2]);
    assert_int_equal(shape[0], 2);
    assert_int_equal(shape[1], 6);
    assert_int_equal(shape[2], 6);
    const merit_scores *scores = merit_model_scores(model);
    assert_int_equal(merit_scores_n_answers(scores), A);
    assert_memory_equal(merit_scores_values(scores), merit_scores_values(sample.scores),
                        K * A * sizeof(double));
    assert_string_equal(merit_scores_name(scores, 2), "na\xc3\xafve \"tree\"");
    assert_string_equal(merit_scores_name(scores, 3), "don't know");

    merit__inference inference;
    merit__model_inference(&inference, model);
    assert_ptr_equal(inference.engine, &merit__engine_dnnl);
    assert_int_equal(inference.slice, SLICE);
    assert_int_equal(inference.exact, 1);
    assert_int_equal(inference.net->n_arena, sample.net->n_arena);
    assert_memory_equal(inference.parameters, sample.parameters,
                        (size_t)sample.net->n_arena * sizeof(float));
    assert_memory_equal(inference.normalisation->mean, sample.mean, sizeof sample.mean);
    assert_memory_equal(inference.normalisation->deviation, sample.deviation,
                        sizeof sample.deviation);
    merit_model_free(model);
    merit_model_free(NULL);
}

// A run directory stands for its best model, and a net without layers is a net.
static void test_directory_and_empty_net(void **state)
{
    (void)state;
    merit_error err;
    merit_model_free(load(sample.directory));

    merit_net *net = NULL;
    merit_model *model = NULL;
    assert_int_equal(merit_net_create(&net, "", 2, 6, 6, K, &err), MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    merit__model_parts parts = sample.parts;
    parts.net = net;
    parts.parameters = parameters;
    parts.rule = MERIT_RULE_BAYES;
    parts.decode = NULL;
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_OK);
    model = load(sample.path);
    assert_int_equal(merit_model_rule(model), MERIT_RULE_BAYES);
    merit_model_free(model);
    merit_net_free(net);
    merit__free(parameters);

    assert_int_equal(unlink(sample.path), 0);
    assert_int_equal(mkdir(sample.path, 0700), 0);
    assert_int_equal(merit_model_load(&model, sample.path, &err), MERIT_EIO);
    assert_contains(err.message, "best.safetensors: cannot open: No such file");
    assert_int_equal(rmdir(sample.path), 0);
    assert_int_equal(merit_model_load(&model, sample.path, &err), MERIT_EIO);
    assert_int_equal(merit_model_load(&model, NULL, &err), MERIT_EINVAL);
    assert_int_equal(merit_model_load(NULL, sample.path, &err), MERIT_EINVAL);
}

// A model that an earlier version wrote is read, and answers what it answered then.
static void test_model_of_version_1_0(void **state)
{
    (void)state;
    static const float expected[K] = {-0.01285607F, -0.3262157F, -0.475168F};
    float logits[N * K];
    merit__inference inference;
    merit_model *model =
        load(MERIT_SOURCE_DIR "/tests/reference/model-1.0.safetensors");
    assert_string_equal(merit_model_metadata(model, "format_version"), "1.0");
    assert_int_equal(merit_model_rule(model), MERIT_RULE_DECODE);
    assert_int_equal(merit_model_link(model).kind, MERIT_LINK_SOFTMAX);
    assert_int_equal(merit_scores_n_answers(merit_model_scores(model)), A);
    merit__model_inference(&inference, model);
    inference.engine = &merit__engine_reference;
    assert_int_equal(merit__infer(&inference, sample.data, 1, logits, NULL), MERIT_OK);
    for (int k = 0; k < K; k++) {
        assert_true(fabsf(logits[k] - expected[k]) < 1e-4F);
    }
    merit_model_free(model);
}

static void assert_not_saved(const merit__model_parts *parts, merit_status code,
                             const char *message)
{
    merit_error err;
    unlink(sample.path);
    assert_int_equal(merit__model_save(sample.path, parts, NULL, &err), code);
    assert_contains(err.message, message);
    assert_int_equal(access(sample.path, F_OK), -1);
}

static void test_what_is_not_saved(void **state)
{
    (void)state;
    merit__model_parts parts = sample.parts;
    parts.rule = MERIT_RULE_AUTO;
    assert_not_saved(&parts, MERIT_EINVAL, "rule \"auto\"");
    parts = sample.parts;
    parts.decode = NULL;
    assert_not_saved(&parts, MERIT_EINVAL, "needs a decode matrix");
    parts = sample.parts;
    parts.link.kind = MERIT_LINK_SCORES;
    assert_not_saved(&parts, MERIT_EINVAL, "decode is for softmax outputs alone");
    static const double temperatures[] = {0, -1, 0.004, 201, INFINITY, NAN};
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++) {
        parts = sample.parts;
        parts.temperature = temperatures[i];
        assert_not_saved(&parts, MERIT_EINVAL, "the temperature");
    }
    parts = sample.parts;
    parts.slice = 0;
    assert_not_saved(&parts, MERIT_EINVAL, "a slice of 0 examples");
    merit__normalisation three = {3, sample.mean, sample.deviation};
    parts = sample.parts;
    parts.normalisation = &three;
    assert_not_saved(&parts, MERIT_EINVAL, "do not fit");
}

// Training diverged: the model that was there stays.
static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    merit_error err;
    size_t n_floats = (size_t)sample.net->n_arena;
    size_t n_before = 0;
    size_t n_after = 0;
    float *parameters = malloc(n_floats * sizeof *parameters);
    memcpy(parameters, sample.parameters, n_floats * sizeof *parameters);
    assert_string_equal(sample.net->tensors[6].name, "5.weight");
    parameters[sample.net->tensors[6].offset + 7] = NAN;
    merit__model_parts parts = sample.parts;
    parts.parameters = parameters;
    unsigned char *before = bytes_read(sample.original, &n_before);
    assert_int_equal(merit__model_save(sample.original, &parts, NULL, &err),
                     MERIT_ENUMERIC);
    assert_contains(err.message, "tensor \"5.weight\", value 7 is not finite");
    unsigned char *after = bytes_read(sample.original, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    free(before);
    free(after);
    free(parameters);
}

// Runs `step` with the n-th allocation failing, for n = 1 until it is not reached.
// Returns how many failed, each with ENOMEM and a message.
static long fail_allocations(merit_status (*step)(merit_error *err))
{
    for (long n = 1;; n++) {
        merit_error err = {0};
        merit__alloc_fail_at(n, 0);
        merit_status status = step(&err);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(err.code, status);
        if (status == MERIT_OK) {
            return n - 1;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        assert_true(err.message[0] != '\0');
    }
}

static merit_status step_save(merit_error *err)
{
    return merit__model_save(sample.path, &sample.parts, NULL, err);
}

static merit_status step_check(merit_error *err)
{
    return merit__model_check(sample.net, sample.scores, "{}", NULL, err);
}

static merit_status step_load(merit_error *err)
{
    merit_model *model = (merit_model *)&sample; // must become NULL
    merit_status status = merit_model_load(&model, sample.original, err);
    assert_true((model != NULL) == (status == MERIT_OK));
    merit_model_free(model);
    return status;
}

static merit_status step_infer(merit_error *err)
{
    float logits[N * K];
    const merit__inference inference = {
        .engine = &merit__engine_reference,
        .net = sample.net,
        .parameters = sample.parameters,
        .normalisation = &sample.normalisation,
        .slice = SLICE,
    };
    return merit__infer(&inference, sample.data, 2, logits, err);
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(fail_allocations(step_save) >= 6);
    assert_true(fail_allocations(step_check) >= 2);
    assert_true(fail_allocations(step_load) >= 20);
    assert_true(fail_allocations(step_infer) >= 6);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        merit_error err;
        make_sample(NULL);
        merit_status status = merit__model_save(argv[1], &sample.parts, NULL, &err);
        printf("logits of the first example: {%.7gF, %.7gF, %.7gF}\n",
               (double)sample.logits[0], (double)sample.logits[1],
               (double)sample.logits[2]);
        free_sample(NULL);
        return status == MERIT_OK ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_directory_and_empty_net),
        cmocka_unit_test(test_model_of_version_1_0),
        cmocka_unit_test(test_what_is_not_saved),
        cmocka_unit_test(test_numbers_that_are_not_finite),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
