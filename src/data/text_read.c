#include "base/alloc.h"
#include "base/fail.h"
#include "data/stream.h"
#include "merit/data.h"

enum { PART_BYTES = 65536 };

// Reads to the end, growing as data arrive; one byte of room is left for the 0.
static merit_status read_all(merit__stream *stream, void **text, size_t *n_bytes,
                             merit_error *err)
{
    size_t n_capacity = 0;
    size_t n = 0;
    size_t n_read = 0;
    do {
        if (merit__grow_array(text, &n_capacity, n + PART_BYTES + 1, 1) != 0) {
            return merit__fail_memory(err, n + PART_BYTES + 1,
                                      merit__stream_name(stream));
        }
        merit_status status = merit__stream_read(stream, (char *)*text + n,
                                                 n_capacity - n - 1, &n_read, err);
        if (status != MERIT_OK) {
            return status;
        }
        n += n_read;
    } while (n == n_capacity - 1);
    ((char *)*text)[n] = '\0';
    *n_bytes = n;
    return MERIT_OK;
}

merit_status merit_text_read(char **text, size_t *n_bytes, const char *path,
                             size_t limit, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    void *read = NULL;
    if (text != NULL) {
        *text = NULL;
    }
    if (text == NULL || n_bytes == NULL || path == NULL || path[0] == '\0') {
        return merit__fail(err, MERIT_EINVAL, "no file of text is given");
    }
    *n_bytes = 0;
    MERIT_TRY(merit__stream_open(&stream, path, limit, err));
    MERIT_TRY(read_all(stream, &read, n_bytes, err));
    *text = read;
    read = NULL;

fail:
    merit__stream_close(stream);
    merit__free(read);
    return status;
}
