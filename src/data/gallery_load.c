#include "data/gallery_load.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/processors.h"
#include "data/census.h"
#include "data/class_names.h"
#include "data/gallery.h"
#include "data/in_parallel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_MAX_PIXELS = 4096 };

/* Work on all files of a gallery, and what went wrong. */
typedef struct pass {
    merit__gallery *gallery;
    unsigned char *kept; // pixels that stay in memory, or NULL
    pthread_mutex_t mutex;
    int64_t n_bad;
    int64_t first_bad;   // -1: none
    merit_status status; // of the first bad file, by place
    merit_error error;
    int64_t first_fatal; // -1: none; a failure that is not the picture's
    merit_status fatal_status;
    merit_error fatal_error;
} pass;

// A picture that is no good may be left out; that it could not be read must be known.
static int is_of_the_picture(merit_status status)
{
    return status == MERIT_EFORMAT || status == MERIT_EUNSUPPORTED;
}

static void note_failure(pass *p, int64_t place, merit_status status,
                         const merit_error *why)
{
    pthread_mutex_lock(&p->mutex);
    if (!is_of_the_picture(status)) {
        if (p->first_fatal < 0 || place < p->first_fatal) {
            p->first_fatal = place;
            p->fatal_status = status;
            p->fatal_error = *why;
        }
    } else {
        p->gallery->file[place].is_bad = 1;
        p->n_bad++;
        if (p->first_bad < 0 || place < p->first_bad) {
            p->first_bad = place;
            p->status = status;
            p->error = *why;
        }
    }
    pthread_mutex_unlock(&p->mutex);
}

static void inspect(void *context, int64_t place)
{
    pass *p = context;
    merit_error why = {0};
    merit_status status = merit__gallery_inspect(p->gallery, place, &why);
    if (status != MERIT_OK) {
        note_failure(p, place, status, &why);
    }
}

static void examine(void *context, int64_t place)
{
    pass *p = context;
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

// Refuses when too many pictures are bad, or one could not be read.
static merit_status judge(const pass *p, double bad_share, merit_error *err)
{
    if (p->first_fatal >= 0) {
        if (err != NULL) {
            *err = p->fatal_error;
        }
        return p->fatal_status;
    }
    int64_t n = p->gallery->n;
    if ((double)p->n_bad <= bad_share * (double)n && p->n_bad < n) {
        return MERIT_OK;
    }
    if (p->n_bad == 1) {
        if (err != NULL) {
            *err = p->error;
        }
        return p->status;
    }
    return merit__fail(err, p->status,
                       "%.170s; %" PRId64 " of %" PRId64 " pictures are bad",
                       p->error.message, p->n_bad, n);
}

// A quarter of the machine's memory, 8 GB at most.
static int64_t default_memory(void)
{
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    int64_t quarter = pages > 0 && page > 0 ? pages / 4 * page : (int64_t)1 << 30;
    int64_t most = (int64_t)8 << 30;
    return quarter < most ? quarter : most;
}

static merit_status check_options(const merit_dataset_options *o, merit_error *err)
{
    if (o->channels != 0 && o->channels != 1 && o->channels != 3) {
        return merit__fail(err, MERIT_EINVAL,
                           "pictures of %" PRId64 " channels, expected 1 (grey) or 3",
                           o->channels);
    }
    if (o->height < 0 || o->width < 0 || o->height > SIZE_MAX_PIXELS ||
        o->width > SIZE_MAX_PIXELS) {
        return merit__fail(err, MERIT_EINVAL,
                           "pictures of %" PRId64 "x%" PRId64 ", expected 1 to %d",
                           o->height, o->width, SIZE_MAX_PIXELS);
    }
    if (!(o->bad_share >= 0 && o->bad_share < 1)) {
        return merit__fail(err, MERIT_EINVAL,
                           "the share of bad pictures is %g, expected 0 or more and "
                           "less than 1",
                           o->bad_share);
    }
    if (o->memory_bytes < 0 || o->n_threads < 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "memory or threads for pictures are less than 0");
    }
    return MERIT_OK;
}

// Takes over the names of a listing.
static merit_status set_files(merit__gallery *gallery, merit__listing *listing,
                              const merit_dataset_options *options,
                              enum merit__listing_kind kind, merit_error *err)
{
    gallery->names = listing->names;
    gallery->lines = listing->lines;
    gallery->folder = listing->folder;
    listing->names = (merit__paths){.n = 0};
    listing->lines = NULL;
    listing->folder = -1;
    gallery->n = (int64_t)gallery->names.n;
    // Whoever names a single file may name a link.
    gallery->is_one = kind == MERIT__ONE_PICTURE;
    gallery->follow_links = options->follow_links || gallery->is_one;
    gallery->n_threads =
        options->n_threads > 0 ? options->n_threads : merit__processors();
    gallery->file = merit__alloc_array((size_t)gallery->n, sizeof *gallery->file);
    return gallery->file != NULL
               ? MERIT_OK
               : merit__fail_memory(err, (size_t)gallery->n * sizeof *gallery->file,
                                    "pictures");
}

// Decides how many pictures stay in memory and makes room for them.
static merit_status make_room(pass *p, const merit_dataset_options *options,
                              merit_error *err)
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

// Both passes over the files. p->kept is the caller's in any case.
static merit_status survey(pass *p, const merit_dataset_options *options,
                           merit__census *found, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__gallery *gallery = p->gallery;
    merit__in_parallel(gallery->n, gallery->n_threads, inspect, p);
    *found = merit__census_take(gallery);
    if (found->n_good == 0 || p->first_fatal >= 0) {
        MERIT_TRY(judge(p, options->bad_share, err));
    }
    merit__census_choose_frame(gallery, options, found);
    merit__decoder_free_all(gallery); // they were made for headers only
    MERIT_TRY(make_room(p, options, err));
    merit__in_parallel(gallery->n, gallery->n_threads, examine, p);
    MERIT_TRY(judge(p, options->bad_share, err));
fail:
    return status;
}

static void add_notes(merit_dataset *data, const merit__listing *listing, const pass *p,
                      const merit__census *c, const merit_dataset_options *options)
{
    const merit__gallery *gallery = p->gallery;
    int64_t n_trailing = 0;
    for (int64_t i = 0; i < gallery->n; i++) {
        n_trailing += gallery->file[i].has_trailing;
    }
    if (options->height == 0 && !(gallery->frame.height == c->highest_height &&
                                  gallery->frame.width == c->highest_width)) {
        merit__dataset_add_note(data,
                                "Pictures of %" PRId64 "x%" PRId64 " to %" PRId64
                                "x%" PRId64 " (height x width) become %" PRId64
                                "x%" PRId64 "; --size chooses another size.",
                                c->lowest_height, c->lowest_width, c->highest_height,
                                c->highest_width, gallery->frame.height,
                                gallery->frame.width);
    }
    if (p->n_bad > 0) {
        merit__dataset_add_note(data,
                                "%" PRId64 " of %" PRId64
                                " pictures are bad and left out, first %.140s.",
                                p->n_bad, gallery->n, p->error.message);
    }
    if (n_trailing > 0) {
        merit__dataset_add_note(
            data, "%" PRId64 " pictures have bytes after their end, which are ignored.",
            n_trailing);
    }
    if (listing->n_hidden > 0) {
        merit__dataset_add_note(data,
                                "%" PRId64 " files that systems leave behind (.name, "
                                "Thumbs.db) are ignored.",
                                listing->n_hidden);
    }
    if (listing->n_beside > 0) {
        merit__dataset_add_note(data,
                                "%" PRId64 " files beside the folders of the classes "
                                "are ignored.",
                                listing->n_beside);
    }
    if (gallery->n_kept < gallery->n) {
        merit__dataset_add_note(data,
                                "%" PRId64 " of %" PRId64 " pictures fit into the "
                                "memory for them (--memory); the others are read again "
                                "whenever they are needed.",
                                gallery->n_kept, gallery->n);
    }
}

// The good pictures of the listing, in its order.
static merit_status fill_in(merit_dataset *data, const merit__listing *listing,
                            const pass *p, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__gallery *gallery = p->gallery;
    size_t n = (size_t)(gallery->n - p->n_bad);
    data->n = (int64_t)n;
    data->channels = gallery->frame.channels;
    data->height = gallery->frame.height;
    data->width = gallery->frame.width;
    data->index = merit__alloc_array(n, sizeof *data->index);
    data->labels =
        listing->labels != NULL ? merit__alloc_array(n, sizeof *data->labels) : NULL;
    if (data->index == NULL || (listing->labels != NULL && data->labels == NULL)) {
        return merit__fail_memory(err, n * sizeof *data->index, "pictures");
    }
    for (int64_t place = 0, i = 0; place < gallery->n; place++) {
        if (!gallery->file[place].is_bad) {
            data->index[i] = place;
            if (data->labels != NULL) {
                data->labels[i] = listing->labels[place];
            }
            i++;
        }
    }
    if (data->labels != NULL) {
        MERIT_TRY(merit__class_names_copy(&data->names, &listing->classes, err));
        data->n_names = (int64_t)listing->classes.n;
        data->n_classes = data->n_names;
    }
fail:
    return status;
}

// The data set of what was surveyed; takes over gallery and pixels.
static merit_status assemble(merit_dataset **out, pass *p,
                             const merit__listing *listing, const merit__census *found,
                             const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__gallery *gallery = p->gallery;
    merit_dataset *data = NULL;
    const char *labels_path = listing->labels != NULL ? gallery->path : "";
    merit__storage *storage = merit__storage_create(NULL, NULL);
    if (storage == NULL) {
        return merit__fail_memory(err, sizeof *storage, "a data set");
    }
    storage->gallery = gallery;
    if (gallery->n_bits == 8) {
        storage->bytes = p->kept;
    } else {
        storage->words = (uint16_t *)p->kept;
    }
    p->kept = NULL;
    p->gallery = NULL;
    MERIT_TRY(merit__dataset_create(&data, storage, gallery->path, labels_path, err));
    p->gallery = gallery;
    status = fill_in(data, listing, p, err);
    if (status == MERIT_OK) {
        add_notes(data, listing, p, found, options);
        status = merit__class_names_compare(data, err);
    }
    p->gallery = NULL;
    MERIT_TRY(status);
    merit__dataset_describe(data);
    *out = data;
    data = NULL;
fail:
    merit_dataset_free(data);
    merit__storage_release(storage);
    return status;
}

merit_status merit__gallery_load(merit_dataset **out, const char *path,
                                 enum merit__listing_kind kind,
                                 const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__listing listing = {.folder = -1};
    merit__census found = {.n_good = 0};
    pass p = {.first_bad = -1, .first_fatal = -1};
    pthread_mutex_init(&p.mutex, NULL);
    MERIT_TRY(check_options(options, err));
    MERIT_TRY(merit__listing_read(&listing, path, kind, options, err));
    MERIT_TRY(merit__gallery_create(&p.gallery, path, err));
    MERIT_TRY(set_files(p.gallery, &listing, options, kind, err));
    MERIT_TRY(survey(&p, options, &found, err));
    MERIT_TRY(assemble(out, &p, &listing, &found, options, err));
fail:
    merit__gallery_free(p.gallery);
    merit__free(p.kept);
    merit__listing_dispose(&listing);
    pthread_mutex_destroy(&p.mutex);
    return status;
}
