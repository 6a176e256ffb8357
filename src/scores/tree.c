#include "scores/tree.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_names.h"

#include <math.h>
#include <string.h>

const char *merit__tree_name(const merit__tree *tree, int64_t node)
{
    return tree->names == NULL ? "" : tree->names + tree->name[node];
}

int merit__tree_is_leaf(const merit__tree *tree, int64_t node)
{
    return tree->end[node] == node + 1;
}

static merit_status fail_nodes(merit_error *err)
{
    return merit__fail(err, MERIT_ENOMEM, "not enough memory for the nodes of a tree");
}

merit_status merit__tree_add(merit__tree *tree, int64_t parent, int64_t limit,
                             const char *origin, merit_error *err)
{
    const int64_t v = tree->n_nodes;
    const size_t n = (size_t)v + 1;
    if (v >= limit) {
        return merit__fail(err, MERIT_ENOMEM,
                           "%s: the tree has more than %lld nodes, which is the limit",
                           origin, (long long)limit);
    }
    if (merit__grow_array((void **)&tree->parent, &tree->capacity, n,
                          sizeof *tree->parent) != 0 ||
        merit__grow_array((void **)&tree->length, &tree->length_capacity, n,
                          sizeof *tree->length) != 0 ||
        merit__grow_array((void **)&tree->name, &tree->name_capacity, n,
                          sizeof *tree->name) != 0) {
        return fail_nodes(err);
    }
    tree->parent[v] = (int32_t)parent;
    tree->length[v] = NAN;
    tree->name[v] = 0;
    tree->n_nodes++;
    return MERIT_OK;
}

merit_status merit__tree_set_name(merit__tree *tree, int64_t node, const char *name,
                                  size_t n_bytes, merit_error *err)
{
    const size_t at = tree->n_name_bytes == 0 ? 1 : tree->n_name_bytes;
    if (at + n_bytes + 1 > UINT32_MAX ||
        merit__grow_array((void **)&tree->names, &tree->names_capacity,
                          at + n_bytes + 1, 1) != 0) {
        return merit__fail_memory(err, at + n_bytes + 1, "the names of a tree");
    }
    if (n_bytes > 0) {
        memcpy(tree->names + at, name, n_bytes);
    }
    tree->names[at + n_bytes] = '\0';
    tree->name[node] = (uint32_t)at;
    tree->n_name_bytes = at + n_bytes + 1;
    return MERIT_OK;
}

void merit__tree_dispose(merit__tree *tree)
{
    merit__free(tree->parent);
    merit__free(tree->end);
    merit__free(tree->length);
    merit__free(tree->name);
    merit__free(tree->names);
    *tree = (merit__tree){0};
}

// The names of all leaves must be there, usable, and different.
static merit_status check_leaves(const merit__tree *tree, const char *origin,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[64];
    merit__name_index index = {0};
    int64_t n = 0;
    int64_t first = 0;
    int64_t second = 0;
    const char **names = merit__alloc_array((size_t)tree->n_leaves, sizeof *names);
    if (names == NULL) {
        return merit__fail_memory(err, (size_t)tree->n_leaves * sizeof *names, "names");
    }
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        if (!merit__tree_is_leaf(tree, v)) {
            continue;
        }
        names[n] = merit__tree_name(tree, v);
        const char *problem = merit__name_problem(names[n]);
        if (problem != NULL) {
            MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                                  "%s: the name \"%s\" of leaf %lld %s", origin,
                                  merit__printable(shown, sizeof shown, names[n]),
                                  (long long)n + 1, problem));
        }
        n++;
    }
    MERIT_TRY(merit__name_index_init(&index, names, n, err));
    if (merit__name_index_has_twins(&index, &first, &second)) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s: leaves %lld and %lld are both named \"%s\"", origin,
                             (long long)first + 1, (long long)second + 1,
                             merit__printable(shown, sizeof shown, names[first]));
    }

fail:
    merit__name_index_dispose(&index);
    merit__free(names);
    return status;
}

// Fills `end` and counts leaves; nodes are in order.
static merit_status find_ends(merit__tree *tree, merit_error *err)
{
    const int64_t n = tree->n_nodes;
    if (merit__grow_array((void **)&tree->end, &tree->end_capacity, (size_t)n,
                          sizeof *tree->end) != 0) {
        return fail_nodes(err);
    }
    memset(tree->end, 0, (size_t)n * sizeof *tree->end);
    tree->n_leaves = 0;
    for (int64_t v = n - 1; v >= 0; v--) {
        if (tree->end[v] == 0) {
            tree->end[v] = (int32_t)(v + 1);
            tree->n_leaves++;
        }
        const int64_t up = tree->parent[v];
        if (up >= 0 && tree->end[up] == 0) {
            tree->end[up] = tree->end[v]; // the last child comes first here
        }
    }
    return MERIT_OK;
}

static void drop_missing_lengths(merit__tree *tree)
{
    int has_any = 0;
    for (int64_t v = 1; tree->length != NULL && v < tree->n_nodes; v++) {
        has_any = has_any || !isnan(tree->length[v]);
    }
    if (!has_any) {
        merit__free(tree->length);
        tree->length = NULL;
        tree->length_capacity = 0;
    } else if (tree->n_nodes > 0) {
        tree->length[0] = 0; // leads to no other node
    }
}

merit_status merit__tree_finish(merit__tree *tree, const char *origin, merit_error *err)
{
    merit_status status = find_ends(tree, err);
    if (status != MERIT_OK) {
        return status;
    }
    drop_missing_lengths(tree);
    if (tree->n_leaves < 2) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: expected a tree of at least 2 leaves, found %lld",
                           origin, (long long)tree->n_leaves);
    }
    return check_leaves(tree, origin, err);
}

merit_status merit__tree_prune(merit__tree *tree, const char *keep, merit_error *err)
{
    const int64_t n = tree->n_nodes;
    int64_t n_kept = 0;
    // place: first whether a node stays, then its new number.
    int32_t *place = merit__alloc_array((size_t)n, sizeof *place);
    if (place == NULL) {
        return fail_nodes(err);
    }
    for (int64_t v = n - 1; v >= 0; v--) {
        place[v] = place[v] || keep[v];
        if (place[v] && tree->parent[v] >= 0) {
            place[tree->parent[v]] = 1;
        }
    }
    for (int64_t v = 0; v < n; v++) {
        if (!place[v]) {
            continue;
        }
        const int64_t up = tree->parent[v];
        tree->parent[n_kept] = up < 0 ? -1 : place[up];
        tree->name[n_kept] = tree->name[v];
        if (tree->length != NULL) {
            tree->length[n_kept] = tree->length[v];
        }
        place[v] = (int32_t)n_kept++;
    }
    tree->n_nodes = n_kept;
    merit__free(place);
    return find_ends(tree, err);
}
