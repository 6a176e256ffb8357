/* What the fuzz targets of the readers share. */
#ifndef MERIT_TESTS_FUZZ_READER_H
#define MERIT_TESTS_FUZZ_READER_H

#include "data/reader.h"
#include "fuzz_check.h"

// A reader answers with values or with a message; anything else is a bug.
static inline void fuzz_read(const merit__reader *reader, const char *path,
                             const merit__request *request)
{
    merit_error err = {.code = 0};
    merit__stream *stream = NULL;
    merit__values values = {.data = NULL};
    merit_status status = merit__stream_open(&stream, path, request->max_bytes, &err);
    if (status == MERIT_OK) {
        status = reader->read(&values, stream, request, &err);
    }
    int is_answer = status == MERIT_OK
                        ? values.data != NULL && values.n_rows >= 1
                        : values.data == NULL && err.code == (int32_t)status &&
                              err.message[0] != '\0';
    if (!is_answer) {
        fprintf(stderr, "status %d, message \"%s\"\n", (int)status, err.message);
        abort();
    }
    merit__values_dispose(&values);
    merit__stream_close(stream);
}

/* Gives the bytes as a file in memory to the reader, for each thing it can be asked. */
static inline int fuzz_reader(const merit__reader *reader, const uint8_t *data,
                              size_t n_bytes)
{
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    open_input(path, &fd, data, n_bytes);
    for (int wanted = MERIT__FEATURES; wanted <= MERIT__LABELS; wanted++) {
        merit__request request = {.wanted = (enum merit__wanted)wanted,
                                  .max_bytes = 1 << 24};
        fuzz_read(reader, path, &request);
    }
    merit__request lenient = {.wanted = MERIT__FEATURES,
                              .allow_trailing = 1,
                              .nonfinite_zero = 1,
                              .first = 2,
                              .max_bytes = 1 << 24};
    fuzz_read(reader, path, &lenient);
    return 0;
}

#endif
