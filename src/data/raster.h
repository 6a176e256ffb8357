/* One picture from the bytes of a file. A format is one file picture_<format>.c, which
 * alone sees the header of its decoder and ends in a const merit__picture_format
 * merit__picture_<format>; the build lists them all. */
#ifndef MERIT_DATA_RASTER_H
#define MERIT_DATA_RASTER_H

#include "merit/error.h"

enum {
    MERIT__PICTURE_SIDE_MAX = 16384,
    MERIT__PICTURE_PIXELS_MAX = 64000000,
    MERIT__PICTURE_SCANS_MAX = 100,       // of a progressive JPEG
    MERIT__PICTURE_BYTES_MAX = 256 << 20, // of a file, and decoded
    MERIT__PICTURE_SECONDS_MAX = 10       // of processor time
};

typedef struct merit__raster {
    int64_t width, height; // as they lie in the file
    int64_t channels;      // 1 grey or 3 red, green, blue
    int n_bits;            // 8 (values are uint8_t) or 16 (uint16_t)
    int orientation;       // of EXIF, 1 to 8: how to turn it
    int has_trailing;      // there are bytes after its end
    void *values;          // [height,width,channels], owned; grows and is used again
    size_t n_room;         // bytes allocated there
} merit__raster;

typedef struct merit__picture_format {
    const char *name; // "PNG"

    /* Non-zero when a file that begins with these bytes is of this format. */
    int (*probe)(const unsigned char *bytes, size_t n_bytes);

    /* Reads the picture, or with `only_header` all but the values; then bytes may be
     * just the beginning of the file. EFORMAT (a limit is one) or EUNSUPPORTED without
     * the file's name, ENOMEM. */
    merit_status (*read)(merit__raster *picture, const unsigned char *bytes,
                         size_t n_bytes, int only_header, merit_error *err);
} merit__picture_format;

/* Recognises the format by content and reads it; says what else the file looks like. */
merit_status merit__raster_read(merit__raster *picture, const unsigned char *bytes,
                                size_t n_bytes, int only_header, merit_error *err);

/* Whether a file that begins so is a picture that can be read. */
int merit__raster_probe(const unsigned char *bytes, size_t n_bytes);

void merit__raster_dispose(merit__raster *picture);

/* For the formats: checks the size against the limits. pixel_bytes: what a pixel takes
 * while it is decoded. */
merit_status merit__raster_check_size(int64_t width, int64_t height,
                                      int64_t pixel_bytes, merit_error *err);

/* For the formats: makes room for n_bytes of values. */
merit_status merit__raster_make_room(merit__raster *picture, size_t n_bytes,
                                     merit_error *err);

/* For the formats: seconds of processor time that this thread has used. */
double merit__raster_seconds(void);

#endif
