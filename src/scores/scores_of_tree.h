/* Score tables of trees: tree:FILE. */
#ifndef MERIT_SCORES_SCORES_OF_TREE_H
#define MERIT_SCORES_SCORES_OF_TREE_H

#include "merit/scores.h"

#include "scores/tree.h"

/* How a tree is to be read, all of it behind the "tree:" of a specification. */
typedef struct merit__tree_spec {
    char *path;    // of the file or folder
    char *classes; // of the file that names the classes; NULL: none
    int by_length; // by branch length instead of by depth
} merit__tree_spec;

/* Reads FILE[:depth|:length][:classes=FILE]. EINVAL, ENOMEM. Dispose of *spec in any
 * case. */
merit_status merit__tree_spec_parse(merit__tree_spec *spec, const char *text,
                                    merit_error *err);
void merit__tree_spec_dispose(merit__tree_spec *spec);

/* Makes the table of tree:... for what stands behind the colon. */
merit_status merit__scores_load_tree(merit_scores **out, const char *text,
                                     const merit_scores_options *options,
                                     merit_error *err);

/* Makes the table of a tree that is read and finished. */
merit_status merit__scores_of_tree(merit_scores **out, const merit__tree *tree,
                                   int by_length, const char *origin,
                                   const merit_scores_options *options,
                                   merit_error *err);

#endif
