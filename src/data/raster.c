#include "data/raster.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/looks_like.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define X(symbol) extern const merit__picture_format symbol;
#include "picture_table.inc"
#undef X

static const merit__picture_format *const formats[] = {
#define X(symbol) &symbol,
#include "picture_table.inc"
#undef X
};

enum { N_FORMATS = sizeof formats / sizeof formats[0] };

static const merit__picture_format *find(const unsigned char *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < N_FORMATS; i++) {
        if (formats[i]->probe(bytes, n_bytes)) {
            return formats[i];
        }
    }
    return NULL;
}

int merit__raster_probe(const unsigned char *bytes, size_t n_bytes)
{
    return find(bytes, n_bytes) != NULL;
}

static merit_status fail_unknown(const unsigned char *bytes, size_t n_bytes,
                                 merit_error *err)
{
    char known[64] = "";
    int n = 0;
    for (size_t i = 0; i < N_FORMATS && n < (int)sizeof known; i++) {
        n += snprintf(known + n, sizeof known - (size_t)n, "%s%s", i == 0 ? "" : " or ",
                      formats[i]->name);
    }
    if (n_bytes == 0) {
        return merit__fail(err, MERIT_EFORMAT, "is empty, expected %s", known);
    }
    const char *look = merit__looks_like(bytes, n_bytes);
    if (look != NULL) {
        return merit__fail(err, MERIT_EUNSUPPORTED, "looks like %s, expected %s", look,
                           known);
    }
    return merit__fail(err, MERIT_EFORMAT, "is no picture, expected %s", known);
}

merit_status merit__raster_read(merit__raster *picture, const unsigned char *bytes,
                                size_t n_bytes, int only_header, merit_error *err)
{
    const merit__picture_format *format = find(bytes, n_bytes);
    picture->has_trailing = 0;
    return format == NULL ? fail_unknown(bytes, n_bytes, err)
                          : format->read(picture, bytes, n_bytes, only_header, err);
}

void merit__raster_dispose(merit__raster *picture)
{
    merit__free(picture->values);
    *picture = (merit__raster){.values = NULL};
}

merit_status merit__raster_check_size(int64_t width, int64_t height,
                                      int64_t pixel_bytes, merit_error *err)
{
    if (width < 1 || height < 1) {
        return merit__fail(err, MERIT_EFORMAT,
                           "is %" PRId64 "x%" PRId64 ", expected at least 1x1", height,
                           width);
    }
    if (width > MERIT__PICTURE_SIDE_MAX || height > MERIT__PICTURE_SIDE_MAX ||
        width * height > MERIT__PICTURE_PIXELS_MAX ||
        width * height * pixel_bytes > MERIT__PICTURE_BYTES_MAX) {
        return merit__fail(err, MERIT_EFORMAT,
                           "is %" PRId64 "x%" PRId64 " (height x width); the limits "
                           "are %d a side, %d million pixels and %d MB decoded",
                           height, width, MERIT__PICTURE_SIDE_MAX,
                           MERIT__PICTURE_PIXELS_MAX / 1000000,
                           MERIT__PICTURE_BYTES_MAX >> 20);
    }
    return MERIT_OK;
}

merit_status merit__raster_make_room(merit__raster *picture, size_t n_bytes,
                                     merit_error *err)
{
    if (n_bytes <= picture->n_room) {
        return MERIT_OK;
    }
    merit__free(picture->values);
    picture->n_room = 0;
    picture->values = merit__alloc_array(n_bytes, 1);
    if (picture->values == NULL) {
        return merit__fail_memory(err, n_bytes, "a picture");
    }
    picture->n_room = n_bytes;
    return MERIT_OK;
}

double merit__raster_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
