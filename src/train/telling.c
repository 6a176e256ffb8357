/* What a training says: events to the caller's report function, lines of log.jsonl. */
#include "train/training.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/shell.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "train/best_constant.h"
#include "train/json_text.h"

/* Steps that all candidates together still need. */
static int64_t steps_left(const merit__training *t)
{
    const merit__candidates *c = &t->candidates;
    int64_t later = c->n - t->state.candidate - 1;
    return later < 0 ? 0 : c->n_steps - t->state.at.step + later * c->n_steps;
}

static void report(const merit__training *t, merit_train_event_kind kind,
                   const char *text)
{
    const merit__state *s = &t->state;
    if (t->options->report == NULL) {
        return;
    }
    const merit__history_row *best = merit__state_best(s, -1);
    const merit__history_row *last =
        s->n_history > 0 ? &s->history[s->n_history - 1] : NULL;
    int64_t candidate = s->candidate;
    int64_t in_epoch = s->at.step % t->steps_per_epoch;
    int64_t epoch = merit__state_place_before(s, candidate).epoch +
                    s->at.step / t->steps_per_epoch + (in_epoch > 0);
    if (candidate == t->candidates.n) { // all are done
        candidate = last != NULL ? last->candidate : 0;
        epoch = last != NULL ? last->epoch : 1;
    }
    double elapsed = merit__now() - t->started;
    double rate = elapsed > 0 ? (double)t->examples_done / elapsed : 0;
    double examples_left = (double)steps_left(t) * (double)t->config.batch;
    merit_train_event event = {
        .kind = kind,
        .message = text,
        .candidate = t->candidates.spec[candidate],
        .epoch = epoch > 0 ? epoch : 1,
        .n_epochs = t->config.epochs * t->candidates.n,
        .fraction = in_epoch > 0 ? (double)in_epoch / (double)t->steps_per_epoch : 1,
        .examples_per_s = rate,
        .loss = s->at.n_losses > 0 ? s->at.loss_sum / (double)s->at.n_losses
                                   : (last != NULL ? last->loss : (double)NAN),
        .score = last != NULL ? last->verdict.score : (double)NAN,
        .best_score = best != NULL ? best->verdict.score : (double)NAN,
        .seconds_left = rate > 0 ? examples_left / rate : (double)NAN,
    };
    t->options->report(&event, t->options->payload);
}

/* A sentence in the making; what does not fit is cut. */
typedef struct message {
    char text[512];
    size_t n;
} message;

/* Appends, with a decimal point in every locale. */
static void add_list(message *m, const char *format, va_list arguments)
{
    size_t room = sizeof m->text - m->n;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    int n = vsnprintf(m->text + m->n, room, format, arguments);
    uselocale(before);
    if (plain != (locale_t)0) {
        freelocale(plain);
    }
    m->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

__attribute__((format(printf, 2, 3))) static void add(message *m, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_list(m, format, arguments);
    va_end(arguments);
}

void merit__training_tell(const merit__training *t, merit_train_event_kind kind,
                          const char *format, ...)
{
    message m = {0};
    va_list arguments;
    va_start(arguments, format);
    add_list(&m, format, arguments);
    va_end(arguments);
    report(t, kind, m.text);
}

void merit__training_tell_progress(const merit__training *t)
{
    report(t, MERIT_TRAIN_PROGRESS, "");
}

/* Appends a record to the log and frees it. */
static void log_record(const merit__training *t, json_t *record)
{
    char *line = merit__json_dump(record, 0);
    if (line != NULL) {
        merit__run_directory_log(t->run, line);
    }
    merit__free(line);
    json_decref(record);
}

/* Classes of the table that no example has: labels that begin at 1 look like this. */
static void tell_missing_classes(const merit__training *t)
{
    const int32_t *labels = merit_dataset_labels(t->data);
    int64_t n_classes = merit_scores_n_truths(t->scores), n_missing = 0, first = 0;
    unsigned char *seen = merit__alloc_array((size_t)n_classes, 1);
    if (seen == NULL) {
        return; // not worth a run
    }
    for (int64_t i = 0; i < merit_dataset_n(t->data); i++) {
        seen[labels[i]] = 1;
    }
    for (int64_t i = n_classes - 1; i >= 0; i--) {
        n_missing += !seen[i];
        first = seen[i] ? first : i;
    }
    merit__free(seen);
    if (n_missing > 0) {
        merit__training_tell(t, MERIT_TRAIN_NOTE,
                             "no example has label %" PRId64
                             " (%.60s)%s: do the labels "
                             "begin at 0?",
                             first, merit_scores_name(t->scores, first),
                             n_missing > 1 ? " and others are missing too" : "");
    }
}

/* Features that are the same in all examples. */
static void tell_constant(const merit__training *t)
{
    char place[32], shown[64];
    int64_t first = 0;
    int64_t n = merit__normalisation_constant(&first, &t->normalisation);
    if (n == 0 || t->normalisation.n_channels == 1) {
        return;
    }
    const char *name = merit_dataset_column(t->data, first);
    snprintf(place, sizeof place, "number %" PRId64, first + 1);
    merit__training_tell(t, MERIT_TRAIN_NOTE,
                         "%" PRId64 " of %" PRId64 " features never change in the data "
                         "that are learned from, first %s: they tell nothing",
                         n, t->normalisation.n_channels,
                         name != NULL ? merit__printable(shown, sizeof shown, name)
                                      : place);
}

/* How many held-out examples each truth has, [K]. */
static json_t *truth_counts(const merit__training *t)
{
    const int32_t *labels = merit_dataset_labels(t->validation_data);
    int64_t n_classes = merit_scores_n_truths(t->scores);
    json_t *counts = json_array();
    int64_t *count = merit__alloc_array((size_t)n_classes, sizeof *count);
    for (int64_t i = 0; count != NULL && i < merit_dataset_n(t->validation_data); i++) {
        count[labels[i]]++;
    }
    for (int64_t i = 0; count != NULL && i < n_classes; i++) {
        json_array_append_new(counts, json_integer(count[i]));
    }
    merit__free(count);
    return counts;
}

/* The same picture on both sides makes the validated score look better than it is. */
static void tell_shared(const merit__training *t)
{
    int64_t n = 0;
    if (merit__manifest_shared(&n, t->data, t->validation_data, NULL) == MERIT_OK &&
        n > 0) {
        merit__training_tell(t, MERIT_TRAIN_WARNING,
                             "%" PRId64 " of the %" PRId64
                             " pictures held out are also among those to learn from: "
                             "what is measured on them is too good",
                             n, merit_dataset_n(t->validation_data));
    }
}

/* How much of the threads' time went into waiting for pictures; NaN when all pictures
 * are in memory. */
static double waited_share(const merit__training *t)
{
    double seconds = merit__now() - t->started;
    double waited = merit__training_waited(t) - t->waited_before;
    return waited > 0 ? waited / (seconds * (double)t->config.threads) : (double)NAN;
}

/* What is learned from: "54000 examples 1x28x28". */
static void add_data(message *m, const merit_dataset *data)
{
    int64_t c, h, w, n_sequences, n_letters;
    merit_dataset_shape(data, &c, &h, &w);
    merit_dataset_sequences(data, &n_sequences, &n_letters);
    if (n_sequences == 0) {
        add(m, "%" PRId64 " examples %" PRId64 "x%" PRId64 "x%" PRId64,
            merit_dataset_n(data), c, h, w);
    } else if (merit_dataset_task(data) == MERIT_TASK_SEQUENCE) {
        add(m, "%" PRId64 " sequences, of which up to %" PRId64 " letters are read",
            merit__dataset_n_units(data), w);
    } else {
        add(m, "%" PRId64 " windows of %" PRId64 " letters",
            merit__dataset_n_units(data), w);
    }
}

/* Steps whose time is that of the last layer. */
static void tell_many_classes(const merit__training *t)
{
    enum { MANY = 20000 };
    const int64_t K = merit_scores_n_truths(t->scores);
    if (t->config.sample == 0 && K >= MANY && t->net->n_positions == 1) {
        merit__training_tell(t, MERIT_TRAIN_NOTE,
                             "every step computes the logits of all %" PRId64
                             " classes; on a sample of them (--sample 2048) steps are "
                             "many times faster",
                             K);
    }
}

void merit__training_tell_start(const merit__training *t)
{
    const merit__state *s = &t->state;
    message m = {0};
    add_data(&m, t->data);
    add(&m, ", %" PRId64 " held out, %" PRId64 " classes",
        merit_dataset_n(t->validation_data), merit_scores_n_truths(t->scores));
    add(&m, "; %" PRId64 " parameters; %" PRId64 " thread%s, seed %" PRIu64,
        merit_net_n_parameters(t->net), t->config.threads,
        t->config.threads == 1 ? "" : "s", t->config.seed);
    if (t->config.sample > 0) {
        add(&m, "; %" PRId64 " classes in a step", t->config.sample);
    }
    if (s->at.step > 0 || s->candidate > 0) {
        add(&m, "; continued after step %" PRId64,
            merit__training_run_step(t, s->at.step));
    }
    report(t, MERIT_TRAIN_STARTED, m.text);
    tell_many_classes(t);
    tell_missing_classes(t);
    tell_constant(t);
    double constant = merit__best_constant(t->scores, t->validation_data);
    tell_shared(t);
    log_record(t, json_pack("{s:s, s:s, s:o, s:o}", "event", "start", "message", m.text,
                            "best_constant", merit__json_real(constant), "truths",
                            truth_counts(t)));
}

/* One line, at the first validation that shows it. */
static void tell_stuck(const merit__training *t)
{
    const merit__history_row *row = merit__training_newly_stuck(t);
    if (row == NULL) {
        return;
    }
    const merit__verdict *v = &row->verdict;
    // On examples that are stuck the model is wrong; there are others.
    double wrong = fmax(1 - v->accuracy, row->survey.stuck_share);
    char *path = merit__shell_path(t->directory);
    merit__training_tell(
        t, MERIT_TRAIN_WARNING,
        "%.0f %% of the wrong examples send almost no gradient; %.0f of %" PRId64
        " classes are still answered. `merit explain %s` says why.",
        100 * row->survey.stuck_share / wrong, v->classes_answered,
        t->state.shape.n_classes, path != NULL ? path : "RUN");
    merit__free(path);
}

void merit__training_tell_epoch(const merit__training *t)
{
    const merit__history_row *row = &t->state.history[t->state.n_history - 1];
    report(t, MERIT_TRAIN_EPOCH, "");
    log_record(t, json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f}", "event", "epoch",
                            "candidate", t->candidates.spec[row->candidate], "epoch",
                            (json_int_t)row->epoch, "step", (json_int_t)row->step,
                            "loss", row->loss, "score", row->verdict.score, "seconds",
                            merit__training_seconds(t)));
    tell_stuck(t);
}

void merit__training_tell_setback(const merit__training *t, const char *kind,
                                  const merit_error *why)
{
    int64_t last = t->candidates.n - 1;
    int64_t candidate = t->state.candidate < last ? t->state.candidate : last;
    log_record(t, json_pack("{s:s, s:s, s:I, s:s}", "event", kind, "candidate",
                            t->candidates.spec[candidate], "step",
                            (json_int_t)merit__training_run_step(t, t->state.at.step),
                            "message", why->message));
}

void merit__training_tell_end(const merit__training *t)
{
    const merit__history_row *best = merit__state_best(&t->state, -1);
    message m = {0};
    add(&m, "kept %s with the %s rule: %.4f on held-out data",
        t->candidates.spec[best->candidate], merit_rule_name(best->verdict.rule),
        best->verdict.score);
    for (int64_t i = 0; i < t->candidates.n; i++) {
        const merit__history_row *row = merit__state_best(&t->state, i);
        if (i != best->candidate && row != NULL) {
            add(&m, "; %s reached %.4f", t->candidates.spec[i], row->verdict.score);
        }
    }
    double waited = waited_share(t);
    log_record(t, json_pack("{s:s, s:f, s:f, s:o}", "event", "end", "score",
                            best->verdict.score, "seconds", merit__training_seconds(t),
                            "waited_for_pictures", merit__json_real(waited)));
    if (waited > 0.1) {
        merit__training_tell(t, MERIT_TRAIN_NOTE,
                             "%.0f %% of the threads' time went into waiting for "
                             "pictures; with a larger --memory it would not",
                             100 * waited);
    }
    report(t, MERIT_TRAIN_NOTE, m.text);
    double constant = merit__best_constant(t->scores, t->validation_data);
    if (best->verdict.score <= constant) {
        merit__training_tell(
            t, MERIT_TRAIN_WARNING,
            "this earns %.4f on held-out data; always giving one and the "
            "same answer earns %.4f",
            best->verdict.score, constant);
    }
}
