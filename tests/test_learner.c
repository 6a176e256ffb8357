/* One optimiser step: what a computation by hand gives, the same bits for any number of
 * threads however they are scheduled, nothing changed by a step that fails. */
#include "train/learner.h"

#include "base/alloc.h"
#include "train_fixtures.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>

enum { N_DATA = 80, SIDE = 6, N_CLASSES = 3, MAX_STEPS = 4 };

static const char *const plain_net = "conv 4 3, relu, pool 2, dense 5, relu";
static const char *const rich_net =
    "conv 4 3, batchnorm, relu, residual(conv 4 3, relu), pool 2, dropout 0.3, dense 6";

static merit_dataset *data;
static merit_scores *scores;
static merit__normalisation normalisation;
static merit_loss *losses[2];

static int make_all(void **state)
{
    if (make_data_folder(state) != 0) {
        return -1;
    }
    data = make_pictures("learner", N_DATA, SIDE, N_CLASSES);
    scores = make_table(N_CLASSES);
    return merit__normalisation_measure(&normalisation, data, NULL) ||
           merit_loss_create(&losses[0], "cross-entropy", scores, NULL) ||
           merit_loss_create(&losses[1], "softmax-margin", scores, NULL);
}

static int free_all(void **state)
{
    merit_loss_free(losses[0]);
    merit_loss_free(losses[1]);
    merit__normalisation_dispose(&normalisation);
    merit_scores_free(scores);
    merit_dataset_free(data);
    return remove_data_tree(state);
}

static struct {
    const merit__engine *engine;
    int yields;            // 1: threads give way at odd moments
    int64_t bad_tensor;    // >= 0: its gradient has a NaN
    int64_t bad_row;       // >= 0: logits of that row of slice `bad_slice` are infinite
    uint32_t bad_slice;    //
    atomic_llong n_padded; // rows that a backward saw with no gradient at all
    atomic_llong n_forward; // slices
} disturbed;

static void give_way(void)
{
    long long n = atomic_fetch_add(&disturbed.n_forward, 1);
    for (uint32_t i = 0; disturbed.yields && i < draw(17, (uint32_t)n, 40); i++) {
        sched_yield();
    }
}

static merit_status create(merit__plan **out, const merit_net *net,
                           const merit__plan_options *options, merit_error *err)
{
    return disturbed.engine->create(out, net, options, err);
}

static void destroy(merit__plan *plan)
{
    disturbed.engine->destroy(plan);
}

static merit_status import(merit__plan *plan, const float *canonical, float *arena,
                           merit_error *err)
{
    return disturbed.engine->import(plan, canonical, arena, err);
}

static merit_status export(merit__plan *plan, const float *arena, float *canonical,
                           merit_error *err)
{
    return disturbed.engine->export(plan, arena, canonical, err);
}

static merit_status prepare(merit__plan *plan, const float *arena, merit_error *err)
{
    give_way();
    return disturbed.engine->prepare(plan, arena, err);
}

static merit_status forward(merit__plan *plan, const float *arena, const float *x,
                            merit__slice_key key, float *logits, merit_error *err)
{
    give_way();
    merit_status status = disturbed.engine->forward(plan, arena, x, key, logits, err);
    if (disturbed.bad_row >= 0 && key.slice >= disturbed.bad_slice) {
        logits[disturbed.bad_row * N_CLASSES + 1] = INFINITY;
    }
    return status;
}

static merit_status backward(merit__plan *plan, const float *arena, const float *x,
                             const float *dlogits, float *gradient, merit_error *err)
{
    merit_status status =
        disturbed.engine->backward(plan, arena, x, dlogits, gradient, err);
    for (int64_t i = 0; i < plan->options.n; i++) {
        int is_zero = 1;
        for (int64_t k = 0; k < N_CLASSES; k++) {
            is_zero = is_zero && fabsf(dlogits[i * N_CLASSES + k]) <= 0;
        }
        atomic_fetch_add(&disturbed.n_padded, is_zero);
    }
    if (disturbed.bad_tensor >= 0) {
        gradient[plan->segments[disturbed.bad_tensor].offset] = NAN;
    }
    give_way();
    return status;
}

static const merit__engine disturbed_engine = {.name = "disturbed",
                                               .create = create,
                                               .destroy = destroy,
                                               .import = import,
                                               .export = export,
                                               .prepare = prepare,
                                               .forward = forward,
                                               .backward = backward};

static const merit__engine *disturb(const merit__engine *engine)
{
    disturbed.engine = engine;
    disturbed.yields = 0;
    disturbed.bad_tensor = disturbed.bad_row = -1;
    disturbed.bad_slice = 0;
    atomic_store(&disturbed.n_padded, 0);
    return &disturbed_engine;
}

static merit_net *make_net(const char *spec)
{
    merit_net *net;
    merit_error err = {0};
    if (merit_net_create(&net, spec, 1, SIDE, SIDE, N_CLASSES, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return net;
}

static merit__learner_options options_of(const merit__engine *engine,
                                         const char *optimizer, int64_t batch,
                                         int64_t slice, int64_t groups, int64_t threads)
{
    merit__learner_options options = {.engine = engine,
                                      .data = data,
                                      .normalisation = &normalisation,
                                      .batch = batch,
                                      .slice = slice,
                                      .groups = groups,
                                      .threads = threads,
                                      .exact = 1,
                                      .seed = 3};
    assert_int_equal(merit__optimizer_find(&options.optimizer, optimizer, NULL),
                     MERIT_OK);
    return options;
}

/* Canonical parameters and moments. */
typedef struct weights {
    const merit_net *net;
    float *parameters, *moments[MERIT__MOMENTS];
} weights;

static weights make_weights(const merit_net *net)
{
    weights w = {.net = net};
    w.parameters = test_calloc((size_t)net->n_arena, sizeof(float));
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        w.moments[i] = test_calloc((size_t)net->n_arena, sizeof(float));
    }
    merit__net_init(net, 11, w.parameters);
    return w;
}

static void free_weights(weights *w)
{
    test_free(w->parameters);
    test_free(w->moments[0]);
    test_free(w->moments[1]);
}

static merit__learner *make_learner(const weights *w,
                                    const merit__learner_options *options)
{
    merit__learner *learner;
    merit_error err = {0};
    const float *const moments[MERIT__MOMENTS] = {w->moments[0], w->moments[1]};
    if (merit__learner_create(&learner, w->net, options, &err) != MERIT_OK ||
        merit__learner_set(learner, w->parameters, moments, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return learner;
}

static void get_weights(merit__learner *learner, weights *w)
{
    merit_error err = {0};
    assert_int_equal(merit__learner_get(learner, w->parameters, w->moments, &err),
                     MERIT_OK);
}

static void assert_same_weights(const weights *a, const weights *b, int n_moments)
{
    size_t n_bytes = (size_t)a->net->n_arena * sizeof(float);
    assert_memory_equal(a->parameters, b->parameters, n_bytes);
    for (int i = 0; i < n_moments; i++) {
        assert_memory_equal(a->moments[i], b->moments[i], n_bytes);
    }
}

static int64_t order[N_DATA];

static merit__minibatch minibatch_of(int64_t step, int64_t n)
{
    merit__permutation(order, N_DATA, 4, MERIT__USE_SHUFFLE, (uint32_t)step);
    return (merit__minibatch){.index = order,
                              .n = n,
                              .epoch = (uint32_t)step,
                              .step = step,
                              .loss = losses[step % 2],
                              .progress = 0.5,
                              .learning_rate = 0.05,
                              .momentum = 0.9,
                              .weight_decay = 0.01};
}

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

/* The mean loss over the minibatch and its gradient, canonical. */
static double gradient_by_hand(const weights *w, const merit__minibatch *m,
                               float *gradient)
{
    const merit__engine *engine = &merit__engine_reference;
    const merit__plan_options options = {.n = m->n, .training = 1, .exact = 1};
    merit__plan *plan;
    assert_int_equal(engine->create(&plan, w->net, &options, NULL), MERIT_OK);
    size_t n_arena = (size_t)plan->n_arena, n_logits = (size_t)m->n * N_CLASSES;
    float *arena = test_calloc(n_arena, sizeof *arena);
    float *own = test_calloc(n_arena, sizeof *own);
    float *x = test_calloc((size_t)m->n * SIDE * SIDE, sizeof *x);
    float *logits = test_calloc(n_logits, sizeof *logits);
    float *dlogits = test_calloc(n_logits, sizeof *dlogits);
    int32_t *labels = test_calloc((size_t)m->n, sizeof *labels);
    for (int64_t i = 0; i < m->n; i++) {
        labels[i] = merit_dataset_labels(data)[m->index[i]];
    }
    assert_int_equal(
        merit__batch_fill(x, data, m->index, m->n, &normalisation, NULL, 0, 0, NULL),
        MERIT_OK);
    merit__slice_key key = {.seed = 3};
    double loss = 0;
    merit_loss_batch batch = {
        .n = m->n, .logits = logits, .labels = labels, .progress = m->progress};
    assert_int_equal(engine->import(plan, w->parameters, arena, NULL), MERIT_OK);
    assert_int_equal(engine->prepare(plan, arena, NULL), MERIT_OK);
    assert_int_equal(engine->forward(plan, arena, x, key, logits, NULL), MERIT_OK);
    assert_int_equal(merit_loss_eval(m->loss, &batch, &loss, dlogits, NULL), MERIT_OK);
    assert_int_equal(engine->backward(plan, arena, x, dlogits, own, NULL), MERIT_OK);
    assert_int_equal(engine->export(plan, own, gradient, NULL), MERIT_OK);
    engine->destroy(plan);
    test_free(arena);
    test_free(own);
    test_free(x);
    test_free(logits);
    test_free(dlogits);
    test_free(labels);
    return loss;
}

/* Nesterov's step in double, with weight decay on weights only. */
static void step_by_hand(weights *w, const merit__minibatch *m, const float *gradient)
{
    for (int64_t t = 0; t < w->net->n_tensors; t++) {
        const merit__tensor *tensor = &w->net->tensors[t];
        double decay = tensor->kind == MERIT__WEIGHT ? m->weight_decay : 0;
        for (int64_t i = tensor->offset; i < tensor->offset + tensor->n; i++) {
            double g = (double)gradient[i] + decay * (double)w->parameters[i];
            double moment = m->momentum * (double)w->moments[0][i] + g;
            w->moments[0][i] = (float)moment;
            w->parameters[i] -= (float)(m->learning_rate * (g + m->momentum * moment));
        }
    }
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
            loss += gradient_by_hand(&by_hand, &m, gradient);
            step_by_hand(&by_hand, &m, gradient);
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
        cmocka_unit_test(test_bad_gradient),
        cmocka_unit_test(test_bad_logits),
        cmocka_unit_test(test_bad_example_of_a_part),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_nothing_is_allocated),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
