#include "data/values.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 65536, LABELS_AT_ONCE = 256 };

// Beyond this, differences and squares of features would leave the range of float.
static const float largest_feature = 1e37f;

/* One reading in progress. */
typedef struct reading {
    merit__stream *stream;
    const merit__layout *layout;
    const merit__request *request;
    const char *name;
    merit__sizes sizes;
    uint64_t data_offset; // where the values begin
    enum merit__value_type type;
    size_t item_bytes; // of a value in memory
    size_t n_kept;     // values in the rows that are kept
    unsigned char *data;
    size_t n_capacity, n_done; // values
    int64_t n_bad_labels, bad_label_at;
    double bad_label; // the first one
    unsigned char raw[CHUNK_BYTES];
} reading;

static merit_status fail_short(const reading *r, const char *verb, uint64_t n_there,
                               merit_error *err)
{
    char text[MERIT__LAYOUT_TEXT_BYTES];
    uint64_t n_row_bytes = (uint64_t)r->sizes.n_row * r->layout->element->n_bytes;
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: header says %s (%" PRIu64 " bytes), the file %s %" PRIu64
                       " (%" PRIu64 " bytes). Is the download complete?",
                       r->name, merit__layout_text(text, r->layout, r->request->wanted),
                       r->sizes.n_bytes, verb, n_there / n_row_bytes, n_there);
}

// n_more == 0: nobody knows how many.
static merit_status fail_long(const reading *r, uint64_t n_more, merit_error *err)
{
    char text[MERIT__LAYOUT_TEXT_BYTES];
    char more[48] = "more bytes";
    if (n_more > 0) {
        snprintf(more, sizeof more, "%" PRIu64 " byte%s", n_more,
                 n_more > 1 ? "s" : "");
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s, byte %" PRIu64
                       ": header says %s, but the file has %s after "
                       "them",
                       r->name, r->data_offset + r->sizes.n_bytes,
                       merit__layout_text(text, r->layout, r->request->wanted), more);
}

// Compares what the header says with what the file can hold and with the limit.
static merit_status check_sizes(const reading *r, merit_error *err)
{
    int is_exact = 0;
    uint64_t n_there = merit__stream_most(r->stream, &is_exact);
    if (r->sizes.n_bytes > n_there) {
        return fail_short(r, is_exact ? "holds" : "can hold at most", n_there, err);
    }
    if (is_exact && n_there > r->sizes.n_bytes && !r->request->allow_trailing) {
        return fail_long(r, n_there - r->sizes.n_bytes, err);
    }
    size_t n_values = r->layout->is_column_order ? r->sizes.n_values : r->n_kept;
    uint64_t n_needed = (uint64_t)n_values * r->item_bytes;
    if (n_needed > r->request->max_bytes) {
        return merit__fail(err, MERIT_ENOMEM,
                           "%s: needs %" PRIu64
                           " bytes of memory, the limit is %" PRIu64,
                           r->name, n_needed, r->request->max_bytes);
    }
    return MERIT_OK;
}

// Makes room for n_wanted values out of n_final that are announced.
static merit_status reserve(reading *r, size_t n_wanted, size_t n_final,
                            merit_error *err)
{
    if (n_wanted <= r->n_capacity) {
        return MERIT_OK;
    }
    int is_exact = 0;
    merit__stream_most(r->stream, &is_exact);
    size_t n = r->n_capacity > n_final / 2 ? n_final : 2 * r->n_capacity;
    n = is_exact ? n_final : n > n_wanted ? n : n_wanted;
    unsigned char *grown = merit__alloc_array(n, r->item_bytes);
    if (grown == NULL) {
        return merit__fail_memory(err, n * r->item_bytes, r->name);
    }
    if (r->data != NULL) {
        memcpy(grown, r->data, r->n_done * r->item_bytes);
    }
    merit__free(r->data);
    r->data = grown;
    r->n_capacity = n;
    return MERIT_OK;
}

static void take_labels(reading *r, size_t n)
{
    const merit__element *element = r->layout->element;
    int32_t *labels = (int32_t *)(void *)r->data;
    double values[LABELS_AT_ONCE];
    for (size_t at = 0; at < n; at += LABELS_AT_ONCE) {
        size_t n_part = n - at < LABELS_AT_ONCE ? n - at : LABELS_AT_ONCE;
        element->to_double(values, r->raw + at * element->n_bytes, n_part);
        for (size_t i = 0; i < n_part; i++) {
            size_t index = r->n_done + at + i;
            int is_good = values[i] >= 0 && values[i] <= INT32_MAX &&
                          values[i] == floor(values[i]);
            labels[index] = is_good ? (int32_t)values[i] : 0;
            if (!is_good && r->n_bad_labels++ == 0) {
                r->bad_label_at = (int64_t)index;
                r->bad_label = values[i];
            }
        }
    }
}

// Reads n values, at most a chunk, and appends them in their type in memory.
static merit_status read_chunk(reading *r, size_t n, merit_error *err)
{
    size_t n_element = r->layout->element->n_bytes;
    unsigned char *end = r->data + r->n_done * r->item_bytes;
    unsigned char *buffer = r->type == MERIT__U8 ? end : r->raw;
    size_t n_read = 0;
    merit_status status =
        merit__stream_read(r->stream, buffer, n * n_element, &n_read, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (n_read < n * n_element) {
        return fail_short(r, "holds", merit__stream_offset(r->stream) - r->data_offset,
                          err);
    }
    if (n_element > 1 && r->layout->is_big_endian != merit__is_big_endian()) {
        merit__swap_bytes(buffer, n, n_element);
    }
    if (r->type == MERIT__F32) {
        r->layout->element->to_float((float *)(void *)end, buffer, n);
    } else if (r->type == MERIT__I32) {
        take_labels(r, n);
    }
    r->n_done += n;
    return MERIT_OK;
}

static merit_status read_all(reading *r, merit_error *err)
{
    size_t n_final = r->layout->is_column_order ? r->sizes.n_values : r->n_kept;
    size_t n_chunk = CHUNK_BYTES / r->layout->element->n_bytes;
    while (r->n_done < n_final) {
        size_t n = n_final - r->n_done < n_chunk ? n_final - r->n_done : n_chunk;
        merit_status status = reserve(r, r->n_done + n, n_final, err);
        if (status == MERIT_OK) {
            status = read_chunk(r, n, err);
        }
        if (status != MERIT_OK) {
            return status;
        }
    }
    return MERIT_OK;
}

// Reads over the rows that are not kept, so that a damaged file is found, and looks
// what follows the values. A file of known size needs none of it.
static merit_status read_rest(reading *r, merit_error *err)
{
    int is_exact = 0;
    merit__stream_most(r->stream, &is_exact);
    size_t n_element = r->layout->element->n_bytes;
    uint64_t n_left = r->sizes.n_bytes - (uint64_t)r->n_done * n_element;
    if (is_exact && n_left > 0) {
        return MERIT_OK;
    }
    merit_status status = MERIT_OK;
    size_t n_read = 0;
    while (n_left > 0) {
        size_t n = n_left < CHUNK_BYTES ? (size_t)n_left : CHUNK_BYTES;
        MERIT_TRY(merit__stream_read(r->stream, r->raw, n, &n_read, err));
        if (n_read < n) {
            return fail_short(r, "holds",
                              merit__stream_offset(r->stream) - r->data_offset, err);
        }
        n_left -= n;
    }
    const unsigned char *next = NULL;
    MERIT_TRY(merit__stream_peek(r->stream, 1, &next, &n_read, err));
    if (n_read > 0 && !r->request->allow_trailing) {
        return fail_long(r, 0, err);
    }

fail:
    return status;
}

// Replaces column order by row order, keeping the first n_kept values of that.
static merit_status to_row_order(reading *r, merit_error *err)
{
    int64_t n_dims = r->layout->n_dims;
    const int64_t *dims = r->layout->dims;
    unsigned char *rows = merit__alloc_array(r->n_kept, r->item_bytes);
    if (rows == NULL) {
        return merit__fail_memory(err, r->n_kept * r->item_bytes, r->name);
    }
    int64_t stride[MERIT__DIMS_MAX] = {1};
    for (int64_t d = 1; d < n_dims; d++) {
        stride[d] = stride[d - 1] * dims[d - 1];
    }
    int64_t index[MERIT__DIMS_MAX] = {0};
    int64_t from = 0;
    for (size_t i = 0; i < r->n_kept; i++) {
        memcpy(rows + i * r->item_bytes, r->data + (size_t)from * r->item_bytes,
               r->item_bytes);
        for (int64_t d = n_dims - 1; d >= 0; d--) {
            from += stride[d];
            if (++index[d] < dims[d]) {
                break;
            }
            from -= stride[d] * dims[d];
            index[d] = 0;
        }
    }
    merit__free(r->data);
    r->data = rows;
    return MERIT_OK;
}

static merit_status check_floats(const reading *r, merit_error *err)
{
    float *values = (float *)(void *)r->data;
    float largest = r->request->wanted == MERIT__FEATURES ? largest_feature : FLT_MAX;
    for (size_t i = 0; i < r->n_kept; i++) {
        if (fabsf(values[i]) <= largest) {
            continue;
        }
        if (r->request->nonfinite_zero && !isfinite(values[i])) {
            values[i] = 0;
            continue;
        }
        // The sign of a NaN says nothing.
        double shown = isnan(values[i]) ? fabs((double)values[i]) : (double)values[i];
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the value at index %zu (row %zu) is %g, expected a "
                           "finite number of at most %g",
                           r->name, i, i / r->sizes.n_row, shown, (double)largest);
    }
    return MERIT_OK;
}

static merit_status check_labels(const reading *r, merit_error *err)
{
    if (r->n_bad_labels == 0) {
        return MERIT_OK;
    }
    double shown = isnan(r->bad_label) ? fabs(r->bad_label) : r->bad_label;
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: the label at index %" PRId64
                       " is %.10g, expected a whole number from 0 to %d; %" PRId64
                       " such label%s",
                       r->name, r->bad_label_at, shown, INT32_MAX, r->n_bad_labels,
                       r->n_bad_labels == 1 ? "" : "s");
}

static merit_status read_checked(reading *r, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(check_sizes(r, err));
    MERIT_TRY(read_all(r, err));
    MERIT_TRY(read_rest(r, err));
    if (r->layout->is_column_order) {
        MERIT_TRY(to_row_order(r, err));
    }
    if (r->type == MERIT__F32) {
        MERIT_TRY(check_floats(r, err));
    }
    MERIT_TRY(check_labels(r, err));

fail:
    return status;
}

merit_status merit__values_read(merit__values *out, merit__stream *stream,
                                const merit__layout *layout,
                                const merit__request *request, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__values){.data = NULL};
    const char *name = merit__stream_name(stream);
    merit__sizes sizes;
    reading *r = NULL;
    MERIT_TRY(merit__layout_measure(&sizes, layout, request->wanted, name, err));
    r = merit__alloc_array(1, sizeof *r);
    if (r == NULL) {
        return merit__fail_memory(err, sizeof *r, name);
    }
    int64_t n_rows = (int64_t)sizes.n_rows;
    n_rows = request->first > 0 && request->first < n_rows ? request->first : n_rows;
    r->stream = stream;
    r->layout = layout;
    r->request = request;
    r->name = name;
    r->sizes = sizes;
    r->data_offset = merit__stream_offset(stream);
    r->n_kept = (size_t)n_rows * sizes.n_row;
    r->type = request->wanted == MERIT__LABELS ? MERIT__I32 : MERIT__F32;
    if (request->wanted == MERIT__FEATURES && merit__element_is_byte(layout->element)) {
        r->type = MERIT__U8;
    }
    r->item_bytes = r->type == MERIT__U8 ? 1 : 4;
    MERIT_TRY(read_checked(r, err));
    *out = (merit__values){r->type, r->data, n_rows, layout->n_dims, {0}};
    memcpy(out->dims, layout->dims, sizeof out->dims);
    r->data = NULL;

fail:
    if (r != NULL) {
        merit__free(r->data);
    }
    merit__free(r);
    return status;
}

void merit__values_dispose(merit__values *values)
{
    merit__free(values->data);
    *values = (merit__values){.data = NULL};
}
