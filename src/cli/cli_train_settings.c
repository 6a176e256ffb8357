#include "cli_train_settings.h"

#include "cli_config.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum {
    OPTION_VALIDATION = 0x300,
    OPTION_VALIDATION_LABELS,
    OPTION_LR,
    OPTION_MOMENTUM,
    OPTION_OPTIMIZER,
    OPTION_SCHEDULE,
    OPTION_WEIGHT_DECAY,
    OPTION_SEED,
    OPTION_SLICE,
    OPTION_GROUPS,
    OPTION_EXACT,
    OPTION_ENGINE,
    OPTION_PATIENCE,
    OPTION_MAX_TIME,
    OPTION_CHECKPOINT,
    OPTION_SHIFT,
    OPTION_FLIP,
    OPTION_RESUME,
    OPTION_CHECK,
    OPTION_CONFIG,
    MAX_COUNT = 1000000000,
    MAX_THREADS = 256
};

static const struct argp_option table[] = {
    MERIT__SCORES_OPTIONS,
    {"output", 'o', "RUN", 0, "The directory to make, with the model in it", 1},
    MERIT__LABELS_OPTION,
    {"validation", OPTION_VALIDATION, "FRACTION|DATA", 0,
     "The share of DATA held out, or other data to validate on (default: 0.1)", 2},
    {"validation-labels", OPTION_VALIDATION_LABELS, "FILE", 0,
     "Labels of the data of --validation; otherwise they are looked for beside it", 2},
    MERIT__DATA_OPTIONS,
    {"shift", OPTION_SHIFT, "N", 0, "Move each image by up to N pixels at random", 2},
    {"flip", OPTION_FLIP, NULL, 0, "Mirror half of the images, left to right", 2},
    {"loss", 'l', "LOSS", 0,
     "A loss of `merit loss`, a list such as cross-entropy:60%,expected-score, auto or "
     "auto:fast (default: auto)",
     3},
    {"net", 'n', "NET", 0, "Layers, such as `conv 32 3, relu, pool 2, dense 128, relu`",
     3},
    {"epochs", 'e', "N", 0, "Times through the data (default: 6)", 4},
    {"batch", 'b', "N", 0, "Examples in a step (default: 128)", 4},
    {"optimizer", OPTION_OPTIMIZER, "NAME", 0, "sgd or adamw (default: sgd)", 4},
    {"lr", OPTION_LR, "NUMBER", 0, "Learning rate (default: the optimizer's)", 4},
    {"momentum", OPTION_MOMENTUM, "NUMBER", 0, "Above 0, below 1 (default: 0.9)", 4},
    {"schedule", OPTION_SCHEDULE, "NAME", 0,
     "one-cycle, cosine or constant (default: one-cycle)", 4},
    {"weight-decay", OPTION_WEIGHT_DECAY, "NUMBER", 0, "0 or more (default: 0)", 4},
    {"patience", OPTION_PATIENCE, "N", 0,
     "Stop after N epochs without a better score (default: never)", 4},
    {"max-time", OPTION_MAX_TIME, "TIME", 0, "Stop after 90, 90s, 15m or 2h", 4},
    {"seed", OPTION_SEED, "N", 0, "Decides everything random (default: 1)", 5},
    {"threads", 'j', "N", 0,
     "How many; the model is the same for any number (default: all processors)", 5},
    {"slice", OPTION_SLICE, "N", 0, "Examples computed together (default: 16)", 5},
    {"groups", OPTION_GROUPS, "N", 0, "Gradients added up apart (default: 8)", 5},
    {"exact", OPTION_EXACT, NULL, 0, "No Winograd convolutions", 5},
    {"engine", OPTION_ENGINE, "NAME", 0, "dnnl or reference (default: dnnl)", 5},
    {"resume", OPTION_RESUME, NULL, 0,
     "Continue the run in RUN; refuse when there is none", 6},
    {"checkpoint-interval", OPTION_CHECKPOINT, "TIME", 0,
     "Save the state so often (default: 30s)", 6},
    {"check", OPTION_CHECK, NULL, 0, "Look at everything, train nothing", 6},
    {"config", OPTION_CONFIG, "FILE", 0,
     "JSON with long options as keys; the command line wins", 6},
    {"quiet", 'q', NULL, 0, "Errors and the result only", 6},
    MERIT__LAST_OPTIONS,
};

static merit_status set_validation(merit__train_settings *settings, const char *value,
                                   merit_error *err)
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
    int64_t seed = 0;
    merit_status status = MERIT_OK;
    switch (key) {
    case 'e':
        return merit__read_count(&train->epochs, "--epochs", value, 1, 1000000, err);
    case 'b':
        return merit__read_count(&train->batch, "--batch", value, 1, 1 << 20, err);
    case 'j':
        return merit__read_count(&train->threads, "--threads", value, 1, MAX_COUNT,
                                 err);
    case OPTION_LR:
        return merit__read_positive(&train->learning_rate, "--lr", value, err);
    case OPTION_MOMENTUM:
        return merit__read_number(&train->momentum, "--momentum", value,
                                  nextafter(0, 1), nextafter(1, 0),
                                  "a number above 0 and below 1", err);
    case OPTION_WEIGHT_DECAY:
        return merit__read_number(&train->weight_decay, "--weight-decay", value, 0,
                                  HUGE_VAL, "a number of 0 or more", err);
    case OPTION_PATIENCE:
        return merit__read_count(&train->patience, "--patience", value, 1, 1000000,
                                 err);
    case OPTION_MAX_TIME:
        return merit__read_seconds(&train->max_seconds, "--max-time", value, err);
    case OPTION_CHECKPOINT:
        return merit__read_seconds(&train->checkpoint_s, "--checkpoint-interval", value,
                                   err);
    case OPTION_SEED:
        status = merit__read_count(&seed, "--seed", value, 1, INT64_MAX, err);
        train->seed = (uint64_t)seed;
        return status;
    case OPTION_SLICE:
        return merit__read_count(&train->slice, "--slice", value, 1, 4096, err);
    case OPTION_GROUPS:
        return merit__read_count(&train->groups, "--groups", value, 1, 1024, err);
    case OPTION_SHIFT:
        return merit__read_count(&train->shift, "--shift", value, 0, 1024, err);
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }
}

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    merit__train_settings *settings = payload;
    merit_train_options *train = &settings->train;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&settings->data_path, 1, value, err);
    case MERIT__OPTION_SCORES:
    case MERIT__OPTION_COSTS:
        return merit__scores_option(&settings->scores, key, value, err);
    case MERIT__OPTION_LABELS:
    case MERIT__OPTION_FIRST:
    case MERIT__OPTION_TRAILING:
    case MERIT__OPTION_NONFINITE:
        return merit__data_option(&settings->data, key, value, err);
    case OPTION_VALIDATION:
        return set_validation(settings, value, err);
    case OPTION_VALIDATION_LABELS:
        settings->validation_labels = value;
        return MERIT_OK;
    case 'o':
        settings->run = value;
        return MERIT_OK;
    case 'l':
        train->loss = value;
        return MERIT_OK;
    case 'n':
        train->net = value;
        return MERIT_OK;
    case 'q':
        settings->quiet = 1;
        return MERIT_OK;
    case OPTION_OPTIMIZER:
        train->optimizer = value;
        return MERIT_OK;
    case OPTION_SCHEDULE:
        train->schedule = value;
        return MERIT_OK;
    case OPTION_ENGINE:
        train->engine = value;
        return MERIT_OK;
    case OPTION_EXACT:
        train->exact = 1;
        return MERIT_OK;
    case OPTION_FLIP:
        train->flip = 1;
        return MERIT_OK;
    case OPTION_RESUME:
        train->resume = 1;
        return MERIT_OK;
    case OPTION_CHECK:
        settings->check = 1;
        return MERIT_OK;
    case OPTION_CONFIG:
        settings->config = value;
        return MERIT_OK;
    default:
        return set_training(train, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit train",
    .arguments = "DATA -o RUN",
    .text =
        "Trains a classifier on DATA (IDX or .npy, plain or gzip) that earns the "
        "most under a score table, and stores it in the new directory RUN.\v"
        "TERM, INT and HUP save the state and stop (exit code 75; a second one stops "
        "at once, exit code 128 + signal); the same command then continues, to the "
        "same model bit for bit. USR1 saves and goes on.",
    .table = table,
    .set = set,
};

// More threads than that gain nothing anywhere.
static void limit_threads(merit__train_settings *settings)
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

// Twice through the command line: for --config first, so that it can overrule the file.
merit_status merit__train_settings_read(merit__train_settings *settings, int argc,
                                        char **argv, int *helped, merit_error *err)
{
    merit__train_settings first = {0};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &first, helped, err));
    if (*helped) {
        return MERIT_OK;
    }
    *settings = first;
    if (first.config != NULL) {
        *settings = (merit__train_settings){0};
        MERIT_TRY(merit__config_read(&settings->members, first.config, &options,
                                     settings, err));
        settings->scores.n_given = 0;
        MERIT_TRY(merit__options_read(&options, argc, argv, settings, helped, err));
    }
    if (settings->data_path == NULL) {
        status = merit__refuse(err, MERIT_EINVAL, "DATA is missing: %s %s",
                               options.program, options.arguments);
    } else if (settings->run == NULL && !settings->check) {
        status = merit__refuse(err, MERIT_EINVAL,
                               "name the directory to train into: -o RUN");
    }
    if (status == MERIT_OK && settings->validation_labels != NULL &&
        settings->validation_path == NULL) {
        status = merit__refuse(err, MERIT_EINVAL,
                               "--validation-labels also needs --validation DATA");
    }
    limit_threads(settings);

fail:
    return status;
}

void merit__train_settings_dispose(merit__train_settings *settings)
{
    json_decref(settings->members);
    *settings = (merit__train_settings){0};
}
