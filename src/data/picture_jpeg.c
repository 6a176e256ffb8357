/* JPEG, by libjpeg-turbo. A warning of the decoder is an error here: what it would
 * make up for missing data is not what was photographed. */
#include "data/raster.h"

#include "base/fail.h"
#include "data/exif.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum { EXIF_MARKER = JPEG_APP0 + 1, MARKER_BYTES_MAX = 0xffff, ROWS_AT_ONCE = 16 };
static const unsigned char exif_start[6] = {'E', 'x', 'i', 'f', 0, 0};

/* A decompression under way. libjpeg knows the first three; it comes back to `jump`. */
typedef struct reading {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    double started;
    merit_status status;
    merit_error *err;
} reading;

static void give_up(j_common_ptr common)
{
    reading *r = common->client_data;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    merit_status code = MERIT_EFORMAT;
    switch (common->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
        code = MERIT_ENOMEM;
        break;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
        code = MERIT_EUNSUPPORTED;
        break;
    default:
        break;
    }
    r->status = merit__fail(r->err, code, "damaged or unusual JPEG: %.120s", text);
    longjmp(r->jump, 1);
}

static void meet_message(j_common_ptr common, int level)
{
    if (level < 0) {
        give_up(common);
    }
}

// A small file may ask for hundreds of passes over a large picture.
static void watch(j_common_ptr common)
{
    reading *r = common->client_data;
    if (r->jpeg.input_scan_number > MERIT__PICTURE_SCANS_MAX) {
        r->status = merit__fail(r->err, MERIT_EFORMAT,
                                "JPEG of more than %d scans, which is the limit",
                                MERIT__PICTURE_SCANS_MAX);
        longjmp(r->jump, 1);
    }
    if (merit__raster_seconds() - r->started > MERIT__PICTURE_SECONDS_MAX) {
        r->status = merit__fail(r->err, MERIT_EFORMAT,
                                "JPEG takes more than %d seconds to decode",
                                MERIT__PICTURE_SECONDS_MAX);
        longjmp(r->jump, 1);
    }
}

static int find_orientation(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next) {
        if (m->marker == EXIF_MARKER && m->data_length > sizeof exif_start &&
            memcmp(m->data, exif_start, sizeof exif_start) == 0) {
            return merit__exif_orientation(m->data + sizeof exif_start,
                                           m->data_length - sizeof exif_start);
        }
    }
    return 1;
}

static merit_status read_header(reading *r, merit__raster *picture,
                                const unsigned char *bytes, size_t n_bytes)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->client_data = r;
    jpeg->progress = &r->progress;
    r->progress.progress_monitor = watch;
    jpeg_save_markers(jpeg, EXIF_MARKER, MARKER_BYTES_MAX);
    jpeg_mem_src(jpeg, bytes, (unsigned long)n_bytes);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK) {
        return merit__fail(r->err, MERIT_EUNSUPPORTED,
                           "is a CMYK JPEG; convert it to RGB");
    }
    picture->width = jpeg->image_width;
    picture->height = jpeg->image_height;
    picture->channels = jpeg->num_components == 1 ? 1 : 3;
    picture->n_bits = 8;
    picture->orientation = find_orientation(jpeg);
    return merit__raster_check_size(picture->width, picture->height, picture->channels,
                                    r->err);
}

static merit_status read_values(reading *r, merit__raster *picture)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    size_t row_bytes = (size_t)(picture->width * picture->channels);
    merit_status status =
        merit__raster_make_room(picture, row_bytes * (size_t)picture->height, r->err);
    if (status != MERIT_OK) {
        return status;
    }
    jpeg->out_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW; // the same bits on every processor
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[ROWS_AT_ONCE];
        JDIMENSION first = jpeg->output_scanline;
        JDIMENSION n = jpeg->output_height - first;
        n = n < ROWS_AT_ONCE ? n : ROWS_AT_ONCE;
        for (JDIMENSION i = 0; i < n; i++) {
            rows[i] = (unsigned char *)picture->values + (first + i) * row_bytes;
        }
        jpeg_read_scanlines(jpeg, rows, n);
    }
    jpeg_finish_decompress(jpeg);
    picture->has_trailing = jpeg->src->bytes_in_buffer > 0;
    return MERIT_OK;
}

static merit_status read_all(reading *r, merit__raster *picture,
                             const unsigned char *bytes, size_t n_bytes,
                             int only_header)
{
    if (setjmp(r->jump) != 0) {
        return r->status;
    }
    merit_status status = read_header(r, picture, bytes, n_bytes);
    return status != MERIT_OK || only_header ? status : read_values(r, picture);
}

static merit_status read_jpeg(merit__raster *picture, const unsigned char *bytes,
                              size_t n_bytes, int only_header, merit_error *err)
{
    reading r = {.err = err, .started = merit__raster_seconds()};
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.jpeg.client_data = &r;
    r.errors.error_exit = give_up;
    r.errors.emit_message = meet_message;
    merit_status status = read_all(&r, picture, bytes, n_bytes, only_header);
    jpeg_destroy_decompress(&r.jpeg);
    return status;
}

static int probe(const unsigned char *bytes, size_t n_bytes)
{
    return n_bytes >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0;
}

const merit__picture_format merit__picture_jpeg = {
    .name = "JPEG",
    .probe = probe,
    .read = read_jpeg,
};
