/* A rooted tree whose leaves are classes. Nodes are numbered as they are met going down
 * from the root, so that node 0 is the root, a parent comes before its children, and
 * the descendants of a node are a stretch of numbers:
 *
 *     ((a,b)p,c)r;     number  0 1 2 3 4        r p a b c
 *                      parent -1 0 1 1 0
 *                      end     5 4 3 4 5
 */
#ifndef MERIT_SCORES_TREE_H
#define MERIT_SCORES_TREE_H

#include "merit/error.h"

enum {
    MERIT__NEWICK_MAX_NODES = 2000000,
    MERIT__TREE_MAX_NODES = 4000000, // of edge lists and taxonomies
    MERIT__TREE_MAX_CLASSES = 2000000
};

typedef struct merit__tree {
    int64_t n_nodes;
    int64_t n_leaves;
    int32_t *parent; // [n_nodes]; -1 for the root
    int32_t *end;    // [n_nodes] one past its last descendant; v + 1 for a leaf
    double *length;  // [n_nodes] of the branch above; NULL where the file has none
    uint32_t *name;  // [n_nodes] where its name is in `names`; 0: it has none
    char *names;     // terminated strings behind one another; the first one is empty
    size_t n_name_bytes;
    size_t capacity, end_capacity, length_capacity, name_capacity, names_capacity;
} merit__tree;

/* The name of a node; "" where it has none. Borrowed. */
const char *merit__tree_name(const merit__tree *tree, int64_t node);

int merit__tree_is_leaf(const merit__tree *tree, int64_t node);

/* Adds a node without name and without length (NaN). `limit` bounds the number of
 * nodes. ENOMEM. */
merit_status merit__tree_add(merit__tree *tree, int64_t parent, int64_t limit,
                             const char *origin, merit_error *err);

/* Copies the name of a node. */
merit_status merit__tree_set_name(merit__tree *tree, int64_t node, const char *name,
                                  size_t n_bytes, merit_error *err);

/* For nodes in any order: renumbers them, children of a node in the order in which they
 * were. *lost is a node that the root does not lead to, part of a circle or below one,
 * else -1; the tree is then as it was. ENOMEM. */
merit_status merit__tree_arrange(merit__tree *tree, int64_t *lost, merit_error *err);

/* Nodes are in order: fills `end`, counts the leaves, drops lengths that are all NaN.
 * Refuses, with EFORMAT, trees of less than 2 leaves, leaves without a usable name, two
 * leaves of one name. */
merit_status merit__tree_finish(merit__tree *tree, const char *origin,
                                merit_error *err);

/* Keeps the leaves for which keep [n_nodes] is not 0 and the nodes above them. */
merit_status merit__tree_prune(merit__tree *tree, const char *keep, merit_error *err);

void merit__tree_dispose(merit__tree *tree);

/* Reads a tree: bytes are Newick, or a list of edges. Newick: nested parentheses, names
 * of leaves needed, of inner nodes not; quoted names, comments, `_` for a space, branch
 * lengths for all nodes but the root or for none. Edges: a line `child parent` or
 * `child parent length` for each node but the root. EFORMAT with the byte and the
 * depth, or the line; ENOMEM above the limits. Time and memory are linear in the text,
 * whatever the depth. Dispose of *tree in any case. */
merit_status merit__tree_parse(merit__tree *tree, const char *bytes, size_t n_bytes,
                               const char *origin, merit_error *err);

/* The readers behind it. */
merit_status merit__tree_parse_newick(merit__tree *tree, const char *bytes,
                                      size_t n_bytes, const char *origin,
                                      merit_error *err);
merit_status merit__tree_parse_edges(merit__tree *tree, const char *bytes,
                                     size_t n_bytes, const char *origin,
                                     merit_error *err);

/* Whether a text is Newick rather than a list of edges. */
int merit__tree_is_newick(const char *bytes, size_t n_bytes);

typedef struct merit__dump {
    const char *bytes;
    size_t n_bytes;
    const char *origin; // for messages
} merit__dump;

/* Reads an NCBI taxonomy: the bytes of nodes.dmp and, unless NULL, of names.dmp. Nodes
 * are called by their scientific names, made unique as NCBI does it, or by their tax id
 * where there is none. Limits and refusals as above. */
merit_status merit__tree_parse_taxonomy(merit__tree *tree, const merit__dump *nodes,
                                        const merit__dump *names, merit_error *err);

#endif
