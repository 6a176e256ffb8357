#include "data/binary_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

enum { PART_VALUES = 8192 };

// float32 comes from softmax in half precision too, which is right to 2^-11 or so.
static const double float_tolerance = 1e-3;

/* In row order the file is read from front to back. In column order (Fortran) each
 * column is read at its own place: out of turn from a file, or out of memory.
 *
 *     byte offset            offset + n_rows * n_bytes
 *          | column 0: n_rows values | column 1 ...
 */
typedef struct state {
    merit__layout layout;
    merit__sizes sizes;
    uint64_t offset;       // of the values in the file
    unsigned char *memory; // all values in column order, or NULL
    size_t n_capacity;
    size_t n_done;            // rows
    double part[PART_VALUES]; // of one column
    unsigned char raw[8 * PART_VALUES];
} state;

static merit_status fail_short(const merit_rows *rows, uint64_t n_there,
                               merit_error *err)
{
    const state *s = rows->state;
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: header says %zu rows (%" PRIu64
                       " bytes), the file holds %" PRIu64
                       " bytes. Is the download complete?",
                       rows->path, s->sizes.n_rows, s->sizes.n_bytes, n_there);
}

static merit_status fail_long(const merit_rows *rows, merit_error *err)
{
    const state *s = rows->state;
    return merit__fail(err, MERIT_EFORMAT,
                       "%s, byte %" PRIu64
                       ": header says %zu rows, but the file has more bytes after them",
                       rows->path, s->offset + s->sizes.n_bytes, s->sizes.n_rows);
}

// Compares what the header says with what a plain file holds.
static merit_status check_size(const merit_rows *rows, merit_error *err)
{
    const state *s = rows->state;
    int is_exact = 0;
    uint64_t n_there = merit__stream_most(rows->stream, &is_exact);
    if (s->sizes.n_bytes > n_there) {
        return fail_short(rows, n_there, err);
    }
    return is_exact && n_there > s->sizes.n_bytes ? fail_long(rows, err) : MERIT_OK;
}

// That nothing follows the last value.
static merit_status check_end(merit_rows *rows, merit_error *err)
{
    const unsigned char *next = NULL;
    size_t n = 0;
    merit_status status = merit__stream_peek(rows->stream, 1, &next, &n, err);
    return status == MERIT_OK && n > 0 ? fail_long(rows, err) : status;
}

// All values of a stream that cannot be read out of turn, growing as they arrive.
static merit_status load_columns(merit_rows *rows, merit_error *err)
{
    state *s = rows->state;
    size_t n_done = 0;
    size_t n_read = 0;
    while (n_done < s->sizes.n_bytes) {
        uint64_t n_left = s->sizes.n_bytes - n_done;
        size_t n = n_left < sizeof s->raw ? (size_t)n_left : sizeof s->raw;
        void *memory = s->memory;
        if (merit__grow_array(&memory, &s->n_capacity, n_done + n, 1) != 0) {
            return merit__fail_memory(err, n_done + n, rows->path);
        }
        s->memory = memory;
        merit_status status =
            merit__stream_read(rows->stream, s->memory + n_done, n, &n_read, err);
        if (status != MERIT_OK) {
            return status;
        }
        n_done += n_read;
        if (n_read < n) {
            return fail_short(rows, n_done, err);
        }
    }
    return check_end(rows, err);
}

static merit_status check_shape(const merit_rows *rows, const merit__layout *layout,
                                merit_error *err)
{
    if (rows->options.kind != MERIT_ROWS_LABELS && layout->n_dims != 2) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: has %" PRId64 " dimension%s, expected 2: a row for "
                           "each example, a column for each class",
                           rows->path, layout->n_dims, layout->n_dims == 1 ? "" : "s");
    }
    return MERIT_OK;
}

merit_status merit__binary_rows_open(merit_rows *rows, const merit__layout *layout,
                                     merit_error *err)
{
    merit_status status = MERIT_OK;
    int is_label = rows->options.kind == MERIT_ROWS_LABELS;
    state *s = merit__alloc_array(1, sizeof *s);
    if (s == NULL) {
        return merit__fail_memory(err, sizeof *s, rows->path);
    }
    rows->state = s;
    s->layout = *layout;
    MERIT_TRY(check_shape(rows, layout, err));
    MERIT_TRY(merit__layout_measure(&s->sizes, layout,
                                    is_label ? MERIT__LABELS : MERIT__FLOATS,
                                    rows->path, err));
    s->offset = merit__stream_offset(rows->stream);
    rows->n_columns = s->sizes.n_row;
    rows->n = (int64_t)s->sizes.n_rows;
    if (layout->element->kind == 'f' && layout->element->n_bytes == sizeof(float)) {
        rows->tolerance = float_tolerance;
    }
    MERIT_TRY(check_size(rows, err));
    // One column is in row order as well.
    s->layout.is_column_order = layout->is_column_order && rows->n_columns > 1;
    if (s->layout.is_column_order && !merit__stream_can_read_at(rows->stream)) {
        MERIT_TRY(load_columns(rows, err));
    }

fail:
    return status;
}

// Turns n values in s->raw into doubles.
static void convert(state *s, double *values, size_t n)
{
    const merit__element *element = s->layout.element;
    if (element->n_bytes > 1 && s->layout.is_big_endian != merit__is_big_endian()) {
        merit__swap_bytes(s->raw, n, element->n_bytes);
    }
    element->to_double(values, s->raw, n);
}

static merit_status read_in_row_order(merit_rows *rows, double *values, size_t n,
                                      merit_error *err)
{
    state *s = rows->state;
    size_t n_element = s->layout.element->n_bytes;
    size_t n_left = n * rows->n_columns;
    while (n_left > 0) {
        size_t n_part = n_left < PART_VALUES ? n_left : PART_VALUES;
        size_t n_bytes = 0;
        merit_status status = merit__stream_read(rows->stream, s->raw,
                                                 n_part * n_element, &n_bytes, err);
        if (status != MERIT_OK) {
            return status;
        }
        if (n_bytes < n_part * n_element) {
            return fail_short(rows, merit__stream_offset(rows->stream) - s->offset,
                              err);
        }
        convert(s, values, n_part);
        values += n_part;
        n_left -= n_part;
    }
    return MERIT_OK;
}

// Rows from..from+n of one column into s->raw.
static merit_status read_column(merit_rows *rows, size_t column, size_t from, size_t n,
                                merit_error *err)
{
    state *s = rows->state;
    size_t n_element = s->layout.element->n_bytes;
    uint64_t at = ((uint64_t)column * s->sizes.n_rows + from) * n_element;
    size_t n_bytes = 0;
    if (s->memory != NULL) {
        memcpy(s->raw, s->memory + at, n * n_element);
        return MERIT_OK;
    }
    merit_status status = merit__stream_read_at(rows->stream, s->raw, n * n_element,
                                                s->offset + at, &n_bytes, err);
    if (status == MERIT_OK && n_bytes < n * n_element) {
        return fail_short(rows, at + n_bytes, err);
    }
    return status;
}

static merit_status read_in_column_order(merit_rows *rows, double *values, size_t n,
                                         merit_error *err)
{
    state *s = rows->state;
    size_t K = rows->n_columns;
    for (size_t from = 0; from < n; from += PART_VALUES) {
        size_t n_part = n - from < PART_VALUES ? n - from : PART_VALUES;
        for (size_t k = 0; k < K; k++) {
            merit_status status = read_column(rows, k, s->n_done + from, n_part, err);
            if (status != MERIT_OK) {
                return status;
            }
            convert(s, s->part, n_part);
            for (size_t i = 0; i < n_part; i++) {
                values[(from + i) * K + k] = s->part[i];
            }
        }
    }
    return MERIT_OK;
}

static merit_status check_rows(merit_rows *rows, double *values, size_t n,
                               merit_error *err)
{
    const state *s = rows->state;
    char problem[MERIT__PROBLEM_BYTES];
    size_t column = 0;
    for (size_t i = 0; i < n; i++) {
        if (merit__rows_check(rows, values + i * rows->n_columns, &column, problem) ==
            0) {
            continue;
        }
        if (rows->options.kind == MERIT_ROWS_LABELS) {
            return merit__fail(err, MERIT_EFORMAT, "%s: label [%zu] %s", rows->path,
                               s->n_done + i, problem);
        }
        if (column == rows->n_columns) {
            return merit__fail(err, MERIT_EFORMAT, "%s: row [%zu] %s", rows->path,
                               s->n_done + i, problem);
        }
        return merit__fail(err, MERIT_EFORMAT, "%s: value [%zu, %zu] %s", rows->path,
                           s->n_done + i, column, problem);
    }
    return MERIT_OK;
}

merit_status merit__binary_rows_read(merit_rows *rows, double *values, size_t n,
                                     size_t *n_read, merit_error *err)
{
    state *s = rows->state;
    size_t n_left = s->sizes.n_rows - s->n_done;
    merit_status status = MERIT_OK;
    n = n_left < n ? n_left : n;
    if (n == 0) {
        return MERIT_OK;
    }
    if (s->layout.is_column_order) {
        MERIT_TRY(read_in_column_order(rows, values, n, err));
    } else {
        MERIT_TRY(read_in_row_order(rows, values, n, err));
    }
    MERIT_TRY(check_rows(rows, values, n, err));
    s->n_done += n;
    *n_read = n;
    if (s->n_done == s->sizes.n_rows && !s->layout.is_column_order) {
        MERIT_TRY(check_end(rows, err));
    }

fail:
    return status;
}

void merit__binary_rows_close(merit_rows *rows)
{
    state *s = rows->state;
    if (s != NULL) {
        merit__free(s->memory);
        merit__free(s);
    }
}
