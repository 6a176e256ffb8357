#include "data/batch.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/dataset.h"

#include <float.h>
#include <math.h>

/* Sums of one channel over all examples and positions that have a value. */
typedef struct channel_sums {
    double centre;   // what is subtracted first
    double distance; // sum of value - centre
    double square;   // sum of its square
    int64_t n;       // values
} channel_sums;

static void add_bytes(channel_sums *sums, const uint8_t *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double distance = (double)values[i] - sums->centre;
        sums->distance += distance;
        sums->square += distance * distance;
    }
    sums->n += n;
}

static void add_floats(channel_sums *sums, const float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (isnan(values[i])) {
            continue; // missing
        }
        sums->n++;
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

// A first value of channel c; 0 when all are missing.
static double first_value(const merit_dataset *data, int64_t c)
{
    const merit__storage *storage = data->storage;
    int64_t n_plane = data->height * data->width;
    for (int64_t i = 0; i < data->n; i++) {
        int64_t at = (merit__dataset_place(data, i) * data->channels + c) * n_plane;
        double value =
            storage->bytes != NULL ? storage->bytes[at] : (double)storage->floats[at];
        if (!isnan(value)) {
            return value;
        }
    }
    return 0;
}

// That as the centre of each channel: a constant one then has sums of exactly 0, and a
// large offset costs no digits.
static void centre_on_first(channel_sums *sums, const merit_dataset *data)
{
    for (int64_t c = 0; c < data->channels; c++) {
        sums[c].centre = first_value(data, c);
    }
}

static double at_least_1(int64_t n)
{
    return n > 0 ? (double)n : 1;
}

// Twice over the data: the mean first, then the squares around it.
static void measure(merit__normalisation *out, channel_sums *sums,
                    const merit_dataset *data)
{
    centre_on_first(sums, data);
    add_all(sums, data);
    for (int64_t c = 0; c < data->channels; c++) {
        double mean = sums[c].centre + sums[c].distance / at_least_1(sums[c].n);
        sums[c] = (channel_sums){.centre = mean};
    }
    add_all(sums, data);
    for (int64_t c = 0; c < data->channels; c++) {
        out->mean[c] = (float)sums[c].centre;
        float deviation = (float)sqrt(sums[c].square / at_least_1(sums[c].n));
        out->deviation[c] = deviation >= FLT_MIN ? deviation : FLT_MAX;
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
        out->deviation[c] = deviation >= FLT_MIN ? deviation : FLT_MAX;
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

int merit__is_constant(const merit__normalisation *normalisation, int64_t c)
{
    return normalisation->deviation[c] >= FLT_MAX;
}

int64_t merit__normalisation_constant(int64_t *first,
                                      const merit__normalisation *normalisation)
{
    int64_t n = 0;
    *first = 0;
    for (int64_t c = normalisation->n_channels - 1; c >= 0; c--) {
        if (merit__is_constant(normalisation, c)) {
            *first = c;
            n++;
        }
    }
    return n;
}

void merit__normalisation_dispose(merit__normalisation *normalisation)
{
    merit__free(normalisation->mean);
    merit__free(normalisation->deviation);
    *normalisation = (merit__normalisation){.mean = NULL};
}
