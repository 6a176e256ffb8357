/* The training loop: all candidates of a run, from wherever the state stands. */
#ifndef MERIT_TRAIN_TRAINING_H
#define MERIT_TRAIN_TRAINING_H

#include "data/batch.h"
#include "merit/train.h"
#include "net/layers.h"
#include "train/candidates.h"
#include "train/config.h"
#include "train/learner.h"
#include "train/run_directory.h"
#include "train/state.h"
#include "train/validation.h"

/* What a run works with. Made and taken down by train.c. */
typedef struct merit__training {
    const merit_train_options *options;
    merit__config config;
    char *config_json; // what determines the result
    char engine[96];   // oneDNN's version and instruction set
    const merit_dataset *data, *validation_data;
    merit_dataset *owned_data, *owned_validation; // of a split
    const merit_scores *scores;
    merit_net *net;
    merit__normalisation normalisation;
    merit__candidates candidates;
    merit__learner *learner;
    merit__validation *validation;
    merit__run_directory *run;
    merit__state state;
    int64_t *order; // [n] the permutation of the epoch under way
    int64_t order_epoch;
    int64_t steps_per_epoch;
    double started, last_checkpoint, last_report; // monotonic seconds
    double seconds_before;                        // spent in earlier processes
    double loss_of_step;
    int last_save;    // value of *options->save when it was last seen
    int out_of_time;  // max_seconds is over
    int64_t examples_done; // since this process began, for the rate
    int unsaved;      // the last checkpoint could not be written
} merit__training;

/* Trains what is left. On ESTOPPED the state has been saved. */
merit_status merit__training_run(merit__training *training, merit_error *err);

/* Tells the caller's report function; message NULL means "". */
void merit__training_tell(const merit__training *training, merit_train_event_kind kind,
                          const char *message);

/* Seconds since some fixed moment, unaffected by clock changes. */
double merit__training_now(void);

/* The model that is kept, as best.safetensors. */
merit_status merit__training_save_best(const merit__training *training, char hash[65],
                                       merit_error *err);

/* The last parameters of the last candidate, as last.safetensors; nothing before the
 * first validation. */
merit_status merit__training_save_last(const merit__training *training,
                                       merit_error *err);

/* metrics.tsv, from the history. */
merit_status merit__training_write_metrics(const merit__training *training,
                                           merit_error *err);

#endif
