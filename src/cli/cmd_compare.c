#include "command.h"

#include "cli_compare.h"
#include "cli_compare_progress.h"
#include "cli_compare_settings.h"
#include "cli_inputs.h"
#include "cli_message.h"
#include "cli_run.h"
#include "cli_signal.h"
#include "cli_terminal.h"

#include <stdio.h>

static merit_status compare(merit_comparison **out, const merit__inputs *inputs,
                            const merit_dataset *test,
                            const merit__compare_settings *settings, merit_error *err)
{
    const char *losses[MERIT__MAX_LOSSES];
    merit__line progress = merit__line_create();
    merit__requests requests = merit__signals_watch();
    for (int64_t l = 0; l < settings->losses.n; l++) {
        losses[l] = settings->losses.losses[l];
    }
    merit_compare_options options = {
        .train = settings->shared.train,
        .losses = losses,
        .n_losses = settings->losses.n,
        .seeds = settings->n_seeds > 0 ? settings->seeds : NULL,
        .n_seeds = settings->n_seeds,
        .test_data = test,
        .test = settings->test,
    };
    options.train.validation_data = inputs->validation;
    options.train.class_weights = inputs->class_weights;
    options.train.stop = requests.stop;
    options.train.save = requests.save;
    if (!settings->shared.quiet) {
        options.report = merit__compare_progress_report;
        options.payload = &progress;
    }
    merit_status status = merit_compare(out, settings->directory, inputs->data,
                                        inputs->scores, &options, err);
    merit__line_end(&progress);
    return status;
}

static merit_status load_and_compare(merit_comparison **out,
                                     const merit__compare_settings *settings,
                                     merit_error *err)
{
    merit__inputs inputs = {0};
    merit_dataset *test = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(
        merit__run_check_place(settings->directory, settings->shared.data_path, err));
    MERIT_TRY(merit__inputs_load(&inputs, &settings->shared, err));
    MERIT_TRY(merit__inputs_load_more(&test, settings->test_path, settings->test_labels,
                                      "--test-labels", &inputs, &settings->shared,
                                      err));
    MERIT_TRY(merit__inputs_check_labels(&inputs, test, err));
    MERIT_TRY(compare(out, &inputs, test, settings, err));

fail:
    merit_dataset_free(test);
    merit__inputs_free(&inputs);
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    merit__compare_settings settings = {0};
    merit_comparison *comparison = NULL;
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__compare_settings_read(&settings, argc, argv, &helped, &err));
    if (helped) {
        goto fail;
    }
    if (settings.show != NULL) {
        MERIT_TRY(merit_comparison_load(&comparison, settings.show, &err));
    } else {
        MERIT_TRY(load_and_compare(&comparison, &settings, &err));
    }
    if (settings.json) {
        MERIT_TRY(merit__compare_record(comparison, &err));
    } else {
        merit__compare_print(comparison, merit__terminal_width(stdout));
    }

fail:
    merit_comparison_free(comparison);
    merit__training_dispose(&settings.shared);
    return merit__finish(status, &err);
}

const merit__command merit__command_compare = {
    .name = "compare",
    .summary = "train several losses and say which earns the most",
    .run = run,
};
