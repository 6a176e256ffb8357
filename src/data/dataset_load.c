#include "base/alloc.h"
#include "base/fail.h"
#include "data/dataset.h"
#include "data/gallery_load.h"
#include "data/labels_beside.h"
#include "data/reader.h"

#include <inttypes.h>
#include <string.h>

static const uint64_t default_max_bytes = UINT64_C(16) << 30;

static merit_status check_options(const merit_dataset_options *options,
                                  merit_error *err)
{
    if (options->first < 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "first is %" PRId64 ", expected 0 or more", options->first);
    }
    if (options->max_bytes < 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "max_bytes is %" PRId64 ", expected 0 or more",
                           options->max_bytes);
    }
    if (options->labels != NULL && options->no_labels) {
        return merit__fail(err, MERIT_EINVAL,
                           "labels are given and no_labels is set; choose one");
    }
    if (options->labels != NULL && options->labels[0] == '\0') {
        return merit__fail(err, MERIT_EINVAL, "the path of the labels is empty");
    }
    return MERIT_OK;
}

static merit__request make_request(const merit_dataset_options *options,
                                   enum merit__wanted wanted)
{
    uint64_t limit = (uint64_t)options->max_bytes;
    return (merit__request){
        .wanted = wanted,
        .allow_trailing = options->allow_trailing != 0,
        .nonfinite_zero = options->nonfinite_zero != 0,
        .first = options->first,
        .max_bytes = limit > 0 ? limit : default_max_bytes,
    };
}

// The path of the labels in memory of its own; NULL in *out for none.
static merit_status find_labels(char **out, const char *path,
                                const merit_dataset_options *options, merit_error *err)
{
    *out = NULL;
    if (options->no_labels) {
        return MERIT_OK;
    }
    if (options->labels == NULL) {
        return merit__labels_beside(out, path, err);
    }
    *out = merit__copy_string(options->labels, strlen(options->labels));
    return *out != NULL ? MERIT_OK
                        : merit__fail_memory(err, strlen(options->labels) + 1,
                                             "the path of the labels");
}

static merit_status load_labels(merit__values *labels, const char *labels_path,
                                const merit__values *features, const char *path,
                                const merit_dataset_options *options, merit_error *err)
{
    char shown[80];
    char labels_shown[80];
    merit__request request = make_request(options, MERIT__LABELS);
    merit_status status = merit__values_load(labels, labels_path, &request, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (labels->dims[0] != features->dims[0]) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s: has %" PRId64 " labels, but %s has %" PRId64 " examples",
            merit__printable_path(labels_shown, sizeof labels_shown, labels_path),
            labels->dims[0], merit__printable_path(shown, sizeof shown, path),
            features->dims[0]);
    }
    return MERIT_OK;
}

// N x F is F channels of 1 x 1, N x H x W one channel.
static void set_shape(merit_dataset *data, const merit__values *features)
{
    const int64_t *dims = features->dims;
    data->n = features->n_rows;
    data->channels = features->n_dims == 3 ? 1 : dims[1];
    data->height = features->n_dims > 2 ? dims[features->n_dims - 2] : 1;
    data->width = features->n_dims > 2 ? dims[features->n_dims - 1] : 1;
}

// Moves what was read into a data set.
static merit_status assemble(merit_dataset **out, merit__values *features,
                             merit__values *labels, const char *path,
                             const char *labels_path, merit_error *err)
{
    int is_bytes = features->type == MERIT__U8;
    merit__storage *storage = merit__storage_create(is_bytes ? features->data : NULL,
                                                    is_bytes ? NULL : features->data);
    if (storage == NULL) {
        return merit__fail_memory(err, sizeof *storage, "a data set");
    }
    features->data = NULL;
    merit_status status = merit__dataset_create(out, storage, path, labels_path, err);
    if (status == MERIT_OK) {
        set_shape(*out, features);
        (*out)->labels = labels->data;
        labels->data = NULL;
        merit__dataset_describe(*out);
    }
    merit__storage_release(storage);
    return status;
}

merit_status merit_dataset_load(merit_dataset **out, const char *path,
                                const merit_dataset_options *options, merit_error *err)
{
    static const merit_dataset_options no_options = {.labels = NULL};
    merit_status status = MERIT_OK;
    merit__values features = {.data = NULL};
    merit__values labels = {.data = NULL};
    char *labels_path = NULL;
    int is_sequences = 0;
    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || path == NULL || path[0] == '\0') {
        return merit__fail(err, MERIT_EINVAL, "no file of examples is given");
    }
    options = options != NULL ? options : &no_options;
    MERIT_TRY(check_options(options, err));
    MERIT_TRY(merit__sequences_probe(&is_sequences, path, err));
    if (options->task != MERIT_TASK_NONE || is_sequences) {
        return merit__sequences_load(out, path, options, err);
    }
    enum merit__listing_kind kind = merit__listing_kind_of(path);
    if (kind != MERIT__NO_PICTURES) {
        return merit__gallery_load(out, path, kind, options, err);
    }
    merit__request request = make_request(options, MERIT__FEATURES);
    MERIT_TRY(merit__values_load(&features, path, &request, err));
    MERIT_TRY(find_labels(&labels_path, path, options, err));
    if (labels_path != NULL) {
        MERIT_TRY(load_labels(&labels, labels_path, &features, path, options, err));
    }
    MERIT_TRY(assemble(out, &features, &labels, path,
                       labels_path != NULL ? labels_path : "", err));

fail:
    merit__values_dispose(&features);
    merit__values_dispose(&labels);
    merit__free(labels_path);
    return status;
}
