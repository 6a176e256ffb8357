#include "model/model_object.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "model/json_parse.h"
#include "model/safetensors_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const merit__json_limits provenance_limits = {.max_depth = 16,
                                                     .max_opened = 10000};

merit_status merit__model_refuse(const merit_model *model, const char *key,
                                 merit_status reason, const merit_error *why,
                                 merit_error *err)
{
    int no_memory = reason == MERIT_ENOMEM && errno == ENOMEM;
    merit_status code = no_memory ? MERIT_ENOMEM : MERIT_EMODEL;
    return merit__fail(err, code, "%s: \"%s\": %s", model->file->path, key,
                       why->message);
}

static merit_status fail_entry(const merit_model *model, const char *key,
                               const char *expected, merit_error *err)
{
    char shown[48];
    const char *found = merit_model_metadata(model, key);
    return merit__fail(err, MERIT_EMODEL, "%s: \"%s\" is \"%s\", expected %s",
                       model->file->path, key,
                       merit__printable(shown, sizeof shown, found), expected);
}

merit_status merit__model_entry(const char **out, const merit_model *model,
                                const char *key, merit_error *err)
{
    *out = merit_model_metadata(model, key);
    if (*out == NULL || (*out)[0] == '\0') {
        return merit__fail(err, MERIT_EMODEL, "%s: \"%s\" is missing in the metadata",
                           model->file->path, key);
    }
    return MERIT_OK;
}

// "1x28x28": n whole numbers of a range with a separator between them; 0, or -1.
static int parse_list(int64_t *out, size_t n, const char *text, char separator,
                      int64_t low, int64_t high)
{
    for (size_t i = 0; i < n; i++) {
        const char *end = strchr(text, i + 1 < n ? separator : '\0');
        if (end == NULL ||
            merit__parse_integer(text, (size_t)(end - text), low, high, &out[i]) != 0) {
            return -1;
        }
        text = end + 1;
    }
    return 0;
}

// Is it a model of a version that we can read?
static merit_status check_format(const merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *format = NULL;
    const char *version = NULL;
    const char *writer = NULL;
    int64_t numbers[2];
    MERIT_TRY(merit__model_entry(&format, model, "format", err));
    if (strcmp(format, "merit-checkpoint") == 0) {
        return merit__fail(
            err, MERIT_EMODEL,
            "%s: is a checkpoint, not a model; the model of a run is its "
            "best.safetensors",
            model->file->path);
    }
    if (strcmp(format, "merit-model") != 0) {
        return fail_entry(model, "format", "merit-model", err);
    }
    MERIT_TRY(merit__model_entry(&version, model, "format_version", err));
    MERIT_TRY(merit__model_entry(&writer, model, "merit", err));
    if (parse_list(numbers, 2, version, '.', 0, INT32_MAX) != 0) {
        return fail_entry(model, "format_version", "two numbers and a point", err);
    }
    if (numbers[0] != MERIT__MODEL_MAJOR) {
        char shown[24];
        char shown_writer[24];
        return merit__fail(err, MERIT_EMODEL,
                           "%s: written by merit %s (\"format_version\" %s), this is "
                           "merit %s, which reads %d.x",
                           model->file->path,
                           merit__printable(shown_writer, sizeof shown_writer, writer),
                           merit__printable(shown, sizeof shown, version),
                           merit_version(), MERIT__MODEL_MAJOR);
    }

fail:
    return status;
}

static merit_status load_net(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *input = NULL;
    const char *spec = NULL;
    int64_t shape[3];
    merit_error why = {0};
    MERIT_TRY(merit__model_entry(&input, model, "input", err));
    if (parse_list(shape, 3, input, 'x', 1, INT32_MAX) != 0) {
        return fail_entry(model, "input", "channels x height x width, such as 1x28x28",
                          err);
    }
    // An empty spec is a net, too: the implied last layer alone.
    spec = merit_model_metadata(model, "net");
    if (spec == NULL) {
        return merit__fail(err, MERIT_EMODEL, "%s: \"net\" is missing in the metadata",
                           model->file->path);
    }
    errno = 0; // for merit__model_refuse
    status = merit_net_create(&model->net, spec, shape[0], shape[1], shape[2],
                              merit_scores_n_truths(model->scores), &why);
    if (status != MERIT_OK) {
        return merit__model_refuse(model, "net", status, &why, err);
    }

fail:
    return status;
}

static merit_status load_rule(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *rule = NULL;
    const char *temperature = NULL;
    MERIT_TRY(merit__model_entry(&rule, model, "rule", err));
    MERIT_TRY(merit__model_entry(&temperature, model, "temperature", err));
    if (merit_rule_parse(&model->rule, rule, NULL) != MERIT_OK ||
        model->rule == MERIT_RULE_AUTO) {
        return fail_entry(model, "rule", "argmax, bayes or decode", err);
    }
    if (merit__parse_double(temperature, strlen(temperature), &model->temperature) !=
            0 ||
        model->temperature < MERIT__MODEL_TEMPERATURE_LOW ||
        model->temperature > MERIT__MODEL_TEMPERATURE_HIGH) {
        return fail_entry(model, "temperature", "a number from 0.005 to 200", err);
    }

fail:
    return status;
}

// A file without the entry is older than it: its outputs are those of a softmax. What
// the table forbids is refused here, not when the first example is to be answered.
static merit_status load_link(merit_model *model, merit_error *err)
{
    merit_decision *decision = NULL;
    merit_error why = {0};
    const char *text = merit_model_metadata(model, "link");
    if (text == NULL) {
        return MERIT_OK;
    }
    if (merit_link_parse(&model->link, text, NULL) != MERIT_OK) {
        return fail_entry(model, "link",
                          "softmax, g-softmax(cost=C), scores or logistic-scores", err);
    }
    if (model->link.kind == MERIT_LINK_SOFTMAX) {
        return MERIT_OK;
    }
    const merit_decision_options options = {.rule = MERIT_RULE_ARGMAX,
                                            .link = model->link};
    errno = 0;
    merit_status status =
        merit_decision_create(&decision, model->scores, &options, &why);
    merit_decision_free(decision);
    if (status != MERIT_OK) {
        return merit__model_refuse(model, "link", status, &why, err);
    }
    if (model->rule == MERIT_RULE_DECODE) {
        return fail_entry(model, "rule", "argmax or bayes with this link", err);
    }
    return MERIT_OK;
}

static merit_status load_slice(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *slice = NULL;
    const char *exact = NULL;
    MERIT_TRY(merit__model_entry(&slice, model, "slice", err));
    MERIT_TRY(merit__model_entry(&exact, model, "exact", err));
    if (parse_list(&model->slice, 1, slice, '\0', 1, MERIT__MODEL_SLICE_LIMIT) != 0) {
        return fail_entry(model, "slice", "a number from 1 to 65536", err);
    }
    if (strcmp(exact, "0") != 0 && strcmp(exact, "1") != 0) {
        return fail_entry(model, "exact", "0 or 1", err);
    }
    model->exact = exact[0] == '1';

fail:
    return status;
}

// Loss and provenance are for the reader; they only have to be there.
static merit_status check_texts(const merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *text = NULL;
    json_t *json = NULL;
    merit_error why = {0};
    MERIT_TRY(merit__model_entry(&text, model, "loss", err));
    MERIT_TRY(merit__model_entry(&text, model, "provenance", err));
    errno = 0;
    status = merit__json_parse(&json, text, strlen(text), &provenance_limits, &why);
    json_decref(json);
    if (status != MERIT_OK) {
        return merit__model_refuse(model, "provenance", status, &why, err);
    }

fail:
    return status;
}

// The file to open: `path`, or the best model in the run directory `path`; the caller
// frees it.
static char *find_file(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return merit__path_join(path, "best.safetensors");
    }
    return merit__copy_string(path, strlen(path));
}

static merit_status load(merit_model *model, const char *path, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__safetensors_load(&model->file, path, err));
    MERIT_TRY(check_format(model, err));
    MERIT_TRY(merit__model_load_scores(model, err));
    MERIT_TRY(load_net(model, err));
    MERIT_TRY(load_rule(model, err));
    MERIT_TRY(load_link(model, err));
    MERIT_TRY(load_slice(model, err));
    MERIT_TRY(check_texts(model, err));
    MERIT_TRY(merit__model_load_tensors(model, err));
    merit__safetensors_drop_tensors(model->file);

fail:
    return status;
}

merit_status merit_model_load(merit_model **out, const char *path, merit_error *err)
{
    if (out == NULL || path == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_model_load: an argument is NULL");
    }
    merit_status status = MERIT_OK;
    char *file = find_file(path);
    merit_model *model = merit__alloc_array(1, sizeof *model);
    *out = NULL;
    if (file == NULL || model == NULL) {
        status = merit__fail_memory(err, sizeof *model, "a model");
        goto fail;
    }
    MERIT_TRY(load(model, file, err));
    *out = model;
    model = NULL;

fail:
    merit_model_free(model);
    merit__free(file);
    return status;
}
