/* Pictures of any size become examples of one size. */
#ifndef MERIT_DATA_RESAMPLE_H
#define MERIT_DATA_RESAMPLE_H

#include "data/raster.h"
#include "merit/data.h"

/* The size that all examples have, and how a picture of another shape fits into it. */
typedef struct merit__frame {
    int64_t channels, height, width;
    merit_fit fit;
} merit__frame;

/* What one thread needs to resample; it keeps what it prepared for earlier sizes. */
typedef struct merit__resampler merit__resampler;

merit_status merit__resampler_create(merit__resampler **out, merit_error *err);
void merit__resampler_free(merit__resampler *resampler);

/* out [C,H,W]: the picture turned upright, cropped or stretched and resampled by
 * bilinear interpolation, which is widened by the factor where it shrinks
 * (antialiased), as far as possible on the scale of the picture's values: 0 to 255, or
 * 0 to 65535. Grey repeats in all channels; colours become 0.299 red + 0.587 green +
 * 0.114 blue where one channel is wanted. A picture of the frame's size stays as it is.
 */
merit_status merit__resample(merit__resampler *resampler, float *out,
                             const merit__raster *picture, const merit__frame *frame,
                             merit_error *err);

#endif
