#include "model/model.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { N_SAMPLE = 1000, N_LEAST = 10, SHOWN_BYTES = 64 };

// What is beyond this factor is another unit, not another sample.
static const double largest_factor = 30;

// Mean and deviation of up to 1000 examples, evenly spaced.
static merit_status measure_sample(merit__normalisation *out, const merit_dataset *data,
                                   merit_error *err)
{
    int64_t index[N_SAMPLE];
    int64_t n = data->n < N_SAMPLE ? data->n : N_SAMPLE;
    merit_dataset *sample = NULL;
    for (int64_t i = 0; i < n; i++) {
        index[i] = i * data->n / n;
    }
    merit_status status = merit_dataset_subset(&sample, data, index, n, err);
    if (status == MERIT_OK) {
        status = merit__normalisation_measure(out, sample, err);
    }
    merit_dataset_free(sample);
    return status;
}

// The factor between the deviations, as the geometric mean of the channels that change.
static double spread_factor(const merit__normalisation *learned,
                            const merit__normalisation *seen)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t c = 0; c < learned->n_channels; c++) {
        if (!merit__is_constant(seen, c) && !merit__is_constant(learned, c)) {
            sum += log((double)seen->deviation[c] / (double)learned->deviation[c]);
            n++;
        }
    }
    return n > 0 ? exp(sum / (double)n) : 1;
}

// What feature c is called, or its number.
static const char *name_feature(char out[SHOWN_BYTES], const merit_dataset *data,
                                int64_t c)
{
    const char *name = merit_dataset_column(data, c);
    if (name == NULL) {
        snprintf(out, SHOWN_BYTES, "number %" PRId64, c + 1);
        return out;
    }
    return merit__printable(out, SHOWN_BYTES, name);
}

static void write_shifts(char *note, size_t n_bytes,
                         const merit__normalisation *learned,
                         const merit__normalisation *seen, const merit_dataset *data)
{
    int64_t n = 0, first = 0;
    char shown[SHOWN_BYTES];
    for (int64_t c = learned->n_channels - 1; c >= 0; c--) {
        double shift = ((double)seen->mean[c] - (double)learned->mean[c]) /
                       (double)learned->deviation[c];
        if (fabs(shift) > largest_factor) {
            first = c;
            n++;
        }
    }
    if (n > 0) {
        snprintf(note, n_bytes,
                 "%" PRId64 " of %" PRId64 " features lie more than %g standard "
                 "deviations from where the model learned them, first %s (mean %.4g, "
                 "learned %.4g): another unit?",
                 n, learned->n_channels, largest_factor,
                 name_feature(shown, data, first), (double)seen->mean[first],
                 (double)learned->mean[first]);
    }
}

// Features that were constant where the model learned, and are not here.
static void write_idle(char *note, size_t n_bytes, const merit__normalisation *learned,
                       const merit__normalisation *seen, const merit_dataset *data)
{
    int64_t n = 0, first = 0;
    char shown[SHOWN_BYTES];
    for (int64_t c = learned->n_channels - 1; c >= 0; c--) {
        int is_same =
            merit__is_constant(seen, c) &&
            !(seen->mean[c] < learned->mean[c] || seen->mean[c] > learned->mean[c]);
        if (merit__is_constant(learned, c) && !is_same) {
            first = c;
            n++;
        }
    }
    if (n > 0) {
        snprintf(note, n_bytes,
                 "%" PRId64 " of %" PRId64 " features never changed in the data that "
                 "were learned from, and do here, first %s (always %.7g): nothing was "
                 "learned about %s, and %s left out",
                 n, learned->n_channels, name_feature(shown, data, first),
                 (double)learned->mean[first], n == 1 ? "it" : "them",
                 n == 1 ? "it is" : "they are");
    }
}

merit_status merit_model_doubt(char *note, size_t n_bytes, const merit_model *model,
                               const merit_dataset *data, merit_error *err)
{
    merit__normalisation seen = {.mean = NULL};
    merit_status status = MERIT_OK;
    note[0] = '\0';
    merit__inference inference;
    merit__model_inference(&inference, model);
    const merit__normalisation *learned = inference.normalisation;
    if (merit__dataset_is_gallery(data) ||
        merit_dataset_task(data) != MERIT_TASK_NONE || data->n < N_LEAST ||
        data->channels != learned->n_channels) {
        return MERIT_OK;
    }
    MERIT_TRY(measure_sample(&seen, data, err));
    double factor = spread_factor(learned, &seen);
    if (factor < 1 / largest_factor || factor > largest_factor) {
        snprintf(note, n_bytes,
                 "The values spread %.3g times as widely as those that the model "
                 "learned from: another unit%s?",
                 factor,
                 factor < 1 && factor > 1.0 / 600 && data->storage->floats != NULL
                     ? ", such as 0 to 1 instead of bytes from 0 to 255"
                 : factor > 1 && factor < 600
                     ? ", such as bytes from 0 to 255 instead of 0 to 1"
                     : "");
    } else {
        write_idle(note, n_bytes, learned, &seen, data);
        write_shifts(note, n_bytes, learned, &seen, data);
    }
fail:
    merit__normalisation_dispose(&seen);
    return status;
}
