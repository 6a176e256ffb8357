/* An implicit table in a model file: the tensors
 *     tree.parents I64 [nodes], tree.places F64 [nodes], tree.nodes I64 [A]
 * as merit_tree has them, the number of classes as tree.classes I64 [1], and tree.names
 * U8, the A names, each with a 0 behind it. The entry "answers" is then an empty list.
 */
#ifndef MERIT_MODEL_MODEL_TREE_H
#define MERIT_MODEL_MODEL_TREE_H

#include "model/model_object.h"

enum { MERIT__MODEL_TREE_TENSORS = 5 };

/* What the tensors hold while a file is written. */
typedef struct merit__model_tree {
    int64_t n_nodes, n_answers;
    int64_t n_truths[1];
    int64_t *parents, *nodes;
    double *places;
    char *names;
    size_t n_name_bytes;
} merit__model_tree;

/* Nothing for a table with values. ENOMEM. Dispose of *out in any case. */
merit_status merit__model_tree_open(merit__model_tree *out, const merit_scores *scores,
                                    merit_error *err);
void merit__model_tree_dispose(merit__model_tree *tree);

/* Puts the tensors into views and returns their number; those of 8-byte numbers only
 * when `names` is 0, the other one otherwise. */
size_t merit__model_tree_list(merit__tensor_view *views, const merit__model_tree *tree,
                              int names);

/* Whether a file has such a table. */
int merit__model_tree_is_in(const merit_model *model);

/* Makes model->scores of it. EMODEL. */
merit_status merit__model_tree_load(merit_model *model, merit_error *err);

#endif
