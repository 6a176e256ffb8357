/* A reader knows one file format. Each src/data/reader_<name>.c ends in a const
 * merit__reader merit__reader_<name>; the build lists them all. */
#ifndef MERIT_DATA_READER_H
#define MERIT_DATA_READER_H

#include "data/values.h"

typedef struct merit__reader {
    const char *name;      // "IDX"
    const char *signature; // how its files begin, for messages

    /* Non-zero when a file that begins with these n_bytes >= 4 is of this format,
     * whole or damaged. */
    int (*probe)(const unsigned char *head, size_t n_bytes);

    /* Reads header and values of a stream at its beginning. */
    merit_status (*read)(merit__values *out, merit__stream *stream,
                         const merit__request *request, merit_error *err);
} merit__reader;

/* Whether a file that begins with these bytes is of a format that a reader knows. */
int merit__reader_probe(const unsigned char *head, size_t n_bytes);

/* Recognises the format of a stream at its beginning and reads it. EFORMAT or
 * EUNSUPPORTED says what the file looks like when no reader knows it. */
merit_status merit__values_from(merit__values *out, merit__stream *stream,
                                const merit__request *request, merit_error *err);

/* As above for a file. */
merit_status merit__values_load(merit__values *out, const char *path,
                                const merit__request *request, merit_error *err);

#endif
