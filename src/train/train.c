#include "merit/train.h"

#include <fenv.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "data/dataset.h"
#include "model/model.h"
#include "train/class_weights.h"
#include "train/own_run.h"
#include "train/training.h"

static void dispose(merit__training *t)
{
    merit__learner_free(t->learner);
    merit__validation_free(t->validation);
    merit__candidates_dispose(&t->candidates);
    merit__normalisation_dispose(&t->normalisation);
    merit__state_dispose(&t->state);
    merit__run_directory_close(t->run);
    merit_net_free(t->net);
    merit_dataset_free(t->owned_data);
    merit_dataset_free(t->owned_validation);
    merit__free(t->order);
    merit__free(t->class_weights);
    merit__free(t->config_json);
}

/* Labels must be there, and each must be a truth of the table. */
static merit_status check_labels(const merit_dataset *data, const merit_scores *scores,
                                 merit_error *err)
{
    const int32_t *labels = merit_dataset_labels(data);
    int64_t n_classes = merit_scores_n_truths(scores), n_bad = 0, first = 0;
    char shown[100];
    if (labels == NULL) {
        merit__printable(shown, sizeof shown, merit_dataset_path(data));
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: no labels; name their file with "
                           "--labels",
                           shown);
    }
    for (int64_t i = 0; i < merit_dataset_n(data); i++) {
        if (labels[i] >= n_classes) {
            first = n_bad == 0 ? i : first;
            n_bad++;
        }
    }
    if (n_bad == 0) {
        return MERIT_OK;
    }
    merit__printable(shown, sizeof shown, merit_dataset_labels_path(data));
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: label %" PRId32 " at index %" PRId64 " (%" PRId64
                       " such labels); the score table has %" PRId64 " classes, 0 to "
                       "%" PRId64,
                       shown, labels[first], first, n_bad, n_classes, n_classes - 1);
}

/* Where classes have names there are as many as names; one leaves nothing to learn. */
static merit_status check_class_count(const merit_dataset *data, merit_error *err)
{
    char shown[100];
    const char *name = merit_dataset_class_name(data, 0);
    if (name == NULL || merit_dataset_n_classes(data) > 1) {
        return MERIT_OK;
    }
    char class[60];
    merit__printable(class, sizeof class, name);
    return merit__fail(
        err, MERIT_EFORMAT, "%s: has one class, %s; training needs at least 2 classes",
        merit__printable_path(shown, sizeof shown, merit_dataset_path(data)), class);
}

static merit_status check_same_shape(const merit_dataset *data,
                                     const merit_dataset *validation, merit_error *err)
{
    int64_t c, h, w, vc, vh, vw;
    merit_dataset_shape(data, &c, &h, &w);
    merit_dataset_shape(validation, &vc, &vh, &vw);
    if (c == vc && h == vh && w == vw) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "the validation data are %" PRId64 "x%" PRId64 "x%" PRId64
                       ", expected %" PRId64 "x%" PRId64 "x%" PRId64
                       " as the training data",
                       vc, vh, vw, c, h, w);
}

/* A sample of the classes holds the true ones of a minibatch and as many others; it
 * estimates a cross entropy, and what other losses would see of it is another matter.
 */
static merit_status check_sample(const merit__training *t, merit_error *err)
{
    const merit__config *c = &t->config;
    const int64_t K = merit_scores_n_truths(t->scores);
    const merit_task task = merit_dataset_task(t->whole);
    if (c->sample == 0) {
        return MERIT_OK;
    }
    if (task == MERIT_TASK_RESIDUE || task == MERIT_TASK_MASKED) {
        return merit__fail(err, MERIT_EINVAL,
                           "a sample of the classes is for one label an example, not "
                           "for one of each letter");
    }
    if (c->sample < 2 * c->batch || c->sample >= K) {
        return merit__fail(err, MERIT_EINVAL,
                           "a sample of %" PRId64 " classes, expected at least %" PRId64
                           ", twice the batch, and fewer than there are, %" PRId64,
                           c->sample, 2 * c->batch, K);
    }
    if (strcmp(c->loss, "auto") != 0 && strcmp(c->loss, "auto:fast") != 0 &&
        strcmp(c->loss, "cross-entropy") != 0) {
        char shown[80];
        return merit__fail(err, MERIT_EINVAL,
                           "a sample of the classes trains with cross-entropy, not "
                           "with %s",
                           merit__printable(shown, sizeof shown, c->loss));
    }
    return MERIT_OK;
}

/* The losses to train with; of a sample, cross entropy alone. */
static merit_status create_candidates(merit__training *t, merit_error *err)
{
    const char *loss = t->config.sample > 0 ? "cross-entropy" : t->config.loss;
    return merit__candidates_create(
        &t->candidates, loss, t->config.epochs * t->steps_per_epoch, t->scores, err);
}

/* Everything that can be known to be wrong before anything is written. */
static merit_status prepare(merit__training *t, const merit_dataset *data,
                            merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_train_options *o = t->options;
    t->whole = data;
    MERIT_TRY(merit__config_resolve(&t->config, o, data, err));
    MERIT_TRY(check_labels(data, t->scores, err));
    MERIT_TRY(check_class_count(data, err));
    MERIT_TRY(check_sample(t, err));
    if (o->validation_data != NULL) {
        t->data = data;
        t->validation_data = o->validation_data;
        MERIT_TRY(check_labels(t->validation_data, t->scores, err));
        MERIT_TRY(check_same_shape(data, t->validation_data, err));
    } else {
        if (merit_dataset_n(data) < 2) {
            MERIT_TRY(
                merit__fail(err, MERIT_EFORMAT,
                            "1 example, expected at least 2: one to learn from and "
                            "one to validate with"));
        }
        MERIT_TRY(merit_dataset_split(&t->owned_data, &t->owned_validation, data,
                                      t->config.validation, t->config.seed, err));
        t->data = t->owned_data;
        t->validation_data = t->owned_validation;
    }
    t->waited_before = merit__training_waited(t);
    MERIT_TRY(merit__class_weights_make(&t->class_weights, t->config.class_weights,
                                        merit_scores_n_truths(t->scores), t->data,
                                        err));
    int64_t c, h, w, n = merit__dataset_n_units(t->data);
    merit_dataset_shape(data, &c, &h, &w);
    MERIT_TRY(merit_net_create(&t->net, t->config.net, c, h, w,
                               merit_scores_n_truths(t->scores), err));
    MERIT_TRY(merit__check_task(t->net, data, err));
    t->steps_per_epoch = (n + t->config.batch - 1) / t->config.batch;
    MERIT_TRY(create_candidates(t, err));
    t->config.engine->describe(t->engine, sizeof t->engine);
    MERIT_TRY(merit__config_json(&t->config_json, &t->config, data, o->validation_data,
                                 t->scores, err));
    MERIT_TRY(merit__model_check(t->net, t->scores, t->config_json,
                                 merit_dataset_schema(data), err));
fail:
    return status;
}

static merit_status create(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t n = merit__dataset_n_units(t->data);
    MERIT_TRY(merit__normalisation_measure(&t->normalisation, t->data, err));
    MERIT_TRY(
        merit__validation_create(&t->validation, t->validation_data, t->scores, err));
    merit__learner_options options = {
        .engine = t->config.engine,
        .optimizer = t->config.optimizer,
        .data = t->data,
        .normalisation = &t->normalisation,
        .augmentation = {.shift = t->config.shift,
                         .flip = t->config.flip,
                         .hide = t->config.hide},
        .batch = t->config.batch,
        .slice = t->config.slice,
        .groups = t->config.groups,
        .threads = t->config.threads,
        .exact = t->config.exact,
        .seed = t->config.seed,
        .class_weights = t->class_weights,
        .sample = t->config.sample,
        .scores = t->scores,
    };
    MERIT_TRY(merit__learner_create(&t->learner, t->net, &options, err));
    merit__state_shape shape = {.n_arena = t->net->n_arena,
                                .n_moments = t->config.optimizer->n_moments,
                                .n_candidates = t->candidates.n,
                                .n_steps = t->candidates.n_steps,
                                .n_classes = merit_scores_n_truths(t->scores),
                                .n_answers = merit_scores_n_answers(t->scores)};
    MERIT_TRY(merit__state_create(&t->state, &shape, err));
    t->order_epoch = -1;
    t->order = merit__alloc_array((size_t)n, sizeof *t->order);
    if (t->order == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)n * sizeof *t->order, "training"));
    }
fail:
    return status;
}

/* Sets the state: from a checkpoint, or to the beginning. */
static merit_status restore(merit__training *t, const char *directory, int has_run,
                            merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__state *s = &t->state;
    int found = 0;
    char skipped[256] = "", shown[100];
    if (has_run) {
        MERIT_TRY(merit__checkpoint_load(s, t->run, t->config_json, t->engine, &found,
                                         skipped, sizeof skipped, err));
    }
    if (skipped[0] != 0) {
        merit__training_tell(t, MERIT_TRAIN_WARNING,
                             "went back to an older checkpoint: %s", skipped);
    }
    if (!found) {
        return merit__training_begin(t, err);
    }
    if (s->candidate == t->candidates.n && !t->options->resume) {
        MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                              "%s already exists and its training is finished; choose "
                              "another directory",
                              merit__printable_path(shown, sizeof shown, directory)));
    }
    t->seconds_before = s->seconds;
    const float *moments[MERIT__MOMENTS] = {s->now_weights.moments[0],
                                            s->now_weights.moments[1]};
    MERIT_TRY(merit__learner_set(t->learner, s->now_weights.parameters, moments, err));
fail:
    return status;
}

/* Model first, then what can be repeated; the checkpoint that says that all is done
 * comes last, so that a run killed before it is continued. */
static merit_status finish(merit__training *t, merit_train_result *result,
                           merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__history_row *best = merit__state_best(&t->state, -1);
    merit_train_result r = {.rule = best->verdict.rule,
                            .temperature = best->verdict.temperature,
                            .score = best->verdict.score,
                            .accuracy = best->verdict.accuracy,
                            .epoch = best->epoch};
    snprintf(r.loss, sizeof r.loss, "%s", t->candidates.spec[best->candidate]);
    MERIT_TRY(merit__training_save_best(t, r.sha256, err));
    MERIT_TRY(merit__training_save_last(t, err));
    MERIT_TRY(merit__training_write_metrics(t, err));
    merit__training_checkpoint(t);
    r.seconds = t->state.seconds;
    if (result != NULL) {
        *result = r;
    }
    merit__training_tell_end(t);
fail:
    return status;
}

static merit_status train(merit__training *t, const char *directory,
                          const merit_dataset *data, merit_train_result *result,
                          merit_error *err)
{
    merit_status status = MERIT_OK;
    int has_run = 0;
    MERIT_TRY(prepare(t, data, err));
    if (t->options->check) {
        return MERIT_OK;
    }
    MERIT_TRY(merit__own_run_open(t, directory, &has_run, err));
    MERIT_TRY(create(t, err));
    MERIT_TRY(restore(t, directory, has_run, err));
    MERIT_TRY(merit__own_run_describe(t, has_run, err));
    merit__training_tell_start(t);
    merit_error why = {0};
    status = merit__training_run(t, &why);
    if (status != MERIT_OK && err != NULL) {
        *err = why;
    }
    if (status == MERIT_ENUMERIC) {
        merit__training_tell_setback(t, "diverged", &why);
    }
    // What was best so far is of use, whether the run goes on later or not.
    if ((status == MERIT_ENUMERIC || status == MERIT_ESTOPPED) &&
        t->state.n_history > 0) {
        merit_status saved = merit__training_save_best(t, NULL, err);
        return saved == MERIT_OK ? status : saved;
    }
    if (status == MERIT_OK) {
        status = finish(t, result, err);
    }
fail:
    return status;
}

merit_status merit_train(const char *directory, const merit_dataset *data,
                         const merit_scores *scores, const merit_train_options *options,
                         merit_train_result *result, merit_error *err)
{
    static const merit_train_options defaults = {0};
    merit__training t = {.options = options != NULL ? options : &defaults,
                         .directory = directory,
                         .scores = scores};
    if (data == NULL || scores == NULL || (directory == NULL && !t.options->check)) {
        return merit__fail(err, MERIT_EINVAL, "merit_train: an argument is NULL");
    }
    // The result must not depend on how the caller rounds.
    fenv_t before;
    fegetenv(&before);
    fesetenv(FE_DFL_ENV);
    t.started = t.last_checkpoint = merit__now();
    t.last_save = t.options->save != NULL ? *t.options->save : 0;
    merit_status status = train(&t, directory, data, result, err);
    dispose(&t);
    fesetenv(&before);
    return status;
}

merit_status merit_train_config(char **json, const merit_dataset *data,
                                const merit_scores *scores,
                                const merit_train_options *options, merit_error *err)
{
    static const merit_train_options defaults = {0};
    merit__training t = {.options = options != NULL ? options : &defaults,
                         .scores = scores};
    if (json == NULL || data == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_train_config: an argument is NULL");
    }
    *json = NULL;
    merit_status status = prepare(&t, data, err);
    if (status == MERIT_OK) {
        *json = t.config_json;
        t.config_json = NULL;
    }
    dispose(&t);
    return status;
}
