#include "cli_compare_progress.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { LINE_BYTES = 512 };

// ", 12 min left", or nothing where that is not known.
static void add_left(char *out, size_t out_bytes, const merit_compare_event *event)
{
    char left[32];
    out[0] = '\0';
    if (isfinite(event->seconds_left) && event->seconds_left > 0) {
        merit__print_seconds(left, sizeof left, event->seconds_left);
        snprintf(out, out_bytes, ", %s left", left);
    }
}

static void show_training(merit__line *line, const merit_compare_event *event)
{
    char text[LINE_BYTES];
    char left[64];
    const merit_train_event *training = event->training;
    add_left(left, sizeof left, event);
    snprintf(text, sizeof text,
             "run %" PRId64 "/%" PRId64 "%s: epoch %" PRId64 "/%" PRId64
             " %.0f %%  %.60s, seed %" PRIu64,
             event->run, event->n_runs, left, training->epoch, training->n_epochs,
             floor(100 * fmin(fmax(training->fraction, 0), 1)), event->loss,
             event->seed);
    merit__line_write(line, text);
}

static void show_end(merit__line *line, const merit_compare_event *event)
{
    char text[LINE_BYTES];
    char left[64];
    add_left(left, sizeof left, event);
    if (event->state == MERIT_COMPARE_DONE) {
        snprintf(text, sizeof text,
                 "run %" PRId64 "/%" PRId64 ": %.190s, seed %" PRIu64
                 ": mean score %.4f%s",
                 event->run, event->n_runs, event->loss, event->seed,
                 merit__unsigned_zero(event->score, 4), left);
    } else {
        snprintf(text, sizeof text,
                 "run %" PRId64 "/%" PRId64 ": %.190s, seed %" PRIu64 ": diverged%s",
                 event->run, event->n_runs, event->loss, event->seed, left);
    }
    merit__line_write(line, text);
    merit__line_end(line);
}

static void show_warning(merit__line *line, const merit_compare_event *event)
{
    char text[LINE_BYTES];
    snprintf(text, sizeof text, "%.190s, seed %" PRIu64 ": %s", event->loss,
             event->seed, event->training->message);
    merit__line_end(line);
    merit__tell("warning", text);
}

void merit__compare_progress_report(const merit_compare_event *event, void *payload)
{
    merit__line *line = payload;
    if (event->kind == MERIT_COMPARE_RUN_ENDED) {
        show_end(line, event);
    } else if (event->kind == MERIT_COMPARE_RUN_TRAINING) {
        switch (event->training->kind) {
        case MERIT_TRAIN_WARNING:
            show_warning(line, event);
            break;
        case MERIT_TRAIN_PROGRESS:
        case MERIT_TRAIN_EPOCH:
            if (line->in_place) {
                show_training(line, event);
            }
            break;
        case MERIT_TRAIN_STARTED:
        case MERIT_TRAIN_NOTE: // the same for every run
            break;
        }
    }
}
