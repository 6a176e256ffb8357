#include "cli_inputs.h"

#include "cli_message.h"

merit_status merit__inputs_load_more(merit_dataset **out, const char *path,
                                     const char *labels, const char *option,
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
    MERIT_TRY(merit_dataset_load(out, path, &data, err));
    MERIT_TRY(merit__data_need_labels(*out, option, err));

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
}

merit_status merit__inputs_load(merit__inputs *inputs,
                                const merit__training_settings *settings,
                                merit_error *err)
{
    merit__scores_source scores = settings->scores;
    merit_status status = MERIT_OK;
    MERIT_TRY(
        merit_dataset_load(&inputs->data, settings->data_path, &settings->data, err));
    MERIT_TRY(merit__data_need_labels(inputs->data, "--labels", err));
    MERIT_TRY(merit__inputs_load_more(&inputs->validation, settings->validation_path,
                                      settings->validation_labels,
                                      "--validation-labels", settings, err));
    if (scores.spec == NULL) {
        scores.spec = "identity";
    }
    MERIT_TRY(merit__scores_open(&inputs->scores, &scores,
                                 merit_dataset_n_classes(inputs->data), err));
    MERIT_TRY(merit__inputs_check_labels(inputs, inputs->data, err));
    MERIT_TRY(merit__inputs_check_labels(inputs, inputs->validation, err));
    tell(inputs, settings);

fail:
    return status;
}

void merit__inputs_free(merit__inputs *inputs)
{
    merit_scores_free(inputs->scores);
    merit_dataset_free(inputs->validation);
    merit_dataset_free(inputs->data);
}
