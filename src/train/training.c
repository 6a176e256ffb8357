#include "train/training.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/random.h"
#include "data/dataset.h"
#include "model/model.h"

enum { MAX_RETRIES = 3 };
static const double report_interval_s = 0.2;

double merit__training_seconds(const merit__training *t)
{
    return t->seconds_before + merit__now() - t->started;
}

double merit__training_waited(const merit__training *t)
{
    double waited = merit_dataset_waited(t->data);
    return t->validation_data->storage == t->data->storage
               ? waited
               : waited + merit_dataset_waited(t->validation_data);
}

void merit__training_checkpoint(merit__training *t)
{
    merit_error why = {0};
    merit_status status =
        merit__learner_get(t->learner, t->state.now_weights.parameters,
                           t->state.now_weights.moments, &why);
    t->state.seconds = merit__training_seconds(t);
    if (status == MERIT_OK) {
        status =
            merit__checkpoint_save(&t->state, t->run, t->config_json, t->engine, &why);
    }
    t->last_checkpoint = merit__now();
    t->unsaved = status != MERIT_OK;
    if (t->unsaved) {
        merit__training_tell(t, MERIT_TRAIN_WARNING,
                             "the checkpoint could not be saved: %s", why.message);
    }
}

/* The weights of a state's array become the learner's. */
static merit_status learn_from(merit__training *t, const merit__weights *weights,
                               merit_error *err)
{
    const float *moments[MERIT__MOMENTS];
    for (int i = 0; i < MERIT__MOMENTS; i++) {
        moments[i] = weights->moments[i];
    }
    return merit__learner_set(t->learner, weights->parameters, moments, err);
}

/* Every epoch visits the examples in an order of its own. */
static void arrange(merit__training *t, int64_t epoch)
{
    if (t->order_epoch != epoch) {
        merit__permutation(t->order, merit__dataset_n_units(t->data), t->config.seed,
                           MERIT__USE_SHUFFLE, (uint32_t)epoch);
        t->order_epoch = epoch;
    }
}

int64_t merit__training_own_step(const merit__training *t,
                                 const merit__history_row *row)
{
    return row->step - merit__state_place_before(&t->state, row->candidate).step;
}

int64_t merit__training_run_step(const merit__training *t, int64_t step)
{
    const merit__state *s = &t->state;
    if (s->candidate == t->candidates.n) { // all are done
        return merit__state_place_before(s, s->candidate).step;
    }
    return merit__state_place_before(s, s->candidate).step + step;
}

double merit__training_rate(const merit__training *t, int64_t step)
{
    double fraction = (double)step / (double)t->candidates.n_steps;
    return t->config.learning_rate * t->state.rate_scale * t->config.schedule(fraction);
}

/* The minibatches from this one on that may be prepared now. */
static void announce(const merit__training *t, int64_t first)
{
    enum { MINIBATCHES_AHEAD = 3 };
    int64_t n_left = merit_dataset_n(t->data) - first;
    int64_t n = MINIBATCHES_AHEAD * t->config.batch;
    merit__dataset_announce(t->data, t->order + first, 0, n < n_left ? n : n_left);
}

static merit_status step(merit__training *t, merit_error *err)
{
    merit__state *s = &t->state;
    int64_t n = merit__dataset_n_units(t->data), batch = t->config.batch;
    const merit__run_place before = merit__state_place_before(s, s->candidate);
    int64_t epoch = before.epoch + s->at.step / t->steps_per_epoch;
    int64_t first = s->at.step % t->steps_per_epoch * batch;
    arrange(t, epoch);
    announce(t, first);
    merit__minibatch minibatch = {
        .index = t->order + first,
        .n = n - first < batch ? n - first : batch,
        .epoch = (uint32_t)epoch,
        .step = before.step + s->at.step,
        .first_step = before.step,
        .learning_rate = merit__training_rate(t, s->at.step),
        .momentum = t->config.momentum,
        .weight_decay = t->config.weight_decay,
    };
    minibatch.loss = merit__candidates_loss(&t->candidates, s->candidate, s->at.step,
                                            &minibatch.progress);
    double loss;
    merit_status status = merit__learner_step(t->learner, &minibatch, &loss, err);
    if (status == MERIT_OK) {
        s->at.loss_sum += loss * (double)minibatch.n;
        s->at.n_losses += minibatch.n;
        s->at.step++;
        t->examples_done += minibatch.n;
    }
    return status;
}

/* Measures on the held-out examples and keeps the model when it is the best so far. */
static merit_status validate(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__state *s = &t->state;
    const merit__run_place before = merit__state_place_before(s, s->candidate);
    merit__history_row row = {.candidate = s->candidate,
                              .epoch =
                                  before.epoch + (s->at.step + t->steps_per_epoch - 1) /
                                                     t->steps_per_epoch,
                              .step = before.step + s->at.step,
                              .loss = s->at.loss_sum / (double)s->at.n_losses};
    double progress;
    const merit_loss *loss =
        merit__candidates_loss(&t->candidates, s->candidate, s->at.step - 1, &progress);
    merit__inference inference = {.engine = t->config.engine,
                                  .net = t->net,
                                  .parameters = s->now_weights.parameters,
                                  .normalisation = &t->normalisation,
                                  .slice = t->config.slice,
                                  .exact = t->config.exact};
    MERIT_TRY(merit__learner_get(t->learner, s->now_weights.parameters,
                                 s->now_weights.moments, err));
    merit__validation_begin(t->validation, loss, progress);
    MERIT_TRY(merit__training_measure(&row.verdict, t, &inference, err));
    MERIT_TRY(merit__training_survey(t, &inference, &row, err));
    MERIT_TRY(
        merit__state_record(s, &row, merit__validation_given(t->validation), err));
    if (merit__state_best(s, -1) == &s->history[s->n_history - 1]) {
        memcpy(s->kept, s->now_weights.parameters,
               (size_t)s->shape.n_arena * sizeof *s->kept);
    }
    s->at.loss_sum = 0;
    s->at.n_losses = 0;
fail:
    return status;
}

/* The state at the beginning of an epoch is what divergence falls back to. */
static void remember_good(merit__training *t)
{
    t->state.good = t->state.at;
    merit__weights_copy(&t->state, &t->state.good_weights, &t->state.now_weights);
}

/* The end of an epoch, or of the candidate in the midst of one. */
static merit_status end_epoch(merit__training *t, merit_error *err)
{
    merit_status status = validate(t, err);
    if (status != MERIT_OK) {
        return status;
    }
    remember_good(t);
    merit__training_tell_epoch(t);
    merit_error why = {0};
    if (merit__training_write_metrics(t, &why) != MERIT_OK) {
        merit__training_tell(t, MERIT_TRAIN_WARNING, "%s", why.message);
    }
    return MERIT_OK;
}

merit_status merit__training_begin(merit__training *t, merit_error *err)
{
    merit__state *s = &t->state;
    size_t n_bytes = (size_t)s->shape.n_arena * sizeof(float);
    if (s->n_history > 0) {
        memcpy(s->now_weights.parameters, s->kept, n_bytes);
    } else {
        merit__net_init(t->net, t->config.seed, s->now_weights.parameters);
    }
    for (int64_t i = 0; i < s->shape.n_moments; i++) {
        memset(s->now_weights.moments[i], 0, n_bytes);
    }
    s->at = (merit__position){0};
    s->rate_scale = 1;
    s->retries = 0;
    remember_good(t);
    return learn_from(t, &s->now_weights, err);
}

/* The candidate is done with: the next one begins, or all are done. */
static merit_status next_candidate(merit__training *t, merit_error *err)
{
    merit__state *s = &t->state;
    if (s->candidate + 1 < t->candidates.n && t->out_of_time) {
        merit__training_tell(t, MERIT_TRAIN_NOTE,
                             "training ends early: %s was not tried",
                             t->candidates.spec[s->candidate + 1]);
        s->candidate = t->candidates.n;
        return MERIT_OK;
    }
    s->candidate++;
    return s->candidate < t->candidates.n ? merit__training_begin(t, err) : MERIT_OK;
}

/* A number was not finite: back to the beginning of the epoch with half the rate. */
static merit_status retry(merit__training *t, const merit_error *why, merit_error *err)
{
    merit__state *s = &t->state;
    if (s->retries >= MAX_RETRIES) {
        return merit__fail(
            err, MERIT_ENUMERIC,
            "training diverged after step %" PRId64 ": %.120s; %d retries "
            "with smaller learning rates did not help",
            merit__training_run_step(t, s->at.step), why->message, MAX_RETRIES);
    }
    s->retries++;
    s->rate_scale /= 2;
    merit__training_tell_setback(t, "retry", why);
    merit__training_tell(t, MERIT_TRAIN_WARNING,
                         "after step %" PRId64 ": %s; going back to step %" PRId64
                         " with the learning rate %g",
                         merit__training_run_step(t, s->at.step), why->message,
                         merit__training_run_step(t, s->good.step),
                         t->config.learning_rate * s->rate_scale);
    s->at = s->good;
    return learn_from(t, &s->good_weights, err);
}

/* What may happen between two steps: reports, checkpoints, requests. */
static merit_status attend(merit__training *t, merit_error *err)
{
    const merit_train_options *o = t->options;
    double now = merit__now();
    if (now - t->last_report >= report_interval_s) {
        t->last_report = now;
        merit__training_tell_progress(t);
    }
    int stop = o->stop != NULL && *o->stop != 0;
    int save = o->save != NULL && *o->save != t->last_save;
    if (save) {
        t->last_save = *o->save;
    }
    if (stop || save || now - t->last_checkpoint >= t->config.checkpoint_s) {
        merit__training_checkpoint(t);
    }
    if (stop) {
        return t->unsaved ? merit__fail(err, MERIT_EIO,
                                        "stopped on request, and the state could not "
                                        "be saved")
                          : merit__fail(err, MERIT_ESTOPPED,
                                        "stopped on request after step %" PRId64
                                        "; the state is saved",
                                        merit__training_run_step(t, t->state.at.step));
    }
    t->out_of_time = t->config.max_seconds > 0 &&
                     merit__training_seconds(t) >= t->config.max_seconds;
    return MERIT_OK;
}

static int patience_is_over(const merit__training *t)
{
    return t->config.patience > 0 &&
           merit__state_epochs_without_better(&t->state) >= t->config.patience;
}

/* All steps of an epoch are done, and it has not been validated. */
static int epoch_is_over(const merit__training *t)
{
    const merit__position *at = &t->state.at;
    return at->n_losses > 0 && at->step % t->steps_per_epoch == 0;
}

/* One step, and what is due after it. */
static merit_status advance(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__state *s = &t->state;
    if (!epoch_is_over(t)) { // as it is when data failed in a validation
        MERIT_TRY(step(t, err));
    }
    if (epoch_is_over(t)) {
        MERIT_TRY(end_epoch(t, err));
        if (s->at.step < t->candidates.n_steps) {
            merit__training_checkpoint(t);
        }
    }
fail:
    return status;
}

/* A file of the data has changed or cannot be read: what is learned is worth keeping.
 */
static int is_of_the_data(merit_status status)
{
    return status == MERIT_EFORMAT || status == MERIT_EUNSUPPORTED ||
           status == MERIT_EIO;
}

/* One candidate from where it stands to its end. */
static merit_status run_candidate(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__state *s = &t->state;
    while (s->at.step < t->candidates.n_steps && !t->out_of_time &&
           !patience_is_over(t)) {
        merit_error why = {0};
        status = advance(t, &why);
        if (status == MERIT_ENUMERIC) {
            MERIT_TRY(retry(t, &why, err));
        } else if (status != MERIT_OK) {
            if (is_of_the_data(status)) {
                merit__training_checkpoint(t);
            }
            if (err != NULL) {
                *err = why;
            }
            return status;
        }
        MERIT_TRY(attend(t, err));
    }
    if (s->at.n_losses > 0) { // stopped in the midst of an epoch
        MERIT_TRY(end_epoch(t, err));
    }
fail:
    return status;
}

/* A candidate that diverges is out, its last good state what is left of it; the run
 * fails when nothing else is left. */
static merit_status survive(merit__training *t, const merit_error *why,
                            merit_error *err)
{
    merit__state *s = &t->state;
    if (s->n_history == 0 && s->candidate + 1 == t->candidates.n) {
        if (err != NULL) {
            *err = *why;
        }
        return MERIT_ENUMERIC;
    }
    merit__training_tell_setback(t, "given up", why);
    merit__training_tell(t, MERIT_TRAIN_WARNING, "%s is given up: %s",
                         t->candidates.spec[s->candidate], why->message);
    s->at = s->good;
    merit__weights_copy(s, &s->now_weights, &s->good_weights);
    return learn_from(t, &s->good_weights, err);
}

merit_status merit__training_run(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    while (t->state.candidate < t->candidates.n) {
        merit_error why = {0};
        status = run_candidate(t, &why);
        if (status == MERIT_ENUMERIC && t->candidates.n > 1) {
            MERIT_TRY(survive(t, &why, err));
        } else if (status != MERIT_OK) {
            if (err != NULL) {
                *err = why;
            }
            return status;
        }
        MERIT_TRY(next_candidate(t, err));
        if (t->state.candidate < t->candidates.n) {
            merit__training_checkpoint(t);
        }
    }
fail:
    return status;
}
