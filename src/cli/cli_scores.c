#include "cli_scores.h"

#include "cli_message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const size_t limit_bytes = (size_t)1 << 30;

merit_status merit__scores_answers(int *answer_nodes, const char *value,
                                   merit_error *err)
{
    *answer_nodes = strcmp(value, "nodes") == 0;
    if (!*answer_nodes && strcmp(value, "classes") != 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--answers: expected classes or nodes, found \"%.40s\"",
                             value);
    }
    return MERIT_OK;
}

merit_status merit__scores_option(merit__scores_source *source, int key,
                                  const char *value, merit_error *err)
{
    if (key == MERIT__OPTION_ANSWERS) {
        return merit__scores_answers(&source->answer_nodes, value, err);
    }
    if (key == MERIT__OPTION_DECIMAL) {
        return merit__read_decimal(&source->decimal_comma, value, err);
    }
    int costs = key == MERIT__OPTION_COSTS;
    if (source->n_given > 0 && source->costs != costs) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--scores and --costs exclude each other");
    }
    source->spec = value;
    source->costs = costs;
    source->n_given++;
    return MERIT_OK;
}

int merit__scores_need_classes(const merit__scores_source *source)
{
    const char *spec = source->spec;
    return strcmp(spec, "identity") == 0 || strcmp(spec, "ordinal") == 0 ||
           strncmp(spec, "ordinal:", strlen("ordinal:")) == 0;
}

static int begins_with(const char *spec, const char *start)
{
    return strncmp(spec, start, strlen(start)) == 0;
}

static int is_tree(const merit__scores_source *source)
{
    return begins_with(source->spec, "tree:");
}

static int is_generator(const merit__scores_source *source)
{
    return merit__scores_need_classes(source) || begins_with(source->spec, "groups:") ||
           begins_with(source->spec, "bins:") || is_tree(source);
}

merit_status merit__scores_open(merit_scores **out, const merit__scores_source *source,
                                int64_t n_classes, merit_error *err)
{
    merit_scores_options options = {.costs = source->costs,
                                    .decimal_comma = source->decimal_comma,
                                    .read = merit_text_read};
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    *out = NULL;
    if (source->answer_nodes && !is_tree(source)) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--answers nodes is for tree:FILE; other tables have the "
                             "answers of their columns");
    }
    if (is_generator(source)) {
        // A tree may have classes that the data lacks.
        options.n_classes = is_tree(source) && source->classes == NULL ? 0 : n_classes;
        options.answer_nodes = source->answer_nodes;
        options.classes = source->classes;
        return merit_scores_load(out, source->spec, &options, err);
    }
    int is_stream = strcmp(source->spec, "-") == 0;
    const char *origin = is_stream ? "standard input" : source->spec;
    status = merit_text_read(&text, &n_bytes, source->spec, limit_bytes, err);
    if ((status == MERIT_EIO || status == MERIT_EUNSUPPORTED) && !is_stream) {
        // The library knows what may have been meant.
        return merit_scores_load(out, source->spec, &options, err);
    }
    MERIT_TRY(status);
    MERIT_TRY(merit_scores_parse(out, text, n_bytes, origin, &options, err));

fail:
    merit_text_free(text);
    return status;
}

merit_status merit__scores_open_for(merit_scores **out,
                                    const merit__scores_source *source,
                                    const merit_dataset *data, merit_error *err)
{
    int64_t n = merit_dataset_n_classes(data);
    const char **names = NULL;
    merit__scores_source named = *source;
    if (merit_dataset_class_name(data, 0) == NULL) {
        return merit__scores_open(out, source, n, err);
    }
    merit_status status = merit__new_array(&names, n, sizeof *names, err);
    if (status == MERIT_OK) {
        for (int64_t i = 0; i < n; i++) {
            names[i] = merit_dataset_class_name(data, i);
        }
        named.classes = names;
        status = merit__scores_open(out, &named, n, err);
    }
    if (status == MERIT_OK && merit_dataset_task(data) == MERIT_TASK_MASKED &&
        !is_generator(source)) {
        status = merit__scores_keep_classes(out, data, err);
    }
    free(names);
    return status;
}

merit_status merit__classes_match(merit_dataset *data, const merit_scores *scores,
                                  int need_all, merit_error *err)
{
    int64_t n = merit_scores_n_truths(scores);
    const char **names = NULL;
    merit_status status = merit__new_array(&names, n, sizeof *names, err);
    if (status == MERIT_OK) {
        for (int64_t i = 0; i < n; i++) {
            names[i] = merit_scores_name(scores, i);
        }
        status = merit_dataset_match(data, names, n, need_all, err);
    }
    free(names);
    return status;
}

void merit__scores_tell(const merit_scores *scores)
{
    for (int64_t i = 0; i < merit_scores_n_notes(scores); i++) {
        merit__tell("note", merit_scores_note(scores, i));
    }
}

merit_status merit__labels_check(const merit_scores *scores, const int32_t *labels,
                                 int64_t n, const char *name, merit_error *err)
{
    int64_t n_classes = merit_scores_n_truths(scores);
    int64_t first = -1;
    int64_t n_bad = 0;
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < 0 || labels[i] >= n_classes) {
            first = first < 0 ? i : first;
            n_bad++;
        }
    }
    if (n_bad == 0) {
        return MERIT_OK;
    }
    return merit__refuse(
        err, MERIT_EFORMAT,
        "%.100s: example %" PRId64 " has label %" PRId32 ", expected 0 to %" PRId64
        " (the classes of the score table); %" PRId64 " labels are out of range",
        name, first, labels[first], n_classes - 1, n_bad);
}
