#include "scores/scores_table.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_grouping.h"
#include "scores/scores_names.h"

// The names of a list; refuses a name that is there twice. The caller frees *out.
static merit_status distinct_names(const char ***out, const merit__grouping *file,
                                   const merit__named_list *list, const char *kind,
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

// Refuses a line of classes that are not those of the groups.
static merit_status compare_classes(const merit__grouping *file,
                                    const merit__name_index *grouped,
                                    const char *const *grouped_names,
                                    const char *const *ordered_names, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__name_index ordered = {0};
    merit__name_list line_only = {0};
    merit__name_list groups_only = {0};
    MERIT_TRY(merit__name_index_init(&ordered, ordered_names, file->ordered.n, err));
    merit__name_list_add_missing(&line_only, ordered_names, file->ordered.n, grouped);
    merit__name_list_add_missing(&groups_only, grouped_names, grouped->n, &ordered);
    if (line_only.n_names > 0 || groups_only.n_names > 0) {
        int both = line_only.n_names > 0 && groups_only.n_names > 0;
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s:%lld: other classes than the groups: %s%s%s%s%s",
                             file->text.origin, (long long)file->ordered_line,
                             line_only.n_names > 0 ? "only this line has " : "",
                             merit__name_list_end(&line_only), both ? "; " : "",
                             groups_only.n_names > 0 ? "only the groups have " : "",
                             merit__name_list_end(&groups_only));
    }

fail:
    merit__name_index_dispose(&ordered);
    return status;
}

// Puts the classes, which names[0..n) are, into the order of the line of classes.
static merit_status arrange(merit__grouping *file, const char **names, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__name_index grouped = {0};
    const char **ordered = NULL;
    merit__named_list classes = file->classes;
    MERIT_TRY(distinct_names(&ordered, file, &file->ordered, "class", err));
    MERIT_TRY(merit__name_index_init(&grouped, names, classes.n, err));
    MERIT_TRY(compare_classes(file, &grouped, names, ordered, err));
    for (int64_t i = 0; i < classes.n; i++) {
        int64_t place = merit__name_index_find(&grouped, ordered[i]);
        file->ordered.items[i].group = classes.items[place].group;
        names[i] = ordered[i];
    }
    file->classes = file->ordered;
    file->ordered = classes;

fail:
    merit__name_index_dispose(&grouped);
    merit__free(ordered);
    return status;
}

// Labels that nobody chose: the first few by name.
static merit_status note_order(merit_scores *scores, merit_error *err)
{
    enum { MAX_SHOWN = 3 };
    char shown[MAX_SHOWN][40] = {{0}};
    for (int64_t k = 0; k < MAX_SHOWN && k < scores->n_answers; k++) {
        merit__printable(shown[k], sizeof shown[k], scores->names[k]);
    }
    int has_third = scores->n_answers > 2;
    return merit__scores_add_note(
        scores, err, "group-order",
        "classes are numbered in the order of the groups: label 0 is \"%s\", 1 is "
        "\"%s\"%s%s%s%s; a line \"classes: ...\" sets another order",
        shown[0], shown[1], has_third ? ", 2 is \"" : "", shown[2],
        has_third ? "\"" : "", scores->n_answers > MAX_SHOWN ? ", ..." : "");
}

static void fill(merit_scores *scores, const merit__grouping *file,
                 const int64_t *labels)
{
    int64_t n = file->classes.n;
    const merit__named *classes = file->classes.items;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n; k++) {
            int is_same = classes[i].group == classes[k].group;
            scores->values[labels[i] * n + labels[k]] = i == k    ? file->right
                                                        : is_same ? file->same
                                                                  : file->other;
        }
    }
}

static merit_status build(merit_scores **out, merit__grouping *file,
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
    if (file->ordered_line != 0) {
        MERIT_TRY(arrange(file, names, err));
    }
    MERIT_TRY(merit__match_classes(labels, names, n, file->text.origin, options, err));
    MERIT_TRY(merit__scores_new(&scores, n, n, file->text.origin, err));
    for (int64_t i = 0; i < n; i++) {
        MERIT_TRY(merit__scores_set_name(scores, labels[i], names[i], err));
    }
    fill(scores, file, labels);
    if (options->costs) {
        merit__scores_negate(scores);
    }
    if (file->ordered_line == 0 && options->classes == NULL) {
        MERIT_TRY(note_order(scores, err));
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

// Refuses scores that were given as costs.
static merit_status check_costs(const merit__grouping *file, merit_error *err)
{
    double right = file->right;
    if (file->scores_line == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: the default scores 2, 1, -1 are no costs; add a line "
                           "\"scores: right same other\"",
                           file->text.origin);
    }
    if (right >= file->same && right >= file->other &&
        (right > file->same || right > file->other)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: as costs, the right answer would be the dearest; "
                           "expected costs, as in \"scores: 0 1 3\"",
                           file->text.origin, (long long)file->scores_line);
    }
    return MERIT_OK;
}

merit_status merit__scores_parse_groups(merit_scores **out, const char *text,
                                        size_t n_bytes, const char *origin,
                                        const merit_scores_options *options,
                                        merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__grouping file = {0};
    *out = NULL;
    MERIT_TRY(merit__grouping_read(&file, text, n_bytes, origin, options, err));
    if (options->costs) {
        MERIT_TRY(check_costs(&file, err));
    }
    MERIT_TRY(build(out, &file, options, err));

fail:
    merit__grouping_dispose(&file);
    return status;
}
