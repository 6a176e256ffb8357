#include "model/model_object.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "model/json_parse.h"
#include "model/model_tree.h"
#include "model/safetensors_file.h"

#include <errno.h>
#include <string.h>

static const merit__json_limits answers_limits = {
    .type = JSON_ARRAY, .max_depth = 1, .max_opened = 1};

merit_status merit__model_answers_text(char **out, const merit_scores *scores,
                                       merit_error *err)
{
    const int64_t n_answers =
        merit_scores_n_nodes(scores) > 0 ? 0 : merit_scores_n_answers(scores);
    json_t *names = json_array();
    int failed = names == NULL;
    *out = NULL;
    for (int64_t k = 0; k < n_answers && !failed; k++) {
        failed =
            json_array_append_new(names, json_string(merit_scores_name(scores, k)));
    }
    size_t n_bytes = failed ? 0 : json_dumpb(names, NULL, 0, JSON_COMPACT);
    char *text = n_bytes == 0 ? NULL : merit__alloc_array(n_bytes + 1, 1);
    if (text == NULL || json_dumpb(names, text, n_bytes, JSON_COMPACT) != n_bytes) {
        merit__free(text);
        text = NULL;
    }
    json_decref(names);
    *out = text;
    return text != NULL ? MERIT_OK
                        : merit__fail_memory(err, n_bytes, "the names of answers");
}

// The strings of a JSON array; borrowed from it, in an array that the caller frees.
static merit_status list_names(const char ***out, const merit_model *model,
                               const json_t *array, merit_error *err)
{
    const size_t n = json_array_size(array);
    const char **names = merit__alloc_array(n, sizeof *names);
    *out = names;
    if (names == NULL) {
        return merit__fail_memory(err, n * sizeof *names, model->file->path);
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = json_string_value(json_array_get(array, i));
        if (names[i] == NULL) {
            return merit__fail(err, MERIT_EMODEL,
                               "%s: \"answers\": entry %zu is not a string",
                               model->file->path, i);
        }
    }
    return MERIT_OK;
}

// The tensor with a row for each truth and a column for each of n_answers.
static merit_status find_table(const merit__tensor_view **out, const merit_model *model,
                               int64_t n_answers, merit_error *err)
{
    const merit__tensor_view *view = merit__safetensors_tensor(model->file, "scores");
    int64_t n_values = 0;
    if (view != NULL && (view->n_dims != 2 || view->dims[1] != n_answers)) {
        char found[MERIT__DIMS_TEXT_BYTES];
        merit__dims_text(found, view->dims, view->n_dims);
        return merit__fail(err, MERIT_EMODEL,
                           "%s: tensor \"scores\" has the shape %s, expected "
                           "[classes,%jd]: \"answers\" has %jd names",
                           model->file->path, found, (intmax_t)n_answers,
                           (intmax_t)n_answers);
    }
    if (view != NULL) {
        n_values = view->dims[0] * n_answers; // no overflow: the file has them
    }
    return merit__safetensors_expect(out, model->file, "scores", "F64", n_values, err);
}

merit_status merit__model_load_scores(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    const char *text = NULL;
    const char **names = NULL;
    const merit__tensor_view *table = NULL;
    json_t *array = NULL;
    merit_error why = {0};
    if (merit__model_tree_is_in(model)) {
        return merit__model_tree_load(model, err);
    }
    MERIT_TRY(merit__model_entry(&text, model, "answers", err));
    errno = 0; // for merit__model_refuse
    status = merit__json_parse(&array, text, strlen(text), &answers_limits, &why);
    if (status != MERIT_OK) {
        return merit__model_refuse(model, "answers", status, &why, err);
    }
    int64_t n_answers = (int64_t)json_array_size(array);
    MERIT_TRY(list_names(&names, model, array, err));
    MERIT_TRY(find_table(&table, model, n_answers, err));
    errno = 0;
    status = merit_scores_create(&model->scores, table->dims[0], n_answers, table->data,
                                 names, &why);
    if (status != MERIT_OK) {
        status = merit__model_refuse(model, "scores", status, &why, err);
    }

fail:
    merit__free(names);
    json_decref(array);
    return status;
}
