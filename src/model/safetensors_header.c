#include "model/safetensors_file.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "model/json_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char metadata_key[] = "__metadata__";

// The header, its members, and the arrays in each.
static const merit__json_limits header_limits = {
    .max_depth = 3,
    .max_opened = 2 + 3 * (MERIT__TENSORS_LIMIT + 1),
};

enum { NAME_SHOWN_BYTES = 64 };

static int compare_views(const void *left, const void *right)
{
    const merit__tensor_view *const *a = left;
    const merit__tensor_view *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static merit_status parse_text(merit__safetensors *file, const char *header, size_t n,
                               merit_error *err)
{
    merit_error why = {0};
    merit_status status =
        merit__json_parse(&file->header, header, n, &header_limits, &why);
    if (status == MERIT_EFORMAT) {
        return merit__fail(err, MERIT_EMODEL, "%s: header, %s", file->path,
                           why.message);
    }
    if (status != MERIT_OK) {
        return merit__fail(err, status, "%s: %s", file->path, why.message);
    }
    return MERIT_OK;
}

static merit_status fill_metadata(merit__safetensors *file, merit_error *err)
{
    json_t *metadata = json_object_get(file->header, metadata_key);
    if (metadata != NULL && !json_is_object(metadata)) {
        return merit__fail(err, MERIT_EMODEL, "%s: %s: expected an object", file->path,
                           metadata_key);
    }
    size_t n = json_object_size(metadata);
    file->metadata = merit__alloc_array(n, sizeof *file->metadata);
    if (file->metadata == NULL) {
        return merit__fail_memory(err, n * sizeof *file->metadata, "metadata");
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            char shown[NAME_SHOWN_BYTES];
            return merit__fail(err, MERIT_EMODEL, "%s: %s, \"%s\": expected a string",
                               file->path, metadata_key,
                               merit__printable(shown, sizeof shown, key));
        }
        file->metadata[file->n_metadata++] =
            (merit__metadata_entry){.key = key, .value = json_string_value(value)};
    }
    qsort(file->metadata, n, sizeof *file->metadata, merit__metadata_compare);
    return MERIT_OK;
}

// An array of n non-negative integers into numbers; -1 when it is anything else.
static int read_integers(int64_t *numbers, const json_t *array, size_t n)
{
    if (!json_is_array(array) || json_array_size(array) != n) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(array, i);
        if (!json_is_integer(number) || json_integer_value(number) < 0) {
            return -1;
        }
        numbers[i] = json_integer_value(number);
    }
    return 0;
}

enum { REASON_BYTES = 128 };

// Type and shape of a tensor and its bytes; -1 and the reason when they are wrong.
static int read_shape(char reason[REASON_BYTES], merit__tensor_view *view,
                      const json_t *description)
{
    const char *dtype = json_string_value(json_object_get(description, "dtype"));
    const json_t *shape = json_object_get(description, "shape");
    char shown[24];
    merit__printable(shown, sizeof shown, dtype == NULL ? "none" : dtype);
    if (dtype == NULL || strlen(dtype) >= sizeof view->dtype) {
        snprintf(reason, REASON_BYTES, "dtype: expected F32, F64, I64 or U8, found %s",
                 shown);
        return -1;
    }
    memcpy(view->dtype, dtype, strlen(dtype) + 1);
    view->n_dims = (int64_t)json_array_size(shape);
    if (view->n_dims > MERIT__DIMS_LIMIT ||
        read_integers(view->dims, shape, (size_t)view->n_dims) != 0) {
        snprintf(reason, REASON_BYTES, "shape: expected at most %d sizes",
                 MERIT__DIMS_LIMIT);
        return -1;
    }
    if (merit__tensor_bytes(&view->n_bytes, view) != 0) {
        snprintf(reason, REASON_BYTES,
                 "dtype %s or shape: expected F32, F64, I64 or U8 and sizes from 1 to "
                 "2147483647",
                 shown);
        return -1;
    }
    return 0;
}

// One tensor, which must begin where the one before it ended and move *end on; -1 and
// the reason when it is wrong.
static int read_tensor(char reason[REASON_BYTES], merit__tensor_view *view, size_t *end,
                       const json_t *description)
{
    int64_t offsets[2] = {-1, -1};
    size_t begin = *end;
    if (json_object_size(description) != 3) {
        snprintf(reason, REASON_BYTES, "expected dtype, shape and data_offsets only");
        return -1;
    }
    if (read_shape(reason, view, description) != 0) {
        return -1;
    }
    if (__builtin_add_overflow(*end, view->n_bytes, end)) {
        snprintf(reason, REASON_BYTES, "shape: sizes overflow");
        return -1;
    }
    if (read_integers(offsets, json_object_get(description, "data_offsets"), 2) != 0 ||
        (uint64_t)offsets[0] != begin || (uint64_t)offsets[1] != *end) {
        snprintf(reason, REASON_BYTES,
                 "data_offsets: expected [%zu,%zu], found [%jd,%jd]", begin, *end,
                 (intmax_t)offsets[0], (intmax_t)offsets[1]);
        return -1;
    }
    return 0;
}

static merit_status fill_tensors(merit__safetensors *file, size_t *end,
                                 merit_error *err)
{
    const char *name = NULL;
    json_t *description = NULL;
    *end = 0;
    json_object_foreach(file->header, name, description)
    {
        if (strcmp(name, metadata_key) == 0) {
            continue;
        }
        merit__tensor_view *view = &file->tensors[file->n_tensors];
        view->name = name;
        char reason[REASON_BYTES];
        if (read_tensor(reason, view, end, description) != 0) {
            char shown[NAME_SHOWN_BYTES];
            return merit__fail(err, MERIT_EMODEL, "%s: tensor \"%s\", %s", file->path,
                               merit__printable(shown, sizeof shown, name), reason);
        }
        file->by_name[file->n_tensors++] = view;
    }
    qsort(file->by_name, file->n_tensors, sizeof file->by_name[0], compare_views);
    return MERIT_OK;
}

merit_status merit__safetensors_parse(merit__safetensors *file, const char *header,
                                      size_t n, size_t n_data_bytes, merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t end = 0;
    MERIT_TRY(parse_text(file, header, n, err));
    MERIT_TRY(fill_metadata(file, err));
    size_t n_members = json_object_size(file->header);
    if (n_members > MERIT__TENSORS_LIMIT + 1) {
        return merit__fail(err, MERIT_EMODEL, "%s: %zu tensors, the limit is %d",
                           file->path, n_members, MERIT__TENSORS_LIMIT);
    }
    file->tensors = merit__alloc_array(n_members, sizeof *file->tensors);
    file->by_name = merit__alloc_array(n_members, sizeof *file->by_name);
    if (file->tensors == NULL || file->by_name == NULL) {
        return merit__fail_memory(err, n_members * sizeof *file->tensors, "tensors");
    }
    MERIT_TRY(fill_tensors(file, &end, err));
    if (end > n_data_bytes) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s: has %zu of %zu bytes of tensors (truncated copy?)",
                           file->path, n_data_bytes, end);
    }
    if (end < n_data_bytes) {
        return merit__fail(err, MERIT_EMODEL, "%s: %zu bytes after the last tensor",
                           file->path, n_data_bytes - end);
    }

fail:
    return status;
}
