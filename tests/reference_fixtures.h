/* Nets of the reference engine at work on random numbers. */
#ifndef MERIT_TESTS_REFERENCE_FIXTURES_H
#define MERIT_TESTS_REFERENCE_FIXTURES_H

#include "base/alloc.h"
#include "base/random.h"
#include "net/engine.h"
#include "net/reference/reference_layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const merit__engine *const engine = &merit__engine_reference;
static const merit__slice_key key = {.seed = 11, .step = 12, .slice = 13};

static inline float *make_floats(int64_t n)
{
    float *values = merit__alloc_array((size_t)n, sizeof(float));
    assert_non_null(values);
    return values;
}

/* values[i] = mean + deviation * a normal number that depends on (seed, i). */
static inline void fill_normal(float *values, int64_t n, uint64_t seed, float mean,
                               float deviation)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t words[4];
        float normal[2];
        merit__random(words, seed, MERIT__USE_AUGMENT, (uint32_t)i, 0, 0);
        merit__normal2(normal, words[0], words[1]);
        values[i] = mean + deviation * normal[0];
    }
}

enum { N_CLASSES = 4 };

/* A net with its plan, random parameters, examples, and a random linear loss
 * sum of weights[i] logits[i], so that dlogits = weights. */
typedef struct bench {
    merit_net *net;
    merit__plan *plan;
    int64_t n_x, n_logits;
    float *arena, *gradient, *x, *logits, *weights;
} bench;

static inline void make_parameters(bench *b, uint64_t seed)
{
    float *canonical = make_floats(b->net->n_arena);
    merit__net_init(b->net, seed, canonical);
    for (int64_t i = 0; i < b->net->n_tensors; i++) {
        const merit__tensor *tensor = &b->net->tensors[i];
        float *values = canonical + tensor->offset;
        if (tensor->kind == MERIT__BIAS) { // also scales and shifts
            fill_normal(values, tensor->n, seed + 100 + (uint64_t)i, values[0], 0.3F);
        }
    }
    assert_int_equal(engine->import(b->plan, canonical, b->arena, NULL), MERIT_OK);
    merit__free(canonical);
}

/* Codes, each sequence two letters shorter than the one before; what is asked behind
 * their ends weighs nothing. */
static inline void fill_sequences(bench *b, int64_t n, int64_t T)
{
    int64_t n_row = b->n_logits / n / b->net->n_positions;
    for (int64_t e = 0; e < n; e++) {
        int64_t length = T - 2 * e > 1 ? T - 2 * e : 1;
        for (int64_t t = 0; t < T; t++) {
            b->x[e * T + t] =
                (float)(t < length ? (7 * t + 3 * e) % 5 : MERIT__CODE_END);
            for (int64_t k = 0; b->net->n_positions > 1 && t >= length && k < n_row;
                 k++) {
                b->weights[(e * T + t) * n_row + k] = 0;
            }
        }
    }
}

static inline bench make_bench(const char *spec, merit__shape in, int64_t n,
                               int training)
{
    bench b = {0};
    merit_error err;
    merit__plan_options options = {.n = n, .training = training};
    if (merit_net_create(&b.net, spec, in.c, in.h, in.w, N_CLASSES, &err) ||
        engine->create(&b.plan, b.net, &options, &err)) {
        fail_msg("%s: %s", spec, err.message);
    }
    b.n_x = n * in.c * in.h * in.w;
    b.n_logits = n * b.net->n_positions * N_CLASSES;
    b.arena = make_floats(b.plan->n_arena);
    b.gradient = make_floats(b.plan->n_arena);
    b.x = make_floats(b.n_x);
    b.logits = make_floats(b.n_logits);
    b.weights = make_floats(b.n_logits);
    make_parameters(&b, 1);
    fill_normal(b.x, b.n_x, 2, 0, 1);
    fill_normal(b.weights, b.n_logits, 3, 0, 1);
    if (merit__net_is_sequential(b.net)) {
        fill_sequences(&b, n, in.w);
    }
    assert_int_equal(engine->prepare(b.plan, b.arena, NULL), MERIT_OK);
    return b;
}

static inline void free_bench(bench *b)
{
    engine->destroy(b->plan);
    merit_net_free(b->net);
    merit__free(b->arena);
    merit__free(b->gradient);
    merit__free(b->x);
    merit__free(b->logits);
    merit__free(b->weights);
}

static inline double loss(bench *b)
{
    double sum = 0;
    assert_int_equal(engine->forward(b->plan, b->arena, b->x, key, b->logits, NULL),
                     MERIT_OK);
    for (int64_t i = 0; i < b->n_logits; i++) {
        sum += (double)b->weights[i] * (double)b->logits[i];
    }
    return sum;
}

static inline void forward_backward(bench *b)
{
    loss(b);
    assert_int_equal(
        engine->backward(b->plan, b->arena, b->x, b->weights, b->gradient, NULL),
        MERIT_OK);
}

#endif
