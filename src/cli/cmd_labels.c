#include "command.h"

#include "cli_data.h"
#include "cli_info.h"
#include "cli_json.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"
#include "cli_output.h"
#include "cli_table.h"
#include "cli_terminal.h"
#include "merit/audit.h"
#include "merit/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = MERIT__OPTION_OWN, OPTION_KIND, OPTION_TEMPERATURE, OPTION_DECODE };

// clang-format off
static const struct argp_option table[] = {
    {"kind", OPTION_KIND, "KIND", 0,
     "affine: p_ik = 1/K + (S_ik - mean_i) / M, whose argmax is the best answer "
     "(default); exponential: p_i = softmax(S_i / T), which needs its decode matrix", 1},
    {"temperature", OPTION_TEMPERATURE, "T", 0,
     "T of exponential labels, in the units of the scores (default: 1/20 of the "
     "largest difference within a row)", 1},
    MERIT__TABLE_OPTIONS,
    {"output", 'o', "FILE", 0, "Write the labels there, not on standard output", 2},
    {"decode", OPTION_DECODE, "FILE", 0,
     "Write the decode matrix D there: the best answer is the largest of q D", 2},
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 2},
    MERIT__BELIEF_OPTIONS,
    MERIT__LAST_OPTIONS,
};
// clang-format on

struct settings {
    merit__table_source table;
    const char *kind;
    double temperature; // 0: not given
    const char *output;
    const char *decode;
    int json;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case OPTION_KIND:
        settings->kind = value;
        return strcmp(value, "affine") == 0 || strcmp(value, "exponential") == 0
                   ? MERIT_OK
                   : merit__refuse(err, MERIT_EINVAL,
                                   "--kind: expected affine or exponential, found "
                                   "\"%.60s\"",
                                   value);
    case OPTION_TEMPERATURE:
        return merit__read_positive(&settings->temperature, "--temperature", value,
                                    err);
    case OPTION_DECODE:
        settings->decode = value;
        return MERIT_OK;
    case 'o':
        settings->output = value;
        return MERIT_OK;
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    default:
        return merit__table_option(&settings->table, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit labels",
    .arguments = "SCORES",
    .text =
        "Prints the table of soft labels p (a row per truth) with which cross entropy "
        "in any framework learns what the scores ask for, and says on standard error "
        "how to decide with them.\v"
        "Train with cross entropy to row i of the labels when the truth is i. SCORES "
        "is a file, - for standard input, or identity, ordinal, ordinal:POWER, "
        "groups:FILE, tree:FILE. The output is itself a table that merit and every "
        "reader of "
        "tab-separated text can read.",
    .table = table,
    .set = set,
};

static int is_affine(const struct settings *settings)
{
    return settings->kind == NULL || strcmp(settings->kind, "affine") == 0;
}

static merit_status check_settings(const struct settings *settings, merit_error *err)
{
    const char *const outputs[] = {settings->output, settings->decode};
    merit_status status = MERIT_OK;
    if (is_affine(settings) && settings->temperature != 0) {
        return merit__refuse(
            err, MERIT_EINVAL,
            "--temperature: affine labels have none; --kind exponential "
            "has");
    }
    if (settings->output != NULL && settings->decode != NULL &&
        strcmp(settings->output, settings->decode) == 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--output and --decode name the same file");
    }
    if (settings->json && settings->output != NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--json and --output exclude each other");
    }
    for (size_t i = 0; i < 2; i++) {
        if (outputs[i] != NULL) {
            MERIT_TRY(merit__not_same_file(outputs[i], settings->table.spec, err));
        }
    }

fail:
    return status;
}

// What was made of the table.
struct labels {
    merit_scores *scores;
    merit_loss *loss;
    merit_scores *table; // [K,K] the labels
    double *decode;      // [K,A]
    double residual;
    double temperature; // NaN for affine labels
    double M;           // NaN for exponential ones
    merit_audit_label_facts facts;
};

static void free_labels(struct labels *labels)
{
    free(labels->decode);
    merit_scores_free(labels->table);
    merit_loss_free(labels->loss);
    merit_scores_free(labels->scores);
}

// The largest difference within a row of the classes, and K max_i (mean_i - min_i).
static void measure(const merit_scores *scores, double *range, double *M)
{
    const int64_t K = merit_scores_n_truths(scores), A = merit_scores_n_answers(scores);
    *range = 0;
    *M = 0;
    for (int64_t i = 0; i < K; i++) {
        const double *row = merit_scores_values(scores) + i * A;
        double low = row[0], high = row[0], mean = 0;
        for (int64_t k = 0; k < K; k++) {
            low = fmin(low, row[k]);
            high = fmax(high, row[k]);
            mean += row[k] / (double)K;
        }
        *range = fmax(*range, high - low);
        *M = fmax(*M, (double)K * (mean - low));
    }
}

// A K x A table of numbers under the names of the scores.
static merit_status new_table(merit_scores **out, const merit_scores *scores,
                              const double *values, int64_t n_answers, merit_error *err)
{
    const char **names = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__new_array(&names, n_answers, sizeof *names, err));
    for (int64_t k = 0; k < n_answers; k++) {
        names[k] = merit_scores_name(scores, k);
    }
    MERIT_TRY(merit_scores_create(out, merit_scores_n_truths(scores), n_answers, values,
                                  names, err));

fail:
    free(names);
    return status;
}

static merit_status make(struct labels *labels, const struct settings *settings,
                         merit_error *err)
{
    char spec[128] = "affine-labels";
    double range = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(
        merit__table_open(&labels->scores, &settings->table, "merit labels", err));
    measure(labels->scores, &range, &labels->M);
    labels->temperature = NAN;
    if (!is_affine(settings)) {
        labels->M = NAN;
        labels->temperature =
            settings->temperature == 0 ? range / 20 : settings->temperature;
        // Of a table without differences the loss says so itself.
        snprintf(spec, sizeof spec, "soft-labels(temperature=%.17g)",
                 range > 0 ? labels->temperature : 1);
    }
    MERIT_TRY(merit_loss_create(&labels->loss, spec, labels->scores, err));
    const double *targets = merit_loss_targets(labels->loss);
    const int64_t K = merit_scores_n_truths(labels->scores);
    const int64_t A = merit_scores_n_answers(labels->scores);
    MERIT_TRY(new_table(&labels->table, labels->scores, targets, K, err));
    MERIT_TRY(
        merit__new_array(&labels->decode, K, (size_t)A * sizeof *labels->decode, err));
    MERIT_TRY(merit_decode_matrix(labels->decode, &labels->residual, targets,
                                  labels->scores, err));
    MERIT_TRY(merit_audit_labels(&labels->facts, targets, labels->scores,
                                 &settings->table.beliefs, err));

fail:
    return status;
}

static merit_status write_table(const merit_scores *table_of, const char *path,
                                merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_scores_print(table_of, &text, &n_bytes, err));
    MERIT_TRY(merit__output_save(path, text, n_bytes, err));

fail:
    merit_text_free(text);
    return status;
}

static merit_status write_decode(const struct labels *labels, const char *path,
                                 merit_error *err)
{
    merit_scores *decode = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(new_table(&decode, labels->scores, labels->decode,
                        merit_scores_n_answers(labels->scores), err));
    MERIT_TRY(write_table(decode, path, err));

fail:
    merit_scores_free(decode);
    return status;
}

// The rule with which the labels are right, in words.
static void tell_rule(const struct labels *labels, int affine, int width)
{
    const merit_audit_label_facts *facts = &labels->facts;
    char text[512], count[MERIT__COUNT_BYTES];
    const int has_extra =
        merit_scores_n_answers(labels->scores) > merit_scores_n_truths(labels->scores);
    if (affine && !has_extra) {
        snprintf(text, sizeof text,
                 "Decide for the largest output: it is the best answer, whatever is "
                 "believed.");
    } else if (affine) {
        snprintf(
            text, sizeof text,
            "Among the classes, the largest output is the best answer, whatever is "
            "believed; the extra answers need the decode matrix (--decode FILE).");
    } else {
        snprintf(
            text, sizeof text,
            "Decide with the decode matrix (--decode FILE), exact up to %.2g: the "
            "largest of q D. The largest output alone is the wrong answer for %.3g "
            "%% of beliefs (%s random ones, standard error %.2g %%)%s",
            labels->residual, 100 * facts->wrong,
            merit__count_text(count, facts->n_samples), 100 * facts->wrong_error,
            facts->wrong > 0.01 ? ": do not decide without D, or use affine labels."
                                : ".");
    }
    merit__print_wrapped(stderr, text, 0, width);
}

static void tell(const struct labels *labels, int affine)
{
    const merit_audit_label_facts *facts = &labels->facts;
    const int width = merit__terminal_width(stderr);
    char text[256], which[64];
    if (affine) {
        snprintf(which, sizeof which, "affine labels, M = %.6g", labels->M);
    } else {
        snprintf(which, sizeof which, "exponential labels, temperature %.6g",
                 labels->temperature);
    }
    snprintf(
        text, sizeof text,
        "%s: condition of P %.4g, mean entropy %.3g nats, closest labels %.3g apart.",
        which, facts->condition, facts->entropy, facts->closest_distance);
    merit__print_wrapped(stderr, text, 0, width);
    tell_rule(labels, affine, width);
}

static json_t *rows(const double *values, int64_t n, int64_t width)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        json_array_append_new(list, merit__json_numbers(values + i * width, width));
    }
    return list;
}

// clang-format off
static merit_status print_record(const struct labels *labels, int affine,
                                 merit_error *err)
{
    const merit_audit_label_facts *facts = &labels->facts;
    const int64_t K = merit_scores_n_truths(labels->scores);
    const int64_t A = merit_scores_n_answers(labels->scores);
    return merit__json_print(
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o, "
                  "s:o, s:o, s:o}",
                  "merit", merit_version(),
                  "kind", affine ? "affine" : "exponential",
                  "affine_M", merit__json_number(labels->M),
                  "temperature", merit__json_number(labels->temperature),
                  "classes", merit__info_names(labels->scores, K),
                  "answers", merit__info_names(labels->scores, A),
                  "rule", merit_rule_name(merit_loss_rule(labels->loss)),
                  "consistency_error", merit__json_number(facts->wrong),
                  "consistency_error_error", merit__json_number(facts->wrong_error),
                  "n_samples", (json_int_t)facts->n_samples,
                  "condition", merit__json_number(facts->condition),
                  "entropy", merit__json_number(facts->entropy),
                  "closest_distance", merit__json_number(facts->closest_distance),
                  "decode_residual", merit__json_number(labels->residual),
                  "labels", rows(merit_scores_values(labels->table), K, K),
                  "decode", rows(labels->decode, K, A)),
        err);
}
// clang-format on

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    struct labels labels = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(check_settings(&settings, &err));
    MERIT_TRY(make(&labels, &settings, &err));
    if (settings.decode != NULL) {
        MERIT_TRY(write_decode(&labels, settings.decode, &err));
    }
    if (settings.json) {
        MERIT_TRY(print_record(&labels, is_affine(&settings), &err));
    } else {
        MERIT_TRY(write_table(labels.table, settings.output, &err));
        tell(&labels, is_affine(&settings));
    }

fail:
    free_labels(&labels);
    return merit__finish(status, &err);
}

const merit__command merit__command_labels = {
    .name = "labels",
    .summary = "print soft labels made from a score table, for any framework",
    .run = run,
};
