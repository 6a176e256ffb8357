/* The command line of `merit train`, with the file of --config. */
#ifndef MERIT_CLI_TRAIN_SETTINGS_H
#define MERIT_CLI_TRAIN_SETTINGS_H

#include "cli_training.h"

/* Zero is the default of every field. */
typedef struct merit__train_settings {
    merit__training_settings shared;
    const char *run;
    int check; // only look
} merit__train_settings;

/* Reads the command line; *helped is set when that was for --help. Dispose of
 * settings->shared in any case. */
merit_status merit__train_settings_read(merit__train_settings *settings, int argc,
                                        char **argv, int *helped, merit_error *err);

#endif
