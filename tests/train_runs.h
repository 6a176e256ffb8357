/* Runs on small data, what came out of them and what they said meanwhile. */
#ifndef MERIT_TESTS_TRAIN_RUNS_H
#define MERIT_TESTS_TRAIN_RUNS_H

#include "merit/train.h"
#include "train_fixtures.h"

#include <math.h>

enum { SIDE = 6, N_CLASSES = 3, N_DATA = 70 };

// A net without and one with batch norm, dropout and a residual block.
static const char *const plain_net = "conv 4 3, relu, pool 2, dense 5, relu";
static const char *const rich_net =
    "conv 4 3, batchnorm, relu, residual(conv 4 3, relu), pool 2, dropout 0.3, dense 6";
static const char *const engines[] = {"reference", "dnnl"};

static merit_dataset *data, *other_data;
static merit_scores *scores;

static inline int make_all(void **state)
{
    if (make_data_folder(state) != 0) {
        return -1;
    }
    data = make_pictures("train", N_DATA, SIDE, N_CLASSES);
    other_data = make_pictures("other", 33, SIDE, N_CLASSES);
    scores = make_table(N_CLASSES);
    return 0;
}

static inline int free_all(void **state)
{
    merit_scores_free(scores);
    merit_dataset_free(data);
    merit_dataset_free(other_data);
    return remove_data_tree(state);
}

/* What came out of a call, and what was said meanwhile. */
typedef struct outcome {
    merit_status status;
    merit_train_result result;
    merit_error err;
    int n_started, n_progress, n_epochs, n_notes, n_warnings, n_given_up;
    char started[512], note[512], warning[512]; // the last ones
    int64_t epoch;
} outcome;

static inline void listen(const merit_train_event *event, void *payload)
{
    outcome *o = payload;
    assert_non_null(event->message);
    assert_true(event->epoch >= 1 && event->epoch <= event->n_epochs);
    assert_true(event->fraction >= 0 && event->fraction <= 1);
    assert_true(strlen(event->candidate) > 0);
    assert_false(event->seconds_left < 0);
    switch (event->kind) {
    case MERIT_TRAIN_STARTED:
        o->n_started++;
        snprintf(o->started, sizeof o->started, "%s", event->message);
        break;
    case MERIT_TRAIN_PROGRESS:
        o->n_progress++;
        break;
    case MERIT_TRAIN_EPOCH:
        o->n_epochs++;
        assert_true(event->score <= event->best_score);
        assert_true(isfinite(event->loss));
        break;
    case MERIT_TRAIN_NOTE:
        o->n_notes++;
        snprintf(o->note, sizeof o->note, "%s", event->message);
        break;
    case MERIT_TRAIN_WARNING:
        o->n_warnings++;
        o->n_given_up += strstr(event->message, " is given up: ") != NULL;
        snprintf(o->warning, sizeof o->warning, "%s", event->message);
        break;
    }
}

static inline merit_train_options base_options(void)
{
    return (merit_train_options){.loss = "cross-entropy",
                                 .net = rich_net,
                                 .engine = "reference",
                                 .epochs = 3,
                                 .batch = 16,
                                 .slice = 4,
                                 .groups = 3,
                                 .threads = 2,
                                 .learning_rate = 0.02,
                                 .shift = 1,
                                 .flip = 1};
}

static inline const char *run_path(char out[PATH_BYTES], const char *run,
                                   const char *name)
{
    snprintf(out, PATH_BYTES, "%.200s/%.60s/%.200s", data_folder, run, name);
    return out;
}

static inline outcome train_on(const merit_dataset *set, const char *run,
                               const merit_train_options *options)
{
    outcome o = {.status = MERIT_OK};
    char path[PATH_BYTES];
    merit_train_options own = *options;
    own.report = listen;
    own.payload = &o;
    o.status = merit_train(data_path(path, run), set, scores, &own, &o.result, &o.err);
    return o;
}

static inline outcome train(const char *run, const merit_train_options *options)
{
    return train_on(data, run, options);
}

/* As above in a directory that is new. */
static inline outcome train_new(const char *run, const merit_train_options *options)
{
    char path[PATH_BYTES];
    remove_tree(data_path(path, run));
    outcome o = train(run, options);
    if (o.status != MERIT_OK) {
        fail_msg("%s: %s", run, o.err.message);
    }
    assert_int_equal(o.n_started, 1);
    assert_int_equal(strlen(o.result.sha256), 64);
    return o;
}

static inline void expect(const outcome *o, merit_status status, const char *said)
{
    if (o->status != status || strstr(o->err.message, said) == NULL) {
        fail_msg("expected %d and \"%s\", got %d and \"%s\"", (int)status, said,
                 (int)o->status, o->err.message);
    }
    assert_int_equal(o->err.code, status);
}

/* Stops after every single step and continues, until it is done. */
static inline outcome train_stopping(const char *run,
                                     const merit_train_options *options, int *n_stops)
{
    int stop = 1;
    char path[PATH_BYTES];
    merit_train_options own = *options;
    remove_tree(data_path(path, run));
    own.stop = &stop;
    for (*n_stops = 0; *n_stops < 500; ++*n_stops) {
        own.threads = 1 + *n_stops % 4;
        outcome o = train(run, &own);
        if (o.status == MERIT_OK) {
            return o;
        }
        expect(&o, MERIT_ESTOPPED, "the state is saved");
        assert_int_equal(o.n_warnings, 0);
    }
    fail_msg("never done");
    return (outcome){.status = MERIT_ESTOPPED};
}

/* The whole of a file of a run as text. Free with test_free. */
static inline char *read_run(const char *run, const char *name)
{
    char path[PATH_BYTES];
    size_t n;
    return (char *)read_data(run_path(path, run, name), &n);
}

static inline int count_lines(const char *text)
{
    int n = 0;
    for (; *text != 0; text++) {
        n += *text == '\n';
    }
    return n;
}

#endif
