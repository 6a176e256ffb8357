/* Fuzz target of trees: the same bytes as Newick, as edges and as a taxonomy. */
#include "scores/scores_of_tree.h"
#include "scores/scores_table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

// A tree that was read makes tables, by depth and, if it has lengths, by length.
static void check_tables(const merit__tree *tree)
{
    const merit_scores_options options = {.answer_nodes = 1};
    merit_scores *scores = NULL;
    merit_error err = {.code = 0};
    for (int by_length = 0; by_length < 2; by_length++) {
        merit_status status =
            merit__scores_of_tree(&scores, tree, by_length, "input", &options, &err);
        if ((status == MERIT_OK) != (scores != NULL) || err.code != (int32_t)status) {
            abort();
        }
        for (int64_t i = 0; scores != NULL && i < scores->n_truths; i++) {
            if (merit__tree_table_score(scores->tree, i, i) != 1) {
                abort();
            }
        }
        merit_scores_free(scores);
    }
}

static void check(merit_status status, merit__tree *tree)
{
    if (status == MERIT_OK) {
        check_tables(tree);
    }
    merit__tree_dispose(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    const merit__dump dump = {(const char *)data, n_bytes, "input"};
    merit__tree tree = {0};
    check(merit__tree_parse_newick(&tree, dump.bytes, n_bytes, "input", NULL), &tree);
    check(merit__tree_parse_edges(&tree, dump.bytes, n_bytes, "input", NULL), &tree);
    check(merit__tree_parse_taxonomy(&tree, &dump, &dump, NULL), &tree);
    return 0;
}
