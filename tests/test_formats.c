/* Windows of several widths: how they are chosen, that a row of logits has the same
 * bits in all of them, that a step learns the same as from its windows one by one, and
 * the same bits for any number of threads. */
#include "base/alloc.h"
#include "base/random.h"
#include "model/formats.h"
#include "model/model.h"
#include "train/learner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { K = 3, SLICE = 8, MOST = 64 };

static char path[] = "/tmp/merit-formats-XXXXXX";

#define BLOCKS                                                                         \
    "residual(relu, conv1d 16 5), residual(relu, conv1d 16 5 dilation 16), "           \
    "residual(relu, conv1d 16 3 dilation 32), relu"
static const char letter_net[] = "embedding 16, " BLOCKS ", per-position";
static const char whole_net[] =
    "embedding 16, " BLOCKS ", globalpool, dense 24, relu, dropout 0";
// Not every width is a multiple of this dilation.
static const char odd_net[] =
    "embedding 16, residual(relu, conv1d 16 3 dilation 48), conv1d 16 5 dilation 10, "
    "globalpool";

static const struct {
    const char *name, *spec;
    merit_task task;
} cases[] = {{"letters", letter_net, MERIT_TASK_MASKED},
             {"whole", whole_net, MERIT_TASK_SEQUENCE},
             {"odd", odd_net, MERIT_TASK_SEQUENCE}};
enum { N_CASES = sizeof cases / sizeof *cases };

/* Records of these lengths, of nucleotides, with one of three classes. */
static void write_records(const int *lengths, int first, int n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = first; i < first + n; i++) {
        fprintf(file, ">r%d|%c\n", i, "abc"[i % K]);
        for (int t = 0; t < lengths[i]; t++) {
            uint32_t words[4];
            merit__random(words, 3, 1, (uint32_t)i, (uint32_t)t, 0);
            fputc("ACGT"[words[0] % 4], file);
        }
        fputc('\n', file);
    }
    assert_int_equal(fclose(file), 0);
}

static merit_dataset *load(merit_task task, int64_t letters)
{
    merit_dataset *data = NULL;
    merit_error err = {0};
    merit_dataset_options options = {
        .task = task, .letters = letters, .alphabet = "dna", .hidden_share = 0.5};
    if (merit_dataset_load(&data, path, &options, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

static int64_t n_positions(const int *lengths, int n, const merit__widths *widths)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        int64_t w = 0;
        while (widths->width[w] < lengths[i]) {
            w++;
        }
        sum += widths->width[w];
    }
    return sum;
}

static void test_widths(void **state)
{
    (void)state;
    enum { N = 60 };
    int lengths[N];
    merit__widths widths;
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < N; i++) {
            lengths[i] = kind == 0   ? 150                // reads of a machine
                         : kind == 1 ? 40 + (i % 2) * 900 // two kinds
                         : kind == 2 ? 20 + i * i         // everything
                                     : 20 + i * i * 2;    // beyond the largest window
        }
        write_records(lengths, 0, N);
        merit_dataset *data = load(MERIT_TASK_SEQUENCE, 4096);
        merit__widths_choose(&widths, data, 32, 1);
        assert_in_range(widths.n, 1, MERIT__WIDTHS_MOST);
        for (int64_t i = 0; i < widths.n; i++) {
            assert_int_equal(widths.width[i] % 32, 0);
            assert_true(i == 0 || widths.width[i] > widths.width[i - 1]);
        }
        for (int64_t u = 0; u < N; u++) {
            int64_t at = merit__widths_find(&widths, data, u);
            int length = lengths[u] < 4096 ? lengths[u] : 4096;
            assert_true(widths.width[at] >= length);
            assert_true(at == 0 || widths.width[at - 1] < length);
        }
        assert_int_equal(widths.n == 1, kind == 0);
        if (kind == 0) {
            assert_int_equal(widths.width[0], 160);
        } else if (kind == 1) {
            assert_int_equal(widths.n, 2);
            assert_int_equal(widths.width[0], 64);
            assert_int_equal(widths.width[1], 960);
        } else if (kind == 2) {
            // No other two widths would do better than these do with more.
            int64_t cost = n_positions(lengths, N, &widths);
            for (int64_t first = 32; first < 3520; first += 32) {
                merit__widths two = {.n = 2, .width = {first, 3520}};
                assert_true(n_positions(lengths, N, &two) >= cost);
            }
        }
        merit__widths_choose(&widths, data, 32, 100); // of a kernel
        assert_true(widths.width[0] >= 128);
        merit_dataset_free(data);
    }
}

/* Logits of all rows, with parameters that depend on nothing else. */
static float *infer(const merit__engine *engine, const char *spec,
                    const merit_dataset *data, int64_t n_threads)
{
    merit_net *net = NULL;
    merit_error err = {0};
    float mean = 0, deviation = 1;
    merit__normalisation normalisation = {1, &mean, &deviation};
    int64_t c, h, w, n = merit_dataset_n(data);
    merit_dataset_shape(data, &c, &h, &w);
    assert_int_equal(merit_net_create(&net, spec, c, h, w, K, &err), MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof *parameters);
    float *logits = merit__alloc_array((size_t)n * K, sizeof *logits);
    merit__net_init(net, 5, parameters);
    for (int64_t i = 0; i < net->n_arena; i++) {
        parameters[i] += 0.02F; // biases too
    }
    merit__inference inference = {.engine = engine,
                                  .net = net,
                                  .parameters = parameters,
                                  .normalisation = &normalisation,
                                  .slice = SLICE};
    if (merit__infer(&inference, data, n_threads, logits, &err) != MERIT_OK) {
        fail_msg("%s: %s", engine->name, err.message);
    }
    merit__free(parameters);
    merit_net_free(net);
    return logits;
}

/* Together, in slices of several widths; and each alone, in the width that suits it. */
static void check_rows(const merit__engine *engine, const char *spec, merit_task task)
{
    static const int lengths[] = {9,   31,  32,  33,  60,  64,  70,  100, 128, 129,
                                  150, 160, 200, 257, 300, 480, 500, 511, 700, 20};
    enum { N = sizeof lengths / sizeof *lengths };
    int64_t at = 0;
    write_records(lengths, 0, N);
    merit_dataset *all = load(task, 1024);
    merit__widths widths;
    merit__widths_choose(&widths, all, 32, 1);
    assert_true(widths.n > 2);
    float *expected = infer(engine, spec, all, 2);
    for (int i = 0; i < N; i++) {
        write_records(lengths, i, 1);
        merit_dataset *one = load(task, 1024);
        float *alone = infer(engine, spec, one, 1);
        int64_t n = merit_dataset_n(one);
        for (int64_t j = 0; j < n * K; j++) {
            if (memcmp(&alone[j], &expected[at * K + j], sizeof *alone) != 0) {
                fail_msg("%s, %s: record %d, row %d: %.9g alone, %.9g in company",
                         engine->name, spec, i, (int)(j / K), (double)alone[j],
                         (double)expected[at * K + j]);
            }
        }
        at += n;
        merit__free(alone);
        merit_dataset_free(one);
    }
    assert_int_equal(at, merit_dataset_n(all));
    merit__free(expected);
    merit_dataset_free(all);
}

static void test_rows(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        check_rows(&merit__engine_reference, cases[i].spec, cases[i].task);
        check_rows(&merit__engine_dnnl, cases[i].spec, cases[i].task);
    }
}

/* The parameters after a step from units index[0..n), without momentum. */
static float *learn(const merit__engine *engine, const char *spec,
                    const merit_dataset *data, const int64_t *index, int64_t n,
                    int64_t n_threads)
{
    merit_net *net = NULL;
    merit_scores *scores = NULL;
    merit_loss *loss = NULL;
    merit__learner *learner = NULL;
    merit_error err = {0};
    float mean = 0, deviation = 1;
    double value;
    merit__normalisation normalisation = {1, &mean, &deviation};
    merit__optimizer sgd = {0};
    const merit__optimizer *found = NULL;
    int64_t c, h, w, classes = merit_dataset_n_classes(data);
    merit_dataset_shape(data, &c, &h, &w);
    assert_int_equal(merit__optimizer_find(&found, "sgd", &err), MERIT_OK);
    sgd = *found;
    merit_scores_options right = {.n_classes = classes};
    assert_int_equal(merit_scores_load(&scores, "identity", &right, &err), MERIT_OK);
    assert_int_equal(merit_loss_create(&loss, "cross-entropy", scores, &err), MERIT_OK);
    assert_int_equal(merit_net_create(&net, spec, c, h, w, classes, &err), MERIT_OK);
    size_t n_arena = (size_t)net->n_arena;
    float *parameters = merit__alloc_array(n_arena, sizeof *parameters);
    float *moment = merit__alloc_array(n_arena, sizeof *moment);
    merit__net_init(net, 5, parameters);
    merit__learner_options options = {.engine = engine,
                                      .optimizer = &sgd,
                                      .data = data,
                                      .normalisation = &normalisation,
                                      .augmentation = {.hide = 0.5},
                                      .batch = MOST,
                                      .slice = SLICE,
                                      .groups = 4,
                                      .threads = n_threads,
                                      .seed = 1};
    merit__minibatch minibatch = {
        .index = index, .n = n, .loss = loss, .learning_rate = 0.5, .momentum = 0};
    float *moments[MERIT__MOMENTS] = {moment};
    const float *start[MERIT__MOMENTS] = {moment};
    if (merit__learner_create(&learner, net, &options, &err) != MERIT_OK ||
        merit__learner_set(learner, parameters, start, &err) != MERIT_OK ||
        merit__learner_step(learner, &minibatch, &value, &err) != MERIT_OK ||
        merit__learner_get(learner, parameters, moments, &err) != MERIT_OK) {
        fail_msg("%s, %s: %s", engine->name, spec, err.message);
    }
    merit__learner_free(learner);
    merit__free(moment);
    merit_loss_free(loss);
    merit_scores_free(scores);
    merit_net_free(net);
    return parameters;
}

static int64_t n_arena_of(const char *spec, const merit_dataset *data)
{
    merit_net *net = NULL;
    int64_t c, h, w;
    merit_dataset_shape(data, &c, &h, &w);
    assert_int_equal(
        merit_net_create(&net, spec, c, h, w, merit_dataset_n_classes(data), NULL),
        MERIT_OK);
    int64_t n = net->n_arena;
    merit_net_free(net);
    return n;
}

static int64_t n_rows_of(const merit_dataset *data, int64_t u)
{
    static float x[1024];
    static int32_t places[1024], classes[1024];
    return merit__dataset_draw(data, u, 0.5, 1, 0, (merit__draft){x, places, classes});
}

/* The step of the whole is the mean of the steps of its windows, by their rows: what
 * lies in one width, and in a layout of its own, adds to what lies in another. */
static void check_step(const merit__engine *engine, const char *spec, merit_task task)
{
    enum { N = 21 };
    int lengths[N];
    for (int i = 0; i < N; i++) {
        lengths[i] = 12 + i * i * 2;
    }
    write_records(lengths, 0, N);
    merit_dataset *data = load(task, 1024);
    int64_t index[N], n_rows = 0, n_arena = n_arena_of(spec, data);
    double *sum = merit__alloc_array((size_t)n_arena, sizeof *sum);
    for (int64_t u = 0; u < N; u++) {
        index[u] = (u * 8) % N; // mixed
        n_rows += n_rows_of(data, u);
    }
    float *whole = learn(engine, spec, data, index, N, 1);
    for (int64_t u = 0; u < N; u++) {
        float *one = learn(engine, spec, data, &u, 1, 1);
        for (int64_t i = 0; i < n_arena; i++) {
            sum[i] += (double)one[i] * (double)n_rows_of(data, u) / (double)n_rows;
        }
        merit__free(one);
    }
    double worst = 0;
    for (int64_t i = 0; i < n_arena; i++) {
        worst = fmax(worst, fabs(sum[i] - (double)whole[i]));
    }
    if (worst > 2e-5) {
        fail_msg("%s, %s: differs by %g", engine->name, spec, worst);
    }
    float *other = learn(engine, spec, data, index, N, 3);
    assert_memory_equal(whole, other, (size_t)n_arena * sizeof *other);
    merit__free(other);
    merit__free(whole);
    merit__free(sum);
    merit_dataset_free(data);
}

static void test_step(void **state)
{
    (void)state;
    for (int i = 0; i < N_CASES; i++) {
        check_step(&merit__engine_reference, cases[i].spec, cases[i].task);
        check_step(&merit__engine_dnnl, cases[i].spec, cases[i].task);
    }
}

/* Every allocation of inference in several formats fails once. */
static void test_no_memory(void **state)
{
    (void)state;
    static const int lengths[] = {20, 20, 20, 300, 300, 300};
    merit_net *net = NULL;
    float mean = 0, deviation = 1;
    merit__normalisation normalisation = {1, &mean, &deviation};
    write_records(lengths, 0, 6);
    merit_dataset *data = load(MERIT_TASK_SEQUENCE, 512);
    assert_int_equal(
        merit_net_create(&net, "embedding 4, globalpool", 1, 1, 512, K, NULL),
        MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof *parameters);
    float logits[6 * K];
    merit__inference inference = {.engine = &merit__engine_reference,
                                  .net = net,
                                  .parameters = parameters,
                                  .normalisation = &normalisation,
                                  .slice = SLICE};
    for (long at = 1;; at++) {
        merit__alloc_fail_at(at, 0);
        merit_status status = merit__infer(&inference, data, 1, logits, NULL);
        long n = merit__alloc_count();
        merit__alloc_fail_at(0, 0);
        if (n < at) {
            assert_int_equal(status, MERIT_OK);
            break;
        }
        assert_int_equal(status, MERIT_ENOMEM);
    }
    merit__free(parameters);
    merit_net_free(net);
    merit_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_no_memory),
    };
    int descriptor = mkstemp(path);
    if (descriptor < 0) {
        return 1;
    }
    close(descriptor);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
