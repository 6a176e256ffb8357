/* The rows of an array whose header is read: what .npy and IDX share. */
#ifndef MERIT_DATA_BINARY_ROWS_H
#define MERIT_DATA_BINARY_ROWS_H

#include "data/layout.h"
#include "data/rows.h"

/* The functions of a merit__rows_reader, `open` after the header. */
merit_status merit__binary_rows_open(merit_rows *rows, const merit__layout *layout,
                                     merit_error *err);
merit_status merit__binary_rows_read(merit_rows *rows, double *values, size_t n,
                                     size_t *n_read, merit_error *err);
void merit__binary_rows_close(merit_rows *rows);

#endif
