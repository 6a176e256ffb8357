#include "command.h"

#include "cli_answers.h"
#include "cli_data.h"
#include "cli_decided.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"
#include "cli_output.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPTION_JSON = MERIT__OPTION_OWN,
    OPTION_LABELS,
    OPTION_TEMPERATURE,
    OPTION_RULE,
    OPTION_LOGITS,
    OPTION_RENORMALIZE,
    OPTION_POSTERIOR
};

static const struct argp_option table[] = {
    MERIT__SCORES_OPTIONS,
    {"labels", OPTION_LABELS, "FILE", 0,
     "The truths, to measure the answers with: .npy, IDX or a line each", 1},
    {"output", 'o', "FILE", 0, "Write the answers there (default: standard output)", 1},
    {"posterior", OPTION_POSTERIOR, NULL, 0,
     "Write p_<class> too, the belief in each class at the temperature", 1},
    {"json", OPTION_JSON, NULL, 0,
     "Print a JSON record; the answers are written with -o only", 1},
    {"rule", OPTION_RULE, "RULE", 0, "auto, argmax or bayes (default: auto, bayes)", 2},
    {"temperature", OPTION_TEMPERATURE, "T|fit", 0,
     "Use p^(1/T), divided by its sum (default: fit with --labels, else 1)", 2},
    {"logits", OPTION_LOGITS, NULL, 0, "PROBS holds logits, not probabilities", 2},
    {"renormalize", OPTION_RENORMALIZE, NULL, 0,
     "Divide rows that do not sum to 1 by their sum", 2},
    MERIT__DECIMAL_OPTION,
    MERIT__LAST_OPTIONS,
};

struct settings {
    merit__beliefs_source source;
    const char *output;
    double temperature; // 0: not given
    int is_fit;         // asked for
    merit_rule rule;
    int has_posterior;
    int json;
};

static merit_status set_temperature(struct settings *settings, const char *value,
                                    merit_error *err)
{
    settings->is_fit = strcmp(value, "fit") == 0;
    settings->temperature = 0;
    if (settings->is_fit) {
        return MERIT_OK;
    }
    return merit__read_number(&settings->temperature, "--temperature", value, 1e-6, 1e6,
                              "fit, or a number from 1e-6 to 1e6", err);
}

static merit_status set_rule(struct settings *settings, const char *value,
                             merit_error *err)
{
    merit_status status = merit_rule_parse(&settings->rule, value, err);
    if (status == MERIT_OK && settings->rule == MERIT_RULE_DECODE) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--rule: decode needs the targets that a model was "
                             "trained with; expected auto, argmax or bayes");
    }
    return status;
}

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&settings->source.path, 1, value, err);
    case OPTION_LABELS:
        settings->source.labels = value;
        return MERIT_OK;
    case 'o':
        settings->output = value;
        return MERIT_OK;
    case OPTION_POSTERIOR:
        settings->has_posterior = 1;
        return MERIT_OK;
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    case OPTION_RULE:
        return set_rule(settings, value, err);
    case OPTION_TEMPERATURE:
        return set_temperature(settings, value, err);
    case OPTION_LOGITS:
        settings->source.are_logits = 1;
        return MERIT_OK;
    case OPTION_RENORMALIZE:
        settings->source.renormalize = 1;
        return MERIT_OK;
    default:
        return merit__scores_option(&settings->source.scores, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit decide",
    .arguments = "PROBS -s SCORES",
    .text =
        "Finds the best answers for the probabilities of any program: .npy [N,K] or "
        "text with a column for each class (TSV, CSV), plain or gzip, - for standard "
        "input. Any number of rows is read in constant memory.\v"
        "Prints tab-separated text: id (the column of that name, or the row from 0), "
        "answer and expected_score. A first line of text names the columns; they are "
        "put into the order of the table. Without it, and in .npy, the columns are in "
        "the order of the table's classes. "
        "With --labels it measures what the answers earn, as `merit eval` does: on "
        "standard output with -o, else on standard error. The temperature is fitted to "
        "all rows where they are no more than 2,097,152 / K, or 1,000; else to an even "
        "sample of so many, of standard input to the first ones.",
    .table = table,
    .set = set,
};

static int is_stdout(const struct settings *settings)
{
    return settings->output == NULL || strcmp(settings->output, "-") == 0;
}

static merit_status check_settings(const struct settings *settings, merit_error *err)
{
    const merit__beliefs_source *source = &settings->source;
    const char *inputs[] = {source->path, source->labels, source->scores.spec};
    if (source->path == NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "PROBS is missing: merit decide PROBS -s SCORES");
    }
    if (source->scores.spec == NULL) {
        return merit__refuse(err, MERIT_EINVAL, "merit decide also needs -s SCORES");
    }
    if (settings->is_fit && source->labels == NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--temperature fit also needs --labels FILE");
    }
    if (source->are_logits && source->renormalize) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--logits and --renormalize exclude each other");
    }
    if (settings->json && settings->output != NULL && is_stdout(settings)) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--json and -o - would both write to standard output");
    }
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        merit_status status = merit__not_same_file(settings->output, inputs[i], err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    return MERIT_OK;
}

// A run of `merit decide`.
struct work {
    const struct settings *settings;
    merit__beliefs beliefs;
    merit__deciding deciding;
    merit__fit fit;
    merit__output output; // no stream where no answers are written
    double *values;       // [n_values,K]
    int32_t *labels;      // [n_values], or NULL
    int64_t n_values;
    int64_t first; // of a part, in values
};

static const char *id_of(const void *context, int64_t i)
{
    const struct work *work = context;
    return merit_rows_id(work->beliefs.rows, work->first + i);
}

// Decides and writes n rows of values, part by part. Ends early when nothing can be
// written any more.
static merit_status decide_rows(struct work *work, int64_t n, merit_error *err)
{
    merit__deciding *d = &work->deciding;
    int64_t k = work->beliefs.n_classes;
    for (work->first = 0; work->first < n; work->first += d->n_part) {
        int64_t n_left = n - work->first;
        int64_t n_part = n_left < d->n_part ? n_left : d->n_part;
        int64_t row = d->n;
        const int32_t *labels =
            work->labels != NULL ? work->labels + work->first : NULL;
        merit_status status =
            merit__deciding_add(d, work->values + work->first * k, labels, n_part, err);
        if (status != MERIT_OK) {
            return status;
        }
        if (work->output.stream != NULL) {
            merit_decision_results results = {
                .answers = d->chosen.answers,
                .expected = d->chosen.expected,
                .posterior = work->settings->has_posterior ? d->posterior : NULL};
            merit__answers_rows(work->output.stream, work->beliefs.scores, &results,
                                n_part, row, id_of, work);
            if (ferror(work->output.stream)) {
                break;
            }
        }
    }
    return MERIT_OK;
}

static merit_status read_rows(struct work *work, int64_t *n, merit_error *err)
{
    return merit__beliefs_read(work->beliefs.rows, work->beliefs.labels, work->values,
                               work->labels, work->n_values, n, err);
}

static merit_status open_answers(struct work *work, merit_error *err)
{
    const struct settings *settings = work->settings;
    if (settings->json && settings->output == NULL) {
        return MERIT_OK;
    }
    merit_status status = merit__output_open(&work->output, settings->output, err);
    if (status == MERIT_OK) {
        merit__answers_header(work->output.stream, work->beliefs.scores,
                              settings->has_posterior);
    }
    return status;
}

// Gets the first rows and the temperature. Files are read once more for it; the first
// rows of standard input are held until it is known.
static merit_status begin(struct work *work, int64_t *n, merit_error *err)
{
    const struct settings *settings = work->settings;
    merit__beliefs *beliefs = &work->beliefs;
    int64_t k = beliefs->n_classes;
    int must_fit = beliefs->labels != NULL && settings->temperature == 0;
    merit_status status = MERIT_OK;
    work->fit.temperature = settings->temperature > 0 ? settings->temperature : 1;
    if (must_fit && beliefs->can_reopen) {
        MERIT_TRY(merit__fit_files(&work->fit, beliefs, err));
    }
    work->n_values = must_fit && !beliefs->can_reopen
                         ? merit__fit_capacity(k)
                         : 1 + merit__fit_capacity(k) / 32; // as are read at once
    MERIT_TRY(merit__new_array(&work->values, work->n_values,
                               (size_t)k * sizeof *work->values, err));
    if (beliefs->labels != NULL) {
        MERIT_TRY(
            merit__new_array(&work->labels, work->n_values, sizeof *work->labels, err));
    }
    MERIT_TRY(read_rows(work, n, err));
    if (must_fit && !beliefs->can_reopen) {
        MERIT_TRY(
            merit__fit_rows(&work->fit, beliefs, work->values, work->labels, *n, err));
        work->fit.is_sample = *n == work->n_values;
    }
    MERIT_TRY(merit__deciding_open(&work->deciding, beliefs, settings->rule,
                                   work->fit.temperature, err));

fail:
    return status;
}

static merit_status decide(struct work *work, merit_error *err)
{
    int64_t n = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(begin(work, &n, err));
    MERIT_TRY(open_answers(work, err));
    while (n > 0) {
        MERIT_TRY(decide_rows(work, n, err));
        if (n < work->n_values ||
            (work->output.stream != NULL && ferror(work->output.stream))) {
            break;
        }
        MERIT_TRY(read_rows(work, &n, err));
    }
    if (work->output.stream != NULL) {
        int failed = ferror(work->output.stream);
        MERIT_TRY(merit__output_close(&work->output, err));
        if (failed) {
            return MERIT_OK; // standard output; main tells
        }
    }
    merit__beliefs_tell(&work->beliefs);
    if (work->settings->json) {
        return merit__decided_record(&work->deciding, &work->fit, err);
    }
    FILE *stream = is_stdout(work->settings) ? stderr : stdout;
    if (stream == stderr) {
        fflush(stdout);
    }
    MERIT_TRY(merit__decided_print(stream, &work->deciding, &work->fit, err));

fail:
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    struct work work = {.settings = &settings};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(check_settings(&settings, &err));
    MERIT_TRY(merit__beliefs_open(&work.beliefs, &settings.source, &err));
    MERIT_TRY(decide(&work, &err));

fail:
    merit__output_discard(&work.output);
    merit__deciding_dispose(&work.deciding);
    merit__beliefs_dispose(&work.beliefs);
    free(work.values);
    free(work.labels);
    return merit__finish(status, &err);
}

const merit__command merit__command_decide = {
    .name = "decide",
    .summary = "find the best answers for probabilities of any origin",
    .run = run,
};
