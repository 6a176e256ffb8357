/* The files that a training reads. */
#ifndef MERIT_CLI_INPUTS_H
#define MERIT_CLI_INPUTS_H

#include "cli_training.h"

typedef struct merit__inputs {
    merit_dataset *data;
    merit_dataset *validation; // NULL: a share of data
    merit_scores *scores;
    double *class_weights; // [K] or NULL
} merit__inputs;

/* Loads them and tells their notes; zeros in *inputs. */
merit_status merit__inputs_load(merit__inputs *inputs,
                                const merit__training_settings *settings,
                                merit_error *err);

/* Loads more labelled examples for the same table and of the same shape as those of
 * `inputs`, which have been loaded, of which `labels` names the labels
 * and `option` the option for that. NULL as path leaves *out NULL. */
merit_status merit__inputs_load_more(merit_dataset **out, const char *path,
                                     const char *labels, const char *option,
                                     const merit__inputs *inputs,
                                     const merit__training_settings *settings,
                                     merit_error *err);

/* EFORMAT unless all labels are classes of the table. */
merit_status merit__inputs_check_labels(const merit__inputs *inputs,
                                        const merit_dataset *data, merit_error *err);

void merit__inputs_free(merit__inputs *inputs);

#endif
