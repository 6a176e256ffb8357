/* Steps of the learner: what the computation by hand gives, the same bits for any
 * number of threads however they are scheduled. */
#include "base/alloc.h"
#include "learner_runs.h"

enum { MAX_STEPS = 4 };

/* Runs steps of n examples and gets what became of the weights. */
static double run_steps(const merit__learner_options *options, weights *w,
                        int64_t n_steps, int64_t n)
{
    double loss = 0, sum = 0;
    merit_error err = {0};
    merit__learner *learner = make_learner(w, options);
    for (int64_t step = 0; step < n_steps; step++) {
        merit__minibatch m = minibatch_of(step, n);
        if (merit__learner_step(learner, &m, &loss, &err) != MERIT_OK) {
            fail_msg("step %d: %s", (int)step, err.message);
        }
        sum += loss;
    }
    get_weights(learner, w);
    merit__learner_free(learner);
    return sum;
}

static double evaluate_loss(float *dlogits, const float *logits,
                            const merit__minibatch *m, const void *about)
{
    (void)about;
    int32_t labels[N_DATA];
    double loss = 0;
    for (int64_t i = 0; i < m->n; i++) {
        labels[i] = merit_dataset_labels(data)[m->index[i]];
    }
    const merit_loss_batch batch = {
        .n = m->n, .logits = logits, .labels = labels, .progress = m->progress};
    assert_int_equal(merit_loss_eval(m->loss, &batch, &loss, dlogits, NULL), MERIT_OK);
    return loss;
}

static void assert_near(const float *a, const float *b, int64_t n, double tolerance)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)b[i]));
    }
    for (int64_t i = 0; i < n; i++) {
        assert_true(fabs((double)a[i] - (double)b[i]) <= tolerance * largest);
    }
}

/* Batches, slices and groups of many sizes, whole and partial minibatches. */
static void test_steps_by_hand(void **state)
{
    (void)state;
    static const struct {
        int64_t batch, n, slice, groups;
    } sizes[] = {
        {32, 32, 8, 4}, {32, 32, 8, 1}, {32, 32, 8, 3},  {32, 32, 32, 8},
        {32, 20, 8, 2}, {32, 1, 16, 8}, {33, 33, 16, 8}, {80, 80, 3, 40},
        {80, 79, 5, 7}, {7, 7, 16, 8},  {64, 64, 1, 5},  {64, 3, 64, 64},
    };
    const merit__engine *const engines[] = {&merit__engine_reference,
                                            &merit__engine_dnnl};
    merit_net *net = make_net(plain_net);
    float *gradient = test_calloc((size_t)net->n_arena, sizeof *gradient);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        weights by_hand = make_weights(net);
        double loss = 0;
        for (int64_t step = 0; step < MAX_STEPS; step++) {
            merit__minibatch m = minibatch_of(step, sizes[i].n);
            loss += gradient_by_hand(&by_hand, &m, gradient, evaluate_loss, NULL);
            step_by_hand(&by_hand, NULL, &m, gradient);
        }
        for (int e = 0; e < 2; e++) {
            weights w = make_weights(net);
            merit__learner_options options =
                options_of(disturb(engines[e]), "sgd", sizes[i].batch, sizes[i].slice,
                           sizes[i].groups, 2);
            double sum = run_steps(&options, &w, MAX_STEPS, sizes[i].n);
            assert_true(fabs(sum - loss) <= 1e-5 * loss);
            assert_near(w.parameters, by_hand.parameters, net->n_arena, 2e-5);
            assert_near(w.moments[0], by_hand.moments[0], net->n_arena, 2e-4);
            int64_t n_slices = (sizes[i].n + sizes[i].slice - 1) / sizes[i].slice;
            assert_int_equal(atomic_load(&disturbed.n_padded),
                             MAX_STEPS * (n_slices * sizes[i].slice - sizes[i].n));
            free_weights(&w);
        }
        free_weights(&by_hand);
    }
    test_free(gradient);
    merit_net_free(net);
}

/* Running statistics move a tenth of the way to the mean of what the slices saw. */
static void test_running_statistics(void **state)
{
    (void)state;
    merit_net *net = make_net("batchnorm");
    weights w = make_weights(net);
    merit__learner_options options =
        options_of(&merit__engine_reference, "sgd", 32, 8, 2, 2);
    run_steps(&options, &w, 1, 32);
    double mean_of_means = 0, mean_of_variances = 0;
    static float x[32 * SIDE * SIDE];
    merit__minibatch m = minibatch_of(0, 32);
    assert_int_equal(
        merit__batch_fill(x, data, m.index, 32, &normalisation, NULL, 0, 0, NULL),
        MERIT_OK);
    enum { N_SLICE = 8 * SIDE * SIDE };
    for (int slice = 0; slice < 4; slice++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < N_SLICE; i++) {
            mean += (double)x[slice * N_SLICE + i] / N_SLICE;
        }
        for (int i = 0; i < N_SLICE; i++) {
            double d = (double)x[slice * N_SLICE + i] - mean;
            variance += d * d / (N_SLICE - 1);
        }
        mean_of_means += mean / 4;
        mean_of_variances += variance / 4;
    }
    const float *mean = w.parameters + net->tensors[2].offset;
    const float *variance = w.parameters + net->tensors[3].offset;
    assert_int_equal(net->tensors[2].kind, MERIT__STATISTIC);
    assert_true(fabs((double)mean[0] - 0.1 * mean_of_means) < 1e-6);
    assert_true(fabs((double)variance[0] - (0.9 + 0.1 * mean_of_variances)) < 1e-6);
    assert_true(fabsf(w.moments[0][net->tensors[2].offset]) <= 0);
    free_weights(&w);
    merit_net_free(net);
}

/* What an example looks like depends on the epoch, not on the slice it falls into. */
static void test_augmentation(void **state)
{
    (void)state;
    static const int64_t slices[] = {4, 8, 32};
    merit_net *net = make_net(plain_net);
    weights first = make_weights(net), still = make_weights(net);
    merit__learner_options options =
        options_of(&merit__engine_reference, "sgd", 32, 8, 2, 2);
    double still_loss = run_steps(&options, &still, MAX_STEPS, 32), first_loss = 0;
    for (int i = 0; i < 3; i++) {
        weights w = make_weights(net);
        options.slice = slices[i];
        options.augmentation = (merit__augmentation){.shift = 2, .flip = 1};
        double loss = run_steps(&options, &w, MAX_STEPS, 32);
        if (i == 0) {
            free_weights(&first);
            first = w;
            first_loss = loss;
            assert_true(fabs(loss - still_loss) > 1e-3 * loss);
            continue;
        }
        assert_true(fabs(loss - first_loss) < 1e-5 * first_loss);
        assert_near(w.parameters, first.parameters, net->n_arena, 2e-5);
        free_weights(&w);
    }
    free_weights(&first);
    free_weights(&still);
    merit_net_free(net);
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    const merit__engine *const engines[] = {&merit__engine_reference,
                                            &merit__engine_dnnl};
    static const char *const optimizers[] = {"sgd", "adamw"};
    merit_net *net = make_net(rich_net);
    for (int i = 0; i < 4; i++) {
        weights first = make_weights(net);
        double first_loss = 0;
        for (int64_t threads = 1; threads <= 4; threads++) {
            for (int yields = 0; yields < 2; yields++) {
                weights w = make_weights(net);
                merit__learner_options options = options_of(
                    disturb(engines[i % 2]), optimizers[i / 2], 70, 4, 6, threads);
                options.augmentation = (merit__augmentation){.shift = 1, .flip = 1};
                disturbed.yields = yields;
                double loss = run_steps(&options, &w, MAX_STEPS, 70);
                if (threads == 1 && yields == 0) {
                    free_weights(&first);
                    first = w;
                    first_loss = loss;
                    continue;
                }
                assert_memory_equal(&loss, &first_loss, sizeof loss);
                assert_same_weights(&w, &first, options.optimizer->n_moments);
                free_weights(&w);
            }
        }
        free_weights(&first);
    }
    merit_net_free(net);
}

/* Weights that were got and set again are those that were there. */
static void test_get_and_set(void **state)
{
    (void)state;
    const merit__engine *const engines[] = {&merit__engine_reference,
                                            &merit__engine_dnnl};
    merit_net *net = make_net(rich_net);
    for (int e = 0; e < 2; e++) {
        weights whole = make_weights(net), parts = make_weights(net);
        merit__learner_options options = options_of(engines[e], "adamw", 32, 8, 4, 2);
        run_steps(&options, &whole, MAX_STEPS, 32);
        double loss;
        for (int64_t step = 0; step < MAX_STEPS; step++) {
            merit__learner *learner = make_learner(&parts, &options);
            merit__minibatch m = minibatch_of(step, 32);
            assert_int_equal(merit__learner_step(learner, &m, &loss, NULL), MERIT_OK);
            get_weights(learner, &parts);
            merit__learner_free(learner);
        }
        assert_same_weights(&whole, &parts, 2);
        free_weights(&whole);
        free_weights(&parts);
    }
    merit_net_free(net);
}

static void test_nothing_is_allocated(void **state)
{
    (void)state;
    const merit__engine *const engines[] = {&merit__engine_reference,
                                            &merit__engine_dnnl};
    merit_net *net = make_net(rich_net);
    weights w = make_weights(net);
    for (int e = 0; e < 2; e++) {
        merit__learner_options options = options_of(engines[e], "adamw", 32, 8, 4, 2);
        merit__learner *learner = make_learner(&w, &options);
        double loss;
        long before = 0;
        for (int64_t step = 0; step < 10; step++) {
            merit__minibatch m = minibatch_of(step, step % 3 == 0 ? 32 : 19);
            assert_int_equal(merit__learner_step(learner, &m, &loss, NULL), MERIT_OK);
            if (step == 1) { // both losses have been seen
                before = merit__alloc_count();
            }
        }
        assert_int_equal(merit__alloc_count(), before);
        merit__learner_free(learner);
    }
    free_weights(&w);
    merit_net_free(net);
}

static void test_no_memory(void **state)
{
    (void)state;
    merit_net *net = make_net(plain_net);
    merit__learner_options options =
        options_of(&merit__engine_reference, "adamw", 32, 8, 4, 2);
    merit__learner *learner;
    merit_error err;
    merit__alloc_fail_at(0, 0);
    assert_int_equal(merit__learner_create(&learner, net, &options, &err), MERIT_OK);
    long n = merit__alloc_count();
    merit__learner_free(learner);
    merit__learner_free(NULL);
    assert_true(n > 20);
    for (long i = 1; i <= 2 * n; i++) {
        merit__alloc_fail_at((i + 1) / 2, i % 2 == 0);
        merit_status status = merit__learner_create(&learner, net, &options, &err);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, MERIT_ENOMEM);
        assert_null(learner);
    }
    merit_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_by_hand),
        cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_augmentation),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_get_and_set),
        cmocka_unit_test(test_nothing_is_allocated),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
