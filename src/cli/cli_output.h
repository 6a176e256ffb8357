/* -o FILE: results on standard output, or in a file that is complete or not there. */
#ifndef MERIT_CLI_OUTPUT_H
#define MERIT_CLI_OUTPUT_H

#include "merit/error.h"

#include <stdio.h>

typedef struct merit__output {
    FILE *stream;     // write here
    const char *path; // NULL: standard output
    char *temporary;  // the file that will take the name `path`
} merit__output;

/* Opens the output; path NULL or "-" is standard output. A path that is no regular
 * file, such as a pipe, is written directly. */
merit_status merit__output_open(merit__output *out, const char *path, merit_error *err);

/* Completes the file under its name, or tells why not (EIO; the old file is there
 * still). */
merit_status merit__output_close(merit__output *out, merit_error *err);

/* Both with one text in between. */
merit_status merit__output_save(const char *path, const char *text, size_t n_bytes,
                                merit_error *err);

/* Forgets an output that is not closed. Allowed after close, and on zeros. */
void merit__output_discard(merit__output *out);

#endif
