/* Training: a data set and a score table in, a run directory with a model out.
 *
 *     merit_train_options options = {.loss = "auto", .epochs = 6};
 *     merit_train_result result;
 *     merit_train("run1", data, scores, &options, &result, &err);
 *
 * The model is the same, bit for bit, for any number of threads, and when training was
 * interrupted and resumed any number of times. */
#ifndef MERIT_TRAIN_H
#define MERIT_TRAIN_H

#include "merit/data.h"
#include "merit/decide.h"
#include "merit/error.h"
#include "merit/scores.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What training tells about while it runs. */
typedef enum merit_train_event_kind {
    MERIT_TRAIN_STARTED = 1,  // once; message: what is trained
    MERIT_TRAIN_PROGRESS = 2, // at most five times a second
    MERIT_TRAIN_EPOCH = 3,    // after each validation
    MERIT_TRAIN_NOTE = 4,     // message: something the user should know
    MERIT_TRAIN_WARNING = 5   // message
} merit_train_event_kind;

typedef struct merit_train_event {
    merit_train_event_kind kind;
    const char *message;     // "" for PROGRESS and EPOCH
    const char *candidate;   // the loss being trained
    int64_t epoch, n_epochs; // from 1; of the run, all candidates together
    double fraction;         // of this epoch
    double examples_per_s;
    double loss;              // mean of the training loss in this epoch so far
    double score, best_score; // validated mean score; NaN before the first
    double seconds_left;      // of the whole run
} merit_train_event;

/* Zero is the default of every field. Strings are borrowed for the call. */
typedef struct merit_train_options {
    const char *loss;      // spec, stage list, "auto" (default) or "auto:fast"
    const char *net;       // spec or name; "cnn1d" are six dilated residual
                           // convolutions for sequences; default: cnn1d for those and
                           // for signals, cnn for pictures, an MLP otherwise
    const char *optimizer; // "sgd" (default: Nesterov momentum) or "adamw" (of
                           // sequences and with a sample the default)
    const char *schedule;  // "one-cycle" (default), "cosine", "constant"
    const char *engine;    // "dnnl" (default) or "reference"
    int64_t epochs;        // default 6; auto: of each of its two losses
    int64_t batch;         // examples in a minibatch, default 128; of sequences
                           // windows, 32
    double learning_rate;  // default: the optimiser's
    double momentum;       // default 0.9; of SGD, and beta 1 of AdamW
    double weight_decay;   // default 0
    const double *class_weights; // [K] >= 0, how much an example of each class counts in
                                 // training, up to a factor; NULL: all alike
    double validation;     // share held out, default 0.1; ignored with validation_data
    const merit_dataset *validation_data;
    uint64_t seed;       // default 0 means 1
    int64_t threads;     // default: all processors; does not change the result
    int64_t slice;       // examples in a slice, default 16; of sequences 8
    int64_t groups;      // gradient buffers in a minibatch, default 8
    int64_t sample;      // of many classes, how many a step looks at: the true ones,
                         // some near them in a tree, others at random; trains with
                         // cross entropy. Default 0: all
    int32_t exact;       // non-zero: no Winograd convolutions
    int64_t patience;    // stop a candidate after so many epochs without a better
                         // validated score; default: never
    double max_seconds;  // stop training after so long; default: never
    double checkpoint_s; // seconds between checkpoints, default 30
    int64_t shift;       // augmentation: pixels
    int32_t flip;        // augmentation: left-right
    double hide;         // of MERIT_TASK_MASKED the share of letters hidden in
                         // training, below 1; default: twice that of the data, at most
                         // half where that is less
    int32_t resume;      // non-zero: the directory must hold a run to continue;
                         // 0: continue an unfinished run of the same options, or
                         // start a new one
    int32_t check;       // non-zero: check everything, start nothing
    void (*report)(const merit_train_event *event, void *payload); // NULL: silence
    void *payload;
    const volatile int *stop; // not NULL: when *stop becomes non-zero, training saves
                              // its state and returns ESTOPPED
    const volatile int *save; // not NULL: each change of *save writes a checkpoint
} merit_train_options;

typedef struct merit_train_result {
    char loss[128];  // the candidate that was kept
    merit_rule rule; // its decision rule
    double temperature;
    double score;    // validated mean score under that rule
    double accuracy; // validated
    int64_t epoch;   // of the model that was kept, from 1; auto counts through both
    double seconds;  // spent, over all resumptions
    char sha256[65]; // of the content of best.safetensors
} merit_train_result;

/* Trains into the new directory `directory`, or continues there. Fails with EINVAL
 * (options), EFORMAT (data and table do not fit), EBUSY (another run owns the
 * directory), EMODEL (nothing to resume, or it belongs to other data or options),
 * ENUMERIC (diverged after three retries; the last good model is saved), EIO, ENOMEM,
 * ESTOPPED. */
MERIT_API merit_status merit_train(const char *directory, const merit_dataset *data,
                                   const merit_scores *scores,
                                   const merit_train_options *options,
                                   merit_train_result *result, merit_error *err);

/* What determines the result of such a training, every default filled in: the text that
 * merit_train writes as config.json. Refuses what merit_train refuses before its first
 * step, and writes nothing. The caller frees *json with merit_text_free. */
MERIT_API merit_status merit_train_config(char **json, const merit_dataset *data,
                                          const merit_scores *scores,
                                          const merit_train_options *options,
                                          merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
