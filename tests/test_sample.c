/* Steps that look at a sample of the classes: which classes those are, that their sum
 * estimates that of all, and that a step does what a computation by hand gives. */
#include "base/alloc.h"
#include "learner_fixtures.h"

#include <math.h>

enum { K = 60, GROUPS = 12, IN_GROUP = K / GROUPS, N_DATA = 90 };

/* Of K classes, those of a number modulo GROUPS are below one node. */
static merit_scores *make_groups(void)
{
    enum { N_NODES = 1 + GROUPS + K };
    int64_t parents[N_NODES] = {-1}, nodes[K];
    double places[N_NODES] = {0};
    char text[K][16];
    const char *names[K];
    merit_scores *scores;
    merit_error err = {0};
    int64_t v = 1;
    for (int64_t g = 0; g < GROUPS; g++) {
        const int64_t group = v++;
        parents[group] = 0;
        places[group] = 0.25;
        for (int64_t j = 0; j < IN_GROUP; j++, v++) {
            parents[v] = group;
            places[v] = 0.5;
            nodes[j * GROUPS + g] = v;
        }
    }
    for (int k = 0; k < K; k++) {
        snprintf(text[k], sizeof text[k], "c%d", k);
        names[k] = text[k];
    }
    const merit_tree tree = {.n_nodes = N_NODES,
                             .n_truths = K,
                             .n_answers = K,
                             .parents = parents,
                             .places = places,
                             .nodes = nodes};
    if (merit_scores_create_tree(&scores, &tree, names, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return scores;
}

static void assert_close(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance)) {
        fail_msg("%.9g and %.9g differ by more than %g", a, b, tolerance);
    }
}

static void assert_sound(const merit__sample *s)
{
    int64_t n_placed = 0;
    for (int64_t i = 0; i < s->n; i++) {
        assert_true(s->classes[i] >= 0 && s->classes[i] < K);
        assert_int_equal(s->place[s->classes[i]], i); // so no class is there twice
    }
    for (int64_t k = 0; k < K; k++) {
        n_placed += s->place[k] >= 0;
    }
    assert_int_equal(n_placed, s->n);
    assert_true(s->n_sure < s->n);
    assert_close(s->drawn_logit,
                 log((double)(K - s->n_sure) / (double)(s->n - s->n_sure)), 1e-6);
}

/* True classes are always there, with their kin where there is a tree. */
static void test_members(void **state)
{
    (void)state;
    merit_scores *tables[] = {make_groups(), make_table(K)};
    for (int i = 0; i < 2; i++) {
        merit__sample s;
        int n_kin = 0;
        assert_int_equal(merit__sample_init(&s, tables[i], 20, NULL), MERIT_OK);
        for (uint32_t step = 0; step < 300; step++) {
            const int32_t truths[] = {(int32_t)draw(1, step, K),
                                      (int32_t)draw(2, step, K)};
            merit__sample_begin(&s);
            merit__sample_add(&s, truths[0]);
            merit__sample_add(&s, truths[1]);
            merit__sample_add(&s, truths[0]);
            merit__sample_draw(&s, 7, step);
            assert_sound(&s);
            assert_int_equal(s.place[truths[0]], 0);
            for (int64_t j = 0; j < s.n_sure; j++) {
                n_kin += s.classes[j] != truths[0] && s.classes[j] != truths[1] &&
                         (s.classes[j] % GROUPS == truths[0] % GROUPS ||
                          s.classes[j] % GROUPS == truths[1] % GROUPS);
            }
        }
        // With 20 in a sample, each of two truths has its whole group.
        assert_true(i == 0 ? n_kin > 300 * (2 * (IN_GROUP - 1) - 1) : n_kin == 0);
        merit__sample_dispose(&s);
        merit_scores_free(tables[i]);
    }
}

/* What is drawn is a function of the seed and the step. */
static void test_repeats(void **state)
{
    (void)state;
    merit_scores *scores = make_groups();
    int32_t first[20];
    merit__sample s;
    assert_int_equal(merit__sample_init(&s, scores, 20, NULL), MERIT_OK);
    for (uint32_t i = 0; i < 4; i++) {
        merit__sample_begin(&s);
        merit__sample_add(&s, 3);
        merit__sample_draw(&s, i == 3 ? 8 : 7, i == 2 ? 6 : 5);
        if (i == 0) {
            memcpy(first, s.classes, sizeof first);
        }
        assert_true((memcmp(first, s.classes, sizeof first) == 0) == (i < 2));
    }
    merit__sample_dispose(&s);
    merit_scores_free(scores);
}

/* Over many draws the raised exponentials of a sample add up to those of all classes.
 */
static void test_unbiased(void **state)
{
    (void)state;
    enum { STEPS = 40000 };
    merit_scores *tables[] = {make_groups(), make_table(K)};
    double logits[K], all = 0;
    for (uint32_t k = 0; k < K; k++) {
        logits[k] = 4e-6 * (double)draw(3, k, 1000000) - 2;
        all += exp(logits[k]);
    }
    for (int i = 0; i < 2; i++) {
        merit__sample s;
        double sum = 0;
        assert_int_equal(merit__sample_init(&s, tables[i], 16, NULL), MERIT_OK);
        for (uint32_t step = 0; step < STEPS; step++) {
            merit__sample_begin(&s);
            merit__sample_add(&s, 11);
            merit__sample_add(&s, 30);
            merit__sample_draw(&s, 1, step);
            for (int64_t j = 0; j < s.n; j++) {
                sum += exp(logits[s.classes[j]] +
                           (j < s.n_sure ? 0 : (double)s.drawn_logit));
            }
        }
        assert_close(sum / STEPS / all, 1, 0.005);
        merit__sample_dispose(&s);
        merit_scores_free(tables[i]);
    }
}

static const char *const net_text = "conv 4 3, relu, pool 2, dense 7, relu";

static int make_all(void **state)
{
    return make_examples(state, N_DATA, K);
}

/* Weights that have moved before: their moments are not 0. */
static weights make_moving_weights(const merit_net *net)
{
    weights w = make_weights(net);
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        for (int64_t j = 0; j < net->n_arena; j++) {
            w.moments[i][j] = 1e-4f * (float)draw(4, (uint32_t)j, 100);
        }
    }
    return w;
}

typedef struct setting {
    const merit__engine *engine;
    const char *optimizer;
    int64_t batch, slice, groups, threads, sample;
    const float *class_weights; // [K] or NULL
} setting;

static merit__learner_options options_for(const setting *s, const merit_scores *scores)
{
    merit__learner_options options =
        options_of(s->engine, s->optimizer, s->batch, s->slice, s->groups, s->threads);
    options.sample = s->sample;
    options.class_weights = s->class_weights;
    options.scores = scores;
    return options;
}

static double run_steps(weights *w, const setting *s, const merit_scores *scores,
                        int64_t n_steps)
{
    double loss = 0, sum = 0;
    merit_error err = {0};
    const merit__learner_options options = options_for(s, scores);
    merit__learner *learner = make_learner(w, &options);
    for (int64_t step = 0; step < n_steps; step++) {
        const merit__minibatch m = minibatch_of(step, s->batch - step % 2);
        if (merit__learner_step(learner, &m, &loss, &err) != MERIT_OK) {
            fail_msg("step %d: %s", (int)step, err.message);
        }
        sum += loss;
    }
    get_weights(learner, w);
    merit__learner_free(learner);
    return sum;
}

/* The sample of a minibatch. */
static void choose(merit__sample *s, const merit__minibatch *m)
{
    merit__sample_begin(s);
    for (int64_t i = 0; i < m->n; i++) {
        merit__sample_add(s, merit_dataset_labels(data)[m->index[i]]);
    }
    merit__sample_draw(s, 3, (uint32_t)m->step);
}

typedef struct sampled {
    const merit__sample *sample;
    const float *class_weights; // [K] or NULL
} sampled;

/* The mean cross entropy among the sample. */
static double evaluate_sampled(float *dlogits, const float *logits,
                               const merit__minibatch *m, const void *about)
{
    const merit__sample *s = ((const sampled *)about)->sample;
    const float *class_weights = ((const sampled *)about)->class_weights;
    double loss = 0;
    for (int64_t i = 0; i < m->n; i++) {
        const int32_t truth = merit_dataset_labels(data)[m->index[i]];
        const double weight = class_weights == NULL ? 1 : (double)class_weights[truth];
        double raised[K], sum = 0;
        for (int64_t k = 0; k < K; k++) {
            raised[k] = s->place[k] < 0 ? -INFINITY : (double)logits[i * K + k];
            raised[k] += s->place[k] >= s->n_sure ? (double)s->drawn_logit : 0;
            sum += exp(raised[k]);
        }
        loss += weight * (log(sum) - raised[truth]) / (double)m->n;
        for (int64_t k = 0; k < K; k++) {
            dlogits[i * K + k] =
                (float)(weight * (exp(raised[k]) / sum - (k == truth)) / (double)m->n);
        }
    }
    return loss;
}

static void assert_near(const float *a, const float *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        assert_true(fabs((double)a[i] - (double)b[i]) <= 2e-6);
    }
}

static void test_steps_by_hand(void **state)
{
    (void)state;
    float by_class[K];
    const setting settings[] = {
        {&merit__engine_reference, "sgd", 10, 4, 3, 1, 24, NULL},
        {&merit__engine_dnnl, "sgd", 10, 4, 2, 2, 24, by_class},
        {&merit__engine_dnnl, "sgd", 8, 8, 1, 1, K - 1, by_class}};
    merit_scores *tables[] = {make_groups(), make_table(K)};
    merit_net *net = make_net(net_text);
    float *gradient = test_calloc((size_t)net->n_arena, sizeof *gradient);
    for (uint32_t k = 0; k < K; k++) {
        by_class[k] = 0.25f * (float)draw(8, k, 9);
    }
    for (size_t i = 0; i < 2 * sizeof settings / sizeof *settings; i++) {
        const setting *s = &settings[i / 2];
        weights w = make_moving_weights(net), expected = make_moving_weights(net);
        merit__sample sample;
        double loss = 0;
        assert_int_equal(merit__sample_init(&sample, tables[i % 2], s->sample, NULL),
                         MERIT_OK);
        for (int64_t step = 0; step < 3; step++) {
            const merit__minibatch m = minibatch_of(step, s->batch - step % 2);
            choose(&sample, &m);
            const sampled about = {&sample, s->class_weights};
            loss += gradient_by_hand(&expected, &m, gradient, evaluate_sampled, &about);
            step_by_hand(&expected, &sample, &m, gradient);
        }
        assert_close(run_steps(&w, s, tables[i % 2], 3), loss, 1e-4);
        assert_near(w.parameters, expected.parameters, net->n_arena);
        assert_near(w.moments[0], expected.moments[0], net->n_arena);
        merit__sample_dispose(&sample);
        free_weights(&w);
        free_weights(&expected);
    }
    test_free(gradient);
    merit_net_free(net);
    merit_scores_free(tables[0]);
    merit_scores_free(tables[1]);
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"sgd", "adamw"};
    merit_scores *scores = make_groups();
    merit_net *net = make_net(net_text);
    const size_t n_bytes = (size_t)net->n_arena * sizeof(float);
    for (int i = 0; i < 2; i++) {
        weights first = make_moving_weights(net);
        setting s = {&merit__engine_dnnl, optimizers[i], 10, 2, 4, 1, 24, NULL};
        run_steps(&first, &s, scores, 6);
        for (s.threads = 2; s.threads <= 5; s.threads += 3) {
            weights w = make_moving_weights(net);
            run_steps(&w, &s, scores, 6);
            assert_memory_equal(w.parameters, first.parameters, n_bytes);
            assert_memory_equal(w.moments[0], first.moments[0], n_bytes);
            assert_memory_equal(w.moments[1], first.moments[1], n_bytes);
            free_weights(&w);
        }
        free_weights(&first);
    }
    merit_net_free(net);
    merit_scores_free(scores);
}

/* What goes in comes out, for all classes; a number that is not finite is told, and is
 * that of a layer. */
static void test_get_and_set(void **state)
{
    (void)state;
    merit_scores *scores = make_groups();
    merit_net *net = make_net(net_text);
    const setting s = {&merit__engine_dnnl, "adamw", 10, 4, 2, 2, 24, NULL};
    weights w = make_moving_weights(net), same = make_moving_weights(net);
    merit_error err = {0};
    double loss;
    run_steps(&w, &s, scores, 0);
    assert_memory_equal(w.parameters, same.parameters,
                        (size_t)net->n_arena * sizeof(float));
    assert_memory_equal(w.moments[1], same.moments[1],
                        (size_t)net->n_arena * sizeof(float));
    for (int64_t i = net->n_arena - K; i < net->n_arena; i++) {
        w.moments[0][i] = 3e38f;
    }
    const merit__learner_options options = options_for(&s, scores);
    merit__learner *learner = make_learner(&w, &options);
    merit__minibatch m = minibatch_of(0, 10);
    m.learning_rate = 1e3;
    assert_int_equal(merit__learner_step(learner, &m, &loss, &err), MERIT_ENUMERIC);
    assert_non_null(strstr(err.message, "layer 6 (dense 60)"));
    merit__learner_free(learner);
    free_weights(&w);
    free_weights(&same);
    merit_net_free(net);
    merit_scores_free(scores);
}

static void test_without_memory(void **state)
{
    (void)state;
    merit_scores *scores = make_groups();
    merit_net *net = make_net(net_text);
    weights w = make_moving_weights(net);
    const setting chosen = {&merit__engine_reference, "adamw", 4, 4, 1, 1, 12, NULL};
    const merit__learner_options options = options_for(&chosen, scores);
    int n_failures = 0;
    merit_status status = MERIT_ENOMEM;
    for (int nth = 1; status != MERIT_OK; nth++) {
        merit__learner *learner = NULL;
        merit__alloc_fail_at(nth, nth % 2 == 0);
        status = merit__learner_create(&learner, net, &options, NULL);
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
        assert_true((learner != NULL) == (status == MERIT_OK));
        merit__learner_free(learner);
        n_failures += status != MERIT_OK;
    }
    assert_true(n_failures > 20);
    free_weights(&w);
    merit_net_free(net);
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_unbiased),
        cmocka_unit_test(test_steps_by_hand),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_get_and_set),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, make_all, free_examples);
}
