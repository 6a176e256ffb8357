/* merit_loss_eval against merit_loss_row: labels, distributions, weights, scale,
 * scratch, and what it refuses. */
#include "loss_fixtures.h"

#include <float.h>

#include "base/alloc.h"

enum { N = 6, K = 5 };

// Five classes of which the best answer is not always the truth.
static void fill_inputs(double *values, float *logits)
{
    uint64_t seed = 11;
    fill_table(values, TABLE_NEGATIVE, K, 12);
    for (int64_t i = 0; i < N * K; i++) {
        logits[i] = (float)(2 * normal(&seed));
    }
}

static const int32_t labels[N] = {0, 1, 2, 3, 4, 1};
static const float weights[N] = {1, 0.5f, 2, 0, 1, 3};

// Distributions over five truths; the first and the last are labels.
static const float targets[N * K] = {
    1,    0,    0,    0,    0,    0.5f, 0.5f, 0,    0, 0,    0, 0, 0.25f, 0.75f, 0,
    0.2f, 0.2f, 0.2f, 0.2f, 0.2f, 0,    0,    0.1f, 0, 0.9f, 0, 1, 0,     0,     0};

/* One row of the batch in double, as the contract says. */
static double expected_row(const merit_loss *loss, const merit_loss_batch *batch,
                           int64_t n, double *gradient)
{
    double logits[K];
    double part[K];
    double value = 0;
    for (int64_t j = 0; j < K; j++) {
        logits[j] = batch->logits[n * K + j];
        gradient[j] = 0;
    }
    for (int64_t i = 0; i < K; i++) {
        double share = batch->labels == NULL ? (double)batch->targets[n * K + i]
                                             : batch->labels[n] == i;
        value += share * merit_loss_row(loss, logits, i, batch->progress, part);
        for (int64_t j = 0; j < K; j++) {
            gradient[j] += share * part[j];
        }
    }
    return value;
}

static void check_batch(const merit_loss *loss, const merit_loss_batch *batch,
                        const char *name)
{
    merit_error err = {0};
    double value = NAN;
    double alone = NAN;
    float dlogits[N * K];
    double expected = 0;
    double total = 0;
    if (merit_loss_eval(loss, batch, &value, dlogits, &err) != MERIT_OK) {
        fail_msg("%s: %s", name, err.message);
    }
    for (int64_t n = 0; n < batch->n; n++) {
        total += batch->weights == NULL ? 1 : (double)batch->weights[n];
    }
    const double scale = batch->scale == 0 ? 1 / total : batch->scale;
    for (int64_t n = 0; n < batch->n; n++) {
        double gradient[K];
        double factor = batch->weights == NULL ? 1 : (double)batch->weights[n];
        expected += scale * factor * expected_row(loss, batch, n, gradient);
        for (int64_t j = 0; j < K; j++) {
            double d = scale * factor * gradient[j];
            if (fabs(dlogits[n * K + j] - d) > FLT_EPSILON * fabs(d) + 1e-7 * scale) {
                fail_msg("%s: dlogits[%d][%d] is %.9g, expected %.9g", name, (int)n,
                         (int)j, (double)dlogits[n * K + j], d);
            }
        }
    }
    if (!is_close(value, expected, 1e-6)) {
        fail_msg("%s: %.17g, expected %.17g", name, value, expected);
    }
    assert_int_equal(merit_loss_eval(loss, batch, &alone, NULL, &err), MERIT_OK);
    assert_true(alone == value);
}

static void batches_are_their_rows(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    fill_inputs(values, logits);
    const merit_loss_batch batches[] = {
        {.n = N, .logits = logits, .labels = labels},
        {.n = N, .logits = logits, .labels = labels, .weights = weights},
        {.n = N, .logits = logits, .labels = labels, .weights = weights, .scale = 3},
        {.n = N, .logits = logits, .labels = labels, .progress = 1},
        {.n = 1, .logits = logits, .labels = labels, .progress = 0.25},
        {.n = N, .logits = logits, .targets = targets},
        {.n = N, .logits = logits, .targets = targets, .weights = weights},
        {.n = N, .logits = logits, .targets = targets, .progress = 0.5, .scale = 0.1},
    };
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        const char *name = merit_loss_describe(l)->name;
        merit_loss *loss = make_loss_of_kin(name, values, K);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            check_batch(loss, &batches[b], name);
        }
        merit_loss_free(loss);
    }
}

/* For labels the value is that of the rows to the last bit, and the gradient is the
 * nearest float. */
static void labels_give_the_bits_of_the_rows(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    float dlogits[K];
    fill_inputs(values, logits);
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        merit_loss *loss = make_loss_of_kin(merit_loss_describe(l)->name, values, K);
        for (int64_t n = 0; n < N; n++) {
            const merit_loss_batch batch = {
                .n = 1, .logits = logits + n * K, .labels = labels + n};
            double gradient[K];
            double value;
            double expected = expected_row(loss, &batch, 0, gradient);
            assert_int_equal(merit_loss_eval(loss, &batch, &value, dlogits, NULL),
                             MERIT_OK);
            assert_true(value == expected);
            for (int64_t j = 0; j < K; j++) {
                assert_true(dlogits[j] == (float)gradient[j]);
            }
        }
        merit_loss_free(loss);
    }
}

/* A target of 1/3 each, as files have it, is divided by its own sum. */
static void targets_may_be_rounded(void **state)
{
    (void)state;
    enum { C = 3 };
    double values[C * C] = {1, 0, 0.5, 0, 1, 0, 0, 0.2, 1};
    static const float logits[C] = {0.5f, -1, 0.25f};
    static const float rounded[C] = {0.333f, 0.333f, 0.333f};
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        merit_loss *loss = make_loss_of_kin(merit_loss_describe(l)->name, values, C);
        const merit_loss_batch batch = {.n = 1, .logits = logits, .targets = rounded};
        double value;
        double expected = 0;
        double z[C];
        for (int64_t j = 0; j < C; j++) {
            z[j] = logits[j];
        }
        for (int64_t i = 0; i < C; i++) {
            expected += merit_loss_row(loss, z, i, 0, NULL) / C;
        }
        assert_int_equal(merit_loss_eval(loss, &batch, &value, NULL, NULL), MERIT_OK);
        assert_true(is_close(value, expected, 1e-14));
        merit_loss_free(loss);
    }
}

/* Rows of weight 0 count for nothing, whatever their truth. */
static void padding_counts_for_nothing(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    float dlogits[N * K];
    double value;
    static const float first_two[N] = {1, 1};
    static const int32_t padded[N] = {0, 1, -1, -1, 99, -7};
    static const float nothing[N] = {0};
    fill_inputs(values, logits);
    merit_loss *loss = make_loss_of("softmax-margin", values, K);
    merit_loss_batch batch = {
        .n = N, .logits = logits, .labels = padded, .weights = first_two};
    merit_loss_batch two = {.n = 2, .logits = logits, .labels = padded};
    double expected;
    assert_int_equal(merit_loss_eval(loss, &batch, &value, dlogits, NULL), MERIT_OK);
    assert_int_equal(merit_loss_eval(loss, &two, &expected, NULL, NULL), MERIT_OK);
    assert_true(value == expected);
    for (int64_t i = 2 * K; i < N * K; i++) {
        assert_true(dlogits[i] == 0);
    }
    batch.weights = nothing;
    assert_int_equal(merit_loss_eval(loss, &batch, &value, dlogits, NULL), MERIT_OK);
    assert_true(value == 0 && dlogits[0] == 0);
    batch = (merit_loss_batch){.n = 0};
    assert_int_equal(merit_loss_eval(loss, &batch, &value, dlogits, NULL), MERIT_OK);
    assert_true(value == 0);
    merit_loss_free(loss);
}

/* Scratch changes no bit, and with it nothing is allocated. */
static void scratch_saves_the_allocation(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    float own[N * K];
    float given[N * K];
    double value_own;
    double value_given;
    fill_inputs(values, logits);
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        merit_loss *loss = make_loss_of_kin(merit_loss_describe(l)->name, values, K);
        merit_loss_batch batch = {.n = N, .logits = logits, .targets = targets};
        size_t n_bytes = merit_loss_scratch_bytes(loss);
        assert_int_equal(merit_loss_eval(loss, &batch, &value_own, own, NULL),
                         MERIT_OK);
        batch.scratch = merit__alloc_array(1, n_bytes);
        assert_non_null(batch.scratch);
        memset(batch.scratch, 0xff, n_bytes);
        merit__alloc_fail_at(1, 1);
        merit_status status = merit_loss_eval(loss, &batch, &value_given, given, NULL);
        long n_allocated = merit__alloc_count();
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, MERIT_OK);
        assert_int_equal(n_allocated, 0);
        assert_true(value_own == value_given);
        assert_memory_equal(own, given, sizeof own);
        merit__free(batch.scratch);
        merit_loss_free(loss);
    }
}

static void allocations_may_fail(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    double value;
    fill_inputs(values, logits);
    merit_scores *scores = make_scores(values, K, K);
    merit_loss *loss = NULL;
    merit_error err;
    merit_status status = MERIT_ENOMEM;
    for (long at = 1; status != MERIT_OK; at++) {
        assert_true(at < 20);
        merit__alloc_fail_at(at, 0);
        status = merit_loss_create(&loss, "soft-labels", scores, &err);
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK || (status == MERIT_ENOMEM && loss == NULL));
    }
    const merit_loss_batch batch = {.n = N, .logits = logits, .labels = labels};
    merit__alloc_fail_at(1, 0);
    status = merit_loss_eval(loss, &batch, &value, NULL, &err);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(status, MERIT_ENOMEM);
    merit_loss_free(loss);
    merit_scores_free(scores);
}

static void expect_refusal(const merit_loss_batch *batch, merit_status status,
                           const char *message)
{
    double values[K * K];
    float unused[N * K];
    float dlogits[N * K];
    double value;
    merit_error err = {0};
    fill_inputs(values, unused);
    merit_loss *loss = make_loss_of("cross-entropy", values, K);
    assert_int_equal(merit_loss_eval(loss, batch, &value, dlogits, &err), status);
    assert_int_equal(err.code, status);
    if (strstr(err.message, message) == NULL) {
        fail_msg("\"%s\", expected \"%s\"", err.message, message);
    }
    assert_int_equal(merit_loss_eval(loss, batch, &value, dlogits, NULL), status);
    merit_loss_free(loss);
}

static void bad_logits_are_refused(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    const merit_loss_batch batch = {.n = N, .logits = logits, .labels = labels};
    fill_inputs(values, logits);
    logits[3 * K + 1] = NAN;
    expect_refusal(&batch, MERIT_ENUMERIC, "logits[3][1] is nan");
    fill_inputs(values, logits);
    logits[5 * K] = -INFINITY;
    expect_refusal(&batch, MERIT_ENUMERIC, "logits[5][0] is -inf");
}

static void bad_labels_are_refused(void **state)
{
    (void)state;
    static const int32_t below[N] = {0, 1, -1, 3, 4, 1};
    static const int32_t above[N] = {0, 1, 2, 3, 5, 1};
    double values[K * K];
    float logits[N * K];
    merit_loss_batch batch = {.n = N, .logits = logits};
    fill_inputs(values, logits);
    batch.labels = below;
    expect_refusal(&batch, MERIT_EFORMAT, "labels[2] is -1, expected 0 to 4");
    batch.labels = above;
    expect_refusal(&batch, MERIT_EFORMAT, "labels[4] is 5, expected 0 to 4");
}

static void bad_targets_are_refused(void **state)
{
    (void)state;
    double values[K * K];
    float logits[N * K];
    float changed[N * K];
    const merit_loss_batch batch = {.n = N, .logits = logits, .targets = changed};
    fill_inputs(values, logits);
    memcpy(changed, targets, sizeof targets);
    changed[2 * K + 1] = -0.1f;
    expect_refusal(&batch, MERIT_EFORMAT, "targets[2][1] is -0.1");
    memcpy(changed, targets, sizeof targets);
    changed[0] = 0.5f;
    expect_refusal(&batch, MERIT_EFORMAT, "targets[0] add up to 0.5, expected 1");
    memcpy(changed, targets, sizeof targets);
    changed[4 * K + 4] = NAN;
    expect_refusal(&batch, MERIT_EFORMAT, "targets[4][4] is nan");
}

static void bad_weights_are_refused(void **state)
{
    (void)state;
    static const float negative[N] = {1, 1, 1, -1, 1, 1};
    static const float not_a_number[N] = {1, 1, 1, 1, NAN, 1};
    static const float infinite[N] = {INFINITY, 1, 1, 1, 1, 1};
    double values[K * K];
    float logits[N * K];
    merit_loss_batch batch = {.n = N, .logits = logits, .labels = labels};
    fill_inputs(values, logits);
    batch.weights = negative;
    expect_refusal(&batch, MERIT_EFORMAT, "weights[3] is -1");
    batch.weights = not_a_number;
    expect_refusal(&batch, MERIT_EFORMAT, "weights[4] is nan");
    batch.weights = infinite;
    expect_refusal(&batch, MERIT_EFORMAT, "weights[0] is inf");
}

/* What is wrong whatever the numbers of the rows are. */
static void bad_batches_are_refused(void **state)
{
    (void)state;
    double values[K * K];
    float good[N * K];
    char misaligned[4096];
    void *odd = (void *)((uintptr_t)misaligned / 64 * 64 + 72);
    fill_inputs(values, good);
    const struct {
        merit_loss_batch batch;
        merit_status status;
        const char *message;
    } cases[] = {
        {{.n = N, .logits = good}, MERIT_EINVAL, "either labels or targets"},
        {{.n = N, .logits = good, .labels = labels, .targets = targets},
         MERIT_EINVAL,
         "either labels or targets"},
        {{.n = N, .labels = labels}, MERIT_EINVAL, "NULL"},
        {{.n = -1, .logits = good, .labels = labels}, MERIT_EINVAL, "-1 rows"},
        {{.n = N, .logits = good, .labels = labels, .progress = 1.5},
         MERIT_EINVAL,
         "progress is 1.5"},
        {{.n = N, .logits = good, .labels = labels, .progress = NAN},
         MERIT_EINVAL,
         "progress is nan"},
        {{.n = N, .logits = good, .labels = labels, .scale = NAN},
         MERIT_EINVAL,
         "scale of a batch is nan"},
        {{.n = N, .logits = good, .labels = labels, .scratch = odd},
         MERIT_EINVAL,
         "not aligned to 64 bytes"},
        {{.n = N, .logits = good, .labels = labels, .scale = 1e300},
         MERIT_ENUMERIC,
         "which no float can hold"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        expect_refusal(&cases[c].batch, cases[c].status, cases[c].message);
    }
}

/* The largest logits and scores that are accepted give finite results. */
static void extremes_stay_finite(void **state)
{
    (void)state;
    enum { C = 3 };
    static const double values[C * C] = {1e15, -1e15,  0,    -1e15, 1e15,
                                         1e15, 1e-300, 5e-9, 1e15};
    static const double tree[C * C] = {1e15,  5e14,  -1e15, 5e14, 1e15,
                                       -1e15, -1e15, -1e15, 1e15};
    static const float logits[2 * C] = {FLT_MAX, -FLT_MAX, 0, -1e4f, 1e4f, 9e3f};
    static const int32_t truths[2] = {1, 0};
    merit_scores *scores = make_scores(values, C, C);
    for (int64_t l = 0; l < merit_loss_count(); l++) {
        const char *name = merit_loss_describe(l)->name;
        merit_loss *loss = make_loss_if_allowed(name, scores);
        loss = loss != NULL ? loss : make_loss_of(name, tree, C);
        const merit_loss_batch batch = {.n = 2, .logits = logits, .labels = truths};
        merit_error err = {0};
        float dlogits[2 * C];
        double value = NAN;
        if (merit_loss_eval(loss, &batch, &value, dlogits, &err) != MERIT_OK) {
            fail_msg("%s: %s", name, err.message);
        }
        assert_true(isfinite(value));
        for (int64_t i = 0; i < 2 * C; i++) {
            assert_true(isfinite(dlogits[i]));
        }
        merit_loss_free(loss);
    }
    merit_scores_free(scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_their_rows),
        cmocka_unit_test(labels_give_the_bits_of_the_rows),
        cmocka_unit_test(targets_may_be_rounded),
        cmocka_unit_test(padding_counts_for_nothing),
        cmocka_unit_test(scratch_saves_the_allocation),
        cmocka_unit_test(allocations_may_fail),
        cmocka_unit_test(bad_logits_are_refused),
        cmocka_unit_test(bad_labels_are_refused),
        cmocka_unit_test(bad_targets_are_refused),
        cmocka_unit_test(bad_weights_are_refused),
        cmocka_unit_test(bad_batches_are_refused),
        cmocka_unit_test(extremes_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
