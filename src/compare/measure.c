#include "compare/measure.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "compare/compare_plan.h"
#include "merit/model.h"
#include "train/json_text.h"

static const char *const file_name = "test.json";

/* The numbers of merit_metrics that are kept. */
static const struct {
    const char *key;
    size_t at;
} kept[] = {
    {"accuracy", offsetof(merit_metrics, accuracy)},
    {"mean_score", offsetof(merit_metrics, mean_score)},
    {"normalized_score", offsetof(merit_metrics, normalized_score)},
    {"best_constant_score", offsetof(merit_metrics, best_constant_score)},
    {"oracle_score", offsetof(merit_metrics, oracle_score)},
    {"regret", offsetof(merit_metrics, regret)},
    {"claimed_score", offsetof(merit_metrics, claimed_score)},
    {"log_loss", offsetof(merit_metrics, log_loss)},
    {"ece", offsetof(merit_metrics, ece)},
    {"decode_loss", offsetof(merit_metrics, decode_loss)},
};
enum { N_KEPT = sizeof kept / sizeof *kept };

/* What one model answers, while the blocks of its logits go by. */
typedef struct answers {
    const merit_model *model;
    const merit__test *test;
    merit_tally *tally;
    int32_t *answers;  // [N]
    double *expected;  // [block]
    double *posterior; // [block,K]; NULL where the outputs are no beliefs
} answers;

/* The outputs of a decode rule are no beliefs, nor are expected scores. */
static int has_beliefs(const merit_model *model)
{
    return merit_model_rule(model) != MERIT_RULE_DECODE &&
           merit_link_has_posterior(merit_model_link(model));
}

static merit_status make_answers(answers *out, const merit_model *model,
                                 const merit__test *test, merit_error *err)
{
    const merit_scores *scores = merit_model_scores(model);
    const size_t block = (size_t)merit_model_block(model, test->data);
    const size_t K = (size_t)merit_scores_n_truths(scores);
    *out = (answers){.model = model, .test = test};
    out->answers =
        merit__alloc_array((size_t)merit_dataset_n(test->data), sizeof *out->answers);
    out->expected = merit__alloc_array(block, sizeof *out->expected);
    if (has_beliefs(model)) {
        out->posterior = merit__alloc_array(block, K * sizeof *out->posterior);
    }
    if (out->answers == NULL || out->expected == NULL ||
        (out->posterior == NULL && has_beliefs(model))) {
        return merit__fail_memory(err, block * K * sizeof *out->posterior,
                                  "the answers to the test examples");
    }
    return merit_tally_create(&out->tally, scores, err);
}

static void free_answers(answers *a)
{
    merit_tally_free(a->tally);
    merit__free(a->answers);
    merit__free(a->expected);
    merit__free(a->posterior);
}

static merit_status add_block(void *payload, int64_t first, int64_t n,
                              const float *logits, merit_error *err)
{
    const answers *a = payload;
    merit_status status = MERIT_OK;
    const merit_decision_results results = {.answers = a->answers + first,
                                            .expected = a->expected,
                                            .posterior = a->posterior};
    const merit_answers given = {.n = n,
                                 .labels = merit_dataset_labels(a->test->data) + first,
                                 .answers = results.answers,
                                 .expected = a->expected,
                                 .posterior = a->posterior};
    MERIT_TRY(merit_model_decide(a->model, MERIT_RULE_AUTO, logits, n, &results, err));
    MERIT_TRY(merit_tally_add(a->tally, &given, err));
fail:
    return status;
}

static merit_status answer(answers *a, merit_metrics *metrics, const merit_model *model,
                           const merit__test *test, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(make_answers(a, model, test, err));
    MERIT_TRY(merit_model_each(model, test->data, test->n_threads, add_block, a, err));
    MERIT_TRY(merit_tally_metrics(a->tally, metrics, err));
fail:
    return status;
}

static json_t *earned(const answers *a)
{
    const merit_scores *scores = merit_model_scores(a->model);
    const int32_t *labels = merit_dataset_labels(a->test->data);
    const int64_t n = merit_dataset_n(a->test->data);
    json_t *list = json_array();
    int failure = 0;
    for (int64_t i = 0; i < n && failure == 0; i++) {
        failure = json_array_append_new(
            list, json_real(merit_scores_score(scores, labels[i], a->answers[i])));
    }
    if (failure != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

/* "" where the model has no such entry. */
static const char *metadata(const merit_model *model, const char *key)
{
    const char *text = merit_model_metadata(model, key);
    return text != NULL ? text : "";
}

merit_status merit__measure(const char *path, const merit__test *test, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_model *model = NULL;
    answers a = {0};
    merit_metrics metrics;
    json_t *record = NULL;
    MERIT_TRY(merit_model_load(&model, path, err));
    MERIT_TRY(answer(&a, &metrics, model, test, err));
    record =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "merit", merit_version(),
                  "state", "done", "message", "", "model", metadata(model, "sha256"),
                  "test_data", test->fingerprint, "candidate", metadata(model, "loss"),
                  "rule", merit_rule_name(merit_model_rule(model)), "temperature",
                  merit__json_real(merit_model_temperature(model)));
    for (int i = 0; i < N_KEPT; i++) {
        const double *value =
            (const double *)(const void *)((const char *)&metrics + kept[i].at);
        json_object_set_new(record, kept[i].key, merit__json_real(*value));
    }
    if (json_object_set_new(record, "earned", earned(&a)) != 0) {
        MERIT_TRY(merit__fail_memory(err, (size_t)merit_dataset_n(test->data) * 32,
                                     file_name));
    }
    MERIT_TRY(merit__compare_write(record, path, file_name, err));
fail:
    json_decref(record);
    free_answers(&a);
    merit_model_free(model);
    return status;
}

merit_status merit__measure_diverged(const char *path, const merit__test *test,
                                     const char *message, merit_error *err)
{
    json_t *record = json_pack("{s:s, s:s, s:s, s:s, s:s}", "merit", merit_version(),
                               "state", "diverged", "message", message, "model", "",
                               "test_data", test->fingerprint);
    merit_status status = merit__compare_write(record, path, file_name, err);
    json_decref(record);
    return status;
}

static const char *text_of(const json_t *record, const char *key)
{
    const char *text = json_string_value(json_object_get(record, key));
    return text != NULL ? text : "";
}

/* A number; NaN for null and anything else, infinite ones are not kept. */
static double number_of(const json_t *record, const char *key)
{
    const json_t *value = json_object_get(record, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

int merit__measured(const char *path, const merit__test *test)
{
    json_t *record = NULL;
    merit_model *model = NULL;
    int is_there = merit__compare_read(&record, path, file_name, NULL) == MERIT_OK &&
                   record != NULL &&
                   strcmp(text_of(record, "test_data"), test->fingerprint) == 0;
    if (is_there && strcmp(text_of(record, "state"), "diverged") != 0) {
        is_there = json_array_size(json_object_get(record, "earned")) ==
                       (size_t)merit_dataset_n(test->data) &&
                   merit_model_load(&model, path, NULL) == MERIT_OK &&
                   strcmp(text_of(record, "model"), metadata(model, "sha256")) == 0;
    }
    merit_model_free(model);
    json_decref(record);
    return is_there;
}

void merit__measure_forget(const char *path)
{
    char *file = merit__path_join(path, file_name);
    if (file != NULL) {
        unlink(file);
    }
    merit__free(file);
}

static merit_status refuse(const char *path, const char *what, merit_error *err)
{
    char shown[128];
    return merit__fail(err, MERIT_EFORMAT, "%s/%s: %s",
                       merit__printable_path(shown, sizeof shown, path), file_name,
                       what);
}

static merit_status read_earned(merit_compare_run *run, merit_comparison *comparison,
                                int64_t *n_test, const json_t *list, const char *path,
                                merit_error *err)
{
    const size_t n = json_array_size(list);
    double *values = merit__comparison_own(comparison, n, sizeof *values);
    if (values == NULL) {
        return merit__fail_memory(err, n * sizeof *values, file_name);
    }
    int is_right = n > 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(list, i);
        is_right = is_right && json_is_number(value);
        values[i] = json_number_value(value);
    }
    if (!is_right) {
        return refuse(path, "earned: expected a list of numbers", err);
    }
    run->earned = values;
    *n_test = (int64_t)n;
    return MERIT_OK;
}

static merit_status fill(merit_compare_run *run, merit_comparison *comparison,
                         int64_t *n_test, const json_t *record, const char *path,
                         merit_error *err)
{
    merit_status status = MERIT_OK;
    run->message = merit__comparison_text(comparison, text_of(record, "message"));
    run->candidate = merit__comparison_text(comparison, text_of(record, "candidate"));
    if (run->message == NULL || run->candidate == NULL) {
        MERIT_TRY(merit__fail_memory(err, 256, file_name));
    }
    if (strcmp(text_of(record, "state"), "diverged") == 0) {
        run->state = MERIT_COMPARE_DIVERGED;
        return MERIT_OK;
    }
    MERIT_TRY(read_earned(run, comparison, n_test, json_object_get(record, "earned"),
                          path, err));
    if (merit_rule_parse(&run->rule, text_of(record, "rule"), NULL) != MERIT_OK) {
        MERIT_TRY(refuse(path, "rule: expected auto, argmax, bayes or decode", err));
    }
    run->temperature = number_of(record, "temperature");
    for (int i = 0; i < N_KEPT; i++) {
        double *value = (double *)(void *)((char *)&run->metrics + kept[i].at);
        *value = number_of(record, kept[i].key);
    }
    run->metrics.n = *n_test;
    run->state = MERIT_COMPARE_DONE;
fail:
    return status;
}

merit_status merit__measure_read(merit_compare_run *run, merit_comparison *comparison,
                                 int64_t *n_test, const char *path, merit_error *err)
{
    json_t *record = NULL;
    merit_status status = merit__compare_read(&record, path, file_name, err);
    if (status == MERIT_OK && record != NULL) {
        status = fill(run, comparison, n_test, record, path, err);
    }
    json_decref(record);
    return status;
}
