#include "report/picture.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

int merit__picture_is_one(int64_t channels, int64_t height, int64_t width)
{
    return channels >= 1 && height > 1 && width > 1;
}

merit__picture_range merit__picture_range_none(void)
{
    return (merit__picture_range){INFINITY, -INFINITY, 1};
}

void merit__picture_range_add(merit__picture_range *range, const float *values,
                              int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double value = (double)values[i];
        range->black = fmin(range->black, value);
        range->white = fmax(range->white, value);
        range->is_whole = range->is_whole && value == floor(value);
    }
}

void merit__picture_range_finish(merit__picture_range *range)
{
    if (range->black >= 0 && range->white <= 1) {
        *range = (merit__picture_range){0, 1, range->is_whole};
    } else if (range->is_whole && range->black >= 0 && range->white >= 100 &&
               range->white <= 255) {
        *range = (merit__picture_range){0, 255, 1};
    } else if (!(range->white > range->black)) {
        range->white = range->black + 1;
    }
}

/* The mean of the values under a pixel: rows from..to of columns from..to. */
static double mean_of(const float *channel, int64_t width, const int64_t rows[2],
                      const int64_t columns[2])
{
    double sum = 0;
    for (int64_t y = rows[0]; y < rows[1]; y++) {
        for (int64_t x = columns[0]; x < columns[1]; x++) {
            sum += (double)channel[y * width + x];
        }
    }
    return sum / (double)((rows[1] - rows[0]) * (columns[1] - columns[0]));
}

static uint8_t byte_of(double value, const merit__picture_range *range)
{
    double share = (value - range->black) / (range->white - range->black);
    return (uint8_t)lround(255 * fmin(fmax(share, 0), 1));
}

/* The first of the values under pixel i of n_pixels. */
static int64_t first_under(int64_t i, int64_t n_pixels, int64_t n_values)
{
    return i * n_values / n_pixels;
}

static int64_t shrunk(int64_t side, int64_t longest)
{
    if (longest <= MERIT__PICTURE_SIDE) {
        return side;
    }
    int64_t n = (int64_t)((double)side * MERIT__PICTURE_SIDE / (double)longest);
    return n > 0 ? n : 1;
}

merit_status merit__picture_make(merit__picture *picture, const float *values,
                                 int64_t channels, int64_t height, int64_t width,
                                 const merit__picture_range *range, merit_error *err)
{
    int64_t n_shown = channels == 3 ? 3 : 1;
    int64_t longest = height > width ? height : width;
    int64_t h = shrunk(height, longest), w = shrunk(width, longest);
    uint8_t *pixels = merit__alloc_array((size_t)(h * w), (size_t)n_shown);
    if (pixels == NULL) {
        return merit__fail_memory(err, (size_t)(h * w * n_shown), "a picture");
    }
    for (int64_t y = 0; y < h; y++) {
        const int64_t rows[2] = {first_under(y, h, height),
                                 first_under(y + 1, h, height)};
        for (int64_t x = 0; x < w; x++) {
            const int64_t columns[2] = {first_under(x, w, width),
                                        first_under(x + 1, w, width)};
            for (int64_t c = 0; c < n_shown; c++) {
                pixels[(y * w + x) * n_shown + c] = byte_of(
                    mean_of(values + c * height * width, width, rows, columns), range);
            }
        }
    }
    *picture = (merit__picture){.pixels = pixels,
                                .width = (uint32_t)w,
                                .height = (uint32_t)h,
                                .n_channels = (uint32_t)n_shown};
    return MERIT_OK;
}
