#include "command.h"

#include "cli_json.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"
#include "cli_outcome.h"
#include "cli_predictions.h"
#include "cli_scores.h"
#include "cli_tables.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = 0x300, OPTION_CONFUSION };
enum { NUMBERS_WIDTH = 43 }; // the columns of numbers of the table

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

static merit_status measure(struct outcomes *outcomes,
                            const merit__predictions *predictions, merit_error *err)
{
    merit_rule rule = predictions->rule;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__outcome_of_rule(&outcomes->chosen, predictions, rule, err));
    if (rule != MERIT_RULE_BAYES) {
        MERIT_TRY(merit__outcome_of_rule(&outcomes->bayes, predictions,
                                         MERIT_RULE_BAYES, err));
    }
    if (rule != MERIT_RULE_ARGMAX) {
        MERIT_TRY(merit__outcome_of_rule(&outcomes->argmax, predictions,
                                         MERIT_RULE_ARGMAX, err));
    }
    MERIT_TRY(merit__outcome_of_constant(&outcomes->constant, predictions,
                                         outcomes->chosen.metrics.best_constant, err));

fail:
    return status;
}

// The layout of the table: names as wide as they need and fit, then the numbers.
struct layout {
    int name_width;
    const char *mark; // after the stored rule
};

static struct layout lay_out(const struct outcomes *outcomes, int width)
{
    static const char arrow[] = "  <- the stored rule";
    struct layout layout = {.name_width = merit__cell_width(outcomes->constant.name)};
    int most = width - NUMBERS_WIDTH - (int)sizeof " *" + 1;
    layout.name_width = layout.name_width > most ? most : layout.name_width;
    int n_used = layout.name_width + NUMBERS_WIDTH + (int)sizeof arrow - 1;
    layout.mark = n_used <= width ? arrow : " *";
    return layout;
}

static void print_outcome(const merit__outcome *outcome, const struct layout *layout)
{
    const merit_metrics *m = &outcome->metrics;
    if (outcome->name[0] == '\0') {
        return;
    }
    merit__print_cell(stdout, outcome->name, layout->name_width);
    printf("%10.4f  %10.4f", m->accuracy, merit__unsigned_zero(m->mean_score, 4));
    if (isnan(m->normalized_score)) {
        printf("  %10s", "-");
    } else {
        printf("  %10.3f", merit__unsigned_zero(m->normalized_score, 3));
    }
    if (!isnan(m->claimed_score)) {
        printf("  %7.4f", merit__unsigned_zero(m->claimed_score, 4));
    }
    printf("%s\n", outcome->is_stored ? layout->mark : "");
}

static void print_table(const struct outcomes *outcomes, int width)
{
    struct layout layout = lay_out(outcomes, width);
    printf("%-*s%10s  %10s  %10s  %7s\n", layout.name_width, "decision", "accuracy",
           "mean score", "normalised", "claimed");
    print_outcome(&outcomes->chosen, &layout);
    print_outcome(&outcomes->bayes, &layout);
    print_outcome(&outcomes->argmax, &layout);
    print_outcome(&outcomes->constant, &layout);
    if (layout.mark[1] == '*') {
        printf("* the stored rule\n");
    }
}

// "bayes earns 0.0021 more than argmax ..." as far as the data can tell.
static merit_status print_comparison(const struct outcomes *outcomes,
                                     const merit__predictions *predictions, int width,
                                     merit_error *err)
{
    char text[256];
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
    snprintf(text, sizeof text,
             "%s earns %.4f %s per example than argmax (95 %% interval %.4f to %.4f, "
             "paired bootstrap)%s",
             outcomes->chosen.name, fabs(interval.mean),
             interval.mean < 0 ? "less" : "more", merit__unsigned_zero(interval.low, 4),
             merit__unsigned_zero(interval.high, 4),
             interval.low <= 0 && interval.high >= 0 ? "; it may be chance." : ".");
    merit__print_wrapped(stdout, text, 0, width);
    return MERIT_OK;
}

// What the examples say of the beliefs, in numbers, where there are beliefs.
static void print_beliefs(const merit__outcome *outcome, double temperature, int width)
{
    const merit_metrics *m = &outcome->metrics;
    char beliefs[96] = "";
    char text[256];
    if (outcome->posterior != NULL) {
        snprintf(beliefs, sizeof beliefs,
                 "log loss %.4f; calibration error (ECE) %.4f; ",
                 merit__unsigned_zero(m->log_loss, 4), m->ece);
    }
    snprintf(text, sizeof text,
             "%" PRId64 " examples; %sregret %.4f; temperature %.4g.", m->n, beliefs,
             merit__unsigned_zero(m->regret, 4), temperature);
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
    print_beliefs(&outcomes->chosen, merit_model_temperature(predictions->model),
                  width);
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

// clang-format off
static json_t *new_record(const merit__outcome *outcome, double temperature)
{
    const merit_metrics *m = &outcome->metrics;
    return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "merit", merit_version(),
                     "n", (json_int_t)m->n,
                     "rule", outcome->name,
                     "temperature", merit__json_number(temperature),
                     "accuracy", merit__json_number(m->accuracy),
                     "mean_score", merit__json_number(m->mean_score),
                     "normalized_score", merit__json_number(m->normalized_score),
                     "log_loss", merit__json_number(m->log_loss),
                     "ece", merit__json_number(m->ece),
                     "regret", merit__json_number(m->regret));
}
// clang-format on

static merit_status print_record(const merit__outcome *outcome,
                                 const merit__predictions *predictions,
                                 const double *confusion, merit_error *err)
{
    json_t *record = new_record(outcome, merit_model_temperature(predictions->model));
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
        merit__predictions_compute(&predictions, settings.source.n_threads, &err));
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
