#include "data/gallery_inspection.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/in_parallel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A picture that is no good may be left out; that it could not be read must be known.
static int is_of_the_picture(merit_status status)
{
    return status == MERIT_EFORMAT || status == MERIT_EUNSUPPORTED;
}

// Puts it where it belongs among the first ones; threads find them in any order.
static void add(merit__failures *f, int64_t place, merit_status status,
                const merit_error *why)
{
    int64_t n = f->n < MERIT__PROBLEMS_TOLD ? f->n : MERIT__PROBLEMS_TOLD - 1;
    int64_t at = n;
    f->n++;
    if (f->n > MERIT__PROBLEMS_TOLD && place > f->place[n]) {
        return;
    }
    for (; at > 0 && f->place[at - 1] > place; at--) {
        f->place[at] = f->place[at - 1];
        f->status[at] = f->status[at - 1];
        f->error[at] = f->error[at - 1];
    }
    f->place[at] = place;
    f->status[at] = status;
    f->error[at] = *why;
}

static void note_failure(merit__inspection *p, int64_t place, merit_status status,
                         const merit_error *why)
{
    int is_bad = is_of_the_picture(status);
    pthread_mutex_lock(p->mutex);
    p->gallery->file[place].is_bad = is_bad != 0;
    add(is_bad ? &p->bad : &p->fatal, place, status, why);
    pthread_mutex_unlock(p->mutex);
}

static void inspect(void *context, int64_t place)
{
    merit__inspection *p = context;
    merit_error why = {0};
    merit_status status = merit__gallery_inspect(p->gallery, place, &why);
    if (status != MERIT_OK) {
        note_failure(p, place, status, &why);
    }
}

static void examine(void *context, int64_t place)
{
    merit__inspection *p = context;
    merit_error why = {0};
    merit__gallery *gallery = p->gallery;
    if (gallery->file[place].is_bad) {
        return;
    }
    void *to = place < gallery->n_kept
                   ? p->kept + (size_t)place * gallery->example_bytes
                   : NULL;
    merit_status status = merit__gallery_examine(gallery, place, to, &why);
    if (status != MERIT_OK) {
        note_failure(p, place, status, &why);
    }
}

static void tell(const merit__failures *f, const merit_dataset_options *options,
                 merit_dataset_event_kind kind)
{
    for (int64_t i = 0; i < f->n && i < MERIT__PROBLEMS_TOLD; i++) {
        merit__loading_problem(options, kind, i, f->error[i].message);
    }
    merit__loading_rest(options, kind, f->n);
}

// One is refused with its own message, several with their number and the first.
static merit_status refuse(const merit__failures *f, const merit__inspection *p,
                           const merit_dataset_options *options, const char *what,
                           merit_error *err)
{
    char shown[60], hint[64] = "";
    if (f->n == 1) {
        if (err != NULL) {
            *err = f->error[0];
        }
        return f->status[0];
    }
    tell(f, options, MERIT_DATASET_REFUSED);
    double percent = ceil(100 * (double)f->n / (double)p->gallery->n);
    if (f == &p->bad && percent < 100) {
        snprintf(hint, sizeof hint, " (--bad-samples=skip:%.0f%% leaves them out)",
                 percent);
    }
    return merit__fail(err, f->status[0],
                       "%s: %" PRId64 " of %" PRId64 " pictures %s%s; the first: %s",
                       merit__printable_path(shown, sizeof shown, p->gallery->path),
                       f->n, p->gallery->n, what, hint, f->error[0].message);
}

// Refuses when too many pictures are bad, or one could not be read.
static merit_status judge(const merit__inspection *p,
                          const merit_dataset_options *options, merit_error *err)
{
    int64_t n = p->gallery->n;
    if (p->fatal.n > 0) {
        return refuse(&p->fatal, p, options, "cannot be read", err);
    }
    return (double)p->bad.n <= options->bad_share * (double)n && p->bad.n < n
               ? MERIT_OK
               : refuse(&p->bad, p, options, "are bad", err);
}

// A quarter of the machine's memory, 8 GB at most.
static int64_t default_memory(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    int64_t quarter = pages > 0 && page > 0 ? pages / 4 * page : (int64_t)1 << 30;
    int64_t most = (int64_t)8 << 30;
    return quarter < most ? quarter : most;
}

// Decides how many pictures stay in memory and makes room for them.
static merit_status make_room(merit__inspection *p,
                              const merit_dataset_options *options, merit_error *err)
{
    merit__gallery *gallery = p->gallery;
    int64_t memory =
        options->memory_bytes > 0 ? options->memory_bytes : default_memory();
    int64_t n_fitting = memory / (int64_t)gallery->example_bytes;
    size_t n_sums = (size_t)(gallery->n * gallery->frame.channels);
    gallery->n_kept = n_fitting < gallery->n ? n_fitting : gallery->n;
    size_t n_bytes = (size_t)gallery->n_kept * gallery->example_bytes;
    p->kept = merit__alloc_array(n_bytes, 1);
    gallery->sums = merit__alloc_array(n_sums, sizeof *gallery->sums);
    if (p->kept == NULL || gallery->sums == NULL) {
        return merit__fail_memory(err, n_bytes + n_sums * sizeof *gallery->sums,
                                  "pictures (--memory keeps fewer there)");
    }
    return MERIT_OK;
}

static void for_all(merit__inspection *p, void (*task)(void *context, int64_t place),
                    const merit_dataset_options *options, const char *what)
{
    const merit__gallery *gallery = p->gallery;
    merit__loading loading = merit__loading_begin(options, what, gallery->n);
    merit__in_parallel(gallery->n, gallery->n_threads, task, p, &loading);
}

merit_status merit__inspection_run(merit__inspection *out, merit__gallery *gallery,
                                   const merit_dataset_options *options,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    *out = (merit__inspection){.gallery = gallery};
    out->mutex = &mutex;
    for_all(out, inspect, options, "looking at pictures");
    out->census = merit__census_take(gallery);
    if (out->census.n_good == 0 || out->fatal.n > 0) {
        MERIT_TRY(judge(out, options, err));
    }
    merit__census_choose_frame(gallery, options, &out->census);
    merit__decoder_free_all(gallery); // they were made for headers only
    MERIT_TRY(make_room(out, options, err));
    for_all(out, examine, options, "decoding pictures");
    MERIT_TRY(judge(out, options, err));
    tell(&out->bad, options, MERIT_DATASET_LEFT_OUT);
fail:
    out->mutex = NULL;
    return status;
}

void merit__inspection_dispose(merit__inspection *inspection)
{
    merit__free(inspection->kept);
    inspection->kept = NULL;
}
