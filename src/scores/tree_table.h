/* The scores that a tree makes, without ever writing the table out.
 *
 * Every node has a place x in [0, 1], 0 at the smallest node with all classes and
 * growing downwards. With l the smallest node that holds both truth i and answer a,
 *
 *     S_ia = 1 - (x_i - x_l) - (x_a - x_l),
 *
 * so that 1 - S is the way from i up to l and down to a. By length, x is the sum of the
 * branch lengths over the longest way between two leaves. By depth, x of a leaf is 1/2
 * and x of any other node half its depth over that of the deepest leaf: two leaves then
 * score the depth of l, over that of the deepest leaf. Either way the right answer
 * scores 1, the worst class 0.
 *
 * S_ia = 1 - x_i - x_a + 2 x_l makes the expected scores of all answers a sum over the
 * nodes: u_a = 1 - E[x_i] - x_a + 2 sum_v P(v) (x_v - x_parent(v)) over the nodes v
 * that hold a, P(v) the belief in the leaves of v: O(nodes). Sums of beliefs in the
 * order of the slots make P(v) a difference, so that only nodes with others below them
 * are visited one after the other; leaves read the node above them. */
#ifndef MERIT_SCORES_TREE_TABLE_H
#define MERIT_SCORES_TREE_TABLE_H

#include "scores/tree.h"

/* Answers in the order of the tree are its slots: those at or below a node are a
 * stretch of slots. */
typedef struct merit__tree_table {
    int64_t n_nodes;
    int64_t n_truths;     // K
    int64_t n_answers;    // A: the K leaves and, when asked for, nodes that branch
    int32_t is_direct;    // slot s is answer s
    double *x;            // [n_nodes]
    double *slot_x;       // [A] x of the slot's node
    int32_t *parent;      // [n_nodes]; -1 for the root, node 0
    int32_t *first;       // [n_nodes] the first slot at or below the node
    int32_t *last;        // [n_nodes] one past the last one
    int32_t *slot_answer; // [A] which answer a slot is
    int32_t *node;        // [A] the node of an answer
    int64_t n_inner;      // nodes that are no leaves, numbered as they are met
    double *inner_gain;   // [n_inner] 2 (x - x of the node above)
    double *slot_gain;    // [A] the same of a leaf; 0 of another answer
    int32_t *inner_above; // [n_inner] the inner node above; 0 for the root
    int32_t *inner_first; // [n_inner] the first slot at or below it
    int32_t *inner_last;  // [n_inner] one past the last one
    int32_t *slot_above;  // [A] the inner node above a leaf; of another answer, its own
    size_t n_bytes;       // of the block that all of it lies in
} merit__tree_table;

/* Whether a node has none below it, which come right behind it. */
static inline int merit__tree_table_is_leaf(const merit__tree_table *table, int64_t v)
{
    return v + 1 == table->n_nodes || table->parent[v + 1] != v;
}

typedef struct merit__tree_table_options {
    int by_length;         // by branch length instead of depth
    int with_nodes;        // nodes that branch are answers too, behind the classes
    const int64_t *labels; // [K] the class of each leaf in the order of the tree
} merit__tree_table_options;

/* Makes the table of a finished tree; `origin` begins messages. EFORMAT where the tree
 * has no lengths, or none above 0, to go by. The tree is not needed afterwards. */
merit_status merit__tree_table_create(merit__tree_table **out, const merit__tree *tree,
                                      const merit__tree_table_options *options,
                                      const char *origin, merit_error *err);

/* A table of a tree whose numbers are known; parents come before children. Slots are
 * those of `node` [A]. NULL without memory. */
merit__tree_table *merit__tree_table_restore(int64_t n_nodes, int64_t n_truths,
                                             int64_t n_answers, const int64_t *parents,
                                             const double *places,
                                             const int64_t *nodes);

/* One with the same contents; NULL without memory. */
merit__tree_table *merit__tree_table_copy(const merit__tree_table *table);

/* Likewise, without the answers that are no classes. */
merit__tree_table *merit__tree_table_of_classes(const merit__tree_table *table);

/* Fills what expectations need, once the rest of a table is there. */
void merit__tree_table_index(merit__tree_table *table);

/* NULL is allowed. */
void merit__tree_table_free(merit__tree_table *table);

/* The scores [A] of one truth. O(A + depth). */
void merit__tree_table_row(const merit__tree_table *table, int64_t truth, double *row);

/* Likewise, as floats, for a table of classes alone. */
void merit__tree_table_row_float(const merit__tree_table *table, int64_t truth,
                                 float *row);

/* The score of one answer. O(depth). */
double merit__tree_table_score(const merit__tree_table *table, int64_t truth,
                               int64_t answer);

/* gathered [n_inner]: of each inner node and those above it, the sum of gain [n_inner]
 * times the weight [K] of the classes below. scratch [2 A + 1]; scratch[A] becomes the
 * whole weight. Returns the weights in the order of the slots, 0 where one is no class:
 * in the scratch, or `weight` itself. O(nodes). */
const double *merit__tree_table_gather(double *gathered, const merit__tree_table *table,
                                       const double *gain, const double *weight,
                                       double *scratch);

/* How many doubles of scratch the next function needs. */
size_t merit__tree_table_scratch(const merit__tree_table *table);

/* expected [A] = sum_i belief [K] S_ia. O(nodes). */
void merit__tree_table_expect(const merit__tree_table *table, const double *belief,
                              double *expected, double *scratch);

/* The depth of a class: the number of nodes above it that count below. O(depth). */
double merit__tree_table_depth(const merit__tree_table *table, int64_t truth);

/* depths [K]: the depth of the smallest node that holds the truth and each class, where
 * nodes that do not branch, or are in the same place as their parent, do not count;
 * that of the truth itself is the number of nodes above it. */
void merit__tree_table_depths(const merit__tree_table *table, int64_t truth,
                              double *depths);

#endif
