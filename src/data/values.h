/* The numbers of a file: its header has said what they are, here they are read,
 * checked and converted. */
#ifndef MERIT_DATA_VALUES_H
#define MERIT_DATA_VALUES_H

#include "data/layout.h"
#include "data/stream.h"

typedef struct merit__request {
    enum merit__wanted wanted;
    int allow_trailing;
    int nonfinite_zero;
    int64_t first;      // > 0: keep only so many rows; 0: all
    uint64_t max_bytes; // limit of what is decoded and of what is kept
} merit__request;

enum merit__value_type { MERIT__U8, MERIT__F32, MERIT__I32 };

/* Numbers in memory, row-major. */
typedef struct merit__values {
    enum merit__value_type type;
    void *data;     // [n_rows, dims[1], ...], owned
    int64_t n_rows; // what is kept of dims[0]
    int64_t n_dims;
    int64_t dims[MERIT__DIMS_MAX]; // as the header says
} merit__values;

/* Reads the numbers that follow in the stream. Nothing is allocated for a count before
 * the file was seen to hold so much: all at once when its size is known, else step by
 * step as data arrive. EFORMAT, EIO, ENOMEM; *out is empty then. */
merit_status merit__values_read(merit__values *out, merit__stream *stream,
                                const merit__layout *layout,
                                const merit__request *request, merit_error *err);

void merit__values_dispose(merit__values *values);

#endif
