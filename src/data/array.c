#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "data/reader.h"
#include "merit/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NPY_START_BYTES = 10, NPY_ALIGNMENT = 64, NPY_HEADER_BYTES = 256 };

static const uint64_t max_bytes = UINT64_C(16) << 30;

static merit_status load(merit_array *out, const char *path, enum merit__wanted wanted,
                         merit_error *err)
{
    if (out != NULL) {
        *out = (merit_array){.n_dims = 0};
    }
    if (out == NULL || path == NULL || path[0] == '\0') {
        return merit__fail(err, MERIT_EINVAL, "no file of an array is given");
    }
    merit__values values;
    merit__request request = {.wanted = wanted, .max_bytes = max_bytes};
    merit_status status = merit__values_load(&values, path, &request, err);
    if (status != MERIT_OK) {
        return status;
    }
    out->n_dims = values.n_dims;
    memcpy(out->dims, values.dims, sizeof out->dims);
    if (values.type == MERIT__F32) {
        out->values = values.data;
    } else {
        out->labels = values.data;
    }
    return MERIT_OK;
}

merit_status merit_array_load(merit_array *out, const char *path, merit_error *err)
{
    return load(out, path, MERIT__FLOATS, err);
}

merit_status merit_labels_load(merit_array *out, const char *path, merit_error *err)
{
    return load(out, path, MERIT__LABELS, err);
}

void merit_array_dispose(merit_array *array)
{
    if (array != NULL) {
        merit__free(array->values);
        merit__free(array->labels);
        *array = (merit_array){.n_dims = 0};
    }
}

// Writes the .npy header, version 1.0, into out and returns its length.
static size_t make_header(char out[NPY_HEADER_BYTES], const int64_t *dims,
                          int64_t n_dims)
{
    char *text = out + NPY_START_BYTES;
    size_t room = NPY_HEADER_BYTES - NPY_START_BYTES;
    char order = merit__is_big_endian() ? '>' : '<';
    int n = snprintf(text, room, "{'descr': '%cf4', 'fortran_order': False, 'shape': (",
                     order);
    for (int64_t d = 0; d < n_dims; d++) {
        // One dimension needs its comma to be a tuple.
        n += snprintf(text + n, room - (size_t)n, "%s%" PRId64 "%s", d > 0 ? ", " : "",
                      dims[d], n_dims == 1 ? "," : "");
    }
    n += snprintf(text + n, room - (size_t)n, "), }");
    size_t n_header = NPY_START_BYTES + (size_t)n + 1;
    n_header = (n_header + NPY_ALIGNMENT - 1) / NPY_ALIGNMENT * NPY_ALIGNMENT;
    memset(text + n, ' ', n_header - NPY_START_BYTES - (size_t)n - 1);
    out[n_header - 1] = '\n';
    memcpy(out, "\x93NUMPY\1\0", NPY_START_BYTES - 2);
    out[8] = (char)((n_header - NPY_START_BYTES) & 0xff);
    out[9] = (char)((n_header - NPY_START_BYTES) >> 8);
    return n_header;
}

static merit_status count_bytes(size_t *out, const int64_t *dims, int64_t n_dims,
                                merit_error *err)
{
    size_t n_bytes = sizeof(float);
    if (n_dims < 0 || n_dims > MERIT__DIMS_MAX) {
        return merit__fail(err, MERIT_EINVAL,
                           "an array of %" PRId64 " dimensions, expected 0 to %d",
                           n_dims, MERIT__DIMS_MAX);
    }
    for (int64_t d = 0; d < n_dims; d++) {
        if (dims[d] < 0 || __builtin_mul_overflow(n_bytes, (size_t)dims[d], &n_bytes)) {
            return merit__fail(err, MERIT_EINVAL,
                               "dimension %" PRId64 " of an array is %" PRId64, d,
                               dims[d]);
        }
    }
    *out = n_bytes;
    return MERIT_OK;
}

merit_status merit_array_save(const char *path, const float *values,
                              const int64_t *dims, int64_t n_dims, merit_error *err)
{
    char header[NPY_HEADER_BYTES];
    size_t n_bytes = 0;
    merit__new_file *file = NULL;
    merit_status status = MERIT_OK;
    if (path == NULL || path[0] == '\0' || (dims == NULL && n_dims > 0)) {
        return merit__fail(err, MERIT_EINVAL,
                           "no file or no shape of an array is given");
    }
    MERIT_TRY(count_bytes(&n_bytes, dims, n_dims, err));
    if (values == NULL && n_bytes > 0) {
        return merit__fail(err, MERIT_EINVAL, "no values of an array are given");
    }
    size_t n_header = make_header(header, dims, n_dims);
    MERIT_TRY(merit__new_file_open(&file, path, err));
    status = merit__new_file_write(file, header, n_header, err);
    if (status == MERIT_OK && n_bytes > 0) {
        status = merit__new_file_write(file, values, n_bytes, err);
    }
    if (status != MERIT_OK) {
        merit__new_file_discard(file);
        return status;
    }
    return merit__new_file_commit(file, err);

fail:
    return status;
}
