#include "command.h"

#include "cli_explain.h"
#include "cli_message.h"
#include "cli_options.h"
#include "cli_terminal.h"

#include <stdio.h>

enum { OPTION_JSON = MERIT__OPTION_OWN };

static const struct argp_option table[] = {
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 1},
    MERIT__LAST_OPTIONS,
};

struct settings {
    const char *run;
    int json;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&settings->run, 1, value, err);
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }
}

static const merit__options options = {
    .program = "merit explain",
    .arguments = "RUN",
    .text =
        "Says why a training was slow, stuck or fine, and what to do.\v"
        "It reads what the training measured on the held-out examples after each "
        "epoch: "
        "how much of cross entropy's gradient its loss still sends, which examples are "
        "stuck with a wrong answer, which answers are still given. A run may be "
        "explained while it is trained.",
    .table = table,
    .set = set,
};

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    merit_runs *runs = NULL;
    merit_explanation *explanation = NULL;
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    if (settings.run == NULL) {
        status = merit__refuse(&err, MERIT_EINVAL, "RUN is missing: merit explain RUN");
        goto fail;
    }
    MERIT_TRY(merit_runs_load(&runs, &settings.run, 1, &err));
    MERIT_TRY(merit_explain(&explanation, merit_runs_at(runs, 0), &err));
    if (settings.json) {
        MERIT_TRY(merit__explain_record(explanation, merit_runs_at(runs, 0), &err));
    } else {
        merit__explain_print(explanation, merit_runs_at(runs, 0),
                             merit__terminal_width(stdout));
    }

fail:
    merit_explanation_free(explanation);
    merit_runs_free(runs);
    return merit__finish(status, &err);
}

const merit__command merit__command_explain = {
    .name = "explain",
    .summary = "say why a training was slow, stuck or fine",
    .run = run,
};
