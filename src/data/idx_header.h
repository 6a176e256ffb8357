/* The header of an IDX file. */
#ifndef MERIT_DATA_IDX_HEADER_H
#define MERIT_DATA_IDX_HEADER_H

#include "data/layout.h"
#include "data/stream.h"

/* Non-zero when a file that begins with these n_bytes >= 4 is IDX, whole or damaged. */
int merit__idx_probe(const unsigned char *head, size_t n_bytes);

/* Reads the header of a stream at its beginning; the numbers come next. EFORMAT names
 * the byte. */
merit_status merit__idx_header_read(merit__layout *layout, merit__stream *stream,
                                    merit_error *err);

#endif
