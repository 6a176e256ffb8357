#include "train/learner.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "train/workers.h"

/* Elements that one thread reduces or updates at a time; a cache's worth. */
enum { CHUNK = 8192 };

/* How fast running statistics follow what slices observe. */
static const float statistic_rate = 0.1f;

/* A stretch of one segment of the arena. */
typedef struct chunk {
    int64_t offset, n, segment;
    float magnitude; // sum of |gradient|: not finite when one element is not
} chunk;

/* What a thread needs for itself. */
typedef struct hand {
    merit__plan *plan;
    float *x;       // [slice,C,H,W]
    float *logits;  // [slice,K]
    float *dlogits; // [slice,K]
    float *gradient; // [arena] of every slice of a group but the first
    void *loss_scratch;
    int64_t *index;  // [slice]
    int32_t *labels; // [slice]
    float *weights;  // [slice]
    merit_status status;
    merit_error error;
} hand;

struct merit__learner {
    const merit_net *net;
    merit__learner_options options;
    merit__workers *workers;
    hand *hands; // [threads]
    int64_t n_arena;
    float *parameters; // [arena]
    float *moments[MERIT__MOMENTS];
    float **gradients; // [groups] of [arena]
    double *slice_loss; // [slices of a minibatch]
    chunk *chunks;
    int64_t n_chunks;
    size_t scratch_bytes; // of each hand's loss_scratch

    // The step under way.
    const merit__minibatch *minibatch;
    int64_t n_slices, n_groups, slices_per_group;
    atomic_llong next; // group or chunk to take
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Each plan is made on the thread that runs it. */
static void create_plan(void *context, int64_t worker)
{
    merit__learner *learner = context;
    hand *h = &learner->hands[worker];
    merit__plan_options options = {.n = learner->options.slice,
                                   .training = 1,
                                   .exact = learner->options.exact};
    h->status =
        learner->options.engine->create(&h->plan, learner->net, &options, &h->error);
}

/* The first failure of any worker, in worker order. */
static merit_status first_failure(const merit__learner *learner, merit_error *err)
{
    for (int64_t i = 0; i < learner->options.threads; i++) {
        if (learner->hands[i].status != MERIT_OK) {
            if (err != NULL) {
                *err = learner->hands[i].error;
            }
            return learner->hands[i].status;
        }
    }
    return MERIT_OK;
}

static merit_status create_chunks(merit__learner *learner, merit_error *err)
{
    const merit__plan *plan = learner->hands[0].plan;
    int64_t n = 0;
    for (int64_t i = 0; i < plan->n_segments; i++) {
        n += ceil_divide(plan->segments[i].n, CHUNK);
    }
    learner->chunks = merit__alloc_array((size_t)n, sizeof *learner->chunks);
    if (learner->chunks == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *learner->chunks, "training");
    }
    for (int64_t i = 0; i < plan->n_segments; i++) {
        const merit__segment *segment = &plan->segments[i];
        for (int64_t begin = 0; begin < segment->n; begin += CHUNK) {
            learner->chunks[learner->n_chunks++] =
                (chunk){.offset = segment->offset + begin,
                        .n = smaller(CHUNK, segment->n - begin),
                        .segment = i};
        }
    }
    return MERIT_OK;
}

/* Allocates [n] elements into *out; keeps the first failure in *failed. */
static void *take(size_t n, size_t size, size_t *failed)
{
    void *memory = merit__alloc_array(n, size);
    if (memory == NULL && *failed == 0) {
        *failed = n * size;
    }
    return memory;
}

static merit_status create_buffers(merit__learner *learner, merit_error *err)
{
    const merit__learner_options *o = &learner->options;
    const merit_net *net = learner->net;
    size_t slice = (size_t)o->slice, k = (size_t)net->n_classes, failed = 0;
    size_t arena = (size_t)learner->n_arena;
    size_t example = (size_t)(net->in.c * net->in.h * net->in.w);
    for (int64_t i = 0; i < o->threads; i++) {
        hand *h = &learner->hands[i];
        h->x = take(slice * example, sizeof *h->x, &failed);
        h->logits = take(slice * k, sizeof *h->logits, &failed);
        h->dlogits = take(slice * k, sizeof *h->dlogits, &failed);
        h->gradient = take(arena, sizeof *h->gradient, &failed);
        h->index = take(slice, sizeof *h->index, &failed);
        h->labels = take(slice, sizeof *h->labels, &failed);
        h->weights = take(slice, sizeof *h->weights, &failed);
    }
    learner->parameters = take(arena, sizeof(float), &failed);
    for (int i = 0; i < o->optimizer->n_moments; i++) {
        learner->moments[i] = take(arena, sizeof(float), &failed);
    }
    learner->gradients = take((size_t)o->groups, sizeof *learner->gradients, &failed);
    for (int64_t i = 0; failed == 0 && i < o->groups; i++) {
        learner->gradients[i] = take(arena, sizeof(float), &failed);
    }
    size_t n_slices = (size_t)ceil_divide(o->batch, o->slice);
    learner->slice_loss = take(n_slices, sizeof *learner->slice_loss, &failed);
    return failed == 0 ? MERIT_OK : merit__fail_memory(err, failed, "training");
}

merit_status merit__learner_create(merit__learner **out, const merit_net *net,
                                   const merit__learner_options *options,
                                   merit_error *err)
{
    *out = NULL;
    merit__learner *learner = merit__alloc_array(1, sizeof *learner);
    if (learner == NULL) {
        return merit__fail_memory(err, sizeof *learner, "training");
    }
    merit_status status = MERIT_OK;
    learner->net = net;
    learner->options = *options;
    // More groups than slices would stay empty.
    learner->options.groups =
        smaller(options->groups, ceil_divide(options->batch, options->slice));
    learner->hands =
        merit__alloc_array((size_t)options->threads, sizeof *learner->hands);
    if (learner->hands == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *learner->hands, "training"));
    }
    MERIT_TRY(merit__workers_create(&learner->workers, options->threads, err));
    merit__workers_run(learner->workers, create_plan, learner);
    MERIT_TRY(first_failure(learner, err));
    learner->n_arena = learner->hands[0].plan->n_arena;
    MERIT_TRY(create_chunks(learner, err));
    MERIT_TRY(create_buffers(learner, err));
    *out = learner;
    return MERIT_OK;
fail:
    merit__learner_free(learner);
    return status;
}

void merit__learner_free(merit__learner *learner)
{
    if (learner == NULL) {
        return;
    }
    merit__workers_free(learner->workers);
    for (int64_t i = 0; learner->hands != NULL && i < learner->options.threads; i++) {
        hand *h = &learner->hands[i];
        if (h->plan != NULL) {
            learner->options.engine->destroy(h->plan);
        }
        merit__free(h->x);
        merit__free(h->logits);
        merit__free(h->dlogits);
        merit__free(h->gradient);
        merit__free(h->loss_scratch);
        merit__free(h->index);
        merit__free(h->labels);
        merit__free(h->weights);
    }
    for (int64_t i = 0; learner->gradients != NULL && i < learner->options.groups; i++) {
        merit__free(learner->gradients[i]);
    }
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        merit__free(learner->moments[i]);
    }
    merit__free(learner->gradients);
    merit__free(learner->hands);
    merit__free(learner->parameters);
    merit__free(learner->slice_loss);
    merit__free(learner->chunks);
    merit__free(learner);
}

merit_status merit__learner_set(merit__learner *learner, const float *parameters,
                                const float *const moments[MERIT__MOMENTS],
                                merit_error *err)
{
    const merit__engine *engine = learner->options.engine;
    merit__plan *plan = learner->hands[0].plan;
    merit_status status = engine->import(plan, parameters, learner->parameters, err);
    for (int i = 0; status == MERIT_OK && i < learner->options.optimizer->n_moments;
         i++) {
        status = engine->import(plan, moments[i], learner->moments[i], err);
    }
    return status;
}

merit_status merit__learner_get(merit__learner *learner, float *parameters,
                                float *const moments[MERIT__MOMENTS], merit_error *err)
{
    const merit__engine *engine = learner->options.engine;
    merit__plan *plan = learner->hands[0].plan;
    merit_status status = engine->export(plan, learner->parameters, parameters, err);
    for (int i = 0; status == MERIT_OK && i < learner->options.optimizer->n_moments;
         i++) {
        status = engine->export(plan, learner->moments[i], moments[i], err);
    }
    return status;
}

/* Fills the hand's slice with examples; the last slice is filled up with examples from
 * the minibatch's front that weigh nothing. */
static void gather(const merit__learner *learner, hand *h, int64_t slice)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__learner_options *o = &learner->options;
    const int32_t *labels = merit_dataset_labels(o->data);
    for (int64_t i = 0; i < o->slice; i++) {
        int64_t place = slice * o->slice + i;
        h->index[i] = m->index[place % m->n];
        h->labels[i] = labels[h->index[i]];
        h->weights[i] = place < m->n ? 1.0f : 0.0f;
    }
    merit__batch_fill(h->x, o->data, h->index, o->slice, o->normalisation,
                      &o->augmentation, o->seed, m->epoch);
}

static merit_status run_slice(merit__learner *learner, hand *h, int64_t slice,
                              float *gradient)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__engine *engine = learner->options.engine;
    merit__slice_key key = {.seed = learner->options.seed,
                            .step = (uint32_t)m->step,
                            .slice = (uint32_t)slice};
    gather(learner, h, slice);
    merit_status status = engine->forward(h->plan, learner->parameters, h->x, key,
                                          h->logits, &h->error);
    if (status != MERIT_OK) {
        return status;
    }
    merit_loss_batch batch = {.n = learner->options.slice,
                              .logits = h->logits,
                              .labels = h->labels,
                              .weights = h->weights,
                              .scale = 1.0 / (double)m->n,
                              .progress = m->progress,
                              .scratch = h->loss_scratch};
    status = merit_loss_eval(m->loss, &batch, &learner->slice_loss[slice], h->dlogits,
                             &h->error);
    if (status != MERIT_OK) {
        return status;
    }
    return engine->backward(h->plan, learner->parameters, h->x, h->dlogits, gradient,
                            &h->error);
}

static void add(float *restrict sum, const float *restrict more, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        sum[i] += more[i];
    }
}

/* Takes groups until none is left. */
static void learn(void *context, int64_t worker)
{
    merit__learner *learner = context;
    hand *h = &learner->hands[worker];
    h->status = learner->options.engine->prepare(h->plan, learner->parameters, &h->error);
    while (h->status == MERIT_OK) {
        int64_t group = (int64_t)atomic_fetch_add(&learner->next, 1);
        if (group >= learner->n_groups) {
            return;
        }
        float *sum = learner->gradients[group];
        int64_t begin = group * learner->slices_per_group;
        int64_t end = smaller(begin + learner->slices_per_group, learner->n_slices);
        for (int64_t s = begin; s < end && h->status == MERIT_OK; s++) {
            float *gradient = s == begin ? sum : h->gradient;
            h->status = run_slice(learner, h, s, gradient);
            if (h->status == MERIT_OK && gradient != sum) {
                add(sum, gradient, learner->n_arena);
            }
        }
    }
}

/* Adds the groups' gradients into the first one, as a binary tree over the groups. */
static void reduce(void *context, int64_t worker)
{
    (void)worker;
    merit__learner *learner = context;
    for (;;) {
        int64_t i = (int64_t)atomic_fetch_add(&learner->next, 1);
        if (i >= learner->n_chunks) {
            return;
        }
        chunk *c = &learner->chunks[i];
        for (int64_t width = 1; width < learner->n_groups; width *= 2) {
            for (int64_t g = 0; g + width < learner->n_groups; g += 2 * width) {
                add(learner->gradients[g] + c->offset,
                    learner->gradients[g + width] + c->offset, c->n);
            }
        }
        const float *gradient = learner->gradients[0] + c->offset;
        c->magnitude = 0;
        for (int64_t j = 0; j < c->n; j++) {
            c->magnitude += fabsf(gradient[j]);
        }
    }
}

static void update(void *context, int64_t worker)
{
    (void)worker;
    merit__learner *learner = context;
    const merit__minibatch *m = learner->minibatch;
    const merit__segment *segments = learner->hands[0].plan->segments;
    for (;;) {
        int64_t i = (int64_t)atomic_fetch_add(&learner->next, 1);
        if (i >= learner->n_chunks) {
            return;
        }
        const chunk *c = &learner->chunks[i];
        float *parameters = learner->parameters + c->offset;
        const float *gradient = learner->gradients[0] + c->offset;
        enum merit__tensor_kind kind = segments[c->segment].kind;
        if (kind == MERIT__STATISTIC) {
            float rate = statistic_rate, share = 1.0f / (float)learner->n_slices;
            for (int64_t j = 0; j < c->n; j++) {
                parameters[j] += rate * (gradient[j] * share - parameters[j]);
            }
            continue;
        }
        merit__optimizer_step step = {
            .learning_rate = m->learning_rate,
            .momentum = m->momentum,
            .weight_decay = kind == MERIT__WEIGHT ? m->weight_decay : 0,
            .step = m->step + 1};
        float *moments[MERIT__MOMENTS] = {0};
        for (int j = 0; j < learner->options.optimizer->n_moments; j++) {
            moments[j] = learner->moments[j] + c->offset;
        }
        learner->options.optimizer->update(&step, parameters, gradient, moments, c->n);
    }
}

static void run(merit__learner *learner, void (*task)(void *, int64_t))
{
    atomic_store(&learner->next, 0);
    merit__workers_run(learner->workers, task, learner);
}

/* ENUMERIC with the first layer whose gradient is not finite. */
static merit_status check_gradient(const merit__learner *learner, merit_error *err)
{
    const merit_net *net = learner->net;
    for (int64_t i = 0; i < learner->n_chunks; i++) {
        if (!isfinite(learner->chunks[i].magnitude)) {
            const merit__tensor *tensor = &net->tensors[learner->chunks[i].segment];
            return merit__fail(err, MERIT_ENUMERIC,
                               "the gradient of layer %lld (%s) is not finite",
                               (long long)tensor->layer + 1,
                               net->layers[tensor->layer].text);
        }
    }
    return MERIT_OK;
}

/* Scratch is made when a loss that needs more of it is first seen: once per stage. */
static merit_status ensure_scratch(merit__learner *learner, const merit_loss *loss,
                                   merit_error *err)
{
    size_t n_bytes = merit_loss_scratch_bytes(loss);
    if (n_bytes <= learner->scratch_bytes) {
        return MERIT_OK;
    }
    learner->scratch_bytes = 0;
    for (int64_t i = 0; i < learner->options.threads; i++) {
        hand *h = &learner->hands[i];
        merit__free(h->loss_scratch);
        h->loss_scratch = merit__alloc_array(n_bytes, 1);
        if (h->loss_scratch == NULL) {
            return merit__fail_memory(err, n_bytes, "a loss");
        }
    }
    learner->scratch_bytes = n_bytes;
    return MERIT_OK;
}

merit_status merit__learner_step(merit__learner *learner,
                                 const merit__minibatch *minibatch, double *loss,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(ensure_scratch(learner, minibatch->loss, err));
    learner->minibatch = minibatch;
    learner->n_slices = ceil_divide(minibatch->n, learner->options.slice);
    learner->slices_per_group = ceil_divide(learner->n_slices, learner->options.groups);
    learner->n_groups = ceil_divide(learner->n_slices, learner->slices_per_group);
    run(learner, learn);
    MERIT_TRY(first_failure(learner, err));
    double sum = 0;
    for (int64_t i = 0; i < learner->n_slices; i++) {
        sum += learner->slice_loss[i];
    }
    run(learner, reduce);
    if (!isfinite(sum)) {
        MERIT_TRY(merit__fail(err, MERIT_ENUMERIC, "the loss is not finite"));
    }
    MERIT_TRY(check_gradient(learner, err));
    run(learner, update);
    *loss = sum;
    return MERIT_OK;
fail:
    return status;
}
