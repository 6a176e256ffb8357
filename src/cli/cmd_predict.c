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
#include <string.h>

enum { OPTION_FASTA = MERIT__OPTION_OWN };

static const struct argp_option table[] = {
    {"output", 'o', "FILE", 0, "Write there (default: standard output)", 1},
    {"fasta", OPTION_FASTA, NULL, 0,
     "Of --task residue: a FASTA record for each sequence, with the answer for each "
     "letter in its place, instead of a table",
     1},
    MERIT__MODEL_OPTIONS,
    MERIT__DATA_OPTIONS,
    MERIT__LAST_OPTIONS,
};

struct settings {
    merit__predictions_source source;
    const char *output;
    int is_fasta;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    if (key == 'o') {
        settings->output = value;
        return MERIT_OK;
    }
    if (key == OPTION_FASTA) {
        settings->is_fasta = 1;
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
        "picture its file, of a table its column of ids; of sequences NAME, or "
        "NAME:LETTER from 1), answer, expected_score, and p_<class>, the belief in "
        "each "
        "class; under the "
        "decode rule the model's outputs. A model of expected scores (loss "
        "score-squares or score-logistic) has no beliefs and no such columns, nor has "
        "one of a tree of more than 2,000 "
        "answers.",
    .table = table,
    .set = set,
};

// Where answers go, block by block, and the id of a row about a letter: "name:place".
struct writing {
    const merit__predictions *predictions;
    FILE *stream;
    merit_decision_results results; // of a block
    int64_t first;
    char id[1100];
    int is_fasta;
};

static const char *row_id(const void *context, int64_t i)
{
    struct writing *w = (struct writing *)(uintptr_t)context;
    const merit_dataset *data = w->predictions->data;
    int64_t place = 0;
    const char *name = merit_dataset_sequence(data, w->first + i, &place);
    if (place > 0) {
        snprintf(w->id, sizeof w->id, "%s:%" PRId64, name, place);
        return w->id;
    }
    return name != NULL ? name : merit_dataset_id(data, w->first + i);
}

// Letters of a sequence follow each other; its first one begins a record.
static void write_letters(struct writing *w, int64_t first, int64_t n)
{
    const merit_scores *scores = merit_model_scores(w->predictions->model);
    for (int64_t i = 0; i < n; i++) {
        int64_t place = 0;
        const char *name =
            merit_dataset_sequence(w->predictions->data, first + i, &place);
        if (place == 1) {
            fprintf(w->stream, "%s>%s\n", first + i > 0 ? "\n" : "", name);
        }
        fputs(merit_scores_name(scores, w->results.answers[i]), w->stream);
    }
    if (first + n == w->predictions->n) {
        fputs("\n", w->stream);
    }
}

// FASTA has a letter for each letter.
static merit_status check_fasta(const merit__predictions *predictions, merit_error *err)
{
    const merit_scores *scores = merit_model_scores(predictions->model);
    if (merit_dataset_task(predictions->data) != MERIT_TASK_RESIDUE) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--fasta: the model was not trained with --task residue");
    }
    for (int64_t a = 0; a < predictions->n_answers; a++) {
        const char *name = merit_scores_name(scores, a);
        if (strlen(name) != 1) {
            return merit__refuse(err, MERIT_EINVAL,
                                 "--fasta: the answer \"%.60s\" is no letter", name);
        }
    }
    return MERIT_OK;
}

static merit_status write_block(void *payload, int64_t first, int64_t n,
                                const float *logits, merit_error *err)
{
    struct writing *w = payload;
    merit_status status = merit_model_decide(
        w->predictions->model, w->predictions->rule, logits, n, &w->results, err);
    if (status == MERIT_OK && w->is_fasta) {
        write_letters(w, first, n);
    } else if (status == MERIT_OK) {
        if (first == 0) { // what is refused has not begun a table
            merit__answers_header(w->stream, merit_model_scores(w->predictions->model),
                                  w->results.posterior != NULL);
        }
        w->first = first;
        merit__answers_rows(w->stream, merit_model_scores(w->predictions->model),
                            &w->results, n, first, row_id, w);
    }
    return status;
}

static merit_status predict(const merit__predictions *predictions,
                            const struct settings *settings, merit_error *err)
{
    const merit_scores *scores = merit_model_scores(predictions->model);
    const int64_t n = merit_model_block(predictions->model, predictions->data);
    struct writing w = {.predictions = predictions, .is_fasta = settings->is_fasta};
    merit_decision_results *results = &w.results;
    merit__output output = {0};
    merit_status status = MERIT_OK;
    if (settings->is_fasta) {
        MERIT_TRY(check_fasta(predictions, err));
    }
    MERIT_TRY(merit__new_array(&results->answers, n, sizeof *results->answers, err));
    MERIT_TRY(merit__new_array(&results->expected, n, sizeof *results->expected, err));
    // A column for each class of a large tree would be of no use; FASTA has none.
    if (!settings->is_fasta &&
        merit_link_has_posterior(merit_model_link(predictions->model)) &&
        merit_scores_n_nodes(scores) == 0) {
        MERIT_TRY(merit__new_array(
            &results->posterior, n,
            (size_t)predictions->n_classes * sizeof *results->posterior, err));
    }
    MERIT_TRY(merit__output_open(&output, settings->output, err));
    w.stream = output.stream;
    MERIT_TRY(merit__predictions_each(predictions, write_block, &w, err));
    MERIT_TRY(merit__output_close(&output, err));

fail:
    merit__output_discard(&output);
    free(results->answers);
    free(results->expected);
    free(results->posterior);
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
