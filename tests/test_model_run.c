/* A model run on data: its logits, and what it decides by them. */
#include "base/fail.h"
#include "model_fixtures.h"

#include <math.h>

static void test_logits(void **state)
{
    (void)state;
    merit_error err;
    merit__inference inference;
    float logits[N * K];
    merit_model *model = load(sample.original);
    merit__model_inference(&inference, model);
    inference.engine = &merit__engine_reference;
    for (int64_t n_threads = 0; n_threads <= 4; n_threads++) {
        memset(logits, 255, sizeof logits);
        assert_int_equal(merit__infer(&inference, sample.data, n_threads, logits, &err),
                         MERIT_OK);
        assert_memory_equal(logits, sample.logits, sizeof logits);
    }
    // Each row depends on its example only: not on the slice, not on its neighbours.
    compute_logits(logits, 1);
    assert_memory_equal(logits, sample.logits, sizeof logits);
    compute_logits(logits, N);
    assert_memory_equal(logits, sample.logits, sizeof logits);
    const int64_t last = N - 2;
    merit_dataset *one = NULL;
    assert_int_equal(merit_dataset_subset(&one, sample.data, &last, 1, &err), MERIT_OK);
    assert_int_equal(merit__infer(&inference, one, 3, logits, &err), MERIT_OK);
    assert_memory_equal(logits, sample.logits + last * K, K * sizeof(float));
    merit_dataset_free(one);
    merit_model_free(model);
}

// oneDNN: the same bits for any number of threads, and close to the reference.
static void test_logits_of_onednn(void **state)
{
    (void)state;
    merit_error err;
    float logits[N * K];
    float again[N * K];
    merit_model *model = load(sample.original);
    assert_int_equal(merit_model_logits(model, sample.data, 1, logits, &err), MERIT_OK);
    for (int i = 0; i < N * K; i++) {
        assert_true(fabsf(logits[i] - sample.logits[i]) < 1e-4F);
    }
    for (int64_t n_threads = 0; n_threads <= 4; n_threads++) {
        memset(again, 255, sizeof again);
        assert_int_equal(merit_model_logits(model, sample.data, n_threads, again, &err),
                         MERIT_OK);
        assert_memory_equal(again, logits, sizeof again);
    }
    merit__inference inference;
    merit__model_inference(&inference, model);
    assert_int_equal(merit__infer(&inference, sample.data, 2, again, &err), MERIT_OK);
    assert_memory_equal(again, logits, sizeof again);
    merit_model_free(model);
}

static void test_data_of_another_shape(void **state)
{
    (void)state;
    merit_error err;
    float logits[N * K];
    merit_model *model = load(sample.original);
    merit_dataset *data = make_data(2, 1, 6, 6);
    assert_int_equal(merit_model_logits(model, data, 1, logits, &err), MERIT_EFORMAT);
    assert_contains(err.message, "data.npy");
    assert_contains(err.message, "examples of 1x6x6, the model reads 2x6x6");
    assert_int_equal(merit_model_logits(model, sample.data, -1, logits, &err),
                     MERIT_EINVAL);
    assert_int_equal(merit_model_logits(NULL, sample.data, 1, logits, &err),
                     MERIT_EINVAL);
    assert_int_equal(merit_model_logits(model, NULL, 1, logits, &err), MERIT_EINVAL);
    assert_int_equal(merit_model_logits(model, sample.data, 1, NULL, &err),
                     MERIT_EINVAL);
    merit_dataset_free(data);
    merit_model_free(model);
}

// An engine that cannot run the slice with the last example.
static merit_status broken_forward(merit__plan *plan, const float *arena,
                                   const float *x, merit__slice_key key, float *logits,
                                   merit_error *err)
{
    const float *end = x + (plan->options.n - 1) * N_PIXELS;
    if (memcmp(end - N_PIXELS, end, N_PIXELS * sizeof *x) == 0) { // padded
        return merit__fail(err, MERIT_EBACKEND, "the last slice is broken");
    }
    return merit__engine_reference.forward(plan, arena, x, key, logits, err);
}

static void test_engine_that_fails(void **state)
{
    (void)state;
    float logits[N * K];
    merit__engine engine = merit__engine_reference;
    engine.forward = broken_forward;
    merit__inference inference = {
        &engine, sample.net, sample.parameters, &sample.normalisation, SLICE, 1};
    for (int64_t n_threads = 1; n_threads <= 4; n_threads++) {
        merit_error err = {0};
        assert_int_equal(merit__infer(&inference, sample.data, n_threads, logits, &err),
                         MERIT_EBACKEND);
        assert_int_equal(err.code, MERIT_EBACKEND);
        assert_string_equal(err.message, "the last slice is broken");
        assert_int_equal(merit__infer(&inference, sample.data, n_threads, logits, NULL),
                         MERIT_EBACKEND);
    }
}

// What the loss makes of the outputs is saved, and deciding goes by it.
static void test_link(void **state)
{
    (void)state;
    static const merit_link links[] = {
        {.kind = MERIT_LINK_SOFTMAX},
        {.kind = MERIT_LINK_G_SOFTMAX, .cost = 100.0 / 3},
        {.kind = MERIT_LINK_SCORES},
        {.kind = MERIT_LINK_LOGISTIC_SCORES},
    };
    static const float logits[K] = {0.25F, -1, 0.5F};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        merit__model_parts parts = sample.parts;
        merit_decision *decision = NULL;
        int32_t found = -1, expected = -1;
        double claim = NAN, claimed = NAN;
        const merit_decision_options options = {
            .rule = MERIT_RULE_BAYES, .temperature = 1.0 / 3, .link = links[i]};
        const merit_decision_results a = {.answers = &found, .expected = &claim};
        const merit_decision_results b = {.answers = &expected, .expected = &claimed};
        parts.rule = MERIT_RULE_BAYES;
        parts.link = links[i];
        assert_int_equal(merit__model_save(sample.path, &parts, NULL, NULL), MERIT_OK);
        merit_model *model = load(sample.path);
        assert_int_equal(merit_model_link(model).kind, links[i].kind);
        assert_true(merit_model_link(model).cost == links[i].cost);
        merit_status status =
            merit_decision_create(&decision, sample.scores, &options, NULL);
        assert_int_equal(status, MERIT_OK);
        assert_int_equal(merit_decision_apply(decision, logits, 1, &b, NULL), MERIT_OK);
        status = merit_model_decide(model, MERIT_RULE_AUTO, logits, 1, &a, NULL);
        assert_int_equal(status, MERIT_OK);
        assert_int_equal(found, expected);
        assert_true(claim == claimed);
        merit_decision_free(decision);
        merit_model_free(model);
    }
}

static void test_decide(void **state)
{
    (void)state;
    static const merit_rule rules[] = {MERIT_RULE_AUTO, MERIT_RULE_ARGMAX,
                                       MERIT_RULE_BAYES, MERIT_RULE_DECODE};
    merit_model *model = load(sample.original);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int32_t answers[2][N];
        double expected[2][N];
        merit_decision *decision = NULL;
        const merit_decision_options options = {
            .rule = rules[i] == MERIT_RULE_AUTO ? MERIT_RULE_DECODE : rules[i],
            .temperature = 1.0 / 3,
            .decode = sample.decode,
        };
        merit_decision_results own = {answers[0], expected[0], NULL};
        merit_decision_results direct = {answers[1], expected[1], NULL};
        assert_int_equal(
            merit_model_decide(model, rules[i], sample.logits, N, &own, NULL),
            MERIT_OK);
        assert_int_equal(
            merit_decision_create(&decision, sample.scores, &options, NULL), MERIT_OK);
        assert_int_equal(
            merit_decision_apply(decision, sample.logits, N, &direct, NULL), MERIT_OK);
        assert_memory_equal(answers[0], answers[1], sizeof answers[0]);
        assert_memory_equal(expected[0], expected[1], sizeof expected[0]);
        merit_decision_free(decision);
    }
    merit_model_free(model);

    merit_error err;
    merit__model_parts parts = sample.parts;
    parts.rule = MERIT_RULE_ARGMAX;
    parts.decode = NULL;
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, NULL), MERIT_OK);
    model = load(sample.path);
    assert_int_equal(merit_model_decide(model, MERIT_RULE_DECODE, sample.logits, N,
                                        &(merit_decision_results){0}, &err),
                     MERIT_EINVAL);
    assert_contains(err.message, "decode");
    assert_int_equal(merit_model_decide(NULL, MERIT_RULE_AUTO, sample.logits, N,
                                        &(merit_decision_results){0}, &err),
                     MERIT_EINVAL);
    merit_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logits),
        cmocka_unit_test(test_logits_of_onednn),
        cmocka_unit_test(test_data_of_another_shape),
        cmocka_unit_test(test_engine_that_fails),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_decide),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
