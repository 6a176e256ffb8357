/* What the commands that train have in common: options and the file of --config. */
#ifndef MERIT_CLI_TRAINING_H
#define MERIT_CLI_TRAINING_H

#include "cli_data.h"
#include "cli_options.h"
#include "cli_scores.h"
#include "merit/train.h"

#include <jansson.h>

// clang-format off
/* The data: group 2. */
#define MERIT__TRAINING_DATA_OPTIONS                                                   \
    MERIT__LABELS_OPTION,                                                              \
    {"validation", MERIT__OPTION_VALIDATION, "FRACTION|DATA", 0,                       \
     "The share of DATA held out, or other data to validate on (default: 0.1)", 2},    \
    {"validation-labels", MERIT__OPTION_VALIDATION_LABELS, "FILE", 0,                  \
     "Labels of the data of --validation; otherwise they are looked for beside it",    \
     2},                                                                               \
    MERIT__DATA_OPTIONS,                                                               \
    MERIT__SIGNALS_OPTION,                                                             \
    MERIT__PICTURE_OPTIONS,                                                            \
    MERIT__SEQUENCE_OPTIONS,                                                           \
    {"shift", MERIT__OPTION_SHIFT, "N", 0,                                             \
     "Move each image by up to N pixels at random", 2},                                \
    {"flip", MERIT__OPTION_FLIP, NULL, 0, "Mirror half of the images, left to right",  \
     2},                                                                               \
    {"hide-training", MERIT__OPTION_HIDE_TRAINING, "SHARE", 0,                         \
     "The share of letters to hide in training (default: twice --hide, which is what " \
     "is measured with; at most half where that is less)",                             \
     2}

/* The net: the end of group 3. The course of training: group 4. */
#define MERIT__TRAINING_COURSE_OPTIONS                                                 \
    {"net", 'n', "NET", 0,                                                             \
     "Layers, such as `conv 32 3, relu, pool 2, dense 128, relu`, or linear, mlp, "    \
     "cnn1d (signals, sequences), cnn or resnet-N (N = 8, 14, 20, ...)", 3},           \
    {"epochs", 'e', "N", 0,                                                            \
     "Times through the data (default: 6); with auto for each of two losses", 4},      \
    {"batch", 'b', "N", 0, "Examples in a step (default: 128; of sequences 32 windows)", \
     4},                                                                               \
    {"optimizer", MERIT__OPTION_OPTIMIZER, "NAME", 0, "sgd or adamw (default: sgd; "  \
     "of sequences and with --sample adamw)",                                           \
     4},                                                                               \
    {"lr", MERIT__OPTION_LR, "NUMBER", 0, "Learning rate (default: the optimizer's)",  \
     4},                                                                               \
    {"momentum", MERIT__OPTION_MOMENTUM, "NUMBER", 0,                                  \
     "Above 0, below 1 (default: 0.9)", 4},                                            \
    {"schedule", MERIT__OPTION_SCHEDULE, "NAME", 0,                                    \
     "one-cycle, cosine or constant (default: one-cycle)", 4},                         \
    {"weight-decay", MERIT__OPTION_WEIGHT_DECAY, "NUMBER", 0,                          \
     "0 or more (default: 0)", 4},                                                     \
    {"class-weights", MERIT__OPTION_CLASS_WEIGHTS, "balanced|FILE", 0,                 \
     "Count examples by their class: all classes alike, or by lines `class`, tab, "    \
     "`weight` (default: 1 each)", 4},                                                 \
    {"sample", MERIT__OPTION_SAMPLE, "N", 0,                                           \
     "Of many classes, look at N in a step: the true ones, some near them in a tree, " \
     "others at random; with cross-entropy (default: all)", 4},                        \
    {"patience", MERIT__OPTION_PATIENCE, "N", 0,                                       \
     "Stop after N epochs without a better score (default: never)", 4},                \
    {"max-time", MERIT__OPTION_MAX_TIME, "TIME", 0, "Stop after 90, 90s, 15m or 2h", 4}

/* How it is computed: group 5, after the seed. */
#define MERIT__TRAINING_ENGINE_OPTIONS                                                 \
    {"threads", 'j', "N", 0,                                                           \
     "How many; the model is the same for any number (default: all processors)", 5},   \
    {"slice", MERIT__OPTION_SLICE, "N", 0, "Examples computed together (default: 16; " \
     "of sequences 8)",                                                                 \
     5},                                                                               \
    {"groups", MERIT__OPTION_GROUPS, "N", 0, "Gradients added up apart (default: 8)",  \
     5},                                                                               \
    {"exact", MERIT__OPTION_EXACT, NULL, 0, "No Winograd convolutions", 5},            \
    {"engine", MERIT__OPTION_ENGINE, "NAME", 0, "dnnl or reference (default: dnnl)", 5}

/* Group 6. */
#define MERIT__TRAINING_CHECKPOINT_OPTION                                              \
    {"checkpoint-interval", MERIT__OPTION_CHECKPOINT, "TIME", 0,                       \
     "Save the state so often (default: 30s)", 6}
#define MERIT__TRAINING_LAST_OPTIONS                                                   \
    {"config", MERIT__OPTION_CONFIG, "FILE", 0,                                        \
     "JSON with long options as keys; the command line wins", 6},                      \
    {"quiet", 'q', NULL, 0, "Errors and the result only", 6},                          \
    MERIT__LAST_OPTIONS
// clang-format on

/* What they set. Zero is the default of every field. */
typedef struct merit__training_settings {
    merit_train_options train;
    merit_dataset_options data;
    merit__scores_source scores;
    const char *data_path;
    const char *validation_path; // NULL: a share of the data
    const char *validation_labels;
    const char *class_weights; // "balanced", a file, or NULL
    const char *config;
    int quiet;
    int in_file;     // what is set now is from the file
    json_t *members; // of the file; owns the texts that came from it
} merit__training_settings;

/* Takes the argument DATA, or one of these options, or one of a score table; any other
 * key is our own mistake. */
merit_status merit__training_option(merit__training_settings *settings, int key,
                                    const char *value, merit_error *err);

/* Reads the command line into the n_bytes at `settings`, of which `shared` is a part,
 * and
 * --config before it, so that the command line overrules the file; *helped is set when
 * that was for --help. Ends with merit__training_dispose in any case. */
merit_status merit__training_read(merit__training_settings *shared, void *settings,
                                  size_t n_bytes, const merit__options *options,
                                  int argc, char **argv, int *helped, merit_error *err);

/* EINVAL when something is missing. */
merit_status merit__training_check(const merit__training_settings *settings,
                                   const merit__options *options, merit_error *err);

void merit__training_dispose(merit__training_settings *settings);

#endif
