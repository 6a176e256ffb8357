/* Fuzz target of trees: the same bytes as Newick, as edges, as classes of another tree,
 * and as a taxonomy, whose names may be behind a form feed. */
#include "fuzz_check.h"
#include "scores/scores_of_tree.h"
#include "scores/scores_table.h"

#include <string.h>

// A tree that was read makes tables, by depth and, if it has lengths, by length.
static void check_tables(const merit__tree *tree)
{
    const merit_scores_options options = {.answer_nodes = 1};
    merit_scores *scores = NULL;
    merit_error err = {.code = 0};
    for (int by_length = 0; by_length < 2; by_length++) {
        merit_status status =
            merit__scores_of_tree(&scores, tree, by_length, "input", &options, &err);
        check_answer(status, scores != NULL, &err);
        for (int64_t i = 0; scores != NULL && i < scores->n_truths; i++) {
            fail_if(merit__tree_table_score(scores->tree, i, i) != 1,
                    "a right answer that does not earn 1");
        }
        merit_scores_free(scores);
    }
}

static void prune(merit__tree *tree)
{
    char *keep = calloc((size_t)tree->n_nodes, 1);
    fail_if(keep == NULL, "no memory");
    for (int64_t v = 1; v < tree->n_nodes; v += 2) {
        keep[v] = 1;
    }
    if (tree->n_nodes > 3 && merit__tree_prune(tree, keep, NULL) == MERIT_OK) {
        fail_if(tree->n_nodes < 1 || tree->parent[0] != -1 ||
                    tree->end[0] != tree->n_nodes,
                "no tree");
    }
    free(keep);
}

static void check(merit_status status, merit__tree *tree)
{
    if (status == MERIT_OK) {
        check_tables(tree);
        prune(tree);
    }
    merit__tree_dispose(tree);
}

static void read_taxonomy(const char *text, size_t n_bytes)
{
    merit__tree tree = {0};
    const char *behind = memchr(text, '\f', n_bytes);
    const size_t n_nodes = behind == NULL ? n_bytes : (size_t)(behind - text);
    const merit__dump nodes = {text, n_nodes, "nodes"};
    const merit__dump names =
        behind == NULL ? nodes
                       : (merit__dump){behind + 1, n_bytes - n_nodes - 1, "names"};
    check(merit__tree_parse_taxonomy(&tree, &nodes, &names, NULL), &tree);
    check(merit__tree_parse_taxonomy(&tree, &nodes, NULL, NULL), &tree);
}

static void read_classes(const void *bytes, size_t n_bytes)
{
    static const char leaves[] = "((a:1,b:2)p:1,(c:1,d:4)q:2);";
    static int fd = -1, fd_tree = -1;
    char path[INPUT_PATH_BYTES], path_tree[INPUT_PATH_BYTES];
    char spec[2 * INPUT_PATH_BYTES + 32];
    merit_scores *scores = NULL;
    merit_error err = {.code = 0};
    open_input(path, &fd, bytes, n_bytes);
    open_input(path_tree, &fd_tree, leaves, sizeof leaves - 1);
    snprintf(spec, sizeof spec, "tree:%s:length:classes=%s", path_tree, path);
    merit_status status = merit_scores_load(&scores, spec, NULL, &err);
    check_answer(status, scores != NULL, &err);
    merit_scores_free(scores);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    const char *text = (const char *)data;
    merit__tree tree = {0};
    check(merit__tree_parse_newick(&tree, text, n_bytes, "input", NULL), &tree);
    check(merit__tree_parse_edges(&tree, text, n_bytes, "input", NULL), &tree);
    read_taxonomy(text, n_bytes);
    read_classes(data, n_bytes);
    return 0;
}
