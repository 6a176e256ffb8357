#include "cli_loading.h"

#include "cli_gauge.h"
#include "cli_message.h"

struct loading {
    merit__line line;
    int quiet;
};

static void report(const merit_dataset_event *event, void *payload)
{
    struct loading *loading = payload;
    switch (event->kind) {
    case MERIT_DATASET_PROGRESS:
        if (!loading->quiet) {
            merit__gauge_show(&loading->line, event->message, event->n_done, event->n,
                              event->seconds_left);
        }
        break;
    case MERIT_DATASET_REFUSED:
        merit__line_clear(&loading->line);
        merit__tell("merit", event->message);
        break;
    case MERIT_DATASET_LEFT_OUT:
        if (!loading->quiet) {
            merit__line_clear(&loading->line);
            merit__tell("left out", event->message);
        }
        break;
    }
}

merit_status merit__data_load(merit_dataset **out, const char *path,
                              const merit_dataset_options *options, int quiet,
                              merit_error *err)
{
    struct loading loading = {.line = merit__line_create(), .quiet = quiet};
    merit_dataset_options wanted = *options;
    wanted.report = report;
    wanted.payload = &loading;
    merit_status status = merit_dataset_load(out, path, &wanted, err);
    merit__line_clear(&loading.line);
    return status;
}
