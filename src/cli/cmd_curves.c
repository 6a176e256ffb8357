#include "command.h"

#include "cli_curves.h"
#include "cli_message.h"
#include "cli_options.h"
#include "cli_output.h"
#include "cli_run.h"
#include "cli_terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = MERIT__OPTION_OWN, OPTION_NAMES, MAX_RUNS = 256 };

static const struct argp_option table[] = {
    {"output", 'o', "FILE", 0, "Draw the curves into FILE, an SVG picture", 1},
    {"names", OPTION_NAMES, "A,B,...", 0, "What to call the runs", 1},
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 1},
    MERIT__LAST_OPTIONS,
};

struct settings {
    const char *runs[MAX_RUNS];
    int64_t n_runs;
    const char *output;
    const char *names;
    int json;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case MERIT__ARGUMENT:
        if (settings->n_runs == MAX_RUNS) {
            return merit__refuse(err, MERIT_EINVAL, "more than %d runs", MAX_RUNS);
        }
        settings->runs[settings->n_runs++] = value;
        return MERIT_OK;
    case 'o':
        settings->output = value;
        return MERIT_OK;
    case OPTION_NAMES:
        settings->names = value;
        return MERIT_OK;
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }
}

static const merit__options options = {
    .program = "merit curves",
    .arguments = "RUN [RUN ...]",
    .text =
        "Compares trainings: what the answers of each run earned on held-out data, "
        "epoch by epoch, and why a run was slow.\v"
        "Of a run with several losses, such as auto, each of which goes on from the one "
        "before, the row ends with the loss that was kept. Accuracy and decision are "
        "those of the model.",
    .table = table,
    .set = set,
};

// Gives the runs the names of a list "A,B,C".
static merit_status rename_runs(merit_runs *curves, const char *names, merit_error *err)
{
    int64_t n_runs = merit_runs_count(curves);
    int64_t n_names = 1;
    merit_status status = MERIT_OK;
    for (const char *at = names; *at != '\0'; at++) {
        n_names += *at == ',';
    }
    if (n_names != n_runs) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--names: expected %lld, one for each run, found %lld",
                             (long long)n_runs, (long long)n_names);
    }
    for (int64_t i = 0; i < n_runs && status == MERIT_OK; i++) {
        char name[256];
        size_t n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s",
                 (int)(n < sizeof name ? n : sizeof name - 1), names);
        status = merit_runs_rename(curves, i, name, err);
        names += n + 1;
    }
    return status;
}

// The picture must not take the place of a file of a run.
static merit_status check_output(const struct settings *settings, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (settings->output == NULL) {
        return MERIT_OK;
    }
    if (settings->json && strcmp(settings->output, "-") == 0) {
        return merit__refuse(err, MERIT_EINVAL, "--json and -o - exclude each other");
    }
    for (int64_t i = 0; i < settings->n_runs; i++) {
        MERIT_TRY(merit__not_of_run(settings->output, settings->runs[i], err));
    }

fail:
    return status;
}

static merit_status draw(const merit_runs *curves, const char *path, merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_curves_svg(curves, &text, &n_bytes, err));
    MERIT_TRY(merit__output_save(path, text, n_bytes, err));

fail:
    merit_text_free(text);
    return status;
}

// What is earned under one table says nothing about what is earned under another.
static void tell_differences(const merit_runs *curves)
{
    const char *first = merit_runs_at(curves, 0)->scores;
    for (int64_t i = 1; i < merit_runs_count(curves); i++) {
        if (strcmp(merit_runs_at(curves, i)->scores, first) != 0) {
            merit__tell("note", "the runs have different score tables; what they earn "
                                "does not compare");
            return;
        }
    }
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    merit_runs *curves = NULL;
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    if (settings.n_runs == 0) {
        status = merit__refuse(&err, MERIT_EINVAL,
                               "RUN is missing: merit curves RUN [RUN ...]");
        goto fail;
    }
    MERIT_TRY(check_output(&settings, &err));
    MERIT_TRY(merit_runs_load(&curves, settings.runs, settings.n_runs, &err));
    if (settings.names != NULL) {
        MERIT_TRY(rename_runs(curves, settings.names, &err));
    }
    tell_differences(curves);
    if (settings.output != NULL) {
        MERIT_TRY(draw(curves, settings.output, &err));
    }
    if (settings.json) {
        MERIT_TRY(merit__curves_record(curves, &err));
    } else if (settings.output == NULL || strcmp(settings.output, "-") != 0) {
        merit__curves_print(curves, merit__terminal_width(stdout));
    }

fail:
    merit_runs_free(curves);
    return merit__finish(status, &err);
}

const merit__command merit__command_curves = {
    .name = "curves",
    .summary = "compare how trainings went",
    .run = run,
};
