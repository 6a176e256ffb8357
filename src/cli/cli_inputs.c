#include "cli_inputs.h"

#include "cli_class_weights.h"
#include "cli_loading.h"
#include "cli_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// More pictures become examples of the same shape as the first ones.
static void shape_alike(merit_dataset_options *options, const merit_dataset *data)
{
    merit_dataset_shape(data, &options->channels, &options->height, &options->width);
    options->fit = merit_dataset_fit(data);
}

// More sequences become examples as the first ones did.
static void read_alike(merit_dataset_options *options, const merit_dataset *data)
{
    int64_t channels = 0;
    int64_t height = 0;
    if (merit_dataset_task(data) != MERIT_TASK_NONE) {
        merit_dataset_shape(data, &channels, &height, &options->letters);
        options->alphabet = merit_dataset_alphabet(data);
    }
}

// A net for signals needs data that are some.
static int reads_signals(const merit__training_settings *settings)
{
    const char *net = settings->train.net;
    return settings->data.signals || (net != NULL && strcmp(net, "cnn1d") == 0);
}

merit_status merit__inputs_load_more(merit_dataset **out, const char *path,
                                     const char *labels, const char *option,
                                     const merit__inputs *inputs,
                                     const merit__training_settings *settings,
                                     merit_error *err)
{
    merit_dataset_options data = settings->data;
    merit_status status = MERIT_OK;
    if (path == NULL) {
        return MERIT_OK;
    }
    data.labels = labels;
    data.first = 0;
    data.schema = merit_dataset_schema(inputs->data);
    data.signals = reads_signals(settings);
    if (merit_dataset_is_pictures(path)) {
        shape_alike(&data, inputs->data);
    }
    read_alike(&data, inputs->data);
    MERIT_TRY(merit__data_load(out, path, &data, settings->quiet, err));
    MERIT_TRY(merit__data_need_labels(*out, option, err));
    MERIT_TRY(merit__classes_match(*out, inputs->scores, 0, err));
    if ((merit_dataset_file(*out, 0) != NULL || merit_dataset_schema(*out) != NULL) &&
        !settings->quiet) {
        merit__data_tell(*out);
    }

fail:
    return status;
}

merit_status merit__inputs_check_labels(const merit__inputs *inputs,
                                        const merit_dataset *data, merit_error *err)
{
    return data == NULL
               ? MERIT_OK
               : merit__labels_check(inputs->scores, merit_dataset_labels(data),
                                     merit_dataset_n(data),
                                     merit_dataset_labels_path(data), err);
}

// Grades are in the order of their names, which may not be the one that is meant.
static void tell_order(const merit__inputs *inputs,
                       const merit__training_settings *settings)
{
    char text[400] = "grades in this order:";
    char name[64];
    const char *spec = settings->scores.spec;
    if (spec == NULL || strncmp(spec, "ordinal", strlen("ordinal")) != 0 ||
        merit_dataset_class_name(inputs->data, 0) == NULL) {
        return;
    }
    for (int64_t i = 0; i < merit_dataset_n_classes(inputs->data); i++) {
        size_t n = strlen(text);
        merit__visible(name, sizeof name, merit_dataset_class_name(inputs->data, i));
        snprintf(text + n, sizeof text - n, "%s %s", i > 0 ? "," : "", name);
    }
    merit__tell("note", text);
}

static void tell(const merit__inputs *inputs, const merit__training_settings *settings)
{
    if (settings->quiet) {
        return;
    }
    if (settings->scores.spec == NULL) {
        merit__tell("note", "no score table was given with -s: the right answer "
                            "earns 1, any other 0");
    }
    merit__scores_tell(inputs->scores);
    merit__data_tell(inputs->data);
    tell_order(inputs, settings);
}

// What a table cannot say as well: it does not know the data.
static merit_status check_class_count(const merit_dataset *data, merit_error *err)
{
    const char *name = merit_dataset_class_name(data, 0);
    if (name == NULL || merit_dataset_n_classes(data) > 1) {
        return MERIT_OK;
    }
    return merit__refuse(err, MERIT_EFORMAT,
                         "%.120s: has one class, %.60s; training needs at least 2 "
                         "classes",
                         merit_dataset_path(data), name);
}

// Names such as UniProt's sp|P12345|ACTB_HUMAN end in what looks like a class and is a
// name: nothing can be learned about classes that have one sequence each.
static merit_status check_own_classes(const merit_dataset *data, merit_error *err)
{
    enum { FEW = 10 };
    int64_t n = merit_dataset_n(data);
    if (merit_dataset_task(data) != MERIT_TASK_SEQUENCE || n <= FEW ||
        merit_dataset_n_classes(data) < n) {
        return MERIT_OK;
    }
    return merit__refuse(
        err, MERIT_EFORMAT,
        "%.120s: each of %" PRId64 " sequences has a class of its own, "
        "such as %.60s; name their classes with --labels FILE",
        merit_dataset_labels_path(data), n, merit_dataset_class_name(data, 0));
}

merit_status merit__inputs_load(merit__inputs *inputs,
                                const merit__training_settings *settings,
                                merit_error *err)
{
    merit__scores_source scores = settings->scores;
    merit_status status = MERIT_OK;
    merit_dataset_options options = settings->data;
    options.n_threads = settings->train.threads;
    options.signals = reads_signals(settings);
    scores.decimal_comma = options.decimal_comma;
    MERIT_TRY(merit__data_load(&inputs->data, settings->data_path, &options,
                               settings->quiet, err));
    MERIT_TRY(merit__data_need_labels(inputs->data, "--labels", err));
    MERIT_TRY(check_class_count(inputs->data, err));
    MERIT_TRY(check_own_classes(inputs->data, err));
    if (scores.spec == NULL) {
        scores.spec = "identity";
    }
    MERIT_TRY(merit__scores_open_for(&inputs->scores, &scores, inputs->data, err));
    int is_named_by_file = merit_dataset_task(inputs->data) == MERIT_TASK_NONE;
    MERIT_TRY(
        merit__classes_match(inputs->data, inputs->scores, is_named_by_file, err));
    MERIT_TRY(merit__inputs_load_more(&inputs->validation, settings->validation_path,
                                      settings->validation_labels,
                                      "--validation-labels", inputs, settings, err));
    MERIT_TRY(merit__inputs_check_labels(inputs, inputs->data, err));
    MERIT_TRY(merit__inputs_check_labels(inputs, inputs->validation, err));
    MERIT_TRY(merit__class_weights_read(&inputs->class_weights, settings->class_weights,
                                        inputs->scores, inputs->data, err));
    tell(inputs, settings);

fail:
    return status;
}

void merit__inputs_free(merit__inputs *inputs)
{
    free(inputs->class_weights);
    merit_scores_free(inputs->scores);
    merit_dataset_free(inputs->validation);
    merit_dataset_free(inputs->data);
}
