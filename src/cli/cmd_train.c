#include "command.h"

#include "cli_data.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_progress.h"
#include "cli_scores.h"
#include "cli_signal.h"
#include "cli_train_settings.h"
#include "merit/net.h"
#include "merit/train.h"

#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// What a training run reads.
struct inputs {
    merit_dataset *data;
    merit_dataset *validation; // NULL: a share of data
    merit_scores *scores;
};

static merit_status load_validation(struct inputs *inputs,
                                    const merit__train_settings *settings,
                                    merit_error *err)
{
    merit_dataset_options data = settings->data;
    merit_status status = MERIT_OK;
    if (settings->validation_path == NULL) {
        return MERIT_OK;
    }
    data.labels = settings->validation_labels;
    data.first = 0;
    MERIT_TRY(
        merit_dataset_load(&inputs->validation, settings->validation_path, &data, err));
    MERIT_TRY(merit__data_need_labels(inputs->validation, "--validation-labels", err));

fail:
    return status;
}

static merit_status check_labels(const struct inputs *inputs, merit_error *err)
{
    const merit_dataset *sets[] = {inputs->data, inputs->validation};
    for (size_t i = 0; i < 2 && sets[i] != NULL; i++) {
        merit_status status = merit__labels_check(
            inputs->scores, merit_dataset_labels(sets[i]), merit_dataset_n(sets[i]),
            merit_dataset_labels_path(sets[i]), err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    return MERIT_OK;
}

static merit_status load_inputs(struct inputs *inputs,
                                const merit__train_settings *settings, merit_error *err)
{
    merit__scores_source scores = settings->scores;
    merit_status status = MERIT_OK;
    MERIT_TRY(
        merit_dataset_load(&inputs->data, settings->data_path, &settings->data, err));
    MERIT_TRY(merit__data_need_labels(inputs->data, "--labels", err));
    MERIT_TRY(load_validation(inputs, settings, err));
    if (scores.spec == NULL) {
        scores.spec = "identity";
    }
    MERIT_TRY(merit__scores_open(&inputs->scores, &scores,
                                 merit_dataset_n_classes(inputs->data), err));
    MERIT_TRY(check_labels(inputs, err));
    if (!settings->quiet) {
        if (settings->scores.spec == NULL) {
            merit__tell("note", "no score table was given with -s: the right answer "
                                "earns 1, any other 0");
        }
        merit__scores_tell(inputs->scores);
        merit__data_tell(inputs->data);
    }

fail:
    return status;
}

static void free_inputs(struct inputs *inputs)
{
    merit_scores_free(inputs->scores);
    merit_dataset_free(inputs->validation);
    merit_dataset_free(inputs->data);
}

// Whether the run's directory is there, or can be made.
static merit_status check_directory(const char *run, merit_error *err)
{
    char parent[PATH_MAX];
    struct stat info;
    if (run == NULL || stat(run, &info) == 0) {
        return MERIT_OK;
    }
    snprintf(parent, sizeof parent, "%s", run);
    return access(dirname(parent), W_OK | X_OK) == 0
               ? MERIT_OK
               : merit__refuse_system(err, run, "make the directory");
}

// --check: everything that can be refused before the first step, and what there is.
static merit_status check(const merit__train_settings *settings,
                          const struct inputs *inputs, merit_error *err)
{
    merit_train_options train = settings->train;
    int64_t n_classes = merit_scores_n_truths(inputs->scores);
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    merit_net *net = NULL;
    char *layers = NULL;
    merit_status status = MERIT_OK;
    train.check = 1;
    train.validation_data = inputs->validation;
    merit_dataset_shape(inputs->data, &channels, &height, &width);
    MERIT_TRY(check_directory(settings->run, err));
    MERIT_TRY(
        merit_train(settings->run, inputs->data, inputs->scores, &train, NULL, err));
    if (train.net != NULL) {
        MERIT_TRY(
            merit_net_create(&net, train.net, channels, height, width, n_classes, err));
        MERIT_TRY(merit_net_describe(net, &layers, err));
    }
    printf("examples    %" PRId64 " of %" PRId64 "x%" PRId64 "x%" PRId64 "\n",
           merit_dataset_n(inputs->data), channels, height, width);
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
                          const struct inputs *inputs, merit_error *err)
{
    merit_train_options train_options = settings->train;
    merit_train_result result;
    merit__progress progress;
    merit__requests requests = merit__signals_watch();
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    merit_dataset_shape(inputs->data, &channels, &height, &width);
    merit__progress_init(&progress, height > 1 ? "images" : "examples");
    if (!settings->quiet) {
        train_options.report = merit__progress_report;
        train_options.payload = &progress;
    }
    train_options.validation_data = inputs->validation;
    train_options.stop = requests.stop;
    train_options.save = requests.save;
    merit_status status = merit_train(settings->run, inputs->data, inputs->scores,
                                      &train_options, &result, err);
    merit__progress_end(&progress);
    if (status == MERIT_OK) {
        print_result(settings->run, &result);
    }
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    merit__train_settings settings = {0};
    struct inputs inputs = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__train_settings_read(&settings, argc, argv, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(load_inputs(&inputs, &settings, &err));
    MERIT_TRY(settings.check ? check(&settings, &inputs, &err)
                             : train(&settings, &inputs, &err));

fail:
    free_inputs(&inputs);
    merit__train_settings_dispose(&settings);
    return merit__finish(status, &err);
}

const merit__command merit__command_train = {
    .name = "train",
    .summary = "train a classifier for a score table",
    .run = run,
};
