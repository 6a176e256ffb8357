#include "train/training.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/random.h"
#include "model/model.h"

enum { MAX_RETRIES = 3 };
static const double report_interval_s = 0.2;

double merit__training_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double seconds_spent(const merit__training *t)
{
    return t->seconds_before + merit__training_now() - t->started;
}

/* Steps that all candidates together still need. */
static int64_t steps_left(const merit__training *t)
{
    const merit__candidates *c = &t->candidates;
    int64_t later = c->n - t->state.candidate - 1;
    return c->n_steps - t->state.at.step + later * (c->n_steps - c->branch);
}

void merit__training_tell(const merit__training *t, merit_train_event_kind kind,
                          const char *message)
{
    if (t->options->report == NULL) {
        return;
    }
    const merit__state *s = &t->state;
    int64_t candidate = s->candidate < t->candidates.n ? s->candidate : t->candidates.n - 1;
    int64_t in_epoch = s->at.step % t->steps_per_epoch;
    int64_t epoch = s->at.step / t->steps_per_epoch + (in_epoch > 0);
    double elapsed = merit__training_now() - t->started;
    double rate = elapsed > 0 ? (double)t->examples_done / elapsed : 0;
    double examples_left = (double)steps_left(t) * (double)t->config.batch;
    const merit__history_row *last =
        s->n_history > 0 ? &s->history[s->n_history - 1] : NULL;
    merit_train_event event = {
        .kind = kind,
        .message = message != NULL ? message : "",
        .candidate = t->candidates.spec[candidate],
        .epoch = epoch > 0 ? epoch : 1,
        .n_epochs = t->config.epochs,
        .fraction = in_epoch > 0 ? (double)in_epoch / (double)t->steps_per_epoch : 1,
        .examples_per_s = rate,
        .loss = s->at.n_losses > 0 ? s->at.loss_sum / (double)s->at.n_losses
                                   : (last != NULL ? last->loss : (double)NAN),
        .score = last != NULL ? last->verdict.score : (double)NAN,
        .best_score =
            s->kept_candidate >= 0 ? s->kept_verdict.score : (double)NAN,
        .seconds_left = rate > 0 ? examples_left / rate : (double)NAN,
    };
    t->options->report(&event, t->options->payload);
}

/* A model that is not yet complete is worth less than the training: a failure to save is
 * told, and training goes on. */
static void checkpoint(merit__training *t)
{
    merit_error why = {0};
    merit_status status =
        merit__learner_get(t->learner, t->state.now_weights.parameters,
                           t->state.now_weights.moments, &why);
    t->state.seconds = seconds_spent(t);
    if (status == MERIT_OK) {
        status = merit__checkpoint_save(&t->state, t->run, t->config_json, t->engine,
                                        &why);
    }
    t->last_checkpoint = merit__training_now();
    t->unsaved = status != MERIT_OK;
    if (t->unsaved) {
        char message[320];
        snprintf(message, sizeof message, "the checkpoint could not be saved: %s",
                 why.message);
        merit__training_tell(t, MERIT_TRAIN_WARNING, message);
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
        merit__permutation(t->order, merit_dataset_n(t->data), t->config.seed,
                           MERIT__USE_SHUFFLE, (uint32_t)epoch);
        t->order_epoch = epoch;
    }
}

static merit_status step(merit__training *t, merit_error *err)
{
    merit__state *s = &t->state;
    int64_t n = merit_dataset_n(t->data), batch = t->config.batch;
    int64_t epoch = s->at.step / t->steps_per_epoch;
    int64_t first = s->at.step % t->steps_per_epoch * batch;
    arrange(t, epoch);
    double fraction = (double)s->at.step / (double)t->candidates.n_steps;
    merit__minibatch minibatch = {
        .index = t->order + first,
        .n = n - first < batch ? n - first : batch,
        .epoch = (uint32_t)epoch,
        .step = s->at.step,
        .learning_rate =
            t->config.learning_rate * s->rate_scale * t->config.schedule(fraction),
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
    merit__history_row row = {.candidate = s->candidate,
                              .epoch = (s->at.step + t->steps_per_epoch - 1) /
                                       t->steps_per_epoch,
                              .step = s->at.step,
                              .loss = s->at.n_losses > 0
                                          ? s->at.loss_sum / (double)s->at.n_losses
                                          : 0};
    double progress;
    const merit_loss *loss = merit__candidates_loss(&t->candidates, s->candidate,
                                                    s->at.step - 1, &progress);
    double *decode = merit__alloc_array((size_t)s->n_decode, sizeof *decode);
    if (decode == NULL) {
        return merit__fail_memory(err, (size_t)s->n_decode * sizeof *decode, "a rule");
    }
    MERIT_TRY(merit__learner_get(t->learner, s->now_weights.parameters,
                                 s->now_weights.moments, err));
    merit__inference inference = {.engine = t->config.engine,
                                  .net = t->net,
                                  .parameters = s->now_weights.parameters,
                                  .normalisation = &t->normalisation,
                                  .slice = t->config.slice,
                                  .exact = t->config.exact};
    MERIT_TRY(merit__infer(&inference, t->validation_data, t->config.threads,
                           merit__validation_logits(t->validation), err));
    MERIT_TRY(merit__validation_measure(&row.verdict, t->validation, loss, progress,
                                        decode, err));
    MERIT_TRY(merit__state_record(s, &row, err));
    s->epochs_without_better++;
    if (s->kept_candidate < 0 || row.verdict.score > s->kept_verdict.score) {
        memcpy(s->kept, s->now_weights.parameters,
               (size_t)s->n_arena * sizeof *s->kept);
        memcpy(s->kept_decode, decode, (size_t)s->n_decode * sizeof *decode);
        s->kept_candidate = s->candidate;
        s->kept_epoch = row.epoch;
        s->kept_verdict = row.verdict;
        s->epochs_without_better = 0;
    }
    s->at.loss_sum = 0;
    s->at.n_losses = 0;
fail:
    merit__free(decode);
    return status;
}

/* The state at the beginning of an epoch is what divergence falls back to. */
static void remember_good(merit__training *t)
{
    t->state.good = t->state.at;
    merit__weights_copy(&t->state, &t->state.good_weights, &t->state.now_weights);
}

static void log_epoch(const merit__training *t)
{
    const merit__history_row *row = &t->state.history[t->state.n_history - 1];
    char line[512];
    snprintf(line, sizeof line,
             "{\"event\": \"epoch\", \"candidate\": \"%.190s\", \"epoch\": %" PRId64
             ", \"step\": %" PRId64 ", \"loss\": %.9g, \"score\": %.9g, \"seconds\": %.3f}",
             t->candidates.spec[row->candidate], row->epoch, row->step, row->loss,
             row->verdict.score, seconds_spent(t));
    merit__run_directory_log(t->run, line);
}

/* The end of an epoch, or of the candidate in the midst of one. */
static merit_status end_epoch(merit__training *t, merit_error *err)
{
    merit_status status = validate(t, err);
    if (status != MERIT_OK) {
        return status;
    }
    remember_good(t);
    log_epoch(t);
    merit__training_tell(t, MERIT_TRAIN_EPOCH, NULL);
    merit_error why = {0};
    if (merit__training_write_metrics(t, &why) != MERIT_OK) {
        merit__training_tell(t, MERIT_TRAIN_WARNING, why.message);
    }
    return MERIT_OK;
}

/* Where the other candidates branch off. */
static merit_status remember_start(merit__training *t, merit_error *err)
{
    merit__state *s = &t->state;
    merit_status status = merit__learner_get(t->learner, s->start.parameters,
                                             s->start.moments, err);
    s->start_at = s->at;
    s->has_start = status == MERIT_OK;
    return status;
}

/* The candidate is trained: the next one begins at the branch, or all are done. */
static merit_status next_candidate(merit__training *t, merit_error *err)
{
    merit__state *s = &t->state;
    s->candidate++;
    s->epochs_without_better = 0;
    if (s->candidate >= t->candidates.n || !s->has_start) {
        s->candidate = t->candidates.n;
        return MERIT_OK;
    }
    s->at = s->start_at;
    s->rate_scale = 1;
    s->retries = 0;
    merit__weights_copy(s, &s->now_weights, &s->start);
    remember_good(t);
    return learn_from(t, &s->start, err);
}

/* A number was not finite: back to the beginning of the epoch with half the rate. */
static merit_status retry(merit__training *t, const merit_error *why, merit_error *err)
{
    merit__state *s = &t->state;
    char message[400];
    if (s->retries >= MAX_RETRIES) {
        return merit__fail(err, MERIT_ENUMERIC,
                           "training diverged at step %" PRId64 ": %.120s; %d retries "
                           "with smaller learning rates did not help",
                           s->at.step + 1, why->message, MAX_RETRIES);
    }
    s->retries++;
    s->rate_scale /= 2;
    snprintf(message, sizeof message,
             "step %" PRId64 ": %s; going back to step %" PRId64
             " with the learning rate %g",
             s->at.step + 1, why->message, s->good.step,
             t->config.learning_rate * s->rate_scale);
    s->at = s->good;
    merit__training_tell(t, MERIT_TRAIN_WARNING, message);
    return learn_from(t, &s->good_weights, err);
}

/* What may happen between two steps: reports, checkpoints, requests. */
static merit_status attend(merit__training *t, merit_error *err)
{
    const merit_train_options *o = t->options;
    double now = merit__training_now();
    if (now - t->last_report >= report_interval_s) {
        t->last_report = now;
        merit__training_tell(t, MERIT_TRAIN_PROGRESS, NULL);
    }
    int stop = o->stop != NULL && *o->stop != 0;
    int save = o->save != NULL && *o->save != t->last_save;
    if (save) {
        t->last_save = *o->save;
    }
    if (stop || save || now - t->last_checkpoint >= t->config.checkpoint_s) {
        checkpoint(t);
    }
    if (stop) {
        return t->unsaved ? merit__fail(err, MERIT_EIO,
                                        "stopped on request, and the state could not "
                                        "be saved")
                          : merit__fail(err, MERIT_ESTOPPED,
                                        "stopped on request after step %" PRId64
                                        "; the state is saved",
                                        t->state.at.step);
    }
    t->out_of_time = t->config.max_seconds > 0 && seconds_spent(t) >= t->config.max_seconds;
    return MERIT_OK;
}

static int patience_is_over(const merit__training *t)
{
    return t->config.patience > 0 &&
           t->state.epochs_without_better >= t->config.patience;
}

/* One step, and what is due after it. */
static merit_status advance(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__state *s = &t->state;
    MERIT_TRY(step(t, err));
    if (s->candidate == 0 && t->candidates.n > 1 && s->at.step == t->candidates.branch) {
        MERIT_TRY(remember_start(t, err));
    }
    if (s->at.step % t->steps_per_epoch == 0) {
        MERIT_TRY(end_epoch(t, err));
        if (s->at.step < t->candidates.n_steps) {
            checkpoint(t);
        }
    }
fail:
    return status;
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

merit_status merit__training_run(merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    while (t->state.candidate < t->candidates.n) {
        MERIT_TRY(run_candidate(t, err));
        MERIT_TRY(next_candidate(t, err));
        if (t->out_of_time) {
            t->state.candidate = t->candidates.n;
        }
        checkpoint(t);
    }
fail:
    return status;
}
