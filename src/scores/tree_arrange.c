#include "scores/tree.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <string.h>

/* What renumbering needs, all [n_nodes]. */
typedef struct arrangement {
    int64_t n;
    int32_t *first;  // the first child of each node, -1: none
    int32_t *next;   // the next child of the same parent, -1: none
    int32_t *order;  // old numbers in the new order
    int32_t *place;  // new numbers by the old ones
    double *lengths; // in the new order
} arrangement;

static void dispose(arrangement *a)
{
    merit__free(a->first);
    merit__free(a->next);
    merit__free(a->order);
    merit__free(a->place);
    merit__free(a->lengths);
}

static merit_status prepare(arrangement *a, const merit__tree *tree, merit_error *err)
{
    const size_t n = (size_t)tree->n_nodes;
    a->n = tree->n_nodes;
    a->first = merit__alloc_array(n, sizeof *a->first);
    a->next = merit__alloc_array(n, sizeof *a->next);
    a->order = merit__alloc_array(n, sizeof *a->order);
    a->place = merit__alloc_array(n, sizeof *a->place);
    a->lengths = merit__alloc_array(n, sizeof *a->lengths);
    if (a->first == NULL || a->next == NULL || a->order == NULL || a->place == NULL ||
        a->lengths == NULL) {
        return merit__fail_memory(err, n * (4 * sizeof *a->first + sizeof *a->lengths),
                                  "the nodes of a tree");
    }
    for (int64_t v = 0; v < a->n; v++) {
        a->first[v] = a->next[v] = a->place[v] = -1;
    }
    for (int64_t v = a->n - 1; v >= 0; v--) { // so that lists run upwards
        const int64_t up = tree->parent[v];
        if (up >= 0) {
            a->next[v] = a->first[up];
            a->first[up] = (int32_t)v;
        }
    }
    return MERIT_OK;
}

// Walks down from the root, without a stack: up again by the parents. Returns how many
// nodes were met.
static int64_t walk(arrangement *a, const merit__tree *tree, int64_t root)
{
    int64_t n_met = 0;
    int64_t v = root;
    while (v >= 0) {
        a->place[v] = (int32_t)n_met;
        a->order[n_met++] = (int32_t)v;
        if (a->first[v] >= 0) {
            v = a->first[v];
            continue;
        }
        while (v >= 0 && (v == root || a->next[v] < 0)) {
            v = v == root ? -1 : tree->parent[v];
        }
        v = v < 0 ? -1 : a->next[v];
    }
    return n_met;
}

static void renumber(arrangement *a, merit__tree *tree)
{
    for (int64_t t = 0; t < a->n; t++) {
        const int32_t up = tree->parent[a->order[t]];
        a->first[t] = up < 0 ? -1 : a->place[up];
        a->next[t] = (int32_t)tree->name[a->order[t]];
        a->lengths[t] = tree->length[a->order[t]];
    }
    memcpy(tree->parent, a->first, (size_t)a->n * sizeof *tree->parent);
    memcpy(tree->name, a->next, (size_t)a->n * sizeof *tree->name);
    memcpy(tree->length, a->lengths, (size_t)a->n * sizeof *tree->length);
}

merit_status merit__tree_arrange(merit__tree *tree, int64_t *lost, merit_error *err)
{
    arrangement a = {0};
    int64_t root = 0;
    *lost = -1;
    merit_status status = prepare(&a, tree, err);
    if (status == MERIT_OK) {
        while (root < a.n && tree->parent[root] >= 0) {
            root++;
        }
        const int64_t n_met = root < a.n ? walk(&a, tree, root) : 0;
        if (n_met == a.n) {
            renumber(&a, tree);
        } else {
            *lost = 0;
            while (a.place[*lost] >= 0) {
                ++*lost;
            }
        }
    }
    dispose(&a);
    return status;
}
