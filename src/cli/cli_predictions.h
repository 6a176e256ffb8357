/* What a model says of a data set; common to the commands that use a model. */
#ifndef MERIT_CLI_PREDICTIONS_H
#define MERIT_CLI_PREDICTIONS_H

#include "cli_data.h"
#include "merit/model.h"

// clang-format off
#define MERIT__MODEL_OPTIONS                                                           \
    {"rule", MERIT__OPTION_RULE, "RULE", 0,                                            \
     "auto, argmax, bayes or decode (default: auto, the one stored with the model)",   \
     1},                                                                               \
    MERIT__HIDE_OPTION("that of the training"),                                        \
    {"threads", 'j', "N", 0, "How many; the answers are the same for any number", 5}
// clang-format on

/* What was asked for. Zero is nothing. */
typedef struct merit__predictions_source {
    const char *arguments[2]; // RUN, DATA
    merit_dataset_options data;
    merit_rule rule;
    int64_t n_threads;
} merit__predictions_source;

typedef struct merit__predictions {
    merit_model *model;
    merit_dataset *data;
    int64_t n; // N
    int64_t n_threads;
    int64_t n_classes;
    int64_t n_answers;
    merit_rule rule; // never AUTO
} merit__predictions;

/* Takes an argument, one of the model's or one of the data's options. */
merit_status merit__predictions_option(merit__predictions_source *source, int key,
                                       const char *value, merit_error *err);

/* How to load the data: pictures become examples as those were that the model learned
 * from. */
merit_dataset_options
merit__predictions_data_options(const merit__predictions_source *source,
                                const merit_model *model);

/* Loads model and data. `usage` is told when an argument is missing. Dispose of *out
 * in any case. */
merit_status merit__predictions_load(merit__predictions *out,
                                     const merit__predictions_source *source,
                                     const char *usage, merit_error *err);

/* merit_model_each that shows how far it is. */
merit_status merit__predictions_each(const merit__predictions *predictions,
                                     merit_model_visit *visit, void *payload,
                                     merit_error *err);

void merit__predictions_dispose(merit__predictions *predictions);

#endif
