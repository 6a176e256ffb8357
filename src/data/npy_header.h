/* The text in the header of a .npy file: a Python dictionary in a strict subset of
 * its grammar. Nothing is ever evaluated. */
#ifndef MERIT_DATA_NPY_HEADER_H
#define MERIT_DATA_NPY_HEADER_H

#include "data/layout.h"
#include "data/stream.h"

/* Parses text[0..n), which begins at byte `offset` of the file `name`:
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 *
 * exactly these three keys in any order, dimensions in plain digits, spaces at the end.
 * EFORMAT names the byte, EUNSUPPORTED the type of number. */
merit_status merit__npy_header_parse(merit__layout *out, const char *text, size_t n,
                                     size_t offset, const char *name, merit_error *err);

/* Non-zero when a file that begins with these n_bytes is .npy, whole or damaged. */
int merit__npy_probe(const unsigned char *head, size_t n_bytes);

/* Reads the header of a stream at its beginning; the numbers come next. */
merit_status merit__npy_header_read(merit__layout *layout, merit__stream *stream,
                                    merit_error *err);

#endif
