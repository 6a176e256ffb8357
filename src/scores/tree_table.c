#include "scores/tree_table.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>
#include <string.h>

static int64_t count_children(const merit__tree *tree, int64_t v, int64_t enough)
{
    int64_t n = 0;
    for (int64_t child = v + 1; child < tree->end[v] && n < enough;
         child = tree->end[child]) {
        n++;
    }
    return n;
}

static int branches(const merit__tree *tree, int64_t v)
{
    return count_children(tree, v, 2) > 1;
}

// The smallest node with all leaves.
static int64_t find_base(const merit__tree *tree)
{
    int64_t v = 0;
    while (!branches(tree, v)) {
        v++;
    }
    return v;
}

// Places by depth: x holds depths first.
static void place_by_depth(double *x, const merit__tree *tree, int64_t base)
{
    double deepest = 1;
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        x[v] = v <= base ? 0 : x[tree->parent[v]] + 1;
        deepest = fmax(deepest, x[v]);
    }
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        x[v] = merit__tree_is_leaf(tree, v) ? 0.5 : x[v] / deepest / 2;
    }
}

// The longest way between two leaves, x being lengths from the base; farthest
// [n_nodes] is scratch.
static double longest_way(const double *x, double *farthest, const merit__tree *tree)
{
    double longest = 0;
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        farthest[v] = merit__tree_is_leaf(tree, v) ? x[v] : -INFINITY;
    }
    for (int64_t v = tree->n_nodes - 1; v > 0; v--) {
        const int64_t up = tree->parent[v];
        longest = fmax(longest, farthest[v] + farthest[up] - 2 * x[up]);
        farthest[up] = fmax(farthest[up], farthest[v]);
    }
    return longest;
}

static merit_status place_by_length(double *x, const merit__tree *tree, int64_t base,
                                    const char *origin, merit_error *err)
{
    if (tree->length == NULL) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the tree has no branch lengths; use tree:FILE:depth",
                           origin);
    }
    const size_t n = (size_t)tree->n_nodes;
    double *farthest = merit__alloc_array(n, sizeof *farthest);
    if (farthest == NULL) {
        return merit__fail_memory(err, n * sizeof *farthest, "the nodes of a tree");
    }
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        x[v] = v <= base ? 0 : x[tree->parent[v]] + tree->length[v];
    }
    const double longest = longest_way(x, farthest, tree);
    merit__free(farthest);
    if (!(longest > 0)) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: all branch lengths between classes are 0: there is "
                           "nothing to learn from it",
                           origin);
    }
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        x[v] /= longest;
    }
    return MERIT_OK;
}

static size_t bytes_of(int64_t n_nodes, int64_t n_truths, int64_t n_answers)
{
    const size_t n_inner = (size_t)(n_nodes - n_truths);
    return (size_t)n_nodes * (sizeof(double) + 3 * sizeof(int32_t)) +
           n_inner * (sizeof(double) + 3 * sizeof(int32_t)) +
           (size_t)n_answers * (2 * sizeof(double) + 3 * sizeof(int32_t));
}

// Lays the arrays out behind the object: doubles first, so that all are aligned.
static void lay_out(merit__tree_table *table)
{
    const int64_t n = table->n_nodes;
    const int64_t A = table->n_answers;
    char *block = (char *)table + sizeof *table;
    table->x = (double *)(void *)block;
    table->slot_x = table->x + n;
    table->slot_gain = table->slot_x + A;
    table->inner_gain = table->slot_gain + A;
    table->parent = (int32_t *)(void *)(table->inner_gain + table->n_inner);
    table->first = table->parent + n;
    table->last = table->first + n;
    table->slot_answer = table->last + n;
    table->node = table->slot_answer + A;
    table->slot_above = table->node + A;
    table->inner_above = table->slot_above + A;
    table->inner_first = table->inner_above + table->n_inner;
    table->inner_last = table->inner_first + table->n_inner;
}

static merit__tree_table *new_table(int64_t n_nodes, int64_t n_truths,
                                    int64_t n_answers)
{
    const size_t n_bytes =
        sizeof(merit__tree_table) + bytes_of(n_nodes, n_truths, n_answers);
    merit__tree_table *table = merit__alloc_array(1, n_bytes);
    if (table != NULL) {
        table->n_nodes = n_nodes;
        table->n_truths = n_truths;
        table->n_answers = n_answers;
        table->n_inner = n_nodes - n_truths;
        table->n_bytes = n_bytes;
        lay_out(table);
    }
    return table;
}

// Numbers the answers: leaves by their labels, then nodes that branch, as met.
static void fill_slots(merit__tree_table *table, const merit__tree *tree,
                       const merit__tree_table_options *options)
{
    int32_t slot = 0;
    int64_t n_leaves = 0;
    int64_t n_extra = 0;
    table->is_direct = 1;
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        const int is_leaf = merit__tree_is_leaf(tree, v);
        table->first[v] = slot;
        if (!is_leaf && !(options->with_nodes && branches(tree, v))) {
            continue;
        }
        const int64_t answer =
            is_leaf ? options->labels[n_leaves++] : table->n_truths + n_extra++;
        table->slot_answer[slot] = (int32_t)answer;
        table->slot_x[slot] = table->x[v];
        table->node[answer] = (int32_t)v;
        table->is_direct = table->is_direct && answer == slot;
        slot++;
    }
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        const int64_t end = tree->end[v];
        table->last[v] = end < tree->n_nodes ? table->first[end] : slot;
    }
}

merit_status merit__tree_table_create(merit__tree_table **out, const merit__tree *tree,
                                      const merit__tree_table_options *options,
                                      const char *origin, merit_error *err)
{
    const int64_t n = tree->n_nodes;
    const int64_t base = find_base(tree);
    int64_t n_answers = tree->n_leaves;
    for (int64_t v = 0; options->with_nodes && v < n; v++) {
        n_answers += branches(tree, v);
    }
    merit__tree_table *table = new_table(n, tree->n_leaves, n_answers);
    *out = NULL;
    if (table == NULL) {
        return merit__fail_memory(err, bytes_of(n, tree->n_leaves, n_answers),
                                  "the scores of a tree");
    }
    memcpy(table->parent, tree->parent, (size_t)n * sizeof *table->parent);
    if (options->by_length) {
        merit_status status = place_by_length(table->x, tree, base, origin, err);
        if (status != MERIT_OK) {
            merit__free(table);
            return status;
        }
    } else {
        place_by_depth(table->x, tree, base);
    }
    fill_slots(table, tree, options);
    merit__tree_table_index(table);
    *out = table;
    return MERIT_OK;
}

merit__tree_table *merit__tree_table_restore(int64_t n_nodes, int64_t n_truths,
                                             int64_t n_answers, const int64_t *parents,
                                             const double *places, const int64_t *nodes)
{
    int32_t slot = 0;
    merit__tree_table *table = new_table(n_nodes, n_truths, n_answers);
    if (table == NULL) {
        return NULL;
    }
    table->is_direct = 1;
    for (int64_t v = 0; v < n_nodes; v++) {
        table->last[v] = -1; // the answer of the node, until slots are known
    }
    for (int64_t a = 0; a < n_answers; a++) {
        table->node[a] = (int32_t)nodes[a];
        table->last[nodes[a]] = (int32_t)a;
    }
    for (int64_t v = 0; v < n_nodes; v++) {
        const int32_t answer = table->last[v];
        table->x[v] = places[v];
        table->parent[v] = (int32_t)parents[v];
        table->first[v] = slot;
        if (answer >= 0) {
            table->slot_answer[slot] = answer;
            table->slot_x[slot] = places[v];
            table->is_direct = table->is_direct && answer == slot;
            slot++;
        }
        table->last[v] = slot;
    }
    for (int64_t v = n_nodes - 1; v > 0; v--) {
        const int32_t up = table->parent[v];
        table->last[up] =
            table->last[up] > table->last[v] ? table->last[up] : table->last[v];
    }
    merit__tree_table_index(table);
    return table;
}

merit__tree_table *merit__tree_table_copy(const merit__tree_table *table)
{
    merit__tree_table *copy = merit__alloc_array(1, table->n_bytes);
    if (copy != NULL) {
        memcpy(copy, table, table->n_bytes);
        lay_out(copy);
    }
    return copy;
}

merit__tree_table *merit__tree_table_of_classes(const merit__tree_table *table)
{
    const int64_t n = table->n_nodes;
    int32_t slot = 0;
    if (table->n_answers == table->n_truths) {
        return merit__tree_table_copy(table);
    }
    merit__tree_table *out = new_table(n, table->n_truths, table->n_truths);
    int32_t *place = merit__alloc_array((size_t)table->n_answers + 1, sizeof *place);
    if (out == NULL || place == NULL) {
        merit__free(out);
        merit__free(place);
        return NULL;
    }
    out->is_direct = 1;
    for (int64_t s = 0; s < table->n_answers; s++) {
        const int32_t answer = table->slot_answer[s];
        place[s] = slot;
        if (answer < table->n_truths) {
            out->slot_answer[slot] = answer;
            out->slot_x[slot] = table->slot_x[s];
            out->node[answer] = table->node[answer];
            out->is_direct = out->is_direct && answer == slot;
            slot++;
        }
    }
    place[table->n_answers] = slot;
    for (int64_t v = 0; v < n; v++) {
        out->x[v] = table->x[v];
        out->parent[v] = table->parent[v];
        out->first[v] = place[table->first[v]];
        out->last[v] = place[table->last[v]];
    }
    merit__free(place);
    merit__tree_table_index(out);
    return out;
}

void merit__tree_table_free(merit__tree_table *table)
{
    merit__free(table);
}
