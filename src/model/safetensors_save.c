#include "model/safetensors_file.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "numbers are stored as they lie in memory; the format is little-endian");

enum { LENGTH_BYTES = 8 };

static merit_status check_text(const char *text, const char *what, merit_error *err)
{
    return merit__is_utf8(text)
               ? MERIT_OK
               : merit__fail(err, MERIT_EINVAL, "%s: not UTF-8: %s", what, text);
}

// Copies the entries in the order of their keys and checks them.
static merit_status sort_metadata(merit__metadata_entry *sorted,
                                  const merit__metadata_entry *metadata, size_t n,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    if (n > 0) {
        memcpy(sorted, metadata, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, merit__metadata_compare);
    }
    for (size_t i = 0; i < n; i++) {
        MERIT_TRY(check_text(sorted[i].key, "a key of metadata", err));
        MERIT_TRY(check_text(sorted[i].value, sorted[i].key, err));
        if (strcmp(sorted[i].key, "sha256") == 0 ||
            (i > 0 && strcmp(sorted[i - 1].key, sorted[i].key) == 0)) {
            return merit__fail(err, MERIT_EINVAL, "metadata: \"%s\" is given twice",
                               sorted[i].key);
        }
    }

fail:
    return status;
}

static merit_status check_tensor(const merit__tensor_view *tensor, merit_error *err)
{
    size_t n_bytes = 0;
    if (merit__tensor_bytes(&n_bytes, tensor) != 0 || n_bytes != tensor->n_bytes ||
        strcmp(tensor->name, "__metadata__") == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "tensor \"%s\": name, type, shape and bytes do not fit",
                           tensor->name);
    }
    int64_t index = merit__tensor_nonfinite(tensor);
    if (index >= 0) {
        return merit__fail(
            err, MERIT_ENUMERIC,
            "tensor \"%s\", value %jd is not finite; nothing was written", tensor->name,
            (intmax_t)index);
    }
    return check_text(tensor->name, "the name of a tensor", err);
}

static json_t *make_array(const int64_t *numbers, int64_t n)
{
    json_t *array = json_array();
    for (int64_t i = 0; i < n; i++) {
        if (json_array_append_new(array, json_integer(numbers[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

// Adds a tensor that begins at *offset and moves that to its end; -1 without memory.
// Jansson's setters take NULL for a failure before them.
static int add_tensor(json_t *header, const merit__tensor_view *tensor, int64_t *offset)
{
    const int64_t offsets[2] = {*offset, *offset + (int64_t)tensor->n_bytes};
    *offset = offsets[1];
    json_t *description = json_object();
    int failed =
        json_object_set_new(description, "dtype", json_string(tensor->dtype)) != 0 ||
        json_object_set_new(description, "shape",
                            make_array(tensor->dims, tensor->n_dims)) != 0 ||
        json_object_set_new(description, "data_offsets", make_array(offsets, 2)) != 0 ||
        json_object_set(header, tensor->name, description) != 0;
    json_decref(description);
    return failed ? -1 : 0;
}

static int add_metadata(json_t *header, const merit__metadata_entry *sorted, size_t n,
                        const char *hash)
{
    json_t *metadata = json_object();
    int failed = json_object_set(header, "__metadata__", metadata) != 0;
    for (size_t i = 0; i < n && !failed; i++) {
        failed = json_object_set_new(metadata, sorted[i].key,
                                     json_string(sorted[i].value)) != 0;
    }
    failed = failed || json_object_set_new(metadata, "sha256", json_string(hash)) != 0;
    json_decref(metadata);
    return failed ? -1 : 0;
}

static merit_status make_header(json_t **out, const merit__tensor_view *tensors,
                                size_t n_tensors, const merit__metadata_entry *sorted,
                                size_t n_metadata, const char *hash, merit_error *err)
{
    int64_t offset = 0;
    json_t *header = json_object();
    int failed = add_metadata(header, sorted, n_metadata, hash) != 0;
    *out = NULL;
    for (size_t i = 0; i < n_tensors && !failed; i++) {
        if (json_object_get(header, tensors[i].name) != NULL) {
            json_decref(header);
            return merit__fail(err, MERIT_EINVAL, "two tensors have the name \"%s\"",
                               tensors[i].name);
        }
        failed = add_tensor(header, &tensors[i], &offset) != 0;
    }
    if (failed) {
        json_decref(header);
        return merit__fail_memory(err, n_tensors * sizeof *tensors, "a header");
    }
    *out = header;
    return MERIT_OK;
}

static merit_status check_count(size_t n_tensors, merit_error *err)
{
    return n_tensors <= MERIT__TENSORS_LIMIT
               ? MERIT_OK
               : merit__fail(err, MERIT_ENOMEM, "%zu tensors, the limit is %d",
                             n_tensors, MERIT__TENSORS_LIMIT);
}

// The bytes before the first tensor: length, n_text bytes of header, spaces.
static size_t pad_start(size_t n_text)
{
    const size_t mask = MERIT__DATA_ALIGNMENT_BYTES - 1;
    return (LENGTH_BYTES + n_text + mask) & ~mask;
}

static merit_status measure_start(size_t *n_start, size_t n_text, merit_error *err)
{
    *n_start = pad_start(n_text);
    if (*n_start - LENGTH_BYTES > MERIT__HEADER_BYTES_LIMIT) {
        return merit__fail(err, MERIT_ENOMEM,
                           "metadata, names and shapes need a header of %zu bytes, "
                           "the limit is %d",
                           *n_start - LENGTH_BYTES, MERIT__HEADER_BYTES_LIMIT);
    }
    return MERIT_OK;
}

// The whole file in one buffer that the caller frees.
static merit_status make_file(char **out, size_t *n_bytes, const json_t *header,
                              const merit__tensor_view *tensors, size_t n_tensors,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n_text = json_dumpb(header, NULL, 0, JSON_COMPACT);
    size_t n_start = 0;
    *out = NULL;
    MERIT_TRY(measure_start(&n_start, n_text, err));
    size_t n = n_start;
    int overflow = 0;
    for (size_t i = 0; i < n_tensors; i++) {
        overflow |= __builtin_add_overflow(n, tensors[i].n_bytes, &n);
    }
    char *bytes = overflow ? NULL : merit__alloc_array(n, 1);
    if (bytes == NULL || n_text == 0 ||
        json_dumpb(header, bytes + LENGTH_BYTES, n_text, JSON_COMPACT) != n_text) {
        merit__free(bytes);
        return merit__fail_memory(err, n, "a file to write");
    }
    uint64_t length = n_start - LENGTH_BYTES;
    memcpy(bytes, &length, LENGTH_BYTES);
    memset(bytes + LENGTH_BYTES + n_text, ' ', length - n_text);
    char *to = bytes + n_start;
    for (size_t i = 0; i < n_tensors; i++) {
        memcpy(to, tensors[i].data, tensors[i].n_bytes);
        to += tensors[i].n_bytes;
    }
    *out = bytes;
    *n_bytes = n;

fail:
    return status;
}

merit_status merit__safetensors_measure(size_t *n_bytes,
                                        const merit__tensor_view *tensors,
                                        size_t n_tensors,
                                        const merit__metadata_entry *metadata,
                                        size_t n_metadata, merit_error *err)
{
    // As long as a hash; the order of the metadata does not matter either.
    static const char no_hash[] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    merit_status status = MERIT_OK;
    json_t *header = NULL;
    MERIT_TRY(check_count(n_tensors, err));
    MERIT_TRY(
        make_header(&header, tensors, n_tensors, metadata, n_metadata, no_hash, err));
    size_t n_text = json_dumpb(header, NULL, 0, JSON_COMPACT);
    if (n_text == 0) {
        status = merit__fail_memory(err, n_tensors * sizeof *tensors, "a header");
        goto fail;
    }
    *n_bytes = pad_start(n_text) - LENGTH_BYTES;

fail:
    json_decref(header);
    return status;
}

merit_status merit__safetensors_save(const char *path,
                                     const merit__tensor_view *tensors,
                                     size_t n_tensors,
                                     const merit__metadata_entry *metadata,
                                     size_t n_metadata, char hash[65], merit_error *err)
{
    merit_status status = MERIT_OK;
    char own_hash[65];
    char *bytes = NULL;
    size_t n_bytes = 0;
    json_t *header = NULL;
    merit__metadata_entry *sorted = merit__alloc_array(n_metadata, sizeof *sorted);
    if (sorted == NULL) {
        status = merit__fail_memory(err, n_metadata * sizeof *sorted, "metadata");
        goto fail;
    }
    MERIT_TRY(check_count(n_tensors, err));
    MERIT_TRY(sort_metadata(sorted, metadata, n_metadata, err));
    for (size_t i = 0; i < n_tensors; i++) {
        MERIT_TRY(check_tensor(&tensors[i], err));
    }
    merit__safetensors_hash(own_hash, sorted, n_metadata, tensors, n_tensors);
    MERIT_TRY(
        make_header(&header, tensors, n_tensors, sorted, n_metadata, own_hash, err));
    MERIT_TRY(make_file(&bytes, &n_bytes, header, tensors, n_tensors, err));
    MERIT_TRY(merit__file_replace(path, bytes, n_bytes, err));
    if (hash != NULL) {
        memcpy(hash, own_hash, sizeof own_hash);
    }

fail:
    json_decref(header);
    merit__free(bytes);
    merit__free(sorted);
    return status;
}
