#include "data/reader.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/npy_header.h"

#include <string.h>

enum { MAGIC_BYTES = 6, START_BYTES = 8, LENGTH_BYTES_MAX = 4, TEXT_BYTES_MAX = 65536 };

/* .npy, one array of NumPy; the length is little-endian.
 *
 *     byte 0          6       7       8              8 + L
 *          +----------+-------+-------+--------------+------ ... ------+--------+
 *          | 93 NUMPY | major | minor | n, L bytes   | n bytes of text | values |
 *          +----------+-------+-------+--------------+------ ... ------+--------+
 *     L is 2 in version 1, 4 in versions 2 and 3.
 */
static const unsigned char magic[MAGIC_BYTES] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

static int probe(const unsigned char *head, size_t n_bytes)
{
    return memcmp(head, magic, n_bytes < MAGIC_BYTES ? n_bytes : MAGIC_BYTES) == 0;
}

// Reads the beginning up to the text of *n_text bytes.
static merit_status read_start(size_t *n_text, merit__stream *stream, merit_error *err)
{
    const char *name = merit__stream_name(stream);
    unsigned char start[START_BYTES + LENGTH_BYTES_MAX] = {0};
    size_t n_read = 0;
    size_t n_more = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__stream_read(stream, start, START_BYTES, &n_read, err));
    size_t n_length = n_read < START_BYTES || start[MAGIC_BYTES] == 1 ? 2 : 4;
    if (n_read == START_BYTES && (start[MAGIC_BYTES] < 1 || start[MAGIC_BYTES] > 3)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s, byte 6: .npy version %u, expected 1, 2 or 3", name,
                           start[MAGIC_BYTES]);
    }
    MERIT_TRY(merit__stream_read(stream, start + START_BYTES, n_length, &n_more, err));
    if (n_more < n_length) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the header needs at least %zu bytes, has %zu", name,
                           START_BYTES + n_length, n_read + n_more);
    }
    const unsigned char *length = start + START_BYTES;
    *n_text = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
              (size_t)length[3] << 24;

fail:
    return status;
}

static merit_status read_header(merit__layout *layout, merit__stream *stream,
                                merit_error *err)
{
    const char *name = merit__stream_name(stream);
    size_t n_text = 0;
    size_t n_read = 0;
    char *text = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(read_start(&n_text, stream, err));
    if (n_text == 0 || n_text > TEXT_BYTES_MAX) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s, byte %d: the header says it has %zu bytes more, expected "
            "1 to %d",
            name, START_BYTES, n_text, TEXT_BYTES_MAX);
    }
    size_t offset = (size_t)merit__stream_offset(stream);
    text = merit__alloc_array(n_text, 1);
    if (text == NULL) {
        return merit__fail_memory(err, n_text, name);
    }
    MERIT_TRY(merit__stream_read(stream, text, n_text, &n_read, err));
    if (n_read < n_text) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s, byte %d: the header says it has %zu bytes more, the "
                             "file has %zu",
                             name, START_BYTES, n_text, n_read);
        goto fail;
    }
    MERIT_TRY(merit__npy_header_parse(layout, text, n_text, offset, name, err));

fail:
    merit__free(text);
    return status;
}

static merit_status read_npy(merit__values *out, merit__stream *stream,
                             const merit__request *request, merit_error *err)
{
    merit__layout layout;
    merit_status status = read_header(&layout, stream, err);
    if (status != MERIT_OK) {
        return status;
    }
    return merit__values_read(out, stream, &layout, request, err);
}

const merit__reader merit__reader_npy = {
    .name = ".npy",
    .signature = "93 4E 55 4D 50 59",
    .probe = probe,
    .read = read_npy,
};
