#include "model/model.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/processors.h"
#include "base/thread_arithmetic.h"
#include "data/dataset.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { THREADS_LIMIT = 1024 };

// What the threads share. Whoever raises `failed` first owns `status` and `error`.
typedef struct work {
    const merit__inference *inference;
    const merit_dataset *data;
    int64_t n;     // units: windows of sequences, or examples
    float *logits; // [N,K]
    atomic_llong next_slice;
    atomic_int failed;
    merit_status status;
    merit_error error;
} work;

// What one thread needs for one slice.
typedef struct worker {
    merit__plan *plan;
    float *arena;   // [plan->n_arena]
    float *x;       // [slice,C,H,W]
    float *logits;  // [slice,K], or [slice,T,K] with per-position
    int64_t *index; // [slice]
} worker;

static void worker_close(worker *self, const merit__engine *engine)
{
    if (self->plan != NULL) {
        engine->destroy(self->plan);
    }
    merit__free(self->arena);
    merit__free(self->x);
    merit__free(self->logits);
    merit__free(self->index);
}

static merit_status worker_open(worker *self, const merit__inference *inference,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__engine *engine = inference->engine;
    const merit_net *net = inference->net;
    const merit__plan_options options = {.n = inference->slice,
                                         .exact = inference->exact};
    const size_t n_pixels = (size_t)(net->in.c * net->in.h * net->in.w);
    const size_t n_slice = (size_t)inference->slice;
    MERIT_TRY(engine->create(&self->plan, net, &options, err));
    self->arena = merit__alloc_array((size_t)self->plan->n_arena, sizeof(float));
    self->x = merit__alloc_array(n_slice, n_pixels * sizeof(float));
    self->logits = merit__alloc_array(
        n_slice, (size_t)(net->n_positions * net->n_classes) * sizeof(float));
    self->index = merit__alloc_array(n_slice, sizeof(int64_t));
    if (self->arena == NULL || self->x == NULL || self->logits == NULL ||
        self->index == NULL) {
        status = merit__fail_memory(err, n_slice * n_pixels * sizeof(float), "a slice");
        goto fail;
    }
    MERIT_TRY(engine->import(self->plan, inference->parameters, self->arena, err));
    MERIT_TRY(engine->prepare(self->plan, self->arena, err));

fail:
    return status;
}

// The logits of the rows of a unit, of which the net made those of all positions.
static void hand_out(const work *shared, int64_t unit, const float *logits)
{
    const merit_net *net = shared->inference->net;
    const size_t n_bytes = (size_t)net->n_classes * sizeof(float);
    int64_t first = 0;
    int64_t n = 0;
    const int32_t *places = NULL;
    merit__dataset_unit(shared->data, unit, &first, &n, &places);
    for (int64_t i = 0; i < n; i++) {
        int64_t place = net->n_positions > 1 ? places[i] : 0;
        memcpy(shared->logits + (first + i) * net->n_classes,
               logits + place * net->n_classes, n_bytes);
    }
}

// Units first .. first + slice; after the last one it comes again and again, and what
// is computed for it is dropped.
static merit_status run_slice(worker *self, const work *shared, int64_t first,
                              merit_error *err)
{
    const merit__inference *inference = shared->inference;
    const int64_t n_unit = inference->net->n_positions * inference->net->n_classes;
    const int64_t n_left = shared->n - first;
    const int64_t n_real = n_left < inference->slice ? n_left : inference->slice;
    for (int64_t i = 0; i < inference->slice; i++) {
        self->index[i] = first + (i < n_real ? i : n_real - 1);
    }
    merit_status status =
        merit__batch_fill(self->x, shared->data, self->index, inference->slice,
                          inference->normalisation, NULL, 0, 0, err);
    if (status == MERIT_OK) {
        status = inference->engine->forward(self->plan, self->arena, self->x,
                                            (merit__slice_key){0}, self->logits, err);
    }
    for (int64_t i = 0; status == MERIT_OK && i < n_real; i++) {
        hand_out(shared, first + i, self->logits + i * n_unit);
    }
    return status;
}

// The units from this one on that may be prepared now.
static void announce(const work *shared, int64_t first)
{
    enum { SLICES_AHEAD = 24 };
    int64_t n = SLICES_AHEAD * shared->inference->slice, n_left = shared->n - first;
    merit__dataset_announce(shared->data, NULL, first, n < n_left ? n : n_left);
}

static merit_status run_slices(worker *self, work *shared, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t slice = shared->inference->slice;
    const int64_t n_slices = (shared->n - 1) / slice + 1;
    MERIT_TRY(worker_open(self, shared->inference, err));
    while (!atomic_load(&shared->failed)) {
        int64_t index = atomic_fetch_add(&shared->next_slice, 1);
        if (index >= n_slices) {
            break;
        }
        announce(shared, index * slice);
        MERIT_TRY(run_slice(self, shared, index * slice, err));
    }

fail:
    return status;
}

static void *worker_main(void *argument)
{
    work *shared = argument;
    worker self = {0};
    merit_error error = {0};
    merit__thread_arithmetic();
    merit_status status = run_slices(&self, shared, &error);
    worker_close(&self, shared->inference->engine);
    if (status != MERIT_OK && atomic_exchange(&shared->failed, 1) == 0) {
        shared->status = status;
        shared->error = error;
    }
    return NULL;
}

// As many threads as are wanted, allowed and of use.
static int64_t choose_threads(int64_t n_wanted, int64_t n_slices)
{
    int64_t n = n_wanted > 0 ? n_wanted : merit__processors();
    n = n < THREADS_LIMIT ? n : THREADS_LIMIT;
    return n < n_slices ? n : n_slices;
}

// The calling thread only waits: an engine may change settings of the thread it runs
// in.
static merit_status run_threads(work *shared, int64_t n_threads, merit_error *err)
{
    pthread_t *threads = merit__alloc_array((size_t)n_threads, sizeof *threads);
    if (threads == NULL) {
        return merit__fail_memory(err, (size_t)n_threads * sizeof *threads, "threads");
    }
    int64_t n_started = 0;
    int reason = 0;
    while (n_started < n_threads && reason == 0) {
        reason = pthread_create(&threads[n_started], NULL, worker_main, shared);
        n_started += reason == 0;
    }
    for (int64_t i = 0; i < n_started; i++) {
        pthread_join(threads[i], NULL);
    }
    merit__free(threads);
    if (n_started == 0) {
        return merit__fail(err, MERIT_EBACKEND, "cannot start a thread (error %d)",
                           reason);
    }
    if (shared->status != MERIT_OK && err != NULL) {
        *err = shared->error;
    }
    return shared->status;
}

merit_status merit__check_task(const merit_net *net, const merit_dataset *data,
                               merit_error *err)
{
    char shown[96];
    merit_task task = merit_dataset_task(data);
    merit__printable(shown, sizeof shown, merit_dataset_path(data));
    if (merit__net_is_sequential(net) != (task != MERIT_TASK_NONE)) {
        return merit__fail(err, MERIT_EINVAL,
                           task != MERIT_TASK_NONE
                               ? "%s: holds sequences; their nets begin with embedding"
                               : "%s: holds no sequences, which a net with embedding "
                                 "reads",
                           shown);
    }
    int is_each = task == MERIT_TASK_RESIDUE || task == MERIT_TASK_MASKED;
    if (task != MERIT_TASK_NONE ? is_each != (net->n_positions > 1)
                                : net->n_positions > 1) {
        return merit__fail(err, MERIT_EINVAL,
                           is_each
                               ? "%s: a class is asked for each letter; the net must "
                                 "end in per-position"
                               : "%s: one class is asked for each example; the net "
                                 "must not end in per-position",
                           shown);
    }
    return MERIT_OK;
}

static merit_status check_shape(const merit__inference *inference,
                                const merit_dataset *data, merit_error *err)
{
    char shown[96];
    int64_t c = 0;
    int64_t h = 0;
    int64_t w = 0;
    const merit__shape *in = &inference->net->in;
    merit_dataset_shape(data, &c, &h, &w);
    if (c != in->c || h != in->h || w != in->w) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s: examples of %jdx%jdx%jd, the model reads %jdx%jdx%jd",
            merit__printable(shown, sizeof shown, merit_dataset_path(data)),
            (intmax_t)c, (intmax_t)h, (intmax_t)w, (intmax_t)in->c, (intmax_t)in->h,
            (intmax_t)in->w);
    }
    return merit__check_task(inference->net, data, err);
}

merit_status merit__infer(const merit__inference *inference, const merit_dataset *data,
                          int64_t n_threads, float *logits, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (n_threads < 0) {
        return merit__fail(err, MERIT_EINVAL, "%jd threads, expected 0 or more",
                           (intmax_t)n_threads);
    }
    MERIT_TRY(check_shape(inference, data, err));
    work shared = {
        .inference = inference,
        .data = data,
        .n = merit__dataset_n_units(data),
        .logits = logits,
    };
    if (shared.n > 0) {
        int64_t n_slices = (shared.n - 1) / inference->slice + 1;
        MERIT_TRY(run_threads(&shared, choose_threads(n_threads, n_slices), err));
    }

fail:
    return status;
}
