/* The command line of `merit train`, with the file of --config. */
#ifndef MERIT_CLI_TRAIN_SETTINGS_H
#define MERIT_CLI_TRAIN_SETTINGS_H

#include "cli_data.h"
#include "cli_scores.h"
#include "merit/train.h"

#include <jansson.h>

/* Zero is the default of every field. */
typedef struct merit__train_settings {
    merit_train_options train;
    merit_dataset_options data;
    merit__scores_source scores;
    const char *data_path;
    const char *validation_path; // NULL: a share of the data
    const char *validation_labels;
    const char *run;
    const char *config;
    int check; // only look
    int quiet;
    json_t *members; // of the file; owns the texts that came from it
} merit__train_settings;

/* Reads the command line; *helped is set when that was for --help. Dispose of *settings
 * in any case. */
merit_status merit__train_settings_read(merit__train_settings *settings, int argc,
                                        char **argv, int *helped, merit_error *err);

void merit__train_settings_dispose(merit__train_settings *settings);

#endif
