/* Steps of the learner that fail: they say where, and change nothing. */
#include "learner_runs.h"

/* One step that must fail with ENUMERIC and a message, and change nothing; the next one
 * goes as if it had not been. */
static void expect_failure(merit__learner *learner, const merit_net *net,
                           const char *expected)
{
    weights before = make_weights(net), after = make_weights(net);
    merit_error err = {0};
    double loss = 77;
    get_weights(learner, &before);
    merit__minibatch m = minibatch_of(1, 32);
    assert_int_equal(merit__learner_step(learner, &m, &loss, &err), MERIT_ENUMERIC);
    assert_int_equal(err.code, MERIT_ENUMERIC);
    if (strstr(err.message, expected) == NULL) {
        fail_msg("expected \"%s\" in \"%s\"", expected, err.message);
    }
    assert_true(loss >= 77 && loss <= 77);
    get_weights(learner, &after);
    assert_same_weights(&before, &after, 1);
    free_weights(&before);
    free_weights(&after);
}

static void test_bad_gradient(void **state)
{
    (void)state;
    const merit__engine *const engines[] = {&merit__engine_reference,
                                            &merit__engine_dnnl};
    merit_net *net = make_net(rich_net);
    weights w = make_weights(net);
    for (int e = 0; e < 2; e++) {
        merit__learner_options options =
            options_of(disturb(engines[e]), "sgd", 32, 8, 3, 2);
        merit__learner *learner = make_learner(&w, &options);
        merit__minibatch m = minibatch_of(0, 32);
        double loss;
        assert_int_equal(merit__learner_step(learner, &m, &loss, NULL), MERIT_OK);
        for (int64_t t = 0; t < net->n_tensors; t++) {
            char expected[80];
            int64_t layer = net->tensors[t].layer;
            snprintf(expected, sizeof expected, "layer %d (%s)", (int)layer + 1,
                     net->layers[layer].text);
            disturbed.bad_tensor = t;
            expect_failure(learner, net, expected);
        }
        disturbed.bad_tensor = -1;
        assert_int_equal(merit__learner_step(learner, &m, &loss, NULL), MERIT_OK);
        merit__learner_free(learner);
    }
    free_weights(&w);
    merit_net_free(net);
}

/* The example that is named is the same for any number of threads. */
static void test_bad_logits(void **state)
{
    (void)state;
    merit_net *net = make_net(plain_net);
    weights w = make_weights(net);
    for (int64_t threads = 1; threads <= 4; threads++) {
        merit__learner_options options =
            options_of(disturb(&merit__engine_reference), "sgd", 32, 4, 4, threads);
        merit__learner *learner = make_learner(&w, &options);
        disturbed.yields = 1;
        for (uint32_t slice = 0; slice < 8; slice++) {
            char expected[80];
            disturbed.bad_slice = slice;
            disturbed.bad_row = 3;
            minibatch_of(1, 32);
            snprintf(expected, sizeof expected, "logits of example %d are not finite",
                     (int)order[4 * slice + 3]);
            expect_failure(learner, net, expected);
        }
        merit__learner_free(learner);
    }
    free_weights(&w);
    merit_net_free(net);
}

/* In a part of a data set the example is named by its place in the whole. */
static void test_bad_example_of_a_part(void **state)
{
    (void)state;
    merit_net *net = make_net(plain_net);
    weights w = make_weights(net);
    merit_dataset *part;
    const int64_t index[2] = {70, 41};
    merit_error err = {0};
    double loss;
    assert_int_equal(merit_dataset_subset(&part, data, index, 2, NULL), MERIT_OK);
    merit__learner_options options =
        options_of(disturb(&merit__engine_reference), "sgd", 2, 2, 1, 1);
    options.data = part;
    merit__learner *learner = make_learner(&w, &options);
    const int64_t both[2] = {0, 1};
    merit__minibatch m = minibatch_of(0, 2);
    m.index = both;
    disturbed.bad_row = 1;
    assert_int_equal(merit__learner_step(learner, &m, &loss, &err), MERIT_ENUMERIC);
    assert_non_null(strstr(err.message, "example 41 "));
    merit__learner_free(learner);
    merit_dataset_free(part);
    free_weights(&w);
    merit_net_free(net);
}

/* Parameters and moments that leave the range of floats are found in the same step. */
static void test_overflow(void **state)
{
    (void)state;
    merit_net *net = make_net(plain_net);
    for (int is_moment = 0; is_moment < 2; is_moment++) {
        weights w = make_weights(net);
        merit_error err = {0};
        double loss;
        if (is_moment) {
            for (int64_t i = 0; i < net->n_arena; i++) {
                w.moments[1][i] = 3.4e38f;
            }
        }
        merit__learner_options options = options_of(
            &merit__engine_reference, is_moment ? "adamw" : "sgd", 32, 8, 4, 2);
        merit__learner *learner = make_learner(&w, &options);
        merit__minibatch m = minibatch_of(0, 32);
        m.learning_rate = is_moment ? 1e-3 : 1e200;
        assert_int_equal(merit__learner_step(learner, &m, &loss, &err), MERIT_ENUMERIC);
        assert_non_null(strstr(err.message, "its parameters are not finite"));
        // Set again, all is well.
        weights fresh = make_weights(net);
        const float *const moments[] = {fresh.moments[0], fresh.moments[1]};
        assert_int_equal(merit__learner_set(learner, fresh.parameters, moments, NULL),
                         MERIT_OK);
        m = minibatch_of(0, 32);
        assert_int_equal(merit__learner_step(learner, &m, &loss, &err), MERIT_OK);
        merit__learner_free(learner);
        free_weights(&fresh);
        free_weights(&w);
    }
    merit_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_gradient),
        cmocka_unit_test(test_bad_logits),
        cmocka_unit_test(test_bad_example_of_a_part),
        cmocka_unit_test(test_overflow),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
