#include "merit/scores.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_names.h"
#include "scores/scores_table.h"
#include "scores/tree.h"

#include <string.h>

int64_t merit_scores_n_nodes(const merit_scores *scores)
{
    return scores->values == NULL ? scores->tree->n_nodes : 0;
}

void merit_scores_tree(const merit_scores *scores, int64_t *parents, double *places,
                       int64_t *nodes)
{
    const merit__tree_table *tree = scores->tree;
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        parents[v] = tree->parent[v];
        places[v] = tree->x[v];
    }
    for (int64_t a = 0; a < tree->n_answers; a++) {
        nodes[a] = tree->node[a];
    }
}

static merit_status fail_node(int64_t v, const char *what, merit_error *err)
{
    return merit__fail(err, MERIT_EINVAL, "node %lld of a tree %s", (long long)v, what);
}

// Whether nodes are in the order of a walk and places grow downwards. is_inner
// [n_nodes] gets which ones have children.
static merit_status check_nodes(char *is_inner, const merit_tree *tree,
                                merit_error *err)
{
    if (tree->parents[0] != -1 || !(tree->places[0] >= 0)) {
        return fail_node(0, "is not its root", err);
    }
    for (int64_t v = 1; v < tree->n_nodes; v++) {
        const int64_t up = tree->parents[v];
        int64_t open = v - 1; // the parent is on the way from the last node to the root
        while (open > up && open >= 0) {
            open = tree->parents[open];
        }
        if (up < 0 || open != up) {
            return fail_node(v, "is not where a walk down would meet it", err);
        }
        if (!(tree->places[v] >= tree->places[up] && tree->places[v] <= 1)) {
            return fail_node(v, "is not in a place from that of its parent to 1", err);
        }
        is_inner[up] = 1;
    }
    return MERIT_OK;
}

static merit_status check_answers(char *is_inner, const merit_tree *tree,
                                  merit_error *err)
{
    int64_t n_leaves = 0;
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        n_leaves += !is_inner[v];
    }
    if (n_leaves != tree->n_truths) {
        return merit__fail(err, MERIT_EINVAL, "a tree of %lld leaves for %lld classes",
                           (long long)n_leaves, (long long)tree->n_truths);
    }
    for (int64_t a = 0; a < tree->n_answers; a++) {
        const int64_t v = tree->nodes[a];
        // 2 marks a node that has its answer.
        if (v < 0 || v >= tree->n_nodes || is_inner[v] != (a >= tree->n_truths)) {
            return merit__fail(
                err, MERIT_EINVAL, "answer %lld of a tree is node %lld, expected %s",
                (long long)a, (long long)v,
                a < tree->n_truths ? "a leaf of its own" : "an inner node of its own");
        }
        is_inner[v] = 2;
    }
    return MERIT_OK;
}

static merit_status check_tree(const merit_tree *tree, merit_error *err)
{
    if (tree->n_truths < 2 || tree->n_answers < tree->n_truths ||
        tree->n_nodes <= tree->n_truths || tree->n_nodes < tree->n_answers) {
        return merit__fail(err, MERIT_EINVAL,
                           "a tree of %lld nodes with %lld classes and %lld answers",
                           (long long)tree->n_nodes, (long long)tree->n_truths,
                           (long long)tree->n_answers);
    }
    if (tree->n_nodes > MERIT__TREE_MAX_NODES) {
        return merit__fail(err, MERIT_ENOMEM, "a tree of %lld nodes; the limit is %d",
                           (long long)tree->n_nodes, MERIT__TREE_MAX_NODES);
    }
    char *is_inner = merit__alloc_array((size_t)tree->n_nodes, 1);
    if (is_inner == NULL) {
        return merit__fail_memory(err, (size_t)tree->n_nodes, "a tree");
    }
    merit_status status = check_nodes(is_inner, tree, err);
    if (status == MERIT_OK) {
        status = check_answers(is_inner, tree, err);
    }
    merit__free(is_inner);
    return status;
}

// Copies the names into one block.
static merit_status copy_names(merit_scores *scores, const char *const *answers,
                               merit_error *err)
{
    const size_t A = (size_t)scores->n_answers;
    size_t n_bytes = 0;
    for (size_t a = 0; a < A; a++) {
        n_bytes += strlen(answers[a]) + 1;
    }
    scores->name_block = merit__alloc_array(n_bytes, 1);
    scores->names = merit__alloc_array(A, sizeof *scores->names);
    if (scores->name_block == NULL || scores->names == NULL) {
        return merit__fail_memory(err, n_bytes, "names");
    }
    char *at = scores->name_block;
    for (size_t a = 0; a < A; a++) {
        const size_t n = strlen(answers[a]) + 1;
        memcpy(at, answers[a], n);
        scores->names[a] = at;
        at += n;
    }
    return MERIT_OK;
}

merit_status merit_scores_create_tree(merit_scores **out, const merit_tree *tree,
                                      const char *const *answers, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores *scores = NULL;
    *out = NULL;
    if (tree == NULL || answers == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_scores_create_tree: an argument is NULL");
    }
    MERIT_TRY(check_tree(tree, err));
    MERIT_TRY(merit__scores_check_names(answers, tree->n_answers, err));
    scores = merit__alloc_array(1, sizeof *scores);
    if (scores == NULL) {
        return merit__fail_memory(err, sizeof *scores, "a score table");
    }
    scores->n_truths = tree->n_truths;
    scores->n_answers = tree->n_answers;
    scores->tree =
        merit__tree_table_restore(tree->n_nodes, tree->n_truths, tree->n_answers,
                                  tree->parents, tree->places, tree->nodes);
    if (scores->tree == NULL) {
        MERIT_TRY(
            merit__fail_memory(err, (size_t)tree->n_nodes * sizeof(double), "a tree"));
    }
    MERIT_TRY(copy_names(scores, answers, err));
    MERIT_TRY(merit__scores_note_names(scores, err));
    *out = scores;
    scores = NULL;
fail:
    merit_scores_free(scores);
    return status;
}
