#include "data/batch.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/dataset.h"

#include <float.h>
#include <math.h>

/* Sums of one channel over all examples and positions. */
typedef struct channel_sums {
    double centre;   // what is subtracted first
    double distance; // sum of value - centre
    double square;   // sum of its square
} channel_sums;

static void add_bytes(channel_sums *sums, const uint8_t *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double distance = (double)values[i] - sums->centre;
        sums->distance += distance;
        sums->square += distance * distance;
    }
}

static void add_floats(channel_sums *sums, const float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double distance = (double)values[i] - sums->centre;
        sums->distance += distance;
        sums->square += distance * distance;
    }
}

static void add_all(channel_sums *sums, const merit_dataset *data)
{
    const merit__storage *storage = data->storage;
    int64_t n_plane = data->height * data->width;
    for (int64_t i = 0; i < data->n; i++) {
        int64_t at = merit__dataset_place(data, i) * data->channels * n_plane;
        for (int64_t c = 0; c < data->channels; c++, at += n_plane) {
            if (storage->bytes != NULL) {
                add_bytes(&sums[c], storage->bytes + at, n_plane);
            } else {
                add_floats(&sums[c], storage->floats + at, n_plane);
            }
        }
    }
}

// The first value of each channel as the centre: a constant channel then has sums of
// exactly 0, and a large offset costs no digits.
static void centre_on_first(channel_sums *sums, const merit_dataset *data)
{
    const merit__storage *storage = data->storage;
    int64_t n_plane = data->height * data->width;
    int64_t first = merit__dataset_place(data, 0) * data->channels * n_plane;
    for (int64_t c = 0; c < data->channels; c++) {
        int64_t at = first + c * n_plane;
        sums[c].centre =
            storage->bytes != NULL ? storage->bytes[at] : (double)storage->floats[at];
    }
}

// Twice over the data: the mean first, then the squares around it.
static void measure(merit__normalisation *out, channel_sums *sums,
                    const merit_dataset *data)
{
    double n = (double)data->n * (double)(data->height * data->width);
    centre_on_first(sums, data);
    add_all(sums, data);
    for (int64_t c = 0; c < data->channels; c++) {
        sums[c] = (channel_sums){.centre = sums[c].centre + sums[c].distance / n};
    }
    add_all(sums, data);
    for (int64_t c = 0; c < data->channels; c++) {
        float deviation = (float)sqrt(sums[c].square / n);
        out->mean[c] = (float)sums[c].centre;
        out->deviation[c] = deviation >= FLT_MIN ? deviation : 1.0f;
    }
}

__extension__ typedef unsigned __int128 whole; // exact sums over any data set

static whole as_whole(uint64_t value)
{
    return value;
}

// From the sums that each picture was read with: whole numbers, so that the result does
// not depend on which pictures are in memory, nor on any order.
static void measure_gallery(merit__normalisation *out, const merit_dataset *data)
{
    const merit__gallery *gallery = data->storage->gallery;
    double unit = data->storage->words != NULL ? MERIT__WORD_UNIT : 1;
    uint64_t n = (uint64_t)data->n * (uint64_t)(data->height * data->width);
    for (int64_t c = 0; c < data->channels; c++) {
        whole value = 0, square = 0;
        for (int64_t i = 0; i < data->n; i++) {
            int64_t at = merit__dataset_place(data, i) * data->channels + c;
            value += as_whole(gallery->sums[at].value);
            square += as_whole(gallery->sums[at].square);
        }
        double n_all = (double)n;
        double variance =
            (double)(square * as_whole(n) - value * value) / (n_all * n_all);
        float deviation = (float)(sqrt(variance) / unit);
        out->mean[c] = (float)((double)value / n_all / unit);
        out->deviation[c] = deviation >= FLT_MIN ? deviation : 1.0f;
    }
}

merit_status merit__normalisation_measure(merit__normalisation *out,
                                          const merit_dataset *data, merit_error *err)
{
    size_t n_channels = (size_t)data->channels;
    channel_sums *sums = merit__alloc_array(n_channels, sizeof *sums);
    *out = (merit__normalisation){
        .n_channels = data->channels,
        .mean = merit__alloc_array(n_channels, sizeof *out->mean),
        .deviation = merit__alloc_array(n_channels, sizeof *out->deviation),
    };
    if (sums == NULL || out->mean == NULL || out->deviation == NULL) {
        merit__free(sums);
        merit__normalisation_dispose(out);
        return merit__fail_memory(err, n_channels * sizeof *sums, "the normalisation");
    }
    if (data->storage->gallery != NULL) {
        measure_gallery(out, data);
    } else if (data->storage->sequences != NULL) {
        out->deviation[0] = 1; // codes are no amounts
    } else {
        measure(out, sums, data);
    }
    merit__free(sums);
    return MERIT_OK;
}

void merit__normalisation_dispose(merit__normalisation *normalisation)
{
    merit__free(normalisation->mean);
    merit__free(normalisation->deviation);
    *normalisation = (merit__normalisation){.mean = NULL};
}
