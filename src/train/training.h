/* The training loop: all candidates of a run, from wherever the state stands. */
#ifndef MERIT_TRAIN_TRAINING_H
#define MERIT_TRAIN_TRAINING_H

#include "data/batch.h"
#include "merit/train.h"
#include "model/model.h"
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
    const char *directory; // of the run
    merit__config config;
    char *config_json;          // what determines the result
    char engine[96];            // oneDNN's version and instruction set
    const merit_dataset *whole; // what the caller gave, before it is split
    const merit_dataset *data, *validation_data;
    merit_dataset *owned_data, *owned_validation; // of a split
    const merit_scores *scores;
    merit_net *net;
    merit__normalisation normalisation;
    float *class_weights; // [K] or NULL
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
    double waited_before;  // merit__training_waited at its beginning
    int last_save;         // value of *options->save when it was last seen
    int out_of_time;       // max_seconds is over
    int64_t examples_done; // since this process began, for the rate
    int unsaved;           // the last checkpoint could not be written
} merit__training;

/* Puts the candidate under way at its beginning: the parameters that earned most so
 * far, or, without any, random ones. */
merit_status merit__training_begin(merit__training *training, merit_error *err);

/* Trains what is left. On ESTOPPED the state has been saved. */
merit_status merit__training_run(merit__training *training, merit_error *err);

/* Saves the state; a failure is told, not returned: a training is worth more than a
 * checkpoint of it. */
void merit__training_checkpoint(merit__training *training);

/* The step of a row, counted from the beginning of its candidate. */
int64_t merit__training_own_step(const merit__training *training,
                                 const merit__history_row *row);

/* The step of the run that is this one of the candidate under way; when all are done,
 * the last one. */
int64_t merit__training_run_step(const merit__training *training, int64_t step);

/* The learning rate of a step of the candidate under way. */
double merit__training_rate(const merit__training *training, int64_t step);

/* Measures what the model in `inference` earns on the held-out examples, for which the
 * validation has been begun. */
merit_status merit__training_measure(merit__verdict *out,
                                     const merit__training *training,
                                     const merit__inference *inference,
                                     merit_error *err);

/* Fills what a validation records beside its verdict: the survey of stuck examples, for
 * which the validation has been measured, and the epoch's learning rate. */
merit_status merit__training_survey(const merit__training *training,
                                    const merit__inference *inference,
                                    merit__history_row *row, merit_error *err);

/* The last validation's row when it is the first one of its candidate from which it is
 * sure that it is stuck; NULL otherwise. */
const merit__history_row *merit__training_newly_stuck(const merit__training *training);

/* Seconds that this training has taken, over all its processes. */
double merit__training_seconds(const merit__training *training);

/* Seconds that threads have spent on pictures that were not there yet since the data
 * were loaded, by whoever uses them. */
double merit__training_waited(const merit__training *training);

/* Tells the caller's report function a sentence. */
void merit__training_tell(const merit__training *training, merit_train_event_kind kind,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tells how far it is. */
void merit__training_tell_progress(const merit__training *training);

/* Logs that numbers were not finite: "retry", "given up" (the candidate), "diverged"
 * (the run). */
void merit__training_tell_setback(const merit__training *training, const char *kind,
                                  const merit_error *why);

/* Tells and logs what is trained, the last validation, which candidate was kept. */
void merit__training_tell_start(const merit__training *training);
void merit__training_tell_epoch(const merit__training *training);
void merit__training_tell_end(const merit__training *training);

/* The model that earned most, as best.safetensors; there must have been a validation.
 */
merit_status merit__training_save_best(const merit__training *training, char hash[65],
                                       merit_error *err);

/* The last good parameters of the last candidate, as last.safetensors, unless it has
 * been given up before its first validation. */
merit_status merit__training_save_last(const merit__training *training,
                                       merit_error *err);

/* metrics.tsv and answers.jsonl, from the history. */
merit_status merit__training_write_metrics(const merit__training *training,
                                           merit_error *err);

#endif
