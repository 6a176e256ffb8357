#include "command.h"

#include "cli_data.h"
#include "cli_loading.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"
#include "cli_output.h"
#include "cli_predictions.h"
#include "cli_run.h"
#include "cli_scores.h"
#include "merit/compare.h"
#include "merit/report.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_NO_PICTURES = MERIT__OPTION_OWN };

static const struct argp_option table[] = {
    {"output", 'o', "FILE", 0, "Where the page goes (default: report.html in RUN)", 1},
    {"no-pictures", OPTION_NO_PICTURES, NULL, 0,
     "Leave out the examples of the costliest mistakes", 1},
    MERIT__MODEL_OPTIONS,
    MERIT__LABELS_OPTION,
    MERIT__DATA_OPTIONS,
    MERIT__LAST_OPTIONS,
};

struct settings {
    merit__predictions_source source; // RUN, DATA
    const char *output;
    int no_pictures;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case 'o':
        settings->output = value;
        return MERIT_OK;
    case OPTION_NO_PICTURES:
        settings->no_pictures = 1;
        return MERIT_OK;
    default:
        return merit__predictions_option(&settings->source, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit report",
    .arguments = "RUN|COMPARISON [DATA]",
    .text =
        "Makes a page of a run, or of a comparison by merit compare: HTML in one "
        "file, to open in any browser or to send. It needs no network and runs "
        "nothing.\v"
        "With DATA, labelled examples, the page of a run also says which mistakes cost "
        "the "
        "score, whether the claims hold, and shows the costliest mistakes: examples of "
        "DATA are in the page then, unless --no-pictures is given.",
    .table = table,
    .set = set,
};

// Writes the page and tells where it is.
static merit_status tell_page(const char *text, size_t n_bytes, const char *path,
                              merit_error *err)
{
    merit__output output = {0};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__output_open(&output, path, err));
    fwrite(text, 1, n_bytes, output.stream);
    MERIT_TRY(merit__output_close(&output, err));
    if (strcmp(path, "-") != 0) {
        printf("%s\n", path);
    }

fail:
    merit__output_discard(&output);
    return status;
}

// Whether RUN is the directory of a comparison.
static int is_comparison(const char *path)
{
    char file[PATH_MAX];
    int n = snprintf(file, sizeof file, "%s/comparison.json", path);
    return n > 0 && (size_t)n < sizeof file && access(file, F_OK) == 0;
}

// The page takes the place of no file of its runs either.
static merit_status check_comparison(const char *directory, const char *path,
                                     merit_error *err)
{
    merit_comparison *comparison = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_comparison_load(&comparison, directory, err));
    for (int64_t i = 0; i < merit_comparison_facts(comparison)->n_losses; i++) {
        const merit_compare_loss *loss = merit_comparison_loss(comparison, i);
        for (int64_t s = 0; s < loss->n_runs; s++) {
            char run[PATH_MAX];
            snprintf(run, sizeof run, "%s/%s", directory, loss->runs[s].name);
            MERIT_TRY(merit__not_of_run(path, run, err));
        }
    }

fail:
    merit_comparison_free(comparison);
    return status;
}

// The page takes the place of no file that it is made from.
static merit_status check_output(const struct settings *settings, const char *path,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__not_of_run(path, settings->source.arguments[0], err));
    MERIT_TRY(merit__not_same_file(path, settings->source.arguments[1], err));
    MERIT_TRY(merit__not_same_file(path, settings->source.data.labels, err));

fail:
    return status;
}

static merit_status load_data(merit_dataset **out, const struct settings *settings,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_model *model = NULL;
    *out = NULL;
    if (settings->source.arguments[1] == NULL) {
        return MERIT_OK;
    }
    MERIT_TRY(merit__run_load(&model, settings->source.arguments[0], err));
    merit_dataset_options wanted =
        merit__predictions_data_options(&settings->source, model);
    MERIT_TRY(merit__data_load(out, settings->source.arguments[1], &wanted, 0, err));
    MERIT_TRY(merit__data_need_labels(*out, "--labels", err));
    MERIT_TRY(merit__classes_match(*out, merit_model_scores(model), 0, err));
    merit__data_tell(*out);
    MERIT_TRY(merit__data_tell_leakage(*out, settings->source.arguments[0], err));

fail:
    merit_model_free(model);
    return status;
}

static merit_status make(const struct settings *settings, merit_error *err)
{
    char beside[PATH_MAX];
    const char *run = settings->source.arguments[0];
    const char *path = settings->output != NULL ? settings->output : beside;
    merit_dataset *data = NULL;
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = MERIT_OK;
    if ((size_t)snprintf(beside, sizeof beside, "%s/report.html", run) >=
        sizeof beside) {
        return merit__refuse(err, MERIT_EINVAL, "%.100s: the path is too long", run);
    }
    MERIT_TRY(check_output(settings, path, err));
    if (is_comparison(run)) {
        if (settings->source.arguments[1] != NULL) {
            return merit__refuse(err, MERIT_EINVAL,
                                 "%.100s is a comparison, which has its own test "
                                 "examples; leave out DATA",
                                 run);
        }
        MERIT_TRY(check_comparison(run, path, err));
        MERIT_TRY(merit_report_comparison(&text, &n_bytes, run, err));
        MERIT_TRY(tell_page(text, n_bytes, path, err));
        goto fail;
    }
    MERIT_TRY(load_data(&data, settings, err));
    merit_report_options wanted = {.data = data,
                                   .rule = settings->source.rule,
                                   .n_threads = settings->source.n_threads,
                                   .no_pictures = settings->no_pictures};
    MERIT_TRY(merit_report_run(&text, &n_bytes, run, &wanted, err));
    MERIT_TRY(tell_page(text, n_bytes, path, err));

fail:
    merit_text_free(text);
    merit_dataset_free(data);
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    if (settings.source.arguments[0] == NULL) {
        status = merit__refuse(&err, MERIT_EINVAL,
                               "RUN is missing: merit report RUN [DATA]");
        goto fail;
    }
    MERIT_TRY(make(&settings, &err));

fail:
    return merit__finish(status, &err);
}

const merit__command merit__command_report = {
    .name = "report",
    .summary = "make a page of a run or a comparison",
    .run = run,
};
