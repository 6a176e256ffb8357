#include "train/learner.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "train/learner_object.h"

/* Elements that one thread reduces or updates at a time; a cache's worth. */
enum { CHUNK = 8192 };

/* Each plan is made on the thread that runs it; all work on one arena. */
static void create_plans(void *context, int64_t worker)
{
    merit__learner *learner = context;
    merit__hand *h = &learner->hands[worker];
    const merit__formats *formats = &learner->formats;
    for (int64_t i = 0; h->status == MERIT_OK && i < formats->n; i++) {
        merit__plan_options options = merit__formats_plan(formats, i);
        options.training = 1;
        options.exact = learner->options.exact;
        options.like = h->plans[0];
        h->status = learner->options.engine->create(
            &h->plans[i], formats->format[i].net, &options, &h->error);
    }
}

merit_status merit__learner_failure(const merit__learner *learner, merit_error *err)
{
    const merit__hand *first = NULL;
    for (int64_t i = 0; i < learner->options.threads; i++) {
        const merit__hand *h = &learner->hands[i];
        if (h->status != MERIT_OK && (first == NULL || h->slice < first->slice)) {
            first = h;
        }
    }
    if (first == NULL) {
        return MERIT_OK;
    }
    if (err != NULL) {
        *err = first->error;
    }
    return first->status;
}

static merit_status create_chunks(merit__learner *learner, merit_error *err)
{
    const merit__plan *plan = learner->hands[0].plans[0];
    int64_t n = 0;
    for (int64_t i = 0; i < plan->n_segments; i++) {
        n += merit__ceil_divide(plan->segments[i].n, CHUNK);
    }
    learner->chunks = merit__alloc_array((size_t)n, sizeof *learner->chunks);
    if (learner->chunks == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *learner->chunks, "training");
    }
    for (int64_t i = 0; i < plan->n_segments; i++) {
        const merit__segment *segment = &plan->segments[i];
        for (int64_t begin = 0; begin < segment->n; begin += CHUNK) {
            learner->chunks[learner->n_chunks++] =
                (merit__chunk){.offset = segment->offset + begin,
                               .n = merit__smaller(CHUNK, segment->n - begin),
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
    size_t rows = (size_t)learner->formats.n_rows;
    size_t arena = (size_t)learner->n_arena;
    size_t example = (size_t)(net->in.c * net->in.h * net->in.w);
    for (int64_t i = 0; i < o->threads; i++) {
        merit__hand *h = &learner->hands[i];
        h->x = take((size_t)learner->formats.n_x, sizeof *h->x, &failed);
        h->logits = take(rows * k, sizeof *h->logits, &failed);
        h->dlogits = take(rows * k, sizeof *h->dlogits, &failed);
        h->gradient = take(arena, sizeof *h->gradient, &failed);
        h->index = take(slice, sizeof *h->index, &failed);
        h->labels = take(rows, sizeof *h->labels, &failed);
        h->weights = take(rows, sizeof *h->weights, &failed);
        if (merit__net_is_sequential(net)) {
            h->places = take(rows, sizeof *h->places, &failed);
            h->draft.x = take(example, sizeof *h->draft.x, &failed);
            h->draft.places = take(example, sizeof *h->draft.places, &failed);
            h->draft.classes = take(example, sizeof *h->draft.classes, &failed);
            h->row_logits = take(rows * k, sizeof *h->row_logits, &failed);
            h->row_dlogits = take(rows * k, sizeof *h->row_dlogits, &failed);
        }
    }
    learner->parameters = take(arena, sizeof(float), &failed);
    for (int i = 0; i < o->optimizer->n_moments; i++) {
        learner->moments[i] = take(arena, sizeof(float), &failed);
    }
    learner->gradients = take((size_t)o->groups, sizeof *learner->gradients, &failed);
    for (int64_t i = 0; failed == 0 && i < o->groups; i++) {
        learner->gradients[i] = take(arena, sizeof(float), &failed);
    }
    size_t n_slices = (size_t)learner->most_slices;
    learner->slice_loss = take(n_slices, sizeof *learner->slice_loss, &failed);
    learner->slices = take(n_slices, sizeof *learner->slices, &failed);
    learner->order = take((size_t)o->batch, sizeof *learner->order, &failed);
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
    if (options->sample > 0) {
        MERIT_TRY(merit__last_rows_create(&learner->last, net, options->scores,
                                          options->sample, options->optimizer, err));
        learner->net = learner->last->net;
    }
    MERIT_TRY(merit__formats_create(&learner->formats, learner->net, options->data,
                                    options->slice, err));
    // Of several formats each may have a slice that is not full.
    learner->most_slices = merit__ceil_divide(
        options->batch, learner->formats.format[learner->formats.n - 1].n);
    if (learner->formats.n > 1) {
        learner->most_slices =
            merit__smaller(options->batch, learner->most_slices + learner->formats.n);
    }
    // More groups than slices would stay empty.
    learner->options.groups = merit__smaller(options->groups, learner->most_slices);
    learner->hands =
        merit__alloc_array((size_t)options->threads, sizeof *learner->hands);
    if (learner->hands == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *learner->hands, "training"));
    }
    MERIT_TRY(merit__workers_create(&learner->workers, options->threads, err));
    merit__workers_run(learner->workers, create_plans, learner);
    MERIT_TRY(merit__learner_failure(learner, err));
    learner->n_arena = learner->hands[0].plans[0]->n_arena;
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
        merit__hand *h = &learner->hands[i];
        for (int64_t f = MERIT__WIDTHS_MOST - 1; f >= 0; f--) {
            if (h->plans[f] != NULL) {
                learner->options.engine->destroy(h->plans[f]);
            }
        }
        merit__free(h->x);
        merit__free(h->logits);
        merit__free(h->dlogits);
        merit__free(h->gradient);
        merit__free(h->loss_scratch);
        merit__free(h->index);
        merit__free(h->labels);
        merit__free(h->weights);
        merit__free(h->places);
        merit__free(h->draft.x);
        merit__free(h->draft.places);
        merit__free(h->draft.classes);
        merit__free(h->row_logits);
        merit__free(h->row_dlogits);
    }
    for (int64_t i = 0; learner->gradients != NULL && i < learner->options.groups;
         i++) {
        merit__free(learner->gradients[i]);
    }
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        merit__free(learner->moments[i]);
    }
    merit__last_rows_free(learner->last);
    merit__free(learner->gradients);
    merit__free(learner->hands);
    merit__free(learner->parameters);
    merit__free(learner->slice_loss);
    merit__free(learner->slices);
    merit__free(learner->order);
    merit__formats_dispose(&learner->formats);
    merit__free(learner->chunks);
    merit__free(learner);
}

/* Parameters and moments between canonical arrays and the learner's. Engines may change
 * settings of the thread that runs them, so one of ours does it. */
typedef struct exchange {
    merit__learner *learner;
    const float *new_parameters; // to set, or
    const float *const *new_moments;
    float *parameters; // to get
    float *const *moments;
    merit_error *err;
    merit_status status;
} exchange;

/* One array in, the last layer of all classes apart from the rest. */
static merit_status set_array(merit__learner *learner, const float *canonical,
                              float *arena, float *last, merit_error *err)
{
    merit__plan *plan = learner->hands[0].plans[0];
    const merit__last_rows *rows = learner->last;
    if (rows == NULL) {
        return plan->engine->import(plan, canonical, arena, err);
    }
    memset(rows->canonical, 0, (size_t)rows->net->n_arena * sizeof *rows->canonical);
    memcpy(rows->canonical, canonical, (size_t)rows->offset * sizeof *canonical);
    memcpy(last, canonical + rows->offset,
           (size_t)(rows->n_classes * (rows->n_inputs + 1)) * sizeof *canonical);
    return plan->engine->import(plan, rows->canonical, arena, err);
}

/* One array out. */
static merit_status get_array(const merit__learner *learner, float *canonical,
                              const float *arena, const float *last, merit_error *err)
{
    merit__plan *plan = learner->hands[0].plans[0];
    const merit__last_rows *rows = learner->last;
    if (rows == NULL) {
        return plan->engine->export(plan, arena, canonical, err);
    }
    merit_status status = plan->engine->export(plan, arena, rows->canonical, err);
    memcpy(canonical, rows->canonical, (size_t)rows->offset * sizeof *canonical);
    memcpy(canonical + rows->offset, last,
           (size_t)(rows->n_classes * (rows->n_inputs + 1)) * sizeof *canonical);
    return status;
}

static void set(void *context, int64_t worker)
{
    exchange *e = context;
    merit__learner *learner = e->learner;
    merit__last_rows *rows = learner->last;
    if (worker != 0) {
        return;
    }
    e->status = set_array(learner, e->new_parameters, learner->parameters,
                          rows == NULL ? NULL : rows->parameters, e->err);
    int n_moments = learner->options.optimizer->n_moments;
    for (int i = 0; e->status == MERIT_OK && i < n_moments; i++) {
        e->status = set_array(learner, e->new_moments[i], learner->moments[i],
                              rows == NULL ? NULL : rows->moments[i], e->err);
    }
}

static void get(void *context, int64_t worker)
{
    exchange *e = context;
    const merit__learner *learner = e->learner;
    const merit__last_rows *rows = learner->last;
    if (worker != 0) {
        return;
    }
    e->status = get_array(learner, e->parameters, learner->parameters,
                          rows == NULL ? NULL : rows->parameters, e->err);
    int n_moments = learner->options.optimizer->n_moments;
    for (int i = 0; e->status == MERIT_OK && i < n_moments; i++) {
        e->status = get_array(learner, e->moments[i], learner->moments[i],
                              rows == NULL ? NULL : rows->moments[i], e->err);
    }
}

merit_status merit__learner_set(merit__learner *learner, const float *parameters,
                                const float *const moments[MERIT__MOMENTS],
                                merit_error *err)
{
    exchange e = {.learner = learner,
                  .new_parameters = parameters,
                  .new_moments = moments,
                  .err = err};
    merit__workers_run(learner->workers, set, &e);
    return e.status;
}

merit_status merit__learner_get(merit__learner *learner, float *parameters,
                                float *const moments[MERIT__MOMENTS], merit_error *err)
{
    exchange e = {
        .learner = learner, .parameters = parameters, .moments = moments, .err = err};
    merit__workers_run(learner->workers, get, &e);
    return e.status;
}
