/* FASTA and FASTQ: records of names and letters. */
#ifndef MERIT_DATA_FASTA_H
#define MERIT_DATA_FASTA_H

#include "data/sequences.h"
#include "data/stream.h"

/* Non-zero when a file that begins with these bytes is FASTA or FASTQ. */
int merit__fasta_probe(const unsigned char *head, size_t n_bytes);

/* Reads records up to the end, or the first n_most > 0; of labels, whose letters may be
 * digits, when is_labels is not 0. EFORMAT names the line: text before the first
 * record, a record without name or letters, a name that has been there, a byte that is
 * no letter. Dispose of *out in any case. */
merit_status merit__fasta_read(merit__records *out, merit__stream *stream,
                               int64_t n_most, int is_labels, merit_error *err);

#endif
