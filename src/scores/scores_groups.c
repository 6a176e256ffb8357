#include "scores/scores_table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_names.h"
#include "scores/scores_text.h"

#include <string.h>

// A class or a group: where it was named and, for a class, the number of its group.
typedef struct named {
    char *name;
    int64_t line;
    int64_t group;
} named;

typedef struct named_list {
    named *items;
    int64_t n;
    size_t capacity;
} named_list;

// What a groups file says.
typedef struct grouping {
    merit__text text;
    named_list groups;
    named_list classes;
    double right, same, other;
    int64_t scores_line; // 0: the default scores
} grouping;

static void dispose_list(named_list *list)
{
    for (int64_t i = 0; i < list->n; i++) {
        merit__free(list->items[i].name);
    }
    merit__free(list->items);
}

static void dispose(grouping *file)
{
    merit__text_close(&file->text);
    dispose_list(&file->groups);
    dispose_list(&file->classes);
}

static merit_status add_name(grouping *file, named_list *list, merit__field field,
                             merit_error *err)
{
    char shown[40];
    char *name = merit__copy_string(field.bytes, field.n);
    if (name == NULL || merit__grow_array((void **)&list->items, &list->capacity,
                                          (size_t)list->n + 1, sizeof *list->items)) {
        merit__free(name);
        return merit__fail_memory(err, field.n + 1, "a name");
    }
    list->items[list->n++] = (named){
        .name = name, .line = file->text.record_line, .group = file->groups.n - 1};
    const char *problem = merit__name_problem(name);
    if (problem != NULL) {
        return merit__fail(err, MERIT_EFORMAT, "%s:%lld: the name \"%s\" %s",
                           file->text.origin, (long long)file->text.record_line,
                           merit__printable(shown, sizeof shown, name), problem);
    }
    return merit__scores_check_size(list->n, list->n, file->text.origin, err);
}

// The text before the colon, without blanks around it; goes behind the colon.
static merit_status read_heading(grouping *file, merit__field *heading,
                                 merit_error *err)
{
    merit__text *text = &file->text;
    const char *at = text->at;
    while (at < text->end && *at != ':' && *at != '\n') {
        at++;
    }
    if (at == text->end || *at != ':') {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: expected \"group: class class ...\", found no colon",
            text->origin, (long long)text->line);
    }
    *heading = (merit__field){.bytes = text->at, .n = (size_t)(at - text->at)};
    while (heading->n > 0 && strchr(" \t", heading->bytes[0]) != NULL) {
        heading->bytes++;
        heading->n--;
    }
    while (heading->n > 0 && strchr(" \t", heading->bytes[heading->n - 1]) != NULL) {
        heading->n--;
    }
    text->at = at + 1;
    return MERIT_OK;
}

static merit_status read_scores(grouping *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    double *values[] = {&file->right, &file->same, &file->other};
    merit__field field = {0};
    int64_t line = file->text.line;
    int n_good = 0;
    int n_fields = 0;
    int found = 0;
    if (file->scores_line != 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: a second line of scores, the first is line %lld",
                           file->text.origin, (long long)line,
                           (long long)file->scores_line);
    }
    file->scores_line = line;
    MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    for (; found; n_fields++) {
        if (n_fields < 3 &&
            merit__parse_double(field.bytes, field.n, values[n_fields]) == 0) {
            n_good += merit__scores_allow(*values[n_fields]);
        }
        MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    }
    if (n_good != 3 || n_fields != 3) {
        status =
            merit__fail(err, MERIT_EFORMAT,
                        "%s:%lld: expected \"scores: right same other\" with three "
                        "numbers of size up to %g",
                        file->text.origin, (long long)line, MERIT__SCORES_MAX_SCORE);
    }

fail:
    return status;
}

static merit_status read_group(grouping *file, merit__field heading, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    int found = 0;
    MERIT_TRY(add_name(file, &file->groups, heading, err));
    MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    if (field.n == 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: expected names of classes after the colon",
                           file->text.origin, (long long)file->text.record_line);
    }
    while (found) {
        MERIT_TRY(add_name(file, &file->classes, field, err));
        MERIT_TRY(merit__text_next_field(&file->text, &field, &found, err));
    }

fail:
    return status;
}

static merit_status read_file(grouping *file, merit_error *err)
{
    static const char scores_word[] = "scores";
    merit_status status = MERIT_OK;
    merit__field heading = {0};
    int found = 0;
    MERIT_TRY(merit__text_next_record(&file->text, &found, err));
    while (found) {
        MERIT_TRY(read_heading(file, &heading, err));
        if (heading.n == strlen(scores_word) &&
            memcmp(heading.bytes, scores_word, heading.n) == 0) {
            MERIT_TRY(read_scores(file, err));
        } else {
            MERIT_TRY(read_group(file, heading, err));
        }
        MERIT_TRY(merit__text_next_record(&file->text, &found, err));
    }
    if (file->classes.n < 2) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s: expected at least 2 classes, found "
                             "%lld",
                             file->text.origin, (long long)file->classes.n);
    }

fail:
    return status;
}

// The names of a list; refuses a name that is there twice. The caller frees *out.
static merit_status distinct_names(const char ***out, const grouping *file,
                                   const named_list *list, const char *kind,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[64];
    merit__name_index index = {0};
    int64_t first = 0;
    int64_t second = 0;
    const char **names = merit__alloc_array((size_t)list->n, sizeof *names);
    *out = names;
    if (names == NULL) {
        return merit__fail_memory(err, (size_t)list->n * sizeof *names, "names");
    }
    for (int64_t i = 0; i < list->n; i++) {
        names[i] = list->items[i].name;
    }
    MERIT_TRY(merit__name_index_init(&index, names, list->n, err));
    if (merit__name_index_has_twins(&index, &first, &second)) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s:%lld: %s \"%s\" is there already, in line %lld",
                             file->text.origin, (long long)list->items[second].line,
                             kind, merit__printable(shown, sizeof shown, names[first]),
                             (long long)list->items[first].line);
    }

fail:
    merit__name_index_dispose(&index);
    return status;
}

static void fill(merit_scores *scores, const grouping *file, const int64_t *labels)
{
    int64_t n = file->classes.n;
    const named *classes = file->classes.items;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n; k++) {
            int is_same = classes[i].group == classes[k].group;
            scores->values[labels[i] * n + labels[k]] = i == k    ? file->right
                                                        : is_same ? file->same
                                                                  : file->other;
        }
    }
}

static merit_status build(merit_scores **out, const grouping *file,
                          const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores *scores = NULL;
    int64_t n = file->classes.n;
    const char **names = NULL;
    const char **groups = NULL;
    int64_t *labels = merit__alloc_array((size_t)n, sizeof *labels);
    if (labels == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *labels, "labels");
    }
    MERIT_TRY(distinct_names(&groups, file, &file->groups, "group", err));
    MERIT_TRY(distinct_names(&names, file, &file->classes, "class", err));
    MERIT_TRY(merit__match_classes(labels, names, n, file->text.origin, options, err));
    MERIT_TRY(merit__scores_new(&scores, n, n, file->text.origin, err));
    for (int64_t i = 0; i < n; i++) {
        MERIT_TRY(merit__scores_set_name(scores, labels[i], names[i], err));
    }
    fill(scores, file, labels);
    if (options->costs) {
        merit__scores_negate(scores);
    }
    MERIT_TRY(merit__scores_add_findings(scores, options->costs, err));
    *out = scores;
    scores = NULL;

fail:
    merit_scores_free(scores);
    merit__free(labels);
    merit__free(names);
    merit__free(groups);
    return status;
}

merit_status merit__scores_parse_groups(merit_scores **out, const char *text,
                                        size_t n_bytes, const char *origin,
                                        const merit_scores_options *options,
                                        merit_error *err)
{
    merit_status status = MERIT_OK;
    grouping file = {.right = 2.0, .same = 1.0, .other = -1.0};
    *out = NULL;
    MERIT_TRY(merit__text_open(&file.text, text, n_bytes, origin, err));
    MERIT_TRY(read_file(&file, err));
    if (options->costs && file.scores_line == 0) {
        status = merit__fail(err, MERIT_EINVAL,
                             "%s: the default scores 2, 1, -1 are no costs; add a line "
                             "\"scores: right same other\"",
                             file.text.origin);
        goto fail;
    }
    MERIT_TRY(build(out, &file, options, err));

fail:
    dispose(&file);
    return status;
}
