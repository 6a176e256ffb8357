/* The command line of `merit compare`, with the file of --config. */
#ifndef MERIT_CLI_COMPARE_SETTINGS_H
#define MERIT_CLI_COMPARE_SETTINGS_H

#include "cli_loss_list.h"
#include "cli_training.h"

enum { MERIT__MAX_SEEDS = 1000 };

/* Zero is the default of every field. */
typedef struct merit__compare_settings {
    merit__training_settings shared;
    merit__loss_list losses;
    uint64_t seeds[MERIT__MAX_SEEDS];
    int64_t n_seeds;
    const char *directory;
    const char *show; // only print what this directory has
    const char *test_path;
    const char *test_labels;
    double test; // share of the data; 0: the default
    int json;
    int losses_in_file; // the list is that of --config
} merit__compare_settings;

/* Reads the command line; *helped is set when that was for --help. Dispose of
 * settings->shared in any case. */
merit_status merit__compare_settings_read(merit__compare_settings *settings, int argc,
                                          char **argv, int *helped, merit_error *err);

#endif
