#include "command.h"

#include "cli_data.h"
#include "cli_json.h"
#include "cli_loss_descriptions.h"
#include "cli_message.h"
#include "cli_options.h"
#include "cli_scores.h"
#include "merit/loss.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_LOGITS = MERIT__OPTION_OWN,
    OPTION_TARGETS,
    OPTION_WEIGHTS,
    OPTION_PARAM,
    OPTION_GRADIENT,
    OPTION_JSON
};
enum { SPEC_BYTES = 512 };

static const struct argp_option table[] = {
    MERIT__SCORES_OPTIONS,
    {"logits", OPTION_LOGITS, "Z.npy", 0, "Logits [N,K]", 1},
    {"labels", MERIT__OPTION_LABELS, "Y.npy", 0, "Labels [N], from 0; or", 1},
    {"targets", OPTION_TARGETS, "P.npy", 0,
     "the truth of each example as a distribution over the classes [N,K]", 1},
    {"weights", OPTION_WEIGHTS, "W.npy", 0, "Weights of the examples [N]", 1},
    {"param", OPTION_PARAM, "NAME=VALUE", 0, "A parameter of the loss; may be repeated",
     1},
    {"gradient", OPTION_GRADIENT, "G.npy", 0,
     "Write d value / d logits [N,K] there, float32", 1},
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 1},
    MERIT__DECIMAL_OPTION,
    MERIT__LAST_OPTIONS,
};

struct settings {
    merit__scores_source scores;
    const char *name;
    const char *logits;
    const char *labels;
    const char *targets;
    const char *weights;
    const char *gradient;
    char parameters[SPEC_BYTES]; // "scale=0.5,temperature=1"
    int json;
};

static merit_status add_parameter(struct settings *settings, const char *value,
                                  merit_error *err)
{
    size_t n = strlen(settings->parameters);
    if (strchr(value, '=') == NULL || strpbrk(value, "(),") != NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--param: expected name=value, found \"%.60s\"", value);
    }
    int n_added = snprintf(settings->parameters + n, SPEC_BYTES - n, "%s%s",
                           n == 0 ? "" : ",", value);
    if (n_added < 0 || (size_t)n_added >= SPEC_BYTES - n) {
        return merit__refuse(err, MERIT_EINVAL, "--param: more than %d bytes of them",
                             SPEC_BYTES);
    }
    return MERIT_OK;
}

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&settings->name, 1, value, err);
    case OPTION_LOGITS:
        settings->logits = value;
        return MERIT_OK;
    case MERIT__OPTION_LABELS:
        settings->labels = value;
        return MERIT_OK;
    case OPTION_TARGETS:
        settings->targets = value;
        return MERIT_OK;
    case OPTION_WEIGHTS:
        settings->weights = value;
        return MERIT_OK;
    case OPTION_GRADIENT:
        settings->gradient = value;
        return MERIT_OK;
    case OPTION_PARAM:
        return add_parameter(settings, value, err);
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    default:
        return merit__scores_option(&settings->scores, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit loss",
    .arguments = "[NAME]",
    .text =
        "Computes a loss and its gradient for given logits, to check another "
        "implementation against. Without NAME it lists the losses.\v"
        "The value is the (weighted) mean over the examples; the gradient is that of "
        "the mean. With --targets the loss is its expectation over each distribution.",
    .table = table,
    .set = set,
};

static merit_status check_settings(const struct settings *settings, merit_error *err)
{
    int has_truth = settings->labels != NULL || settings->targets != NULL;
    const char *missing = settings->logits == NULL ? "--logits Z.npy"
                          : !has_truth             ? "--labels Y.npy or --targets P.npy"
                          : settings->scores.spec == NULL ? "--scores SCORES"
                                                          : NULL;
    if (missing != NULL) {
        return merit__refuse(err, MERIT_EINVAL, "merit loss %.60s also needs %s",
                             settings->name, missing);
    }
    if (settings->labels != NULL && settings->targets != NULL) {
        return merit__refuse(err, MERIT_EINVAL, "give --labels or --targets, not both");
    }
    if (settings->parameters[0] != '\0' && strchr(settings->name, '(') != NULL) {
        return merit__refuse(
            err, MERIT_EINVAL,
            "give the parameters in the name or with --param, not both");
    }
    const char *inputs[] = {settings->logits, settings->labels, settings->targets,
                            settings->weights, settings->scores.spec};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        merit_status status = merit__not_same_file(settings->gradient, inputs[i], err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    return MERIT_OK;
}

// What a loss is computed for.
struct inputs {
    merit_array logits;  // [N,K]
    merit_array labels;  // [N]; or
    merit_array targets; // [N,K]
    merit_array weights; // [N], or nothing
    merit_scores *scores;
    merit_loss *loss;
};

static merit_status check_shapes(const struct inputs *inputs,
                                 const struct settings *settings, merit_error *err)
{
    int64_t n = inputs->logits.dims[0];
    int64_t k = inputs->logits.dims[1];
    int64_t n_classes = merit_scores_n_truths(inputs->scores);
    if (k != n_classes) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.80s: %" PRId64
                             " logits to an example, expected %" PRId64
                             ", the classes of %.80s",
                             settings->logits, k, n_classes, settings->scores.spec);
    }
    if (settings->weights != NULL &&
        (inputs->weights.n_dims != 1 || inputs->weights.dims[0] != n)) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.80s: expected %" PRId64
                             " weights, one for each row of %.80s",
                             settings->weights, n, settings->logits);
    }
    if (settings->targets != NULL) {
        const merit_array *targets = &inputs->targets;
        if (targets->n_dims == 2 && targets->dims[0] == n && targets->dims[1] == k) {
            return MERIT_OK;
        }
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.80s: expected %" PRId64 " x %" PRId64
                             " numbers, a distribution for each row of %.80s",
                             settings->targets, n, k, settings->logits);
    }
    if (inputs->labels.n_dims != 1 || inputs->labels.dims[0] != n) {
        return merit__refuse(err, MERIT_EFORMAT,
                             "%.80s: expected %" PRId64
                             " labels, one for each row of %.80s; found %" PRId64
                             " in %" PRId64 " dimensions",
                             settings->labels, n, settings->logits,
                             inputs->labels.n_dims > 0 ? inputs->labels.dims[0] : 1,
                             inputs->labels.n_dims);
    }
    return merit__labels_check(inputs->scores, inputs->labels.labels, n,
                               settings->labels, err);
}

static merit_status load_inputs(struct inputs *inputs, const struct settings *settings,
                                merit_error *err)
{
    char spec[2 * SPEC_BYTES];
    int has_parameters = settings->parameters[0] != '\0';
    merit_status status = MERIT_OK;
    int n = snprintf(spec, sizeof spec, "%s%s%s%s", settings->name,
                     has_parameters ? "(" : "", settings->parameters,
                     has_parameters ? ")" : "");
    if (n < 0 || (size_t)n >= sizeof spec) {
        return merit__refuse(err, MERIT_EINVAL, "the name of the loss is too long");
    }
    MERIT_TRY(merit_array_load(&inputs->logits, settings->logits, err));
    if (inputs->logits.n_dims != 2) {
        status =
            merit__refuse(err, MERIT_EFORMAT,
                          "%.100s: expected logits [N,K], found %" PRId64 " dimensions",
                          settings->logits, inputs->logits.n_dims);
        goto fail;
    }
    if (settings->targets != NULL) {
        MERIT_TRY(merit_array_load(&inputs->targets, settings->targets, err));
    } else {
        MERIT_TRY(merit_labels_load(&inputs->labels, settings->labels, err));
    }
    if (settings->weights != NULL) {
        MERIT_TRY(merit_array_load(&inputs->weights, settings->weights, err));
    }
    MERIT_TRY(merit__scores_open(&inputs->scores, &settings->scores,
                                 inputs->logits.dims[1], err));
    MERIT_TRY(check_shapes(inputs, settings, err));
    MERIT_TRY(merit_loss_create(&inputs->loss, spec, inputs->scores, err));

fail:
    return status;
}

static void free_inputs(struct inputs *inputs)
{
    merit_loss_free(inputs->loss);
    merit_scores_free(inputs->scores);
    merit_array_dispose(&inputs->weights);
    merit_array_dispose(&inputs->targets);
    merit_array_dispose(&inputs->labels);
    merit_array_dispose(&inputs->logits);
}

// What the loss refuses is in one of the files: the one its message begins with, or the
// logits.
static void name_file(const struct settings *settings, merit_error *err)
{
    const merit_error cause = *err;
    int in_targets = strncmp(cause.message, "targets[", strlen("targets[")) == 0;
    int in_weights = strncmp(cause.message, "weights[", strlen("weights[")) == 0;
    merit__refuse(err, MERIT_EFORMAT, "%.100s: %.140s",
                  in_targets   ? settings->targets
                  : in_weights ? settings->weights
                               : settings->logits,
                  cause.message);
}

static merit_status evaluate(const struct inputs *inputs,
                             const struct settings *settings, merit_error *err)
{
    const int64_t *dims = inputs->logits.dims;
    merit_loss_batch batch = {.n = dims[0],
                              .logits = inputs->logits.values,
                              .labels = inputs->labels.labels,
                              .targets = inputs->targets.values,
                              .weights = inputs->weights.values};
    float *gradient = NULL;
    double value = 0;
    merit_status status = MERIT_OK;
    if (settings->gradient != NULL) {
        MERIT_TRY(merit__new_array(&gradient, dims[0],
                                   (size_t)dims[1] * sizeof *gradient, err));
    }
    status = merit_loss_eval(inputs->loss, &batch, &value, gradient, err);
    if (status == MERIT_EFORMAT || status == MERIT_ENUMERIC) {
        // Here the numbers are input that is refused; nothing was trained.
        status = MERIT_EFORMAT;
        name_file(settings, err);
    }
    MERIT_TRY(status);
    if (gradient != NULL) {
        MERIT_TRY(merit_array_save(settings->gradient, gradient, dims, 2, err));
    }
    if (settings->json) {
        MERIT_TRY(merit__json_print(json_pack("{s:s, s:I, s:o}", "merit",
                                              merit_version(), "n", (json_int_t)dims[0],
                                              "value", merit__json_number(value)),
                                    err));
    } else {
        printf("%s: %.9g, the mean of %" PRId64 " examples\n", settings->name, value,
               dims[0]);
    }

fail:
    free(gradient);
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    struct inputs inputs = {0};
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    if (settings.name == NULL) {
        MERIT_TRY(merit__losses_describe(settings.json, &err));
        goto fail;
    }
    MERIT_TRY(check_settings(&settings, &err));
    MERIT_TRY(load_inputs(&inputs, &settings, &err));
    MERIT_TRY(evaluate(&inputs, &settings, &err));

fail:
    free_inputs(&inputs);
    return merit__finish(status, &err);
}

const merit__command merit__command_loss = {
    .name = "loss",
    .summary = "compute a loss and its gradient, or list the losses",
    .run = run,
};
