/* How a camera was held. */
#ifndef MERIT_DATA_EXIF_H
#define MERIT_DATA_EXIF_H

#include <stddef.h>

/* The orientation, 1 to 8, in EXIF data, which is a TIFF file ("II*\0" or "MM\0*"); 1
 * when there is none or the data are damaged. Where orientation 6, say, puts a pixel is
 * in resample.c. */
int merit__exif_orientation(const unsigned char *data, size_t n_bytes);

#endif
