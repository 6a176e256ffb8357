#include "command.h"

#include "cli_answers.h"
#include "cli_message.h"
#include "cli_options.h"
#include "cli_output.h"
#include "cli_predictions.h"
#include "cli_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct argp_option table[] = {
    {"output", 'o', "FILE", 0, "Write there (default: standard output)", 1},
    MERIT__MODEL_OPTIONS,
    MERIT__DATA_OPTIONS,
    MERIT__LAST_OPTIONS,
};

struct settings {
    merit__predictions_source source;
    const char *output;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    if (key == 'o') {
        settings->output = value;
        return MERIT_OK;
    }
    return merit__predictions_option(&settings->source, key, value, err);
}

static const merit__options options = {
    .program = "merit predict",
    .arguments = "RUN DATA",
    .text =
        "Answers every example of DATA with the model in RUN (a run directory or a "
        "model file).\vPrints tab-separated text: id (the place in DATA, from 0; of a "
        "picture its file; of sequences NAME, or NAME:LETTER from 1), answer, "
        "expected_score, and p_<class>, the belief in each class; under the "
        "decode rule the model's outputs. A model of expected scores (loss "
        "score-squares or score-logistic) has no beliefs and no such columns.",
    .table = table,
    .set = set,
};

// The id of a row about a letter: "name:place".
struct row_ids {
    const merit_dataset *data;
    char text[1100];
};

static const char *row_id(const void *context, int64_t i)
{
    struct row_ids *ids = (struct row_ids *)(uintptr_t)context;
    int64_t place = 0;
    const char *name = merit_dataset_sequence(ids->data, i, &place);
    if (place > 0) {
        snprintf(ids->text, sizeof ids->text, "%s:%" PRId64, name, place);
        return ids->text;
    }
    return name != NULL ? name : merit_dataset_file(ids->data, i);
}

static merit_status predict(const merit__predictions *predictions,
                            const struct settings *settings, merit_error *err)
{
    int64_t n = predictions->n;
    int64_t k = predictions->n_classes;
    merit_decision_results results = {0};
    merit__output output = {0};
    struct row_ids ids = {.data = predictions->data};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__new_array(&results.answers, n, sizeof *results.answers, err));
    MERIT_TRY(merit__new_array(&results.expected, n, sizeof *results.expected, err));
    if (merit_link_has_posterior(merit_model_link(predictions->model))) {
        MERIT_TRY(merit__new_array(&results.posterior, n,
                                   (size_t)k * sizeof *results.posterior, err));
    }
    MERIT_TRY(merit_model_decide(predictions->model, predictions->rule,
                                 predictions->logits, n, &results, err));
    MERIT_TRY(merit__output_open(&output, settings->output, err));
    merit__answers_header(output.stream, merit_model_scores(predictions->model),
                          results.posterior != NULL);
    merit__answers_rows(output.stream, merit_model_scores(predictions->model), &results,
                        n, 0, row_id, &ids);
    MERIT_TRY(merit__output_close(&output, err));

fail:
    merit__output_discard(&output);
    free(results.answers);
    free(results.expected);
    free(results.posterior);
    return status;
}

// The table must not take the place of what it is made from.
static merit_status check_output(const struct settings *settings, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (settings->output != NULL && settings->source.arguments[0] != NULL) {
        MERIT_TRY(
            merit__not_of_run(settings->output, settings->source.arguments[0], err));
        MERIT_TRY(
            merit__not_same_file(settings->output, settings->source.arguments[1], err));
    }

fail:
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {.source.data.no_labels = 1};
    merit__predictions predictions = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(check_output(&settings, &err));
    MERIT_TRY(merit__predictions_load(&predictions, &settings.source,
                                      "merit predict RUN DATA", &err));
    MERIT_TRY(
        merit__predictions_compute(&predictions, settings.source.n_threads, &err));
    MERIT_TRY(predict(&predictions, &settings, &err));

fail:
    merit__predictions_dispose(&predictions);
    return merit__finish(status, &err);
}

const merit__command merit__command_predict = {
    .name = "predict",
    .summary = "answer examples with a model",
    .run = run,
};
