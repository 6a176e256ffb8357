#include "data/loading.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

static const double interval_s = 0.2;

merit__loading merit__loading_begin(const merit_dataset_options *options,
                                    const char *what, int64_t n)
{
    double now = merit__now();
    return (merit__loading){
        .options = options, .what = what, .n = n, .started = now, .told = now};
}

void merit__loading_at(merit__loading *loading, int64_t n_done)
{
    if (loading == NULL || loading->options == NULL ||
        loading->options->report == NULL) {
        return;
    }
    double now = merit__now();
    if (now - loading->told < interval_s) {
        return;
    }
    loading->told = now;
    double n_left = (double)(loading->n - n_done);
    merit_dataset_event event = {.kind = MERIT_DATASET_PROGRESS,
                                 .message = loading->what,
                                 .n_done = n_done,
                                 .n = loading->n,
                                 .seconds_left = n_done > 0 && loading->n > 0
                                                     ? (now - loading->started) *
                                                           n_left / (double)n_done
                                                     : -1};
    loading->options->report(&event, loading->options->payload);
}

void merit__loading_problem(const merit_dataset_options *options,
                            merit_dataset_event_kind kind, int64_t number,
                            const char *message)
{
    merit_dataset_event event = {.kind = kind, .message = message};
    if (options->report != NULL && number < MERIT__PROBLEMS_TOLD) {
        options->report(&event, options->payload);
    }
}

void merit__loading_rest(const merit_dataset_options *options,
                         merit_dataset_event_kind kind, int64_t n)
{
    char text[40];
    if (n > MERIT__PROBLEMS_TOLD) {
        snprintf(text, sizeof text, "... and %" PRId64 " more",
                 n - MERIT__PROBLEMS_TOLD);
        merit__loading_problem(options, kind, 0, text);
    }
}
