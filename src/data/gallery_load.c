#include "data/gallery_load.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/processors.h"
#include "data/class_names.h"
#include "data/gallery.h"
#include "data/gallery_inspection.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SIZE_MAX_PIXELS = 4096 };

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

static void note_count(merit_dataset *data, int64_t n, const char *one,
                       const char *many)
{
    if (n > 0) {
        merit__dataset_add_note(data, "%" PRId64 " %s", n, n == 1 ? one : many);
    }
}

static void add_notes(merit_dataset *data, const merit__listing *listing,
                      const merit__inspection *p, const merit_dataset_options *options)
{
    const merit__gallery *gallery = p->gallery;
    const merit__census *c = &p->census;
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
    if (p->bad.n > 0) {
        merit__dataset_add_note(data,
                                "%" PRId64 " of %" PRId64
                                " pictures %s bad and left out, the first: %.140s.",
                                p->bad.n, gallery->n, p->bad.n == 1 ? "is" : "are",
                                p->bad.error[0].message);
    }
    note_count(data, n_trailing, "picture has bytes after its end, which are ignored.",
               "pictures have bytes after their end, which are ignored.");
    note_count(data, listing->n_hidden,
               "file that systems leave behind (.name, Thumbs.db) is ignored.",
               "files that systems leave behind (.name, Thumbs.db) are ignored.");
    note_count(data, listing->n_beside,
               "file beside the folders of the classes is ignored.",
               "files beside the folders of the classes are ignored.");
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
                            const merit__inspection *p, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__gallery *gallery = p->gallery;
    size_t n = (size_t)(gallery->n - p->bad.n);
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

// The data set of what was found; takes over *gallery and the pixels.
static merit_status assemble(merit_dataset **out, merit__gallery **gallery,
                             merit__inspection *p, const merit__listing *listing,
                             const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_dataset *data = NULL;
    merit__storage *storage = merit__storage_create(NULL, NULL);
    if (storage == NULL) {
        return merit__fail_memory(err, sizeof *storage, "a data set");
    }
    storage->gallery = *gallery;
    *gallery = NULL;
    if (storage->gallery->n_bits == 8) {
        storage->bytes = p->kept;
    } else {
        storage->words = (uint16_t *)p->kept;
    }
    p->kept = NULL;
    const char *path = storage->gallery->path;
    MERIT_TRY(merit__dataset_create(&data, storage, path,
                                    listing->labels != NULL ? path : "", err));
    MERIT_TRY(fill_in(data, listing, p, err));
    // Of a few pictures of each class, whole classes may be missing anyway.
    if (p->bad.n > 0 && data->labels != NULL && options->first == 0) {
        MERIT_TRY(merit__listing_check_classes(listing, data->labels, data->n, path,
                                               options, err));
    }
    add_notes(data, listing, p, options);
    MERIT_TRY(merit__class_names_compare(data, err));
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
    merit__gallery *gallery = NULL;
    merit__inspection inspection = {.kept = NULL};
    MERIT_TRY(check_options(options, err));
    MERIT_TRY(merit__listing_read(&listing, path, kind, options, err));
    MERIT_TRY(merit__gallery_create(&gallery, path, err));
    MERIT_TRY(set_files(gallery, &listing, options, kind, err));
    MERIT_TRY(merit__inspection_run(&inspection, gallery, options, err));
    MERIT_TRY(assemble(out, &gallery, &inspection, &listing, options, err));
fail:
    merit__gallery_free(gallery);
    merit__inspection_dispose(&inspection);
    merit__listing_dispose(&listing);
    return status;
}
