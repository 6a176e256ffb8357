/* What the fuzz targets of the picture formats share. */
#ifndef MERIT_TESTS_FUZZ_PICTURE_H
#define MERIT_TESTS_FUZZ_PICTURE_H

#include "data/raster.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

/* A format answers with a picture or with a message; anything else is a bug. */
static inline int fuzz_picture(const merit__picture_format *format, const uint8_t *data,
                               size_t n_bytes)
{
    if (!format->probe(data, n_bytes)) {
        return 0;
    }
    for (int only_header = 0; only_header <= 1; only_header++) {
        merit__raster picture = {.values = NULL};
        merit_error err = {.code = 0};
        merit_status status = format->read(&picture, data, n_bytes, only_header, &err);
        int is_whole = picture.width >= 1 && picture.height >= 1 &&
                       (picture.channels == 1 || picture.channels == 3) &&
                       picture.orientation >= 1 && picture.orientation <= 8 &&
                       (only_header || picture.values != NULL);
        int is_answer = status == MERIT_OK
                            ? is_whole
                            : err.code == (int32_t)status && err.message[0] != '\0';
        if (!is_answer) {
            fprintf(stderr, "status %d, message \"%s\"\n", (int)status, err.message);
            abort();
        }
        merit__raster_dispose(&picture);
    }
    return 0;
}

#endif
