/* One step of a learner: slices, gradients, update. */
#include "train/learner_object.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/dataset.h"
#include "train/magnitude.h"

/* How fast running statistics follow what slices observe. */
static const float statistic_rate = 0.1f;

/* Fixed counts inside loops, so that the compiler uses vectors. */
enum { LANES = 16 };

/* How many rows the windows of the minibatch have in its epoch. */
static int64_t count_rows(const merit__learner *learner, const merit__minibatch *m)
{
    const merit__learner_options *o = &learner->options;
    int64_t n = 0;
    if (merit_dataset_task(o->data) == MERIT_TASK_NONE) {
        return m->n;
    }
    for (int64_t i = 0; i < m->n; i++) {
        n += merit__dataset_draw(o->data, m->index[i], o->augmentation.hide, o->seed,
                                 m->epoch, learner->hands[0].draft);
    }
    return n;
}

/* ENUMERIC with the first example of the slice whose logits are not finite. */
static merit_status name_example(const merit__learner *learner, merit__hand *h,
                                 const merit__format *format)
{
    int64_t K = format->net->n_classes * format->net->n_positions, i = 0;
    while (i < format->n * K - 1 && isfinite(h->logits[i])) {
        i++;
    }
    int64_t example = merit__dataset_place(learner->options.data, h->index[i / K]);
    if (h->places != NULL) {
        return merit__fail(&h->error, MERIT_ENUMERIC,
                           "the logits of a window of sequence %" PRId64
                           " are not finite",
                           learner->options.data->windows[example].record);
    }
    return merit__fail(&h->error, MERIT_ENUMERIC,
                       "the logits of example %" PRId64 " are not finite", example);
}

/* Copies rows between where the net has them and one after the other. */
static void collect_rows(const merit__hand *h, int64_t K)
{
    for (int64_t i = 0; i < h->n_rows; i++) {
        memcpy(h->row_logits + i * K, h->logits + h->places[i] * K,
               (size_t)K * sizeof *h->logits);
    }
}

static void spread_rows(const merit__hand *h, int64_t K, int64_t n_all)
{
    memset(h->dlogits, 0, (size_t)(n_all * K) * sizeof *h->dlogits);
    for (int64_t i = 0; i < h->n_rows; i++) {
        memcpy(h->dlogits + h->places[i] * K, h->row_dlogits + i * K,
               (size_t)K * sizeof *h->dlogits);
    }
}

/* What is minimised. */
static const merit_loss *loss_of(const merit__learner *learner)
{
    return learner->last != NULL ? learner->last->loss : learner->minibatch->loss;
}

/* Loss and gradient of a slice of windows. */
static merit_status eval_rows(const merit__learner *learner, merit__hand *h,
                              const merit__format *format, merit_loss_batch *batch,
                              double *loss)
{
    merit_status status = MERIT_OK;
    int64_t K = learner->net->n_classes;
    *loss = 0;
    if (h->n_rows > 0) {
        collect_rows(h, K);
        batch->n = h->n_rows;
        batch->logits = h->row_logits;
        batch->weights = learner->options.class_weights != NULL ? h->weights : NULL;
        status =
            merit_loss_eval(loss_of(learner), batch, loss, h->row_dlogits, &h->error);
    }
    spread_rows(h, K, format->n * format->net->n_positions);
    return status;
}

/* A plan learns of new parameters when it first needs them. */
static merit_status prepare(const merit__learner *learner, merit__hand *h,
                            int64_t format)
{
    merit_status status = MERIT_OK;
    if (!h->is_prepared[format]) {
        status = learner->options.engine->prepare(h->plans[format], learner->parameters,
                                                  &h->error);
        h->is_prepared[format] = status == MERIT_OK;
    }
    return status;
}

/* The labels of the slice become those of the sample. */
static void find_places(const merit__learner *learner, merit__hand *h)
{
    int64_t n = h->places != NULL ? h->n_rows : learner->options.slice;
    for (int64_t i = 0; learner->last != NULL && i < n; i++) {
        h->labels[i] = learner->last->sample.place[h->labels[i]];
    }
}

static merit_status run_slice(merit__learner *learner, merit__hand *h, int64_t slice,
                              float *gradient)
{
    const merit__minibatch *m = learner->minibatch;
    const merit__engine *engine = learner->options.engine;
    const int64_t f = learner->slices[slice].format;
    const merit__format *format = &learner->formats.format[f];
    merit__slice_key key = {.seed = learner->options.seed,
                            .step = (uint32_t)m->step,
                            .slice = (uint32_t)slice};
    merit_status status = prepare(learner, h, f);
    if (status == MERIT_OK) {
        status = merit__learner_gather(learner, h, &learner->slices[slice]);
    }
    if (status == MERIT_OK) {
        status = engine->forward(h->plans[f], learner->parameters, h->x, key, h->logits,
                                 &h->error);
    }
    if (status != MERIT_OK) {
        return status;
    }
    find_places(learner, h);
    merit_loss_batch batch = {.n = learner->options.slice,
                              .logits = h->logits,
                              .labels = h->labels,
                              .weights = h->weights,
                              .scale = 1.0 / (double)learner->n_rows,
                              .progress = m->progress,
                              .scratch = h->loss_scratch};
    double *loss = &learner->slice_loss[slice];
    status = h->places != NULL ? eval_rows(learner, h, format, &batch, loss)
                               : merit_loss_eval(loss_of(learner), &batch, loss,
                                                 h->dlogits, &h->error);
    if (status == MERIT_ENUMERIC) {
        return name_example(learner, h, format);
    }
    if (status != MERIT_OK) {
        return status;
    }
    return engine->backward(h->plans[f], learner->parameters, h->x, h->dlogits,
                            gradient, &h->error);
}

static void add(float *restrict sum, const float *restrict more, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int64_t j = 0; j < LANES; j++) {
            sum[i + j] += more[i + j];
        }
    }
    for (; i < n; i++) {
        sum[i] += more[i];
    }
}

/* Takes groups until none is left. */
static void learn(void *context, int64_t worker)
{
    merit__learner *learner = context;
    merit__hand *h = &learner->hands[worker];
    h->slice = 0;
    h->status = MERIT_OK;
    memset(h->is_prepared, 0, sizeof h->is_prepared);
    while (h->status == MERIT_OK) {
        int64_t group = (int64_t)atomic_fetch_add(&learner->next, 1);
        if (group >= learner->n_groups) {
            return;
        }
        float *sum = learner->gradients[group];
        int64_t begin = group * learner->slices_per_group;
        int64_t end =
            merit__smaller(begin + learner->slices_per_group, learner->n_slices);
        for (int64_t s = begin; s < end && h->status == MERIT_OK; s++) {
            float *gradient = s == begin ? sum : h->gradient;
            h->slice = s;
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
        merit__chunk *c = &learner->chunks[i];
        for (int64_t width = 1; width < learner->n_groups; width *= 2) {
            for (int64_t g = 0; g + width < learner->n_groups; g += 2 * width) {
                add(learner->gradients[g] + c->offset,
                    learner->gradients[g + width] + c->offset, c->n);
            }
        }
        c->magnitude = merit__magnitude(learner->gradients[0] + c->offset, c->n);
    }
}

/* Running statistics follow the mean of what the slices observed. */
static void follow(float *statistics, const float *sums, int64_t n, int64_t n_slices)
{
    float share = 1.0f / (float)n_slices;
    for (int64_t i = 0; i < n; i++) {
        statistics[i] += statistic_rate * (sums[i] * share - statistics[i]);
    }
}

static void update_chunk(const merit__learner *learner, merit__chunk *c)
{
    enum merit__tensor_kind kind =
        learner->hands[0].plans[0]->segments[c->segment].kind;
    float *parameters = learner->parameters + c->offset;
    const float *gradient = learner->gradients[0] + c->offset;
    float *moments[MERIT__MOMENTS] = {0};
    int n_moments =
        kind == MERIT__STATISTIC ? 0 : learner->options.optimizer->n_moments;
    for (int i = 0; i < n_moments; i++) {
        moments[i] = learner->moments[i] + c->offset;
    }
    merit__optimizer_step step = merit__learner_optimizer_step(learner, kind);
    if (learner->last != NULL &&
        c->segment >= learner->hands[0].plans[0]->n_segments - 2) {
        return; // lent rows, which merit__learner_update_lent updates where they belong
    }
    if (kind == MERIT__STATISTIC) {
        follow(parameters, gradient, c->n, learner->n_slices);
    } else {
        learner->options.optimizer->update(&step, parameters, gradient, moments, c->n);
    }
    c->magnitude = merit__magnitude(parameters, c->n);
    for (int i = 0; i < n_moments; i++) {
        c->magnitude += merit__magnitude(moments[i], c->n);
    }
}

static void update(void *context, int64_t worker)
{
    (void)worker;
    merit__learner *learner = context;
    for (;;) {
        int64_t i = (int64_t)atomic_fetch_add(&learner->next, 1);
        if (i >= learner->n_chunks) {
            return;
        }
        update_chunk(learner, &learner->chunks[i]);
    }
}

/* ENUMERIC with the first layer where a chunk's numbers, which are `what`, are not all
 * finite. */
static merit_status check_chunks(const merit__learner *learner, const char *what,
                                 merit_error *err)
{
    for (int64_t i = 0; i < learner->n_chunks; i++) {
        if (!isfinite(learner->chunks[i].magnitude)) {
            return merit__learner_fail(learner, learner->chunks[i].segment, what, err);
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
        merit__hand *h = &learner->hands[i];
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
    learner->minibatch = minibatch;
    MERIT_TRY(ensure_scratch(learner, loss_of(learner), err));
    learner->n_rows = count_rows(learner, minibatch);
    merit__learner_cut(learner);
    learner->slices_per_group =
        merit__ceil_divide(learner->n_slices, learner->options.groups);
    learner->n_groups =
        merit__ceil_divide(learner->n_slices, learner->slices_per_group);
    if (learner->last != NULL) {
        MERIT_TRY(merit__learner_lend(learner, err));
    }
    merit__learner_run(learner, learn);
    MERIT_TRY(merit__learner_failure(learner, err));
    double sum = 0;
    for (int64_t i = 0; i < learner->n_slices; i++) {
        sum += learner->slice_loss[i];
    }
    merit__learner_run(learner, reduce);
    if (!isfinite(sum)) {
        MERIT_TRY(merit__fail(err, MERIT_ENUMERIC, "the loss is not finite"));
    }
    MERIT_TRY(check_chunks(learner, "gradients", err));
    merit__learner_run(learner, update);
    MERIT_TRY(check_chunks(learner, "parameters", err));
    if (learner->last != NULL) {
        MERIT_TRY(merit__learner_update_lent(learner, err));
    }
    *loss = sum;
    return MERIT_OK;
fail:
    return status;
}
