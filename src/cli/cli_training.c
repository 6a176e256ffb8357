#include "cli_training.h"

#include "cli_config.h"
#include "cli_message.h"
#include "cli_number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_COUNT = 1000000000, MAX_THREADS = 256 };

static merit_status set_validation(merit__training_settings *settings,
                                   const char *value, merit_error *err)
{
    double share = 0;
    settings->validation_path = NULL;
    settings->train.validation = 0;
    if (!merit__parse_number(&share, value)) {
        settings->validation_path = value;
        return MERIT_OK;
    }
    if (share <= 0 || share >= 1) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--validation: expected a share above 0 and below 1, or a "
                             "data file, found \"%.60s\"",
                             value);
    }
    settings->train.validation = share;
    return MERIT_OK;
}

// How training goes: groups 4 and 5 of the table. The ranges are the library's.
static merit_status set_training(merit_train_options *train, int key, const char *value,
                                 merit_error *err)
{
    switch (key) {
    case 'e':
        return merit__read_count(&train->epochs, "--epochs", value, 1, 1000000, err);
    case 'b':
        return merit__read_count(&train->batch, "--batch", value, 1, 1 << 20, err);
    case 'j':
        return merit__read_count(&train->threads, "--threads", value, 1, MAX_COUNT,
                                 err);
    case MERIT__OPTION_LR:
        return merit__read_positive(&train->learning_rate, "--lr", value, err);
    case MERIT__OPTION_MOMENTUM:
        return merit__read_number(&train->momentum, "--momentum", value,
                                  nextafter(0, 1), nextafter(1, 0),
                                  "a number above 0 and below 1", err);
    case MERIT__OPTION_WEIGHT_DECAY:
        return merit__read_number(&train->weight_decay, "--weight-decay", value, 0,
                                  HUGE_VAL, "a number of 0 or more", err);
    case MERIT__OPTION_PATIENCE:
        return merit__read_count(&train->patience, "--patience", value, 1, 1000000,
                                 err);
    case MERIT__OPTION_MAX_TIME:
        return merit__read_seconds(&train->max_seconds, "--max-time", value, err);
    case MERIT__OPTION_CHECKPOINT:
        return merit__read_seconds(&train->checkpoint_s, "--checkpoint-interval", value,
                                   err);
    case MERIT__OPTION_SLICE:
        return merit__read_count(&train->slice, "--slice", value, 1, 4096, err);
    case MERIT__OPTION_GROUPS:
        return merit__read_count(&train->groups, "--groups", value, 1, 1024, err);
    case MERIT__OPTION_HIDE_TRAINING:
        return merit__read_share(&train->hide, "--hide-training", value, err);
    case MERIT__OPTION_SAMPLE:
        return merit__read_count(&train->sample, "--sample", value, 1, INT32_MAX, err);
    case MERIT__OPTION_SHIFT:
        return merit__read_count(&train->shift, "--shift", value, 0, 1024, err);
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }
}

merit_status merit__training_option(merit__training_settings *settings, int key,
                                    const char *value, merit_error *err)
{
    merit_train_options *train = &settings->train;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&settings->data_path, 1, value, err);
    case MERIT__OPTION_SCORES:
    case MERIT__OPTION_COSTS:
    case MERIT__OPTION_ANSWERS:
        return merit__scores_option(&settings->scores, key, value, err);
    case MERIT__OPTION_VALIDATION:
        return set_validation(settings, value, err);
    case MERIT__OPTION_VALIDATION_LABELS:
        settings->validation_labels = value;
        return MERIT_OK;
    case 'n':
        train->net = value;
        return MERIT_OK;
    case 'q':
        settings->quiet = 1;
        return MERIT_OK;
    case MERIT__OPTION_OPTIMIZER:
        train->optimizer = value;
        return MERIT_OK;
    case MERIT__OPTION_SCHEDULE:
        train->schedule = value;
        return MERIT_OK;
    case MERIT__OPTION_ENGINE:
        train->engine = value;
        return MERIT_OK;
    case MERIT__OPTION_EXACT:
        train->exact = 1;
        return MERIT_OK;
    case MERIT__OPTION_FLIP:
        train->flip = 1;
        return MERIT_OK;
    case MERIT__OPTION_CLASS_WEIGHTS:
        settings->class_weights = value;
        return MERIT_OK;
    case MERIT__OPTION_CONFIG:
        settings->config = value;
        return MERIT_OK;
    default:
        return merit__is_data_option(key)
                   ? merit__data_option(&settings->data, key, value, err)
                   : set_training(train, key, value, err);
    }
}

// More threads than that gain nothing anywhere.
static void limit_threads(merit__training_settings *settings)
{
    char note[96];
    if (settings->train.threads <= MAX_THREADS) {
        return;
    }
    snprintf(note, sizeof note, "--threads %" PRId64 ": merit starts %d at most",
             settings->train.threads, MAX_THREADS);
    settings->train.threads = MAX_THREADS;
    if (!settings->quiet) {
        merit__tell("note", note);
    }
}

merit_status merit__training_check(const merit__training_settings *settings,
                                   const merit__options *options, merit_error *err)
{
    if (settings->data_path == NULL) {
        return merit__refuse(err, MERIT_EINVAL, "DATA is missing: %s %s",
                             options->program, options->arguments);
    }
    if (settings->validation_labels != NULL && settings->validation_path == NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--validation-labels also needs --validation DATA");
    }
    return MERIT_OK;
}

// Twice through the command line: for --config first, so that it can overrule the file.
merit_status merit__training_read(merit__training_settings *shared, void *settings,
                                  size_t n_bytes, const merit__options *options,
                                  int argc, char **argv, int *helped, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(options, argc, argv, settings, helped, err));
    if (*helped) {
        return MERIT_OK;
    }
    if (shared->config != NULL) {
        const char *config = shared->config;
        memset(settings, 0, n_bytes);
        shared->in_file = 1;
        MERIT_TRY(merit__config_read(&shared->members, config, options, settings, err));
        shared->in_file = 0;
        shared->scores.n_given = 0;
        MERIT_TRY(merit__options_read(options, argc, argv, settings, helped, err));
    }
    limit_threads(shared);

fail:
    return status;
}

void merit__training_dispose(merit__training_settings *settings)
{
    json_decref(settings->members);
    *settings = (merit__training_settings){0};
}
