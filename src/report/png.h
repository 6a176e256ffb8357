/* Pictures as PNG in the text of a page. */
#ifndef MERIT_REPORT_PNG_H
#define MERIT_REPORT_PNG_H

#include <stdint.h>

#include "merit/error.h"
#include "report/xml.h"

/* 8 bits a channel, rows from the top, channels together. */
typedef struct merit__picture {
    uint8_t *pixels; // [height, width, n_channels], owned
    uint32_t width, height;
    uint32_t n_channels; // 1: grey, 3: red, green, blue
} merit__picture;

/* Adds the picture as "data:image/png;base64,...". ENOMEM, EBACKEND. */
merit_status merit__png_add(merit__xml *xml, const merit__picture *picture,
                            merit_error *err);

#endif
