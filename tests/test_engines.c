/* One engine against another: the same logits, gradients and statistics for every kind
 * of layer, channel counts that fit vectors and that do not, and slices of 1 to 32.
 *
 * Three ways: with small whole numbers, where every sum is exact and the engines must
 * agree exactly, ties in max pooling and relu at 0 included; with normal numbers; and
 * with normal numbers where the engine may use faster, less exact convolutions. */
#include "base/alloc.h"
#include "base/random.h"
#include "net/engine.h"
#include "net/reference/reference_layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef MERIT_TEST_ENGINE
#define MERIT_TEST_ENGINE merit__engine_dnnl
#endif

static const merit__engine *const reference = &merit__engine_reference;
static const merit__engine *const tested = &MERIT_TEST_ENGINE;

enum mode { WHOLE_NUMBERS, EXACT, FAST };

static const struct {
    const char *name;
    double tolerance; // of the largest number
    double margin;    // of the largest number: how far from a switch of relu or max
                      // pooling the reference must stay, so that both take one side
} modes[] = {
    [WHOLE_NUMBERS] = {"whole numbers", 0, 0},
    [EXACT] = {"exact", 1e-5, 3e-6},
    [FAST] = {"fast", 1e-3, 2e-5},
};

typedef struct net_case {
    const char *spec;
    merit__shape in;
    int64_t n, n_classes;
    int no_whole; // 1: it divides, so that whole numbers do not stay exact
} net_case;

static const net_case net_cases[] = {
    // dense
    {"", {1, 1, 1}, 1, 1, 0},
    {"", {5, 3, 4}, 2, 10, 0},
    {"", {16, 4, 4}, 32, 17, 0},
    {"dense 17", {3, 5, 5}, 7, 3, 0},
    {"dense 32, relu, dense 5", {17, 2, 3}, 16, 10, 0},
    {"dense 64, relu, dense 33, relu", {1, 10, 10}, 32, 10, 0},
    // convolution: channels, kernels, strides, padding
    {"conv 1 3", {1, 6, 6}, 1, 10, 0},
    {"conv 3 3", {1, 7, 5}, 3, 10, 0},
    {"conv 16 3", {1, 8, 8}, 2, 10, 0},
    {"conv 16 3", {3, 8, 8}, 16, 10, 0},
    {"conv 17 3", {3, 8, 9}, 2, 10, 0},
    {"conv 32 3", {16, 8, 8}, 4, 10, 0},
    {"conv 17 3", {17, 6, 6}, 5, 10, 0},
    {"conv 5 3", {32, 6, 6}, 2, 10, 0},
    {"conv 32 3", {32, 6, 6}, 32, 10, 0},
    {"conv 16 1", {5, 4, 4}, 3, 10, 0},
    {"conv 32 1", {16, 6, 6}, 8, 10, 0},
    {"conv 32 1 stride 2", {16, 7, 6}, 8, 10, 0},
    {"conv 16 2", {3, 5, 6}, 2, 10, 0},
    {"conv 16 4", {16, 6, 6}, 2, 10, 0},
    {"conv 16 5", {1, 9, 9}, 4, 10, 0},
    {"conv 16 5", {17, 8, 7}, 3, 10, 0},
    {"conv 16 7 stride 2", {3, 15, 15}, 2, 10, 0},
    {"conv 16 3 stride 2", {16, 9, 8}, 4, 10, 0},
    {"conv 17 3 stride 2", {5, 9, 8}, 3, 10, 0},
    {"conv 16 3 stride 3", {3, 10, 11}, 3, 10, 0},
    {"conv 16 3 pad 0", {16, 7, 8}, 4, 10, 0},
    {"conv 16 3 pad 2", {3, 5, 6}, 4, 10, 0},
    {"conv 16 3 stride 2 pad 0", {16, 8, 8}, 4, 10, 0},
    {"conv 8 1", {784, 1, 1}, 4, 10, 0},
    {"conv 16 3, conv 17 3, conv 32 3", {3, 6, 6}, 4, 10, 0},
    // relu, fused and not
    {"relu", {5, 3, 4}, 3, 10, 0},
    {"relu, relu", {16, 3, 4}, 3, 10, 0},
    {"conv 16 3, relu", {3, 6, 6}, 4, 10, 0},
    {"conv 17 3, relu, relu", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, relu, conv 32 3, relu", {1, 8, 8}, 8, 10, 0},
    {"relu, conv 16 3", {3, 6, 6}, 4, 10, 0},
    // pooling
    {"pool 2", {1, 6, 6}, 2, 10, 0},
    {"pool 2", {5, 1, 9}, 3, 10, 0},
    {"relu, pool 3 stride 2, avgpool 2", {16, 1, 32}, 16, 10, 0},
    {"conv 5 1, pool 2", {1, 6, 6}, 2, 10, 0},
    {"conv 16 1, pool 2", {3, 7, 9}, 3, 10, 0},
    {"conv 17 1, pool 3 stride 2", {3, 9, 8}, 3, 10, 0},
    {"conv 32 1, pool 3 stride 1", {3, 6, 6}, 2, 10, 0},
    {"conv 16 1, pool 1 stride 2", {3, 6, 6}, 2, 10, 0},
    {"conv 16 1, pool 2 stride 3", {3, 8, 8}, 2, 10, 0},
    {"conv 16 3, relu, pool 2", {1, 6, 6}, 32, 10, 0},
    {"conv 17 3, relu, pool 3 stride 2", {3, 9, 9}, 4, 10, 0},
    {"relu, pool 2", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, relu, relu, pool 2", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, pool 2, relu", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, relu, pool 2, pool 2", {3, 8, 8}, 4, 10, 0},
    {"conv 16 3, relu, avgpool 2", {3, 8, 8}, 4, 10, 0},
    {"conv 5 3, avgpool 2 stride 1", {3, 6, 7}, 4, 10, 0},
    {"conv 17 3, avgpool 3", {3, 7, 8}, 4, 10, 1},
    {"avgpool 2", {3, 6, 7}, 4, 10, 0},
    {"conv 16 3, globalpool", {3, 4, 8}, 4, 10, 0},
    {"conv 17 3, relu, globalpool, dense 5", {3, 5, 7}, 4, 10, 1},
    {"globalpool", {5, 4, 4}, 2, 10, 0},
    // batch norm
    {"batchnorm", {3, 5, 5}, 4, 10, 1},
    {"batchnorm", {16, 4, 4}, 2, 10, 1},
    {"batchnorm", {1, 6, 6}, 1, 10, 1},
    {"dense 17, batchnorm, relu", {3, 4, 4}, 32, 10, 1},
    {"dense 32, relu, batchnorm", {3, 4, 4}, 16, 10, 1},
    {"conv 5 3, batchnorm", {3, 6, 6}, 3, 10, 1},
    {"conv 16 3, batchnorm, relu", {3, 6, 6}, 4, 10, 1},
    {"conv 17 3, batchnorm, relu, pool 2", {3, 6, 6}, 4, 10, 1},
    {"conv 32 3, relu, batchnorm, conv 16 3", {3, 6, 6}, 8, 10, 1},
    // dropout
    {"dropout 0.5", {3, 5, 5}, 4, 10, 0},
    {"conv 17 3, dropout 0.5, conv 5 3", {3, 5, 5}, 4, 10, 0},
    {"conv 16 3, relu, dropout 0.5", {3, 5, 6}, 4, 10, 0},
    {"conv 16 3, dropout 0.5, relu, pool 2", {3, 6, 6}, 4, 10, 0},
    {"dense 32, relu, dropout 0.3, dense 17, dropout 0.9", {3, 5, 5}, 16, 10, 1},
    {"dropout 0", {3, 5, 5}, 4, 10, 0},
    // residual blocks
    {"residual(relu)", {3, 4, 4}, 2, 10, 0},
    {"residual(conv 3 3)", {3, 5, 5}, 2, 10, 0},
    {"residual(dense 17)", {17, 1, 1}, 4, 10, 0},
    {"conv 16 3, residual(conv 16 3)", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, relu, residual(conv 16 3), relu", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, residual(relu, conv 16 3)", {3, 6, 6}, 4, 10, 0},
    {"conv 17 3, residual(conv 17 3, relu), pool 2", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, relu, residual(pool 1, conv 16 3)", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, residual(relu), relu, pool 2", {3, 6, 6}, 4, 10, 0},
    {"conv 5 3, residual(dropout 0.5)", {3, 6, 6}, 4, 10, 0},
    {"conv 16 3, residual(conv 16 1, residual(conv 16 1, relu), relu)",
     {3, 5, 5},
     3,
     10,
     0},
    {"residual(residual(residual(relu)))", {3, 5, 5}, 3, 10, 0},
    {"residual(residual(conv 3 1), conv 3 3)", {3, 5, 5}, 3, 10, 0},
    {"dense 32, residual(dense 32, relu), residual(relu, dense 32)",
     {5, 3, 3},
     8,
     10,
     0},
    {"conv 16 3, batchnorm, relu, residual(conv 16 3, batchnorm, relu, conv 16 3, "
     "batchnorm), relu, globalpool",
     {3, 6, 6},
     4,
     10,
     1},
    // rows and sequences
    {"conv1d 16 3", {3, 1, 20}, 4, 10, 0},
    {"conv1d 17 5 dilation 3, relu, conv1d 5 2", {5, 3, 30}, 3, 10, 0},
    {"conv1d 16 5 dilation 8, relu, pool 1", {16, 1, 64}, 4, 10, 0},
    {"conv1d 8 3, per-position", {3, 1, 20}, 4, 5, 0},
    {"embedding 16, per-position", {1, 1, 12}, 4, 5, 0},
    {"embedding 5, conv1d 7 3, per-position", {1, 1, 19}, 3, 20, 0},
    {"embedding 8, globalpool", {1, 1, 8}, 4, 3, 1},
    {"embedding 24, residual(conv1d 24 5 dilation 2, relu), globalpool, dense 9, relu",
     {1, 1, 33},
     5,
     4,
     1},
    {"embedding 64, residual(conv1d 64 5, relu), residual(conv1d 64 5 dilation 4, "
     "relu), "
     "residual(conv1d 64 5 dilation 16, relu), dropout 0.2, per-position",
     {1, 1, 64},
     3,
     20,
     1},
    {"embedding 16, conv1d 32 5 dilation 16, relu, residual(conv1d 32 3 dilation 12), "
     "conv1d 16 5 dilation 24, relu, per-position",
     {1, 1, 48},
     5,
     20,
     0},
    {"embedding 32, conv1d 32 3 dilation 32, relu, conv1d 17 1, per-position",
     {1, 1, 40},
     2,
     21,
     0},
    // whole nets
    {"conv 32 3, relu, pool 2, conv 32 3, relu, pool 2, dense 64, relu",
     {1, 12, 12},
     5,
     10,
     0},
    {"conv 8 3, relu, pool 2, conv 16 3, relu, pool 2, dense 32, relu, dropout 0.5",
     {3, 11, 13},
     5,
     3,
     0},
    {"conv 17 5, batchnorm, relu, pool 3 stride 2, residual(conv 17 3, relu, dropout "
     "0.2, conv 17 3), relu, avgpool 2, dense 20, relu",
     {3, 12, 12},
     4,
     5,
     1},
};
enum { N_NET_CASES = sizeof(net_cases) / sizeof(net_cases[0]) };

/* --- numbers to run on
 * ---------------------------------------------------------------- */

static float *make_floats(int64_t n)
{
    float *values = merit__alloc_array((size_t)n, sizeof(float));
    assert_non_null(values);
    return values;
}

/* Normal numbers, or whole ones from -2 to 2, most of them near 0. */
static void fill(float *values, int64_t n, uint64_t seed, uint32_t use, enum mode mode)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        float normal[2];
        merit__random(words, seed, use, (uint32_t)i, 0, 0);
        merit__normal2(normal, words[0], words[1]);
        float whole = (float)(words[0] % 3) - 1 + (float)(words[1] % 7 == 0);
        values[i] = mode == WHOLE_NUMBERS ? whole : normal[0];
    }
}

/* What both engines are given; all in canonical order. */
typedef struct setup {
    const net_case *net_case;
    enum mode mode;
    merit_net *net;
    int64_t n_x, n_logits;
    float *parameters, *x, *dlogits;
} setup;

static void fill_parameters(const setup *s, uint64_t seed)
{
    merit__net_init(s->net, seed, s->parameters);
    for (int64_t i = 0; i < s->net->n_tensors; i++) {
        const merit__tensor *tensor = &s->net->tensors[i];
        float *values = s->parameters + tensor->offset;
        int is_bias = tensor->kind == MERIT__BIAS;
        if (s->mode == WHOLE_NUMBERS) {
            fill(values, tensor->n, seed, 1000 + (uint32_t)i, s->mode);
        }
        for (int64_t j = 0; s->mode != WHOLE_NUMBERS && j < tensor->n; j++) {
            float change;
            fill(&change, 1, seed + (uint64_t)j, 1000 + (uint32_t)i, s->mode);
            values[j] += is_bias ? 0.3F * change : 0;
            values[j] += tensor->kind == MERIT__STATISTIC ? 0.2F * fabsf(change) : 0;
        }
    }
}

/* Sequences of any length but 0, the first one as long as can be. */
static void fill_codes(const setup *s, uint64_t seed)
{
    int64_t T = s->net->in.w;
    for (int64_t e = 0; e < s->net_case->n; e++) {
        uint32_t words[4];
        merit__random(words, seed, 3, (uint32_t)e, 0, 0);
        int64_t length = e == 0 ? T : 1 + (int64_t)merit__below(words[0], (uint32_t)T);
        for (int64_t t = 0; t < T; t++) {
            merit__random(words, seed, 4, (uint32_t)e, (uint32_t)t, 0);
            s->x[e * T + t] =
                (float)(t < length ? merit__below(words[0], MERIT__CODE_END)
                                   : MERIT__CODE_END);
        }
    }
}

static void fill_setup(const setup *s, uint64_t seed)
{
    fill_parameters(s, seed);
    fill(s->x, s->n_x, seed, 1, s->mode);
    if (merit__net_is_sequential(s->net)) {
        fill_codes(s, seed);
    }
    fill(s->dlogits, s->n_logits, seed, 2, s->mode);
}

static merit__plan *make_plan(const merit__engine *engine, const setup *s, int training)
{
    merit__plan *plan = NULL;
    merit_error err = {0};
    merit__plan_options options = {
        .n = s->net_case->n, .training = training, .exact = s->mode != FAST};
    if (engine->create(&plan, s->net, &options, &err) != MERIT_OK) {
        fail_msg("%s: %s: %s", engine->name, s->net_case->spec, err.message);
    }
    return plan;
}

/* How far relu inputs stay from 0, or the largest of a window from the next one: the
 * smallest distance as a part of the largest number. A true 0 (of a relu, a dropout) is
 * 0 in every engine. */
static double relu_margin(const float *x, int64_t n)
{
    double smallest = INFINITY, largest = 1e-30;
    for (int64_t i = 0; i < n; i++) {
        double size = fabs((double)x[i]);
        smallest = size > 0 && size < smallest ? size : smallest;
        largest = size > largest ? size : largest;
    }
    return smallest / largest;
}

static double window_margin(const merit__layer *layer, const float *window)
{
    double best = -INFINITY, next = -INFINITY;
    for (int64_t i = 0; i < layer->kernel_h * layer->kernel_w; i++) {
        double value =
            (double)window[i / layer->kernel_w * layer->in.w + i % layer->kernel_w];
        if (value > best) {
            next = best;
            best = value;
        } else if (value < best && value > next) { // what is equal is equal in both
            next = value;
        }
    }
    return best - next;
}

static double maxpool_margin(const merit__layer *layer, const float *x, int64_t n)
{
    double smallest = INFINITY, largest = 1e-30;
    int64_t n_windows = n * layer->in.c * layer->out.h * layer->out.w;
    for (int64_t i = 0; i < n_windows; i++) {
        int64_t plane = i / (layer->out.h * layer->out.w);
        int64_t p = i / layer->out.w % layer->out.h, q = i % layer->out.w;
        const float *window = x +
                              (plane * layer->in.h + p * layer->stride) * layer->in.w +
                              q * layer->stride;
        double margin = window_margin(layer, window);
        smallest = margin < smallest ? margin : smallest;
        largest = fabs((double)*window) > largest ? fabs((double)*window) : largest;
    }
    return smallest / largest;
}

static double net_margin(const setup *s, const merit__plan *plan)
{
    double smallest = INFINITY;
    for (int64_t i = 0; i < s->net->n_layers; i++) {
        const merit__layer *layer = &s->net->layers[i];
        const float *x = i == 0 ? s->x : merit__reference_output(plan, i - 1);
        double margin = INFINITY;
        if (layer->kind == MERIT__RELU) {
            margin =
                relu_margin(x, s->net_case->n * merit__reference_volume(layer->in));
        } else if (layer->kind == MERIT__MAXPOOL) {
            margin = maxpool_margin(layer, x, s->net_case->n);
        }
        smallest = margin < smallest ? margin : smallest;
    }
    return smallest;
}

/* Chooses numbers at which no relu and no maximum is about to switch. */
static void choose_numbers(const setup *s, uint64_t first_seed)
{
    merit__plan *plan = make_plan(reference, s, 1);
    float *arena = make_floats(plan->n_arena), *logits = make_floats(s->n_logits);
    merit__slice_key key = {.seed = 1};
    double margin = 0;
    for (uint64_t i = 0; i < 200; i++) {
        fill_setup(s, first_seed + i);
        reference->import(plan, s->parameters, arena, NULL);
        reference->forward(plan, arena, s->x, key, logits, NULL);
        margin = net_margin(s, plan);
        if (margin >= modes[s->mode].margin) {
            break;
        }
    }
    if (margin < modes[s->mode].margin) {
        fail_msg("%s: no numbers without switches found", s->net_case->spec);
    }
    reference->destroy(plan);
    merit__free(arena);
    merit__free(logits);
}

static setup make_setup(const net_case *c, enum mode mode)
{
    setup s = {.net_case = c, .mode = mode};
    merit_error err;
    if (merit_net_create(&s.net, c->spec, c->in.c, c->in.h, c->in.w, c->n_classes,
                         &err) != MERIT_OK) {
        fail_msg("%s: %s", c->spec, err.message);
    }
    s.n_x = c->n * merit__reference_volume(c->in);
    s.n_logits = c->n * s.net->n_positions * c->n_classes;
    s.parameters = make_floats(s.net->n_arena);
    s.x = make_floats(s.n_x);
    s.dlogits = make_floats(s.n_logits);
    fill_setup(&s, 1);
    return s;
}

static void free_setup(setup *s)
{
    merit_net_free(s->net);
    merit__free(s->parameters);
    merit__free(s->x);
    merit__free(s->dlogits);
}

/* --- running and comparing
 * ------------------------------------------------------------ */

/* What an engine made of a setup, in canonical order. */
typedef struct outcome {
    float *logits;     // [n,K] or [n,T,K] in training
    float *gradient;   // [n_arena]
    float *inference;  // likewise, logits
    int64_t n_padding; // numbers that are no tensor's and not 0 in the arenas
} outcome;

static void must(const merit__engine *engine, const setup *s, merit_status status,
                 const merit_error *err)
{
    if (status != MERIT_OK) {
        fail_msg("%s: %s: %s", engine->name, s->net_case->spec, err->message);
    }
}

/* How many numbers of an arena belong to no tensor and are not 0. */
static int64_t count_padding(const merit__engine *engine, merit__plan *plan,
                             const float *arena)
{
    int64_t n = 0;
    float *canonical = make_floats(plan->net->n_arena);
    float *again = make_floats(plan->n_arena);
    assert_int_equal(engine->export(plan, arena, canonical, NULL), MERIT_OK);
    assert_int_equal(engine->import(plan, canonical, again, NULL), MERIT_OK);
    for (int64_t i = 0; i < plan->n_arena; i++) {
        n += !(arena[i] == again[i]);
    }
    merit__free(canonical);
    merit__free(again);
    return n;
}

/* Imports the parameters into an arena full of rubbish. */
static void import_parameters(const merit__engine *engine, merit__plan *plan,
                              const setup *s, float *arena, outcome *out)
{
    merit_error err = {0};
    float *back = make_floats(s->net->n_arena);
    for (int64_t i = 0; i < plan->n_arena; i++) {
        arena[i] = NAN;
    }
    must(engine, s, engine->import(plan, s->parameters, arena, &err), &err);
    must(engine, s, engine->export(plan, arena, back, &err), &err);
    assert_memory_equal(back, s->parameters, (size_t)s->net->n_arena * sizeof(float));
    out->n_padding += count_padding(engine, plan, arena);
    merit__free(back);
}

/* Runs a slice forward and backward with arrays of its own. */
static void run_training(const merit__engine *engine, merit__plan *plan, const setup *s,
                         outcome *out)
{
    merit_error err = {0};
    merit__slice_key key = {.seed = 1};
    float *arena = make_floats(plan->n_arena), *gradient = make_floats(plan->n_arena);
    float *x = make_floats(s->n_x), *dlogits = make_floats(s->n_logits);
    memcpy(x, s->x, (size_t)s->n_x * sizeof(float));
    memcpy(dlogits, s->dlogits, (size_t)s->n_logits * sizeof(float));
    import_parameters(engine, plan, s, arena, out);
    for (int64_t i = 0; i < plan->n_arena; i++) {
        gradient[i] = NAN;
    }
    must(engine, s, engine->prepare(plan, arena, &err), &err);
    must(engine, s, engine->forward(plan, arena, x, key, out->logits, &err), &err);
    must(engine, s, engine->backward(plan, arena, x, dlogits, gradient, &err), &err);
    must(engine, s, engine->export(plan, gradient, out->gradient, &err), &err);
    out->n_padding += count_padding(engine, plan, gradient);
    merit__free(arena);
    merit__free(gradient);
    merit__free(x);
    merit__free(dlogits);
}

static void run_inference(const merit__engine *engine, merit__plan *plan,
                          const setup *s, const float *x, outcome *out)
{
    merit_error err = {0};
    merit__slice_key key = {.seed = 1};
    float *arena = make_floats(plan->n_arena);
    import_parameters(engine, plan, s, arena, out);
    must(engine, s, engine->prepare(plan, arena, &err), &err);
    must(engine, s, engine->forward(plan, arena, x, key, out->inference, &err), &err);
    merit__free(arena);
}

static outcome make_outcome(const setup *s)
{
    return (outcome){make_floats(s->n_logits), make_floats(s->net->n_arena),
                     make_floats(s->n_logits), 0};
}

static void free_outcome(outcome *out)
{
    merit__free(out->logits);
    merit__free(out->gradient);
    merit__free(out->inference);
}

static double largest(const float *values, int64_t n)
{
    double size = 0;
    for (int64_t i = 0; i < n; i++) {
        size = fabs((double)values[i]) > size ? fabs((double)values[i]) : size;
    }
    return size;
}

/* Whether found[0..n) is expected[0..n) within the tolerance of `size`; says on the
 * error stream where not, unless quiet. */
static int same(const setup *s, const char *what, const float *found,
                const float *expected, int64_t n, double size, int quiet)
{
    int64_t worst = 0;
    double difference = -1;
    for (int64_t i = 0; i < n; i++) {
        double d = fabs((double)found[i] - (double)expected[i]);
        if (!(d <= difference)) { // NaN too
            difference = isnan(d) ? INFINITY : d;
            worst = i;
        }
    }
    if (difference <= modes[s->mode].tolerance * size) {
        return 1;
    }
    if (!quiet) {
        merit__shape in = s->net_case->in;
        print_error("\"%s\" on %" PRId64 "x%" PRId64 "x%" PRId64 ", slice %" PRId64
                    ", %s: %s[%" PRId64 "] is %.9g, expected %.9g: off by %.3g of the "
                    "largest %.3g\n",
                    s->net_case->spec, in.c, in.h, in.w, s->net_case->n,
                    modes[s->mode].name, what, worst, (double)found[worst],
                    (double)expected[worst], difference / size, size);
    }
    return 0;
}

/* The largest gradient of a layer's learned tensors, or of one statistic: a bias before
 * a batch norm has no gradient but rounding. */
static double gradient_size(const setup *s, const float *gradient, int64_t tensor)
{
    const merit__tensor *own = &s->net->tensors[tensor];
    double size = 0;
    for (int64_t i = 0; i < s->net->n_tensors; i++) {
        const merit__tensor *t = &s->net->tensors[i];
        if (i == tensor || (own->kind != MERIT__STATISTIC && t->layer == own->layer &&
                            t->kind != MERIT__STATISTIC)) {
            double here = largest(gradient + t->offset, t->n);
            size = here > size ? here : size;
        }
    }
    return size;
}

static int same_gradients(const setup *s, const float *found, const float *expected,
                          int quiet)
{
    int n_wrong = 0;
    for (int64_t i = 0; i < s->net->n_tensors; i++) {
        const merit__tensor *tensor = &s->net->tensors[i];
        n_wrong +=
            !same(s, tensor->name, found + tensor->offset, expected + tensor->offset,
                  tensor->n, gradient_size(s, expected, i), quiet);
    }
    return n_wrong == 0;
}

static int same_outcomes(const setup *s, const outcome *found, const outcome *expected)
{
    int logits = same(s, "logits", found->logits, expected->logits, s->n_logits,
                      largest(expected->logits, s->n_logits), 0);
    int inference = same(s, "inference logits", found->inference, expected->inference,
                         s->n_logits, largest(expected->inference, s->n_logits), 0);
    int gradients = same_gradients(s, found->gradient, expected->gradient, 0);
    if (found->n_padding > 0) {
        print_error("\"%s\": %" PRId64 " numbers of padding are not 0\n",
                    s->net_case->spec, found->n_padding);
    }
    return logits && inference && gradients && found->n_padding == 0;
}

static void check_plan(const merit__engine *engine, const merit__plan *plan,
                       const setup *s)
{
    int64_t end = 0;
    assert_ptr_equal(plan->engine, engine);
    assert_ptr_equal(plan->net, s->net);
    assert_int_equal(plan->options.n, s->net_case->n);
    assert_int_equal(plan->n_segments, s->net->n_tensors);
    for (int64_t i = 0; i < plan->n_segments; i++) {
        const merit__segment *segment = &plan->segments[i];
        assert_int_equal(segment->offset % 16, 0);
        assert_true(segment->offset >= end);
        assert_true(segment->n >= s->net->tensors[i].n);
        assert_int_equal(segment->kind, s->net->tensors[i].kind);
        end = segment->offset + segment->n;
    }
    assert_true(end <= plan->n_arena);
}

/* Three slices on the same plans, each with other numbers and other arrays. */
static int compare_case(const net_case *c, enum mode mode)
{
    setup s = make_setup(c, mode);
    outcome found = make_outcome(&s), expected = make_outcome(&s);
    merit__plan *plans[2][2];
    const merit__engine *engines[2] = {reference, tested};
    outcome *outcomes[2] = {&expected, &found};
    int right = 1;
    for (int i = 0; i < 4; i++) {
        plans[i / 2][i % 2] = make_plan(engines[i / 2], &s, i % 2);
        check_plan(engines[i / 2], plans[i / 2][i % 2], &s);
    }
    for (uint64_t step = 0; step < 3; step++) {
        choose_numbers(&s, 1 + 1000 * step);
        for (int i = 0; i < 2; i++) {
            run_training(engines[i], plans[i][1], &s, outcomes[i]);
            run_inference(engines[i], plans[i][0], &s, s.x, outcomes[i]);
        }
        if (mode == WHOLE_NUMBERS) {
            assert_true(largest(expected.gradient, s.net->n_arena) < 0x1p22);
        }
        right = same_outcomes(&s, &found, &expected) && right;
    }
    for (int i = 0; i < 4; i++) {
        engines[i / 2]->destroy(plans[i / 2][i % 2]);
    }
    free_outcome(&found);
    free_outcome(&expected);
    free_setup(&s);
    return right;
}

static void compare_all(enum mode mode)
{
    int n_wrong = 0;
    for (int i = 0; i < N_NET_CASES; i++) {
        if (mode != WHOLE_NUMBERS || !net_cases[i].no_whole) {
            n_wrong += !compare_case(&net_cases[i], mode);
        }
    }
    if (n_wrong > 0) {
        fail_msg("%d nets differ between %s and %s", n_wrong, tested->name,
                 reference->name);
    }
}

static void test_whole_numbers(void **state)
{
    (void)state;
    compare_all(WHOLE_NUMBERS);
}

static void test_exact(void **state)
{
    (void)state;
    compare_all(EXACT);
}

static void test_fast(void **state)
{
    (void)state;
    compare_all(FAST);
}

/* The test of the test: what is a little wrong must differ. */
static void test_sabotage(void **state)
{
    (void)state;
    static const net_case c = {"conv 16 3, batchnorm, relu", {3, 6, 6}, 4, 10, 1};
    for (int mode = EXACT; mode <= FAST; mode++) {
        setup s = make_setup(&c, (enum mode)mode);
        outcome right = make_outcome(&s), wrong = make_outcome(&s);
        merit__plan *plan = make_plan(reference, &s, 1);
        run_training(reference, plan, &s, &right);
        run_training(reference, plan, &s, &wrong);
        assert_true(same_gradients(&s, wrong.gradient, right.gradient, 1));
        for (int64_t i = 0; i < s.net->n_tensors; i++) {
            // The bias before a batch norm has no gradient: nothing to get wrong.
            const merit__tensor *tensor = &s.net->tensors[i];
            float *values = wrong.gradient + tensor->offset;
            for (int64_t j = 0; i != 1 && j < tensor->n; j++) {
                values[j] *= 1.01F;
            }
            assert_true(i == 1 ||
                        !same_gradients(&s, wrong.gradient, right.gradient, 1));
            memcpy(values, right.gradient + tensor->offset,
                   (size_t)tensor->n * sizeof(float));
            values[tensor->n - 1] = NAN;
            assert_false(same_gradients(&s, wrong.gradient, right.gradient, 1));
            values[tensor->n - 1] = right.gradient[tensor->offset + tensor->n - 1];
        }
        assert_true(same_gradients(&s, wrong.gradient, right.gradient, 1));
        reference->destroy(plan);
        free_outcome(&right);
        free_outcome(&wrong);
        free_setup(&s);
    }
}

/* --- the same bits
 * -------------------------------------------------------------------- */

static const net_case bits_case = {
    "conv 32 3, relu, pool 2, conv 17 3, batchnorm, relu, residual(conv 17 3, relu), "
    "avgpool 2, dense 64, relu, dropout 0.5",
    {1, 12, 12},
    8,
    10,
    1};

/* In inference a row depends on its own example only. */
static void test_rows_are_independent(void **state)
{
    (void)state;
    for (int mode = EXACT; mode <= FAST; mode++) {
        setup s = make_setup(&bits_case, (enum mode)mode);
        merit__plan *plan = make_plan(tested, &s, 0);
        int64_t n_one = s.n_x / bits_case.n;
        float *x = make_floats(s.n_x);
        outcome one = make_outcome(&s), all = make_outcome(&s);
        run_inference(tested, plan, &s, s.x, &all);
        for (int64_t i = 0; i < bits_case.n; i++) {
            fill(x, s.n_x, 77 + (uint64_t)i, 1, EXACT);
            memcpy(x + i * n_one, s.x + i * n_one, (size_t)n_one * sizeof(float));
            run_inference(tested, plan, &s, x, &one);
            assert_memory_equal(one.inference + i * bits_case.n_classes,
                                all.inference + i * bits_case.n_classes,
                                (size_t)bits_case.n_classes * sizeof(float));
        }
        tested->destroy(plan);
        merit__free(x);
        free_outcome(&one);
        free_outcome(&all);
        free_setup(&s);
    }
}

/* What one of several threads does: its own plan, several times. */
typedef struct thread_work {
    const setup *s;
    merit__plan *plan;
    outcome out;
    int n_different; // results that were not the first result
} thread_work;

static void *work(void *argument)
{
    thread_work *w = argument;
    merit__slice_key key = {.seed = 1};
    size_t n_bytes = (size_t)w->plan->n_arena * sizeof(float);
    float *arena = merit__alloc_array(1, n_bytes);
    float *gradient = merit__alloc_array(1, n_bytes);
    for (int i = 0; i < 5; i++) {
        float *last = merit__alloc_array((size_t)w->s->net->n_arena, sizeof(float));
        merit_status status =
            tested->import(w->plan, w->s->parameters, arena, NULL) ||
            tested->prepare(w->plan, arena, NULL) ||
            tested->forward(w->plan, arena, w->s->x, key, w->out.logits, NULL) ||
            tested->backward(w->plan, arena, w->s->x, w->s->dlogits, gradient, NULL) ||
            tested->export(w->plan, gradient, last, NULL);
        size_t n_last = (size_t)w->s->net->n_arena * sizeof(float);
        if (i == 0) {
            memcpy(w->out.gradient, last, n_last);
        }
        w->n_different +=
            status != MERIT_OK || memcmp(w->out.gradient, last, n_last) != 0;
        merit__free(last);
    }
    merit__free(arena);
    merit__free(gradient);
    return NULL;
}

/* The same bits from any plan, on any thread, at any time. */
static void test_threads_agree(void **state)
{
    (void)state;
    enum { N_THREADS = 3 };
    setup s = make_setup(&bits_case, EXACT);
    thread_work works[N_THREADS];
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        works[i] = (thread_work){&s, make_plan(tested, &s, 1), make_outcome(&s), 0};
    }
    for (int i = 1; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &works[i]), 0);
    }
    work(&works[0]);
    for (int i = 1; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(works[i].n_different, 0);
        assert_memory_equal(works[i].out.gradient, works[0].out.gradient,
                            (size_t)s.net->n_arena * sizeof(float));
        assert_memory_equal(works[i].out.logits, works[0].out.logits,
                            (size_t)s.n_logits * sizeof(float));
    }
    for (int i = 0; i < N_THREADS; i++) {
        tested->destroy(works[i].plan);
        free_outcome(&works[i].out);
    }
    free_setup(&s);
}

/* --- memory
 * --------------------------------------------------------------------------- */

static void test_allocation_failures(void **state)
{
    (void)state;
    setup s = make_setup(&bits_case, EXACT);
    merit__plan_options options = {.n = bits_case.n, .training = 1, .exact = 1};
    merit__plan *plan;
    merit_error err;
    merit__alloc_fail_at(0, 0);
    assert_int_equal(tested->create(&plan, s.net, &options, &err), MERIT_OK);
    long n = merit__alloc_count();
    tested->destroy(plan);
    assert_true(n > 20);
    for (long i = 1; i <= 2 * n; i++) {
        merit__alloc_fail_at((i + 1) / 2, i % 2 == 0);
        merit_status status = tested->create(&plan, s.net, &options, &err);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(status, MERIT_ENOMEM);
        assert_null(plan);
        assert_true(strlen(err.message) > 10);
    }
    free_setup(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sabotage),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_fast),
        cmocka_unit_test(test_rows_are_independent),
        cmocka_unit_test(test_threads_agree),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
