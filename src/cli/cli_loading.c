#include "cli_loading.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_progress.h"
#include "cli_terminal.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 256 };

struct loading {
    int in_place; // a line may be written over
    int is_open;  // such a line stands
    int quiet;
};

static void clear(struct loading *loading)
{
    if (loading->is_open) {
        fputs("\r\033[K", stderr);
        loading->is_open = 0;
    }
}

// "decoding pictures  [=====>    ]  48 %  9,600 of 20,000  12 s left", as far as it
// fits: from the right, each with the columns that it needs.
static void show(struct loading *loading, const merit_dataset_event *event)
{
    char line[LINE_BYTES], bar[MERIT__BAR_BYTES], parts[4][64] = {{0}};
    char done[MERIT__COUNT_BYTES], all[MERIT__COUNT_BYTES], left[32];
    size_t width = (size_t)merit__terminal_width(stderr);
    merit__count_text(done, event->n_done);
    if (event->n > 0) {
        double fraction = (double)event->n_done / (double)event->n;
        snprintf(parts[0], sizeof parts[0], "  %3.0f %%", 100 * fraction);
        snprintf(parts[1], sizeof parts[1], "  %s of %s", done,
                 merit__count_text(all, event->n));
        snprintf(parts[3], sizeof parts[3], "  %s", merit__print_bar(bar, fraction));
    } else {
        snprintf(parts[1], sizeof parts[1], "  %s", done);
    }
    if (event->seconds_left >= 0) {
        merit__print_seconds(left, sizeof left, event->seconds_left);
        snprintf(parts[2], sizeof parts[2], "  %s left", left);
    }
    size_t n = strlen(event->message);
    for (int i = 0; i < 4; i++) {
        n += strlen(parts[i]);
        if (n >= width) {
            parts[i][0] = '\0';
        }
    }
    snprintf(line, sizeof line, "%s%s%s%s%s", event->message, parts[3], parts[0],
             parts[1], parts[2]);
    fprintf(stderr, "\r%.*s\033[K", (int)width - 1, line);
    loading->is_open = 1;
}

static void report(const merit_dataset_event *event, void *payload)
{
    struct loading *loading = payload;
    switch (event->kind) {
    case MERIT_DATASET_PROGRESS:
        if (loading->in_place && !loading->quiet) {
            show(loading, event);
        }
        break;
    case MERIT_DATASET_REFUSED:
        clear(loading);
        merit__tell("merit", event->message);
        break;
    case MERIT_DATASET_LEFT_OUT:
        if (!loading->quiet) {
            clear(loading);
            merit__tell("left out", event->message);
        }
        break;
    }
}

merit_status merit__data_load(merit_dataset **out, const char *path,
                              const merit_dataset_options *options, int quiet,
                              merit_error *err)
{
    struct loading loading = {.in_place = merit__terminal_is(stderr), .quiet = quiet};
    merit_dataset_options wanted = *options;
    wanted.report = report;
    wanted.payload = &loading;
    merit_status status = merit_dataset_load(out, path, &wanted, err);
    clear(&loading);
    return status;
}
