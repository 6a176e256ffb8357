#include "data/idx_header.h"

#include "base/fail.h"

enum { MAGIC_BYTES = 4, DIM_BYTES = 4, DIMS_MAX = 4 };

/* IDX, the format of MNIST; every number is big-endian.
 *
 *     byte 0     2        3        4          8
 *          +---+---+--------+--------+----------+-- ... --+------------------+
 *          | 0   0 |  type  | n_dims | dims[0]  |         | values, row-major|
 *          +---+---+--------+--------+----------+-- ... --+------------------+
 */
static const struct {
    unsigned char code;
    char kind;
    size_t n_bytes;
} types[] = {
    {0x08, 'u', 1}, {0x09, 'i', 1}, {0x0b, 'i', 2},
    {0x0c, 'i', 4}, {0x0d, 'f', 4}, {0x0e, 'f', 8},
};

static const merit__element *find_element(unsigned char code)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].code == code) {
            return merit__element_find(types[i].kind, types[i].n_bytes);
        }
    }
    return NULL;
}

static int is_swapped(const unsigned char *magic)
{
    return magic[2] == 0 && magic[3] == 0 && magic[0] >= 1 && magic[0] <= DIMS_MAX &&
           find_element(magic[1]) != NULL;
}

int merit__idx_probe(const unsigned char *head, size_t n_bytes)
{
    return n_bytes >= MAGIC_BYTES &&
           ((head[0] == 0 && head[1] == 0) || is_swapped(head));
}

static merit_status parse_magic(merit__layout *layout, const unsigned char *magic,
                                const char *name, merit_error *err)
{
    if (is_swapped(magic)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, byte 0: begins with %02X %02X 00 00, which looks "
                           "byte-swapped; expected 00 00 %02X %02X",
                           name, magic[0], magic[1], magic[1], magic[0]);
    }
    layout->element = find_element(magic[2]);
    if (layout->element == NULL) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, byte 2: type code 0x%02X, expected 0x08, 0x09, 0x0B, "
                           "0x0C, 0x0D or 0x0E",
                           name, magic[2]);
    }
    layout->n_dims = magic[3];
    if (layout->n_dims < 1 || layout->n_dims > DIMS_MAX) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s, byte 3: 0x%02X dimensions, expected 0x01 to 0x04", name,
                           magic[3]);
    }
    return MERIT_OK;
}

merit_status merit__idx_header_read(merit__layout *layout, merit__stream *stream,
                                    merit_error *err)
{
    const char *name = merit__stream_name(stream);
    unsigned char header[MAGIC_BYTES + DIMS_MAX * DIM_BYTES];
    size_t n_read = 0;
    merit_status status = MERIT_OK;
    *layout = (merit__layout){.is_big_endian = 1};
    MERIT_TRY(merit__stream_read(stream, header, MAGIC_BYTES, &n_read, err));
    MERIT_TRY(parse_magic(layout, header, name, err));
    size_t n_dim_bytes = (size_t)layout->n_dims * DIM_BYTES;
    MERIT_TRY(
        merit__stream_read(stream, header + MAGIC_BYTES, n_dim_bytes, &n_read, err));
    if (n_read < n_dim_bytes) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the header needs at least %zu bytes, has %zu", name,
                           MAGIC_BYTES + n_dim_bytes, MAGIC_BYTES + n_read);
    }
    for (int64_t d = 0; d < layout->n_dims; d++) {
        const unsigned char *dim = header + MAGIC_BYTES + d * DIM_BYTES;
        layout->dims[d] = (int64_t)dim[0] << 24 | dim[1] << 16 | dim[2] << 8 | dim[3];
    }

fail:
    return status;
}
