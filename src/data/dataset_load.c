#include "base/alloc.h"
#include "base/fail.h"
#include "data/dataset.h"
#include "data/dataset_text.h"
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

/* What was read, on its way into a data set. */
typedef struct parts {
    merit__values features, labels;
    merit__table table;       // what text says beside the features
    merit__table label_table; // labels that are text
    char *labels_path;        // NULL without a file of labels
} parts;

static void dispose(parts *p)
{
    merit__values_dispose(&p->features);
    merit__values_dispose(&p->labels);
    merit__table_dispose(&p->table);
    merit__table_dispose(&p->label_table);
    merit__free(p->labels_path);
}

// Labels in the same archive: the member that was named, or is called as such are.
static merit_status find_labels_inside(char **out, const merit__stream *stream,
                                       const char *path,
                                       const merit_dataset_options *options,
                                       merit_error *err)
{
    const char *member = options->label_column != NULL ? options->label_column
                                                       : merit__stream_labels(stream);
    if (merit__stream_member(stream) == NULL || member == NULL ||
        options->labels != NULL || options->no_labels) {
        return MERIT_OK;
    }
    *out = merit__stream_beside(stream, path, member);
    return *out != NULL ? MERIT_OK
                        : merit__fail_memory(err, strlen(path) + strlen(member) + 2,
                                             "the path of the labels");
}

static merit_status load_features(parts *p, const char *path,
                                  const merit_dataset_options *options,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    int is_text = 0;
    merit__request request = make_request(options, MERIT__FEATURES);
    merit__member_wish member = {.part = MERIT__PART_FEATURES,
                                 .no_member = options->label_column};
    MERIT_TRY(
        merit__stream_open_member(&stream, path, &member, request.max_bytes, err));
    MERIT_TRY(merit__stream_is_text(&is_text, stream, err));
    MERIT_TRY(is_text
                  ? merit__text_features(&p->features, &p->table, stream, options, err)
                  : merit__values_from(&p->features, stream, &request, err));
    if (!is_text) {
        MERIT_TRY(find_labels_inside(&p->labels_path, stream, path, options, err));
    }
fail:
    merit__stream_close(stream);
    return status;
}

static merit_status load_labels(parts *p, const merit_dataset_options *options,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    int is_text = 0;
    merit__request request = make_request(options, MERIT__LABELS);
    merit__member_wish member = {.part = MERIT__PART_LABELS,
                                 .name = options->label_column};
    MERIT_TRY(merit__stream_open_member(&stream, p->labels_path, &member,
                                        request.max_bytes, err));
    MERIT_TRY(merit__stream_is_text(&is_text, stream, err));
    MERIT_TRY(is_text ? merit__text_labels(&p->label_table, stream, options, err)
                      : merit__values_from(&p->labels, stream, &request, err));
fail:
    merit__stream_close(stream);
    return status;
}

// Text is read no further than it is needed; of the others the headers say how many.
static merit_status check_label_count(const parts *p, const char *path,
                                      merit_error *err)
{
    char shown[80];
    char labels_shown[80];
    int is_text = p->table.n_rows > 0 || p->label_table.n_rows > 0;
    int64_t n_labels = p->label_table.n_rows > 0 ? p->label_table.n_rows
                       : is_text                 ? p->labels.n_rows
                                                 : p->labels.dims[0];
    int64_t n = is_text ? p->features.n_rows : p->features.dims[0];
    if (n_labels == n) {
        return MERIT_OK;
    }
    return merit__fail(
        err, MERIT_EFORMAT,
        "%s: has %" PRId64 " labels, but %s has %" PRId64 " examples",
        merit__printable_path(labels_shown, sizeof labels_shown, p->labels_path),
        n_labels, merit__printable_path(shown, sizeof shown, path), n);
}

// N x F is F channels of 1 x 1, N x H x W one channel; as signals one of length F, and
// H of length W.
static void set_shape(merit_dataset *data, const merit__values *features,
                      int are_signals)
{
    const int64_t *dims = features->dims;
    data->n = features->n_rows;
    data->channels = features->n_dims == 3 ? 1 : dims[1];
    data->height = features->n_dims > 2 ? dims[features->n_dims - 2] : 1;
    data->width = features->n_dims > 2 ? dims[features->n_dims - 1] : 1;
    if (are_signals && features->n_dims == 2) {
        data->channels = 1;
        data->width = dims[1];
    } else if (are_signals && features->n_dims == 3) {
        data->channels = dims[1];
        data->height = 1;
    }
}

static void tell_unknown(merit_dataset *data, const merit__table *table)
{
    if (table->n_unknown > 0) {
        merit__dataset_add_note(
            data,
            "%" PRId64 " column%s left out, since nothing was learned from %s: %s",
            table->n_unknown, table->n_unknown == 1 ? " is" : "s are",
            table->n_unknown == 1 ? "it" : "them", table->unknown);
    }
}

// Moves what was read into a data set.
static merit_status assemble(merit_dataset **out, parts *p, const char *path,
                             const merit_dataset_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_dataset *data = NULL;
    int is_bytes = p->features.type == MERIT__U8;
    int has_label_table = p->labels_path != NULL && p->label_table.n_rows > 0;
    merit__table *labelled = has_label_table ? &p->label_table : &p->table;
    const char *labels_path = p->labels_path != NULL    ? p->labels_path
                              : labelled->label != NULL ? path
                                                        : "";
    merit__storage *storage = merit__storage_create(is_bytes ? p->features.data : NULL,
                                                    is_bytes ? NULL : p->features.data);
    if (storage == NULL) {
        return merit__fail_memory(err, sizeof *storage, "a data set");
    }
    p->features.data = NULL;
    storage->facts = p->table.facts;
    p->table.facts = NULL;
    MERIT_TRY(merit__dataset_create(&data, storage, path, labels_path, err));
    set_shape(data, &p->features, options->signals);
    if (p->labels.data != NULL) {
        data->labels = p->labels.data;
        p->labels.data = NULL;
    } else if (labelled->label != NULL) {
        MERIT_TRY(merit__dataset_take_labels(data, labelled, err));
    }
    merit__dataset_describe(data);
    tell_unknown(data, &p->table);
    *out = data;
    data = NULL;
fail:
    merit_dataset_free(data);
    merit__storage_release(storage);
    return status;
}

merit_status merit_dataset_load(merit_dataset **out, const char *path,
                                const merit_dataset_options *options, merit_error *err)
{
    static const merit_dataset_options no_options = {.labels = NULL};
    merit_status status = MERIT_OK;
    parts p = {.labels_path = NULL};
    int is_sequences = 0;
    enum merit__listing_kind kind = MERIT__NO_PICTURES;
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
    MERIT_TRY(merit__listing_kind_of(&kind, path, options, err));
    if (kind != MERIT__NO_PICTURES) {
        return merit__gallery_load(out, path, kind, options, err);
    }
    MERIT_TRY(load_features(&p, path, options, err));
    if (p.labels_path == NULL) {
        MERIT_TRY(find_labels(&p.labels_path, path, options, err));
    }
    if (p.labels_path != NULL) {
        MERIT_TRY(load_labels(&p, options, err));
        MERIT_TRY(check_label_count(&p, path, err));
    }
    MERIT_TRY(assemble(out, &p, path, options, err));

fail:
    dispose(&p);
    return status;
}
