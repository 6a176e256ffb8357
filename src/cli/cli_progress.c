#include "cli_progress.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_terminal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 256, BAR_WIDTH = MERIT__BAR_BYTES - 4 };

// What a line leaves out, step by step, until it fits.
enum detail { WITHOUT_LEFT, WITHOUT_BEST, WITHOUT_RATE, WITHOUT_BAR, WITH_ALL };

struct line {
    char text[LINE_BYTES];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->text + line->n, LINE_BYTES - line->n, format, arguments);
    va_end(arguments);
    line->n += n > 0 ? (size_t)n : 0;
    line->n = line->n < LINE_BYTES ? line->n : LINE_BYTES - 1;
}

void merit__print_seconds(char *out, size_t out_bytes, double seconds)
{
    double minutes = ceil(seconds / 60);
    if (!isfinite(seconds) || seconds < 0) {
        snprintf(out, out_bytes, "some time");
    } else if (seconds < 100) {
        snprintf(out, out_bytes, "%.0f s", ceil(seconds));
    } else if (minutes < 100) {
        snprintf(out, out_bytes, "%.0f min", minutes);
    } else {
        snprintf(out, out_bytes, "%.0f h %.0f min", floor(minutes / 60),
                 fmod(minutes, 60));
    }
}

const char *merit__print_bar(char out[MERIT__BAR_BYTES], double fraction)
{
    char *bar = out + 1;
    int n = (int)(fraction * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < n ? '=' : i == n ? '>' : ' ';
    }
    out[0] = '[';
    out[BAR_WIDTH + 1] = ']';
    out[BAR_WIDTH + 2] = '\0';
    return out;
}

static void compose(struct line *line, const merit_train_event *event, const char *unit,
                    enum detail detail, int in_place)
{
    char left[32], bar[MERIT__BAR_BYTES], rate[MERIT__COUNT_BYTES];
    double fraction = event->kind == MERIT_TRAIN_EPOCH ? 1 : event->fraction;
    fraction = fmin(fmax(fraction, 0), 1);
    line->n = 0;
    add(line, "epoch %lld/%lld", (long long)event->epoch, (long long)event->n_epochs);
    if (in_place) {
        if (detail > WITHOUT_BAR) {
            add(line, "  %s", merit__print_bar(bar, fraction));
        }
        add(line, "  %3.0f %%", floor(100 * fraction));
    }
    if (detail > WITHOUT_RATE && event->examples_per_s > 0) {
        add(line, "  %s %s/s",
            merit__count_text(rate, (int64_t)fmin(event->examples_per_s + 0.5, 1e15)),
            unit);
    }
    add(line, "  loss %.4g", event->loss);
    if (!isnan(event->score)) {
        add(line, "  score %.3f", merit__unsigned_zero(event->score, 3));
        if (detail > WITHOUT_BEST) {
            add(line, " (best %.3f)", merit__unsigned_zero(event->best_score, 3));
        }
    }
    if (detail > WITHOUT_LEFT && isfinite(event->seconds_left)) {
        merit__print_seconds(left, sizeof left, event->seconds_left);
        add(line, "  %s left", left);
    }
}

void merit__progress_init(merit__progress *progress, const char *unit)
{
    *progress = (merit__progress){.unit = unit, .line = merit__line_create()};
}

static void show_epoch(merit__progress *progress, const merit_train_event *event)
{
    struct line line;
    int width = progress->line.in_place ? merit__terminal_width(stderr) : LINE_BYTES;
    int detail = WITH_ALL;
    do {
        compose(&line, event, progress->unit, (enum detail)detail,
                progress->line.in_place);
        detail--;
    } while (detail >= (int)WITHOUT_LEFT && line.n >= (size_t)width);
    merit__line_write(&progress->line, line.text);
}

void merit__progress_report(const merit_train_event *event, void *payload)
{
    merit__progress *progress = payload;
    int is_new = event->candidate != NULL && event->candidate[0] != '\0' &&
                 strncmp(event->candidate, progress->candidate,
                         sizeof progress->candidate - 1) != 0;
    switch (event->kind) {
    case MERIT_TRAIN_STARTED:
        merit__tell("merit train", event->message);
        break;
    case MERIT_TRAIN_NOTE:
    case MERIT_TRAIN_WARNING:
        merit__line_end(&progress->line);
        merit__tell(event->kind == MERIT_TRAIN_NOTE ? "note" : "warning",
                    event->message);
        break;
    case MERIT_TRAIN_PROGRESS:
    case MERIT_TRAIN_EPOCH:
        if (event->kind == MERIT_TRAIN_PROGRESS && !progress->line.in_place) {
            break;
        }
        if (is_new) {
            merit__line_end(&progress->line);
            snprintf(progress->candidate, sizeof progress->candidate, "%s",
                     event->candidate);
            merit__tell("loss", event->candidate);
        }
        show_epoch(progress, event);
        break;
    }
}
