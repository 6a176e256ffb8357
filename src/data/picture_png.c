/* PNG, by libspng. What is transparent lies on white. */
#include "data/raster.h"

#include "base/fail.h"
#include "data/exif.h"

#include <spng.h>
#include <string.h>

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_BYTES = 12, // length, type and checksum of a chunk
    CHUNK_BYTES_MAX = 1 << 20,
    CACHE_BYTES_MAX = 4 << 20,
    WHITE = 255,
    ROWS_PER_LOOK = 64 // at the clock
};

static const unsigned char signature[SIGNATURE_BYTES] = {0x89, 'P',  'N',  'G',
                                                         '\r', '\n', 0x1a, '\n'};

/* A PNG file that is being read: what spng decodes into, and what we make of it. */
typedef struct reading {
    spng_ctx *png;
    struct spng_ihdr header;
    int format;        // of spng
    int64_t n_decoded; // values of a pixel in that format: 1, 3, or 4 with alpha
    int is_grey;       // one of the three is enough
    merit__raster *picture;
} reading;

static merit_status fail_spng(int code, merit_error *err)
{
    merit_status status = code == SPNG_EMEM ? MERIT_ENOMEM : MERIT_EFORMAT;
    return merit__fail(err, status, "damaged PNG: %s", spng_strerror(code));
}

// *end: where the chunk IEND ends. libspng stops reading before it.
static merit_status find_end(size_t *end, const unsigned char *bytes, size_t n_bytes,
                             merit_error *err)
{
    size_t at = SIGNATURE_BYTES;
    while (n_bytes - at >= CHUNK_BYTES) {
        const unsigned char *b = bytes + at;
        size_t n_data =
            (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | (size_t)b[3];
        if (n_data > n_bytes - at - CHUNK_BYTES) {
            return merit__fail(err, MERIT_EFORMAT,
                               "damaged PNG: the file ends within the chunk at byte "
                               "%zu",
                               at);
        }
        at += CHUNK_BYTES + n_data;
        if (memcmp(b + 4, "IEND", 4) == 0) {
            *end = at;
            return MERIT_OK;
        }
    }
    return merit__fail(err, MERIT_EFORMAT, "damaged PNG: its end (IEND) is missing");
}

static int is_grey_palette(const struct spng_plte *palette)
{
    for (uint32_t i = 0; i < palette->n_entries && i < 256; i++) {
        const struct spng_plte_entry *e = &palette->entries[i];
        if (e->red != e->green || e->red != e->blue) {
            return 0;
        }
    }
    return 1;
}

// Chooses spng's format: the one nearest to what is in the file.
static merit_status choose_format(reading *r, merit_error *err)
{
    struct spng_trns transparency;
    struct spng_plte palette;
    int type = r->header.color_type, is_16 = r->header.bit_depth == 16;
    int code = spng_get_trns(r->png, &transparency);
    int has_alpha = code == 0 || type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
                    type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
    if (code != 0 && code != SPNG_ECHUNKAVAIL) {
        return fail_spng(code, err);
    }
    r->is_grey =
        type == SPNG_COLOR_TYPE_GRAYSCALE || type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
    if (type == SPNG_COLOR_TYPE_INDEXED) {
        code = spng_get_plte(r->png, &palette);
        if (code != 0) {
            return fail_spng(code, err);
        }
        r->is_grey = is_grey_palette(&palette);
    }
    if (has_alpha) {
        r->format = is_16 ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8;
        r->n_decoded = 4;
    } else if (is_16) {
        r->format = SPNG_FMT_PNG;
        r->n_decoded = r->is_grey ? 1 : 3;
    } else {
        int is_single = type == SPNG_COLOR_TYPE_GRAYSCALE;
        r->format = is_single ? SPNG_FMT_G8 : SPNG_FMT_RGB8;
        r->n_decoded = is_single ? 1 : 3;
    }
    return MERIT_OK;
}

// Of what has been read so far: EXIF may stand before or behind the pixels.
static void find_orientation(reading *r)
{
    struct spng_exif exif;
    if (spng_get_exif(r->png, &exif) == 0) {
        r->picture->orientation =
            merit__exif_orientation((const unsigned char *)exif.data, exif.length);
    }
}

static merit_status read_header(reading *r, const unsigned char *bytes, size_t n_bytes,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__raster *picture = r->picture;
    spng_set_crc_action(r->png, SPNG_CRC_ERROR, SPNG_CRC_ERROR);
    spng_set_chunk_limits(r->png, CHUNK_BYTES_MAX, CACHE_BYTES_MAX);
    int code = spng_set_png_buffer(r->png, bytes, n_bytes);
    code = code == 0 ? spng_get_ihdr(r->png, &r->header) : code;
    if (code != 0) {
        return fail_spng(code, err);
    }
    picture->width = r->header.width;
    picture->height = r->header.height;
    // Room for the widest format, so that a limit is met before anything is read.
    MERIT_TRY(merit__raster_check_size(picture->width, picture->height, 1, err));
    MERIT_TRY(choose_format(r, err));
    picture->channels = r->is_grey ? 1 : 3;
    picture->n_bits = r->header.bit_depth == 16 ? 16 : 8;
    MERIT_TRY(merit__raster_check_size(picture->width, picture->height,
                                       r->n_decoded * picture->n_bits / 8, err));
    picture->orientation = 1;
    find_orientation(r);
fail:
    return status;
}

static merit_status decode_rows(reading *r, merit_error *err)
{
    merit__raster *picture = r->picture;
    size_t n_row = (size_t)(picture->width * r->n_decoded * picture->n_bits / 8);
    double started = merit__raster_seconds();
    merit_status status =
        merit__raster_make_room(picture, n_row * (size_t)picture->height, err);
    if (status != MERIT_OK) {
        return status;
    }
    int64_t n_rows = 0;
    int code = spng_decode_image(r->png, NULL, 0, r->format,
                                 SPNG_DECODE_PROGRESSIVE | SPNG_DECODE_TRNS);
    while (code == 0) {
        struct spng_row_info row;
        code = spng_get_row_info(r->png, &row);
        if (code == 0) {
            unsigned char *to = (unsigned char *)picture->values + row.row_num * n_row;
            code = spng_decode_row(r->png, to, n_row);
        }
        if (++n_rows % ROWS_PER_LOOK == 0 &&
            merit__raster_seconds() - started > MERIT__PICTURE_SECONDS_MAX) {
            return merit__fail(err, MERIT_EFORMAT,
                               "PNG takes more than %d seconds to decode",
                               MERIT__PICTURE_SECONDS_MAX);
        }
    }
    if (code != SPNG_EOI) {
        return fail_spng(code, err);
    }
    code = spng_decode_chunks(r->png);
    return code == 0 ? MERIT_OK : fail_spng(code, err);
}

// A value over white, both up to `most`, the opacity too.
static uint32_t over_white(uint32_t value, uint32_t opacity, uint32_t most)
{
    uint64_t sum = (uint64_t)value * opacity + (uint64_t)most * (most - opacity);
    return (uint32_t)((sum + most / 2) / most);
}

// From spng's format to the picture's, in place: what is written lies before what is
// still to be read.
static void compact(const reading *r)
{
    const merit__raster *picture = r->picture;
    int64_t n = picture->width * picture->height, n_from = r->n_decoded;
    int64_t n_to = picture->channels;
    if (n_from == n_to) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < n_to; c++) {
            if (picture->n_bits == 8) {
                uint8_t *v = picture->values;
                v[i * n_to + c] =
                    n_from == 4 ? (uint8_t)over_white(v[i * 4 + c], v[i * 4 + 3], WHITE)
                                : v[i * n_from + c];
            } else {
                uint16_t *v = picture->values;
                v[i * n_to + c] =
                    n_from == 4
                        ? (uint16_t)over_white(v[i * 4 + c], v[i * 4 + 3], UINT16_MAX)
                        : v[i * n_from + c];
            }
        }
    }
}

static merit_status read_png(merit__raster *picture, const unsigned char *bytes,
                             size_t n_bytes, int only_header, merit_error *err)
{
    merit_status status = MERIT_OK;
    reading r = {.png = spng_ctx_new(0), .picture = picture};
    if (r.png == NULL) {
        return merit__fail(err, MERIT_ENOMEM, "not enough memory for a PNG decoder");
    }
    MERIT_TRY(read_header(&r, bytes, n_bytes, err));
    if (!only_header) {
        size_t end = 0;
        MERIT_TRY(find_end(&end, bytes, n_bytes, err));
        MERIT_TRY(decode_rows(&r, err));
        find_orientation(&r);
        compact(&r);
        picture->has_trailing = end < n_bytes;
    }
fail:
    spng_ctx_free(r.png);
    return status;
}

static int probe(const unsigned char *bytes, size_t n_bytes)
{
    return n_bytes >= SIGNATURE_BYTES && memcmp(bytes, signature, SIGNATURE_BYTES) == 0;
}

const merit__picture_format merit__picture_png = {
    .name = "PNG",
    .probe = probe,
    .read = read_png,
};
