#include "command.h"

#include "cli_inputs.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_progress.h"
#include "cli_run.h"
#include "cli_signal.h"
#include "cli_train_settings.h"
#include "merit/net.h"
#include "merit/train.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

// The net that would be trained, all names of nets taken for what they stand for.
static merit_status make_net(merit_net **out, const merit__inputs *inputs,
                             const merit_train_options *train, merit_error *err)
{
    char *text = NULL;
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    merit_status status = MERIT_OK;
    json_t *config = NULL;
    MERIT_TRY(merit_train_config(&text, inputs->data, inputs->scores, train, err));
    config = json_loads(text, 0, NULL);
    merit_dataset_shape(inputs->data, &channels, &height, &width);
    MERIT_TRY(merit_net_create(out, json_string_value(json_object_get(config, "net")),
                               channels, height, width,
                               merit_scores_n_truths(inputs->scores), err));

fail:
    json_decref(config);
    merit_text_free(text);
    return status;
}

static void print_examples(const merit_dataset *data)
{
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    int64_t n_sequences = 0;
    int64_t n_letters = 0;
    merit_task task = merit_dataset_task(data);
    merit_dataset_shape(data, &channels, &height, &width);
    merit_dataset_sequences(data, &n_sequences, &n_letters);
    if (task == MERIT_TASK_NONE) {
        printf("examples    %" PRId64 " of %" PRId64 "x%" PRId64 "x%" PRId64 "\n",
               merit_dataset_n(data), channels, height, width);
        return;
    }
    if (task == MERIT_TASK_SEQUENCE) {
        printf("examples    %" PRId64 " sequences; up to %" PRId64
               " letters of each are read\n",
               n_sequences, width);
        return;
    }
    printf("examples    %" PRId64 " %s of %" PRId64 " sequences; a net sees %" PRId64
           " at once\n",
           merit_dataset_n(data),
           task == MERIT_TASK_MASKED ? "hidden letters" : "letters", n_sequences,
           width);
}

// --check: everything that can be refused before the first step, and what there is.
static merit_status check(const merit__train_settings *settings,
                          const merit__inputs *inputs, merit_error *err)
{
    merit_train_options train = settings->shared.train;
    int64_t n_classes = merit_scores_n_truths(inputs->scores);
    merit_net *net = NULL;
    char *layers = NULL;
    merit_status status = MERIT_OK;
    train.check = 1;
    train.validation_data = inputs->validation;
    train.class_weights = inputs->class_weights;
    MERIT_TRY(
        merit_train(settings->run, inputs->data, inputs->scores, &train, NULL, err));
    if (train.net != NULL) {
        MERIT_TRY(make_net(&net, inputs, &train, err));
        MERIT_TRY(merit_net_describe(net, &layers, err));
    }
    print_examples(inputs->data);
    printf("classes     %" PRId64 ", answers %" PRId64 "\n", n_classes,
           merit_scores_n_answers(inputs->scores));
    printf("loss        %s\n", train.loss == NULL ? "auto" : train.loss);
    if (net != NULL) {
        printf("parameters  %" PRId64 "\n%s", merit_net_n_parameters(net), layers);
    }
    printf("Nothing was trained or written: --check only looks.\n");

fail:
    merit_text_free(layers);
    merit_net_free(net);
    return status;
}

static void print_result(const char *run, const merit_train_result *result)
{
    char spent[32];
    merit__print_seconds(spent, sizeof spent, result->seconds);
    printf("model       %s/best.safetensors\n", run);
    printf("sha256      %s\n", result->sha256);
    printf("loss        %s, epoch %" PRId64 "\n", result->loss, result->epoch);
    printf("decision    %s, temperature %.4g\n", merit_rule_name(result->rule),
           result->temperature);
    printf("mean score  %.4f on the examples held out\n",
           merit__unsigned_zero(result->score, 4));
    printf("accuracy    %.4f\n", result->accuracy);
    printf("time        %s\n", spent);
}

static merit_status train(const merit__train_settings *settings,
                          const merit__inputs *inputs, merit_error *err)
{
    merit_train_options train_options = settings->shared.train;
    merit_train_result result;
    merit__progress progress;
    merit__requests requests = merit__signals_watch();
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    merit_dataset_shape(inputs->data, &channels, &height, &width);
    merit__progress_init(&progress, merit_dataset_task(inputs->data) != MERIT_TASK_NONE
                                        ? "windows"
                                    : height > 1 ? "images"
                                                 : "examples");
    if (!settings->shared.quiet) {
        train_options.report = merit__progress_report;
        train_options.payload = &progress;
    }
    train_options.validation_data = inputs->validation;
    train_options.class_weights = inputs->class_weights;
    train_options.stop = requests.stop;
    train_options.save = requests.save;
    merit_status status = merit_train(settings->run, inputs->data, inputs->scores,
                                      &train_options, &result, err);
    merit__line_end(&progress.line);
    if (status == MERIT_OK) {
        print_result(settings->run, &result);
    }
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    merit__train_settings settings = {0};
    merit__inputs inputs = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__train_settings_read(&settings, argc, argv, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(merit__run_check_place(settings.run, settings.shared.data_path, &err));
    MERIT_TRY(merit__inputs_load(&inputs, &settings.shared, &err));
    MERIT_TRY(settings.check ? check(&settings, &inputs, &err)
                             : train(&settings, &inputs, &err));

fail:
    merit__inputs_free(&inputs);
    merit__training_dispose(&settings.shared);
    return merit__finish(status, &err);
}

const merit__command merit__command_train = {
    .name = "train",
    .summary = "train a classifier for a score table",
    .run = run,
};
