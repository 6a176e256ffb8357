#include "command.h"

#include "cli_json.h"
#include "cli_message.h"
#include "cli_options.h"
#include "cli_outcome.h"
#include "cli_predictions.h"
#include "cli_results.h"
#include "cli_scores.h"
#include "cli_tables.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = MERIT__OPTION_OWN, OPTION_CONFUSION };

static const struct argp_option table[] = {
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 1},
    {"confusion", OPTION_CONFUSION, NULL, 0, "Count each answer to each truth", 1},
    MERIT__MODEL_OPTIONS,
    MERIT__LABELS_OPTION,
    MERIT__DATA_OPTIONS,
    MERIT__LAST_OPTIONS,
};

struct settings {
    merit__predictions_source source;
    int json;
    int confusion;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    case OPTION_CONFUSION:
        settings->confusion = 1;
        return MERIT_OK;
    default:
        return merit__predictions_option(&settings->source, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit eval",
    .arguments = "RUN DATA",
    .text = "Measures the model in RUN (a run directory or a model file) on DATA: what "
            "its answers earn, by each rule of decision.\v"
            "normalised: 0 is the best constant answer, 1 the best answer to every "
            "truth. claimed: the score that the model expected.",
    .table = table,
    .set = set,
};

// The ways of deciding that are compared; unused ones have no name.
struct outcomes {
    merit__outcome chosen; // by --rule, or the stored rule
    merit__outcome bayes;  // unless chosen
    merit__outcome argmax; // unless chosen
    merit__outcome constant;
};

// What is decided and measured, block by block.
struct measuring {
    struct outcomes *outcomes;
    const merit__predictions *predictions;
};

static merit_status add_block(void *payload, int64_t first, int64_t n,
                              const float *logits, merit_error *err)
{
    const struct measuring *m = payload;
    merit__outcome *all[] = {&m->outcomes->chosen, &m->outcomes->bayes,
                             &m->outcomes->argmax};
    merit_status status = MERIT_OK;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]->tally != NULL) {
            MERIT_TRY(
                merit__outcome_add(all[i], m->predictions, first, n, logits, err));
        }
    }

fail:
    return status;
}

static merit_status measure(struct outcomes *outcomes,
                            const merit__predictions *predictions, merit_error *err)
{
    const merit_rule rule = predictions->rule;
    struct measuring m = {outcomes, predictions};
    merit__outcome *all[] = {&outcomes->chosen, &outcomes->bayes, &outcomes->argmax};
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__outcome_begin(&outcomes->chosen, predictions, rule, err));
    if (rule != MERIT_RULE_BAYES) {
        MERIT_TRY(
            merit__outcome_begin(&outcomes->bayes, predictions, MERIT_RULE_BAYES, err));
    }
    if (rule != MERIT_RULE_ARGMAX) {
        MERIT_TRY(merit__outcome_begin(&outcomes->argmax, predictions,
                                       MERIT_RULE_ARGMAX, err));
    }
    MERIT_TRY(merit__predictions_each(predictions, add_block, &m, err));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]->tally != NULL) {
            MERIT_TRY(merit__outcome_end(all[i], err));
        }
    }
    MERIT_TRY(merit__outcome_of_constant(&outcomes->constant, predictions,
                                         outcomes->chosen.metrics.best_constant, err));

fail:
    return status;
}

static void print_table(const struct outcomes *outcomes, int width)
{
    const merit__outcome *all[] = {&outcomes->chosen, &outcomes->bayes,
                                   &outcomes->argmax, &outcomes->constant};
    merit__result results[sizeof all / sizeof all[0]];
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]->name[0] != '\0') {
            results[n++] = merit__outcome_result(all[i]);
        }
    }
    merit__print_results(stdout, results, n, "the stored rule", width);
}

// "bayes earns 0.0021 more than argmax ..." as far as the data can tell.
static merit_status print_comparison(const struct outcomes *outcomes,
                                     const merit__predictions *predictions, int width,
                                     merit_error *err)
{
    merit_interval interval;
    if (outcomes->argmax.name[0] == '\0') {
        return MERIT_OK;
    }
    size_t n_bytes = (size_t)predictions->n * sizeof *outcomes->chosen.answers;
    if (memcmp(outcomes->chosen.answers, outcomes->argmax.answers, n_bytes) == 0) {
        printf("%s and argmax give the same answers.\n", outcomes->chosen.name);
        return MERIT_OK;
    }
    merit_status status = merit__outcome_compare(&interval, &outcomes->chosen,
                                                 &outcomes->argmax, predictions, err);
    if (status != MERIT_OK) {
        return status;
    }
    merit__print_interval(stdout, outcomes->chosen.name, &interval, width);
    return MERIT_OK;
}

// Answers that are no classes are never accurate, however right they are.
static void print_extra(const merit__outcome *outcome,
                        const merit__predictions *predictions, int width)
{
    char text[200];
    const int64_t n_extra = predictions->n_answers - predictions->n_classes;
    int64_t n = 0;
    for (int64_t i = 0; i < predictions->n; i++) {
        n += outcome->answers[i] >= predictions->n_classes;
    }
    if (n_extra == 0) {
        return;
    }
    snprintf(text, sizeof text,
             "%s answers %" PRId64 " of them, %.3g %%, with %s that %s%s.",
             outcome->name, n, 100 * (double)n / (double)predictions->n,
             n_extra == 1 ? "the answer" : "one of the answers",
             n_extra == 1 ? "is no class" : "are no classes",
             n > 0 ? "; accuracy counts these as mistakes" : "");
    merit__print_wrapped(stdout, text, 0, width);
}

static merit_status print_claims(const merit__outcome *outcome,
                                 const merit__predictions *predictions,
                                 merit_error *err)
{
    const merit_scores *scores = merit_model_scores(predictions->model);
    merit_answers given = merit__outcome_answers(outcome, predictions);
    int64_t a = predictions->n_answers;
    double *numbers = NULL; // weight, claimed, realised: [A] each
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__new_array(&numbers, a, 3 * sizeof *numbers, err));
    MERIT_TRY(merit_claims(numbers, numbers + a, numbers + 2 * a, scores, &given, err));
    merit__print_claims(stdout, scores, numbers, numbers + a, numbers + 2 * a);

fail:
    free(numbers);
    return status;
}

static merit_status count_confusion(double **out, const merit__outcome *outcome,
                                    const merit__predictions *predictions,
                                    merit_error *err)
{
    merit_answers given = merit__outcome_answers(outcome, predictions);
    merit_status status = MERIT_OK;
    if (merit_scores_n_nodes(merit_model_scores(predictions->model)) > 0) {
        return merit__refuse(err, MERIT_ENOMEM,
                             "--confusion: a matrix of %" PRId64 " x %" PRId64
                             " counts would take %.1f GB; without it the rest is told",
                             predictions->n_classes, predictions->n_answers,
                             8e-9 * (double)predictions->n_classes *
                                 (double)predictions->n_answers);
    }
    MERIT_TRY(merit__new_array(out, predictions->n_classes,
                               (size_t)predictions->n_answers * sizeof **out, err));
    MERIT_TRY(
        merit_confusion(*out, merit_model_scores(predictions->model), &given, err));

fail:
    return status;
}

static merit_status print_text(const struct outcomes *outcomes,
                               const merit__predictions *predictions,
                               const double *confusion, merit_error *err)
{
    int width = merit__terminal_width(stdout);
    merit_status status = MERIT_OK;
    print_table(outcomes, width);
    putchar('\n');
    MERIT_TRY(print_comparison(outcomes, predictions, width, err));
    merit__print_beliefs(stdout, &outcomes->chosen.metrics,
                         merit_model_temperature(predictions->model), width);
    print_extra(&outcomes->chosen, predictions, width);
    putchar('\n');
    MERIT_TRY(print_claims(&outcomes->chosen, predictions, err));
    if (confusion != NULL) {
        putchar('\n');
        merit__print_confusion(stdout, merit_model_scores(predictions->model),
                               confusion, width);
    }

fail:
    return status;
}

static merit_status print_record(const merit__outcome *outcome,
                                 const merit__predictions *predictions,
                                 const double *confusion, merit_error *err)
{
    merit__result result = merit__outcome_result(outcome);
    json_t *record =
        merit__result_record(&result, merit_model_temperature(predictions->model));
    if (confusion != NULL) {
        json_t *rows = json_array();
        int64_t a = predictions->n_answers;
        for (int64_t i = 0; i < predictions->n_classes; i++) {
            json_array_append_new(rows, merit__json_numbers(confusion + i * a, a));
        }
        json_object_set_new(record, "confusion", rows);
    }
    return merit__json_print(record, err);
}

static merit_status evaluate(const merit__predictions *predictions,
                             const struct settings *settings, merit_error *err)
{
    struct outcomes outcomes = {0};
    double *confusion = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(measure(&outcomes, predictions, err));
    if (settings->confusion) {
        MERIT_TRY(count_confusion(&confusion, &outcomes.chosen, predictions, err));
    }
    MERIT_TRY(settings->json
                  ? print_record(&outcomes.chosen, predictions, confusion, err)
                  : print_text(&outcomes, predictions, confusion, err));

fail:
    free(confusion);
    merit__outcome_dispose(&outcomes.chosen);
    merit__outcome_dispose(&outcomes.bayes);
    merit__outcome_dispose(&outcomes.argmax);
    merit__outcome_dispose(&outcomes.constant);
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    merit__predictions predictions = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(merit__predictions_load(&predictions, &settings.source,
                                      "merit eval RUN DATA", &err));
    MERIT_TRY(merit__data_need_labels(predictions.data, "--labels", &err));
    MERIT_TRY(merit__labels_check(merit_model_scores(predictions.model),
                                  merit_dataset_labels(predictions.data), predictions.n,
                                  merit_dataset_labels_path(predictions.data), &err));
    MERIT_TRY(
        merit__data_tell_leakage(predictions.data, settings.source.arguments[0], &err));
    MERIT_TRY(evaluate(&predictions, &settings, &err));

fail:
    merit__predictions_dispose(&predictions);
    return merit__finish(status, &err);
}

const merit__command merit__command_eval = {
    .name = "eval",
    .summary = "measure what a model earns",
    .run = run,
};
