#include "cli_info.h"

#include "merit/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SPEC_BYTES = 4200 };

static json_t *record_of(const char *path, const merit_tree_facts *facts,
                         const merit_scores *scores)
{
    const int64_t n = merit_scores_n_truths(scores);
    json_t *record = merit__info_record(path, "tree");
    json_object_set_new(record, "format", json_string(facts->format));
    json_object_set_new(record, "n_nodes", json_integer(facts->n_nodes));
    json_object_set_new(record, "n_leaves", json_integer(facts->n_leaves));
    json_object_set_new(record, "n_inner",
                        json_integer(facts->n_nodes - facts->n_leaves));
    json_object_set_new(record, "n_branching", json_integer(facts->n_branching));
    json_object_set_new(record, "n_unnamed", json_integer(facts->n_unnamed));
    json_object_set_new(record, "depth", json_integer(facts->depth));
    json_object_set_new(record, "lengths", json_boolean(facts->has_lengths));
    json_object_set_new(record, "classes", merit__info_names(scores, n));
    return record;
}

static void print(const char *path, const merit_tree_facts *facts,
                  const merit_scores *scores)
{
    merit__print_entry("tree", path);
    merit__print_entry("format", facts->format);
    merit__print_names("leaves", scores, 0, merit_scores_n_truths(scores));
    printf("  %-12s %" PRId64 "\n", "nodes", facts->n_nodes);
    printf("  %-12s %" PRId64 "; %" PRId64 " branch, %" PRId64 " without a name\n",
           "inner nodes", facts->n_nodes - facts->n_leaves, facts->n_branching,
           facts->n_unnamed);
    printf("  %-12s %" PRId64 "\n", "depth", facts->depth);
    merit__print_entry("lengths", facts->has_lengths ? "yes" : "none");
    for (int64_t i = 0; i < merit_scores_n_notes(scores); i++) {
        merit__print_entry("note", merit_scores_note(scores, i));
    }
}

merit_status merit__info_tree(int *is_tree, const char *path, int even_edges, int json,
                              merit_error *err)
{
    const merit_scores_options options = {.read = merit_text_read};
    char spec[SPEC_BYTES];
    merit_tree_facts facts = {0};
    merit_scores *scores = NULL;
    merit_status status = merit_tree_examine(&facts, path, &options, err);
    *is_tree =
        facts.format != NULL && (even_edges || strcmp(facts.format, "edges") != 0);
    if (!*is_tree) {
        return MERIT_OK;
    }
    // Of the forms tree:FILE has, this one has no doubt where the path ends.
    int n = snprintf(spec, sizeof spec, "tree:%s:depth", path);
    if (status == MERIT_OK && n < SPEC_BYTES) {
        status = merit_scores_load(&scores, spec, &options, err);
    }
    if (status == MERIT_OK && json) {
        status = merit__json_print(record_of(path, &facts, scores), err);
    } else if (status == MERIT_OK) {
        print(path, &facts, scores);
    }
    merit_scores_free(scores);
    return status;
}
