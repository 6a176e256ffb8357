#include "data/dataset.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/class_names.h"
#include "data/listing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

merit__storage *merit__storage_create(uint8_t *bytes, float *floats)
{
    merit__storage *storage = merit__alloc_array(1, sizeof *storage);
    if (storage != NULL) {
        atomic_init(&storage->n_users, 1);
        storage->bytes = bytes;
        storage->floats = floats;
    }
    return storage;
}

void merit__storage_release(merit__storage *storage)
{
    if (atomic_fetch_sub(&storage->n_users, 1) == 1) {
        merit__free(storage->bytes);
        merit__free(storage->words);
        merit__free(storage->floats);
        merit__gallery_free(storage->gallery);
        merit__sequences_free(storage->sequences);
        merit__facts_free(storage->facts);
        merit__free(storage);
    }
}

merit_status merit__dataset_create(merit_dataset **out, merit__storage *storage,
                                   const char *path, const char *labels_path,
                                   merit_error *err)
{
    *out = NULL;
    merit_dataset *data = merit__alloc_array(1, sizeof *data);
    if (data == NULL) {
        return merit__fail_memory(err, sizeof *data, "a data set");
    }
    data->storage = storage;
    atomic_fetch_add(&storage->n_users, 1);
    data->path = merit__copy_string(path, strlen(path));
    data->labels_path = merit__copy_string(labels_path, strlen(labels_path));
    if (data->path == NULL || data->labels_path == NULL) {
        merit_dataset_free(data);
        return merit__fail_memory(err, strlen(path) + strlen(labels_path) + 2,
                                  "a data set");
    }
    *out = data;
    return MERIT_OK;
}

void merit_dataset_free(merit_dataset *data)
{
    if (data == NULL) {
        return;
    }
    merit__storage_release(data->storage);
    merit__free(data->index);
    merit__free(data->labels);
    merit__free(data->names);
    merit__free(data->windows);
    merit__free(data->places);
    merit__free(data->class_of);
    merit__free(data->path);
    merit__free(data->labels_path);
    merit__free(data);
}

void merit__dataset_add_note(merit_dataset *data, const char *format, ...)
{
    if (data->n_notes < MERIT__NOTES_MAX) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(data->notes[data->n_notes++], MERIT__NOTE_BYTES, format, arguments);
        va_end(arguments);
    }
}

static int all_same_label(const merit_dataset *data)
{
    int64_t i = 1;
    while (i < data->n && data->labels[i] == data->labels[0]) {
        i++;
    }
    return i == data->n;
}

static int all_same_files(const merit_dataset *data)
{
    const merit__picture_file *file = data->storage->gallery->file;
    const unsigned char *first = file[merit__dataset_place(data, 0)].hash;
    int64_t i = 1;
    while (i < data->n && memcmp(first, file[merit__dataset_place(data, i)].hash,
                                 MERIT__PICTURE_HASH_BYTES) == 0) {
        i++;
    }
    return i == data->n;
}

static int all_same_features(const merit_dataset *data)
{
    const merit__storage *storage = data->storage;
    if (storage->gallery != NULL) {
        return all_same_files(data);
    }
    if (storage->sequences != NULL) {
        return 0;
    }
    const unsigned char *values = storage->bytes != NULL
                                      ? storage->bytes
                                      : (const unsigned char *)storage->floats;
    size_t n_bytes = (size_t)merit__dataset_n_features(data) *
                     (storage->bytes != NULL ? 1 : sizeof(float));
    const unsigned char *first =
        values + (size_t)merit__dataset_place(data, 0) * n_bytes;
    for (int64_t i = 1; i < data->n; i++) {
        const unsigned char *other =
            values + (size_t)merit__dataset_place(data, i) * n_bytes;
        if (memcmp(first, other, n_bytes) != 0) {
            return 0;
        }
    }
    return 1;
}

void merit__dataset_describe(merit_dataset *data)
{
    for (int64_t i = 0; data->labels != NULL && i < data->n; i++) {
        if (data->labels[i] >= data->n_classes) {
            data->n_classes = (int64_t)data->labels[i] + 1;
        }
    }
    if (data->n < 2) {
        return;
    }
    if (data->labels != NULL && all_same_label(data)) {
        char name[64];
        snprintf(name, sizeof name, "%" PRId32, data->labels[0]);
        if (data->labels[0] < data->n_names) {
            merit__printable(name, sizeof name, data->names[data->labels[0]]);
        }
        merit__dataset_add_note(
            data, "All %" PRId64 " labels are %s: there is nothing to tell apart.",
            data->n, name);
    }
    if (all_same_features(data)) {
        merit__dataset_add_note(data,
                                "All %" PRId64
                                " examples have the same features (%" PRId64
                                " values): nothing can be learned from them.",
                                data->n, merit__dataset_n_features(data));
    }
}

merit_status merit_dataset_subset(merit_dataset **out, const merit_dataset *data,
                                  const int64_t *index, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_dataset *subset = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || data == NULL || index == NULL || n < 1) {
        return merit__fail(err, MERIT_EINVAL, "a subset needs at least 1 example");
    }
    MERIT_TRY(merit__dataset_create(&subset, data->storage, data->path,
                                    data->labels_path, err));
    subset->n = n;
    subset->channels = data->channels;
    subset->height = data->height;
    subset->width = data->width;
    subset->index = merit__alloc_array((size_t)n, sizeof *subset->index);
    if (data->labels != NULL) {
        subset->labels = merit__alloc_array((size_t)n, sizeof *subset->labels);
    }
    if (subset->index == NULL || (data->labels != NULL && subset->labels == NULL)) {
        status = merit__fail_memory(err, (size_t)n * sizeof *subset->index, "a subset");
        goto fail;
    }
    if (data->names != NULL) {
        MERIT_TRY(
            merit__class_names_clone(&subset->names, data->names, data->n_names, err));
        subset->n_names = data->n_names;
        subset->n_classes = data->n_classes;
    }
    for (int64_t i = 0; i < n; i++) {
        if (index[i] < 0 || index[i] >= data->n) {
            status = merit__fail(err, MERIT_EINVAL,
                                 "index %" PRId64 " of a subset is %" PRId64
                                 ", expected 0 to %" PRId64,
                                 i, index[i], data->n - 1);
            goto fail;
        }
        subset->index[i] = merit__dataset_place(data, index[i]);
        if (data->labels != NULL) {
            subset->labels[i] = data->labels[index[i]];
        }
    }
    if (data->windows != NULL) {
        MERIT_TRY(merit__dataset_choose_rows(subset, data, index, n, err));
    }
    merit__dataset_describe(subset);
    *out = subset;
    return MERIT_OK;

fail:
    merit_dataset_free(subset);
    return status;
}

int64_t merit__dataset_n_features(const merit_dataset *data)
{
    return data->channels * data->height * data->width;
}

int64_t merit__dataset_place(const merit_dataset *data, int64_t i)
{
    return data->index != NULL ? data->index[i] : i;
}

int64_t merit__dataset_n_units(const merit_dataset *data)
{
    return data->windows != NULL ? data->n_windows : data->n;
}

int64_t merit_dataset_n(const merit_dataset *data)
{
    return data->n;
}

void merit_dataset_shape(const merit_dataset *data, int64_t *channels, int64_t *height,
                         int64_t *width)
{
    *channels = data->channels;
    *height = data->height;
    *width = data->width;
}

// Values of the type that the storage has, as floats.
static void widen(float *out, const merit_dataset *data, const void *values)
{
    int64_t n = merit__dataset_n_features(data);
    for (int64_t i = 0; i < n; i++) {
        out[i] = data->storage->bytes != NULL ? (float)((const uint8_t *)values)[i]
                 : data->storage->words != NULL
                     ? (float)((const uint16_t *)values)[i] / MERIT__WORD_UNIT
                     : ((const float *)values)[i];
    }
}

const void *merit__dataset_values(const merit_dataset *data, int64_t place)
{
    const merit__storage *storage = data->storage;
    int64_t at = place * merit__dataset_n_features(data);
    return storage->bytes != NULL   ? (const void *)(storage->bytes + at)
           : storage->words != NULL ? (const void *)(storage->words + at)
                                    : (const void *)(storage->floats + at);
}

merit_status merit_dataset_example(const merit_dataset *data, int64_t example,
                                   float *values, merit_error *err)
{
    merit__gallery *gallery = data->storage->gallery;
    if (data->windows != NULL) {
        merit__dataset_show_row(data, example, values);
        return MERIT_OK;
    }
    int64_t place = merit__dataset_place(data, example);
    if (gallery == NULL || place < gallery->n_kept) {
        widen(values, data, merit__dataset_values(data, place));
        return MERIT_OK;
    }
    merit__loan loan;
    merit_status status = merit__gallery_borrow(gallery, place, &loan, err);
    if (status == MERIT_OK) {
        widen(values, data, loan.values);
        merit__gallery_return(gallery, &loan);
    }
    return status;
}

const int32_t *merit_dataset_labels(const merit_dataset *data)
{
    return data->labels;
}

int64_t merit_dataset_n_classes(const merit_dataset *data)
{
    return data->n_classes;
}

const char *merit_dataset_path(const merit_dataset *data)
{
    return data->path;
}

const char *merit_dataset_labels_path(const merit_dataset *data)
{
    return data->labels_path;
}

int64_t merit_dataset_n_notes(const merit_dataset *data)
{
    return data->n_notes;
}

const char *merit_dataset_note(const merit_dataset *data, int64_t index)
{
    return index >= 0 && index < data->n_notes ? data->notes[index] : NULL;
}

const char *merit_dataset_file(const merit_dataset *data, int64_t i)
{
    const merit__gallery *gallery = data->storage->gallery;
    return gallery == NULL || i < 0 || i >= data->n
               ? NULL
               : merit__paths_get(&gallery->names,
                                  (size_t)merit__dataset_place(data, i));
}

const char *merit_dataset_schema(const merit_dataset *data)
{
    return data->storage->facts != NULL ? data->storage->facts->schema : NULL;
}

const char *merit_dataset_column(const merit_dataset *data, int64_t column)
{
    const merit__facts *facts = data->storage->facts;
    return facts == NULL || column < 0 || column >= (int64_t)facts->columns.n
               ? NULL
               : merit__paths_get(&facts->columns, (size_t)column);
}

const char *merit_dataset_id(const merit_dataset *data, int64_t i)
{
    const merit__facts *facts = data->storage->facts;
    return facts == NULL || facts->ids.n == 0 || i < 0 || i >= data->n
               ? merit_dataset_file(data, i)
               : merit__paths_get(&facts->ids, (size_t)merit__dataset_place(data, i));
}

merit_fit merit_dataset_fit(const merit_dataset *data)
{
    const merit__gallery *gallery = data->storage->gallery;
    return gallery == NULL ? MERIT_FIT_CROP : gallery->frame.fit;
}

int32_t merit_dataset_is_pictures(const char *path)
{
    enum merit__listing_kind kind = MERIT__NO_PICTURES;
    return merit__listing_kind_of(&kind, path, NULL, NULL) == MERIT_OK &&
           kind != MERIT__NO_PICTURES;
}

int merit__dataset_is_gallery(const merit_dataset *data)
{
    return data->storage->gallery != NULL;
}

double merit_dataset_waited(const merit_dataset *data)
{
    merit__gallery *gallery = data->storage->gallery;
    return gallery == NULL ? 0 : 1e-9 * (double)atomic_load(&gallery->waited_ns);
}

void merit__dataset_announce(const merit_dataset *data, const int64_t *index,
                             int64_t first, int64_t n)
{
    enum { AT_ONCE = 2048 };
    int64_t places[AT_ONCE];
    merit__gallery *gallery = data->storage->gallery;
    if (gallery == NULL || gallery->n_kept == gallery->n) {
        return;
    }
    n = n < AT_ONCE ? n : AT_ONCE;
    for (int64_t i = 0; i < n; i++) {
        places[i] = merit__dataset_place(data, index != NULL ? index[i] : first + i);
    }
    merit__gallery_announce(gallery, places, n);
}
