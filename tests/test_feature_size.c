/* How long the vectors are that the last layer reads: against the vectors themselves,
 * which the net shows where its last weights are 1 on the diagonal. */
#include "train/feature_size.h"

#include "base/alloc.h"
#include "net/layers.h"
#include "train_fixtures.h"

#include <math.h>
#include <string.h>

enum { SIDE = 8, K = 12, N = 64 };

static merit_dataset *data;
static merit_net *net;
static float *parameters;
static merit__normalisation normalisation;
static merit__inference inference;

static int set_up(void **state)
{
    if (make_data_folder(state) != 0) {
        return -1;
    }
    data = make_pictures("p", N, SIDE, 4);
    if (merit_net_create(&net, "conv 4 3, relu, pool 2, dense 12, relu", 1, SIDE, SIDE,
                         K, NULL) != MERIT_OK ||
        merit__normalisation_measure(&normalisation, data, NULL) != MERIT_OK) {
        return -1;
    }
    parameters = test_calloc((size_t)net->n_arena, sizeof *parameters);
    merit__net_init(net, 3, parameters);
    inference = (merit__inference){.engine = &merit__engine_reference,
                                   .net = net,
                                   .parameters = parameters,
                                   .normalisation = &normalisation,
                                   .slice = 16};
    return 0;
}

static int tear_down(void **state)
{
    merit__normalisation_dispose(&normalisation);
    merit_net_free(net);
    merit_dataset_free(data);
    test_free(parameters);
    return remove_data_tree(state);
}

/* Mean of |h|^2 + 1 by the net whose logits are h. */
static double measure(void)
{
    float *copy = test_calloc((size_t)net->n_arena, sizeof *copy);
    float *features = test_calloc(N * K, sizeof *features);
    const merit__tensor *weight = &net->tensors[net->n_tensors - 2];
    merit__inference show = inference;
    double sum = 0;
    memcpy(copy, parameters, (size_t)net->n_arena * sizeof *copy);
    assert_int_equal(weight->n, K * K);
    for (int i = 0; i < K * K; i++) {
        copy[weight->offset + i] = i % (K + 1) == 0;
    }
    show.parameters = copy;
    assert_int_equal(merit__infer(&show, data, 1, features, NULL), MERIT_OK);
    for (int i = 0; i < N * K; i++) {
        sum += (double)features[i] * (double)features[i];
    }
    test_free(copy);
    test_free(features);
    return 1 + sum / N;
}

static void test_estimate(void **state)
{
    (void)state;
    const merit__tensor *dense = &net->tensors[net->n_tensors - 4];
    for (int scale = 1; scale <= 100; scale *= 10) {
        double expected = measure(), estimate = 0, again = 0;
        assert_int_equal(merit__feature_size(&estimate, &inference, data, 1, NULL),
                         MERIT_OK);
        if (!(fabs(estimate / expected - 1) < 0.5)) {
            fail_msg("%g, expected about %g", estimate, expected);
        }
        // The same for any number of threads.
        assert_int_equal(merit__feature_size(&again, &inference, data, 3, NULL),
                         MERIT_OK);
        assert_true(again == estimate);
        for (int64_t i = 0; i < dense->n; i++) {
            parameters[dense->offset + i] *= 10;
        }
    }
}

/* The bias reads a constant 1, also where nothing else is to be read. */
static void test_the_constant_counts(void **state)
{
    (void)state;
    const merit__tensor *dense = &net->tensors[net->n_tensors - 4];
    double estimate = 0;
    memset(parameters + dense->offset, 0, (size_t)dense->n * sizeof *parameters);
    assert_int_equal(merit__feature_size(&estimate, &inference, data, 1, NULL),
                     MERIT_OK);
    assert_true(estimate == 1);
}

static void test_no_memory(void **state)
{
    (void)state;
    merit_status status = MERIT_ENOMEM;
    long n = 0;
    while (status != MERIT_OK) {
        double estimate;
        merit__alloc_fail_at(++n, 0);
        status = merit__feature_size(&estimate, &inference, data, 1, NULL);
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
    }
    assert_true(n > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_the_constant_counts),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
