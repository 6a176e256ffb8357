#include "data/batch.h"

#include "base/random.h"
#include "data/dataset.h"

#include <string.h>

enum { BLOCK = 16 }; // a fixed count inside, so that the compiler uses vectors

static const int64_t largest_shift = 1 << 24; // far beyond any image

static void normalise_bytes(float *restrict x, const uint8_t *restrict values,
                            int64_t n, float mean, float deviation)
{
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        for (int64_t j = 0; j < BLOCK; j++) {
            x[i + j] = ((float)values[i + j] - mean) / deviation;
        }
    }
    for (; i < n; i++) {
        x[i] = ((float)values[i] - mean) / deviation;
    }
}

static void normalise_words(float *restrict x, const uint16_t *restrict values,
                            int64_t n, float mean, float deviation)
{
    const float unit = MERIT__WORD_UNIT;
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        for (int64_t j = 0; j < BLOCK; j++) {
            x[i + j] = ((float)values[i + j] / unit - mean) / deviation;
        }
    }
    for (; i < n; i++) {
        x[i] = ((float)values[i] / unit - mean) / deviation;
    }
}

// A value that is missing is no number and becomes the mean.
static float normalise_float(float value, float mean, float deviation)
{
    float x = (value - mean) / deviation;
    return x == x ? x : 0;
}

static void normalise_floats(float *restrict x, const float *restrict values, int64_t n,
                             float mean, float deviation)
{
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        for (int64_t j = 0; j < BLOCK; j++) {
            x[i + j] = normalise_float(values[i + j], mean, deviation);
        }
    }
    for (; i < n; i++) {
        x[i] = normalise_float(values[i], mean, deviation);
    }
}

// An example from values [C,H,W] of the type that the storage has.
static void normalise(float *x, const merit_dataset *data, const void *values,
                      const merit__normalisation *normalisation)
{
    const merit__storage *storage = data->storage;
    int64_t n_plane = data->height * data->width, at = 0;
    for (int64_t c = 0; c < data->channels; c++, at += n_plane, x += n_plane) {
        float mean = normalisation->mean[c];
        float deviation = normalisation->deviation[c];
        if (storage->bytes != NULL) {
            normalise_bytes(x, (const uint8_t *)values + at, n_plane, mean, deviation);
        } else if (storage->words != NULL) {
            normalise_words(x, (const uint16_t *)values + at, n_plane, mean, deviation);
        } else {
            normalise_floats(x, (const float *)values + at, n_plane, mean, deviation);
        }
    }
}

static merit_status fill_example(float *x, const merit_dataset *data, int64_t example,
                                 const merit__normalisation *normalisation,
                                 merit_error *err)
{
    merit__gallery *gallery = data->storage->gallery;
    int64_t place = merit__dataset_place(data, example);
    if (gallery == NULL || place < gallery->n_kept) {
        normalise(x, data, merit__dataset_values(data, place), normalisation);
        return MERIT_OK;
    }
    merit__loan loan;
    merit_status status = merit__gallery_borrow(gallery, place, &loan, err);
    if (status == MERIT_OK) {
        normalise(x, data, loan.values, normalisation);
        merit__gallery_return(gallery, &loan);
    }
    return status;
}

static void flip_rows(float *x, int64_t n_rows, int64_t width)
{
    for (int64_t y = 0; y < n_rows; y++, x += width) {
        for (int64_t left = 0, right = width - 1; left < right; left++, right--) {
            float value = x[left];
            x[left] = x[right];
            x[right] = value;
        }
    }
}

// Moves a row by dx to the right, from `from` to `to`, which may be the same; 0 is the
// normalised mean.
static void shift_row(float *to, const float *from, int64_t width, int64_t dx)
{
    int64_t n_moved = dx > 0 ? width - dx : width + dx;
    n_moved = n_moved > 0 ? n_moved : 0;
    int64_t n_empty = width - n_moved;
    if (dx > 0) {
        memmove(to + n_empty, from, (size_t)n_moved * sizeof *to);
        memset(to, 0, (size_t)n_empty * sizeof *to);
    } else {
        memmove(to, from + n_empty, (size_t)n_moved * sizeof *to);
        memset(to + n_moved, 0, (size_t)n_empty * sizeof *to);
    }
}

// Moves a plane by dy down and dx right, in place: rows are taken from the side they
// move towards, so that none is overwritten before it has moved.
static void shift_plane(float *x, int64_t height, int64_t width, int64_t dy, int64_t dx)
{
    for (int64_t i = 0; i < height; i++) {
        int64_t y = dy > 0 ? height - 1 - i : i;
        int64_t from = y - dy;
        if (from >= 0 && from < height) {
            shift_row(x + y * width, x + from * width, width, dx);
        } else {
            memset(x + y * width, 0, (size_t)width * sizeof *x);
        }
    }
}

// A number in [-shift, shift].
static int64_t random_shift(uint32_t word, int64_t shift)
{
    return (int64_t)merit__below(word, (uint32_t)(2 * shift + 1)) - shift;
}

static void augment_example(float *x, const merit_dataset *data, int64_t example,
                            const merit__augmentation *augmentation, uint64_t seed,
                            uint32_t epoch)
{
    int64_t n_plane = data->height * data->width;
    int64_t shift = augmentation->shift;
    shift = shift < 0 ? 0 : shift > largest_shift ? largest_shift : shift;
    uint32_t words[4];
    merit__random(words, seed, MERIT__USE_AUGMENT, epoch, (uint32_t)example,
                  (uint32_t)(example >> 32));
    int64_t dx = random_shift(words[0], shift);
    int64_t dy = random_shift(words[1], shift);
    if (augmentation->flip && words[2] >> 31 != 0) {
        flip_rows(x, data->channels * data->height, data->width);
    }
    for (int64_t c = 0; (dx != 0 || dy != 0) && c < data->channels; c++) {
        shift_plane(x + c * n_plane, data->height, data->width, dy, dx);
    }
}

merit_status merit__batch_fill(float *x, const merit_dataset *data,
                               const int64_t *index, int64_t n,
                               const merit__normalisation *normalisation,
                               const merit__augmentation *augmentation, uint64_t seed,
                               uint32_t epoch, merit_error *err)
{
    int64_t n_features = merit__dataset_n_features(data);
    // What has no neighbours is no image: moving it would only delete it.
    int is_image = data->height * data->width > 1;
    for (int64_t i = 0; i < n; i++, x += n_features) {
        merit_status status = fill_example(x, data, index[i], normalisation, err);
        if (status != MERIT_OK) {
            return status;
        }
        if (augmentation != NULL && is_image && data->windows == NULL) {
            augment_example(x, data, index[i], augmentation, seed, epoch);
        }
    }
    return MERIT_OK;
}
