#include "model/model.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/processors.h"
#include "base/thread_arithmetic.h"
#include "data/dataset.h"
#include "model/formats.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { THREADS_LIMIT = 1024 };

// What the threads share. Whoever raises `failed` first owns `status` and `error`.
typedef struct work {
    const merit__inference *inference;
    const merit_dataset *data;
    merit__formats formats;
    int64_t n;                             // units: windows of sequences, or examples
    int64_t *order;                        // [n] units by format; NULL: as they are
    int64_t first[MERIT__WIDTHS_MOST + 1]; // of each format, in that order
    int64_t first_slice[MERIT__WIDTHS_MOST + 1]; // likewise
    float *logits;                               // [N,K]
    atomic_llong next_slice;
    atomic_int failed;
    merit_status status;
    merit_error error;
} work;

// What one thread needs for a slice of one format.
typedef struct worker {
    int64_t format; // that the plan is for
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
    *self = (worker){0};
}

static merit_status worker_open(worker *self, const work *shared, int64_t format,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__inference *inference = shared->inference;
    const merit__engine *engine = inference->engine;
    const merit_net *net = shared->formats.format[format].net;
    merit__plan_options options = merit__formats_plan(&shared->formats, format);
    const size_t n_pixels = (size_t)(net->in.c * net->in.h * net->in.w);
    const size_t n_slice = (size_t)options.n;
    options.exact = inference->exact;
    self->format = format;
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

// Slices go by format, so this seldom happens.
static merit_status worker_turn(worker *self, const work *shared, int64_t format,
                                merit_error *err)
{
    if (self->plan != NULL && self->format == format) {
        return MERIT_OK;
    }
    worker_close(self, shared->inference->engine);
    return worker_open(self, shared, format, err);
}

// The logits of the rows of a unit, of which the net made those of all positions.
static void hand_out(const work *shared, const merit_net *net, int64_t unit,
                     const float *logits)
{
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

static merit_status fill(worker *self, const work *shared, int64_t n, merit_error *err)
{
    const merit__inference *inference = shared->inference;
    const int64_t width = shared->formats.format[self->format].net->in.w;
    if (merit_dataset_task(shared->data) == MERIT_TASK_NONE) {
        return merit__batch_fill(self->x, shared->data, self->index, n,
                                 inference->normalisation, NULL, 0, 0, err);
    }
    for (int64_t i = 0; i < n; i++) {
        merit__dataset_show_unit(shared->data, self->index[i], self->x + i * width,
                                 width);
    }
    return MERIT_OK;
}

// The next units of a format; after the last one it comes again and again, and what is
// computed for it is dropped.
static merit_status run_slice(worker *self, const work *shared, int64_t slice,
                              merit_error *err)
{
    const merit__inference *inference = shared->inference;
    int64_t format = 0;
    while (slice >= shared->first_slice[format + 1]) {
        format++;
    }
    const merit_net *net = shared->formats.format[format].net;
    const int64_t n_slice = shared->formats.format[format].n;
    const int64_t n_unit = net->n_positions * net->n_classes;
    const int64_t first =
        shared->first[format] + (slice - shared->first_slice[format]) * n_slice;
    const int64_t n_left = shared->first[format + 1] - first;
    const int64_t n_real = n_left < n_slice ? n_left : n_slice;
    merit_status status = worker_turn(self, shared, format, err);
    if (status != MERIT_OK) {
        return status;
    }
    for (int64_t i = 0; i < n_slice; i++) {
        int64_t at = first + (i < n_real ? i : n_real - 1);
        self->index[i] = shared->order != NULL ? shared->order[at] : at;
    }
    status = fill(self, shared, n_slice, err);
    if (status == MERIT_OK) {
        status = inference->engine->forward(self->plan, self->arena, self->x,
                                            (merit__slice_key){0}, self->logits, err);
    }
    for (int64_t i = 0; status == MERIT_OK && i < n_real; i++) {
        hand_out(shared, net, self->index[i], self->logits + i * n_unit);
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
    const int64_t n_slices = shared->first_slice[shared->formats.n];
    while (!atomic_load(&shared->failed)) {
        int64_t index = atomic_fetch_add(&shared->next_slice, 1);
        if (index >= n_slices) {
            break;
        }
        announce(shared, index * shared->formats.format[0].n);
        MERIT_TRY(run_slice(self, shared, index, err));
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

// Arranges units and slices by format.
static merit_status arrange(work *shared, merit_error *err)
{
    const merit__formats *formats = &shared->formats;
    int64_t n_of[MERIT__WIDTHS_MOST] = {0};
    if (formats->n == 1) {
        n_of[0] = shared->n;
    }
    for (int64_t u = 0; formats->n > 1 && u < shared->n; u++) {
        n_of[merit__widths_find(&formats->widths, shared->data, u)]++;
    }
    for (int64_t i = 0; i < formats->n; i++) {
        int64_t n_slice = formats->format[i].n;
        shared->first[i + 1] = shared->first[i] + n_of[i];
        shared->first_slice[i + 1] =
            shared->first_slice[i] + (n_of[i] + n_slice - 1) / n_slice;
        n_of[i] = 0;
    }
    if (formats->n == 1) {
        return MERIT_OK;
    }
    shared->order = merit__alloc_array((size_t)shared->n, sizeof *shared->order);
    if (shared->order == NULL) {
        return merit__fail_memory(err, (size_t)shared->n * sizeof *shared->order,
                                  "windows");
    }
    for (int64_t u = 0; u < shared->n; u++) {
        int64_t i = merit__widths_find(&formats->widths, shared->data, u);
        shared->order[shared->first[i] + n_of[i]++] = u;
    }
    return MERIT_OK;
}

merit_status merit__infer(const merit__inference *inference, const merit_dataset *data,
                          int64_t n_threads, float *logits, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (n_threads < 0) {
        return merit__fail(err, MERIT_EINVAL, "%jd threads, expected 0 or more",
                           (intmax_t)n_threads);
    }
    work shared = {
        .inference = inference,
        .data = data,
        .n = merit__dataset_n_units(data),
        .logits = logits,
    };
    MERIT_TRY(check_shape(inference, data, err));
    MERIT_TRY(merit__formats_create(&shared.formats, inference->net, data,
                                    inference->slice, err));
    MERIT_TRY(arrange(&shared, err));
    if (shared.n > 0) {
        int64_t n_slices = shared.first_slice[shared.formats.n];
        MERIT_TRY(run_threads(&shared, choose_threads(n_threads, n_slices), err));
    }

fail:
    merit__formats_dispose(&shared.formats);
    merit__free(shared.order);
    return status;
}
