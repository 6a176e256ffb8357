/* The configuration of a run: every option with its default filled in. */
#ifndef MERIT_TRAIN_CONFIG_H
#define MERIT_TRAIN_CONFIG_H

#include "merit/train.h"
#include "net/engine.h"
#include "train/optimizer.h"
#include "train/schedule.h"

typedef struct merit__config {
    const char *loss, *net, *optimizer_name, *schedule_name;
    const merit__engine *engine;
    const merit__optimizer *optimizer;
    merit__schedule schedule;
    int64_t epochs, batch, slice, groups, threads, patience, shift, sample;
    int32_t flip, exact;
    const double *class_weights; // of the options
    double learning_rate, momentum, weight_decay, validation, hide;
    double max_seconds, checkpoint_s;
    uint64_t seed;
} merit__config;

/* Fills in defaults, checks ranges; EINVAL names the option, expected and found.
 * Strings are borrowed from the options. */
merit_status merit__config_resolve(merit__config *out,
                                   const merit_train_options *options,
                                   const merit_dataset *data, merit_error *err);

/* What determines the result, as JSON with sorted keys: the configuration without
 * threads and times, the SHA-256 of the data, of the validation data ("" for a split)
 * and of the score table's text. The caller frees *json with merit__free. */
merit_status merit__config_json(char **json, const merit__config *config,
                                const merit_dataset *data,
                                const merit_dataset *validation_data,
                                const merit_scores *scores, merit_error *err);

/* The first difference between two such texts, for a message: `epochs is 6, was 4`; OK
 * and "" when they say the same, EMODEL when the data differ, EINVAL otherwise. */
merit_status merit__config_difference(char *out, size_t out_bytes, const char *now,
                                      const char *before);

#endif
