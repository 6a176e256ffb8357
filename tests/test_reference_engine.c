/* What a plan of the reference engine promises. */
#include "net/dropout_mask.h"
#include "reference_fixtures.h"

#include <math.h>

static const char mixed[] = "conv 3 3, batchnorm, relu, residual(conv 3 3, relu), pool "
                            "2, dropout 0.5, dense 10, relu";
static const merit__shape mixed_in = {2, 6, 6};

static void test_layout(void **state)
{
    (void)state;
    bench b = make_bench(mixed, mixed_in, 2, 1);
    float *canonical = make_floats(b.net->n_arena), *back = make_floats(b.net->n_arena);
    assert_string_equal(engine->name, "reference");
    assert_ptr_equal(b.plan->engine, engine);
    assert_ptr_equal(b.plan->net, b.net);
    assert_int_equal(b.plan->n_segments, b.net->n_tensors);
    int64_t end = 0;
    for (int64_t i = 0; i < b.plan->n_segments; i++) {
        const merit__segment *segment = &b.plan->segments[i];
        assert_int_equal(segment->offset % 16, 0);
        assert_true(segment->offset >= end && segment->n >= b.net->tensors[i].n);
        assert_int_equal(segment->kind, b.net->tensors[i].kind);
        end = segment->offset + segment->n;
    }
    assert_int_equal(end, b.plan->n_arena);
    fill_normal(canonical, b.net->n_arena, 5, 0, 1);
    for (int64_t i = 0; i < b.plan->n_arena; i++) {
        b.arena[i] = NAN;
    }
    assert_int_equal(engine->import(b.plan, canonical, b.arena, NULL), MERIT_OK);
    for (int64_t i = 0; i < b.plan->n_arena; i++) {
        assert_true(b.arena[i] == b.arena[i]);
    }
    assert_int_equal(engine->export(b.plan, b.arena, back, NULL), MERIT_OK);
    assert_memory_equal(back, canonical, (size_t)b.net->n_arena * sizeof(float));
    merit__free(canonical);
    merit__free(back);
    free_bench(&b);
}

static void test_repeatable(void **state)
{
    (void)state;
    bench a = make_bench(mixed, mixed_in, 3, 1), b = make_bench(mixed, mixed_in, 3, 1);
    forward_backward(&a);
    for (int64_t i = 0; i < b.plan->n_arena; i++) {
        b.gradient[i] = NAN; // all of it is written
    }
    forward_backward(&b);
    forward_backward(&b);
    assert_memory_equal(a.logits, b.logits, (size_t)a.n_logits * sizeof(float));
    assert_memory_equal(a.gradient, b.gradient,
                        (size_t)a.plan->n_arena * sizeof(float));
    assert_memory_equal(merit__reference_gradient(a.plan, -1),
                        merit__reference_gradient(b.plan, -1),
                        (size_t)a.n_x * sizeof(float));
    free_bench(&a);
    free_bench(&b);
}

static void test_inference(void **state)
{
    (void)state;
    bench a = make_bench(mixed, mixed_in, 3, 0), b = make_bench(mixed, mixed_in, 1, 0);
    merit_error err;
    loss(&a);
    // Each row depends on nothing but its example, and on no random numbers.
    for (int64_t i = 0; i < 3; i++) {
        merit__slice_key other = {.seed = (uint64_t)i};
        assert_int_equal(
            engine->forward(b.plan, b.arena, a.x + i * b.n_x, other, b.logits, NULL),
            MERIT_OK);
        assert_memory_equal(b.logits, a.logits + i * N_CLASSES,
                            N_CLASSES * sizeof(float));
    }
    assert_int_equal(
        engine->backward(b.plan, b.arena, b.x, b.weights, b.gradient, &err),
        MERIT_EINVAL);
    assert_string_equal(err.message, "the plan was not made for training");
    free_bench(&a);
    free_bench(&b);
}

/* Training with a rate of 0 and the batch's own statistics is inference. */
static void test_training_is_inference(void **state)
{
    (void)state;
    static const char spec[] = "batchnorm, dropout 0, dense 5, relu";
    bench training = make_bench(spec, (merit__shape){3, 4, 4}, 8, 1);
    bench inference = make_bench(spec, (merit__shape){3, 4, 4}, 8, 0);
    forward_backward(&training);
    for (int64_t i = 2; i < 4; i++) { // mean and variance
        int64_t offset = training.plan->segments[i].offset;
        for (int64_t c = 0; c < 3; c++) {
            float observed = training.gradient[offset + c];
            float biased = observed * (i == 3 ? 127.0F / 128 : 1);
            inference.arena[offset + c] = biased;
        }
    }
    loss(&inference);
    for (int64_t i = 0; i < training.n_logits; i++) {
        assert_true(fabsf(training.logits[i] - inference.logits[i]) < 1e-5F);
    }
    free_bench(&training);
    free_bench(&inference);
}

/* The output of layer 0 of "dropout 0.25" on ones, for a key. */
static void dropped(bench *b, merit__slice_key other, float *out)
{
    for (int64_t i = 0; i < b->n_x; i++) {
        b->x[i] = 1;
    }
    assert_int_equal(engine->forward(b->plan, b->arena, b->x, other, b->logits, NULL),
                     MERIT_OK);
    memcpy(out, merit__reference_output(b->plan, 0), (size_t)b->n_x * sizeof(float));
}

static void test_dropout(void **state)
{
    (void)state;
    bench b = make_bench("dropout 0.25", (merit__shape){8, 16, 16}, 8, 1);
    size_t n_bytes = (size_t)b.n_x * sizeof(float);
    float *a = make_floats(b.n_x), *again = make_floats(b.n_x);
    float *mask = make_floats(b.n_x);
    dropped(&b, key, a);
    int64_t n_kept = 0;
    for (int64_t i = 0; i < b.n_x; i++) {
        assert_true(a[i] == 0 || a[i] == (float)(1 / 0.75));
        n_kept += a[i] != 0;
    }
    assert_true(fabs((double)n_kept / (double)b.n_x - 0.75) < 0.017);
    merit__dropout_mask(mask, b.n_x, 0.25, key, 0);
    assert_memory_equal(a, mask, n_bytes);
    const merit__slice_key others[] = {{12, 12, 13}, {11, 13, 13}, {11, 12, 14}};
    for (int i = 0; i < 3; i++) {
        dropped(&b, others[i], again);
        assert_memory_not_equal(a, again, n_bytes);
    }
    dropped(&b, key, again);
    assert_memory_equal(a, again, n_bytes);
    merit__free(a);
    merit__free(again);
    merit__free(mask);
    free_bench(&b);
}

static void test_bad_slice(void **state)
{
    (void)state;
    static const int64_t bad[] = {0, -1, INT64_C(1) << 31, INT64_MAX, INT64_MIN};
    merit_net *net;
    assert_int_equal(merit_net_create(&net, mixed, 2, 6, 6, 2, NULL), MERIT_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        merit__plan_options options = {.n = bad[i], .training = 1};
        merit__plan *plan = (merit__plan *)(uintptr_t)&bad;
        merit_error err;
        assert_int_equal(engine->create(&plan, net, &options, &err), MERIT_EINVAL);
        assert_null(plan);
    }
    engine->destroy(NULL);
    merit_net_free(net);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    merit_net *net;
    merit__plan_options options = {.n = 2, .training = 1};
    merit__plan *plan;
    merit_error err;
    assert_int_equal(merit_net_create(&net, mixed, 2, 6, 6, 2, &err), MERIT_OK);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(engine->create(&plan, net, &options, &err), MERIT_OK);
    long n = merit__alloc_count();
    engine->destroy(plan);
    assert_true(n > 20);
    for (long i = 1; i <= 2 * n; i++) {
        merit__alloc_fail_at((i + 1) / 2, i % 2 == 0);
        assert_int_equal(engine->create(&plan, net, &options, &err), MERIT_ENOMEM);
        assert_null(plan);
        assert_true(strlen(err.message) > 10);
    }
    merit__alloc_fail_at(0, 0);
    merit_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_repeatable),
        cmocka_unit_test(test_inference),
        cmocka_unit_test(test_training_is_inference),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_bad_slice),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
