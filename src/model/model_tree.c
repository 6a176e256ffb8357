#include "model/model_tree.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "model/safetensors_file.h"

#include <errno.h>
#include <string.h>

static merit_status copy_names(merit__model_tree *tree, const merit_scores *scores,
                               merit_error *err)
{
    for (int64_t a = 0; a < tree->n_answers; a++) {
        tree->n_name_bytes += strlen(merit_scores_name(scores, a)) + 1;
    }
    tree->names = merit__alloc_array(tree->n_name_bytes, 1);
    if (tree->names == NULL) {
        return merit__fail_memory(err, tree->n_name_bytes, "the names of answers");
    }
    char *at = tree->names;
    for (int64_t a = 0; a < tree->n_answers; a++) {
        const size_t n = strlen(merit_scores_name(scores, a)) + 1;
        memcpy(at, merit_scores_name(scores, a), n);
        at += n;
    }
    return MERIT_OK;
}

merit_status merit__model_tree_open(merit__model_tree *out, const merit_scores *scores,
                                    merit_error *err)
{
    *out = (merit__model_tree){.n_nodes = merit_scores_n_nodes(scores),
                               .n_answers = merit_scores_n_answers(scores),
                               .n_truths = {merit_scores_n_truths(scores)}};
    const size_t n = (size_t)out->n_nodes;
    if (n == 0) {
        return MERIT_OK;
    }
    out->parents = merit__alloc_array(n, sizeof *out->parents);
    out->places = merit__alloc_array(n, sizeof *out->places);
    out->nodes = merit__alloc_array((size_t)out->n_answers, sizeof *out->nodes);
    if (out->parents == NULL || out->places == NULL || out->nodes == NULL) {
        return merit__fail_memory(err, 3 * n * sizeof *out->parents, "a tree");
    }
    merit_scores_tree(scores, out->parents, out->places, out->nodes);
    return copy_names(out, scores, err);
}

void merit__model_tree_dispose(merit__model_tree *tree)
{
    merit__free(tree->parents);
    merit__free(tree->places);
    merit__free(tree->nodes);
    merit__free(tree->names);
}

static merit__tensor_view view_of(const char *name, const char *dtype, const void *data,
                                  int64_t n, size_t size)
{
    merit__tensor_view view = {.name = name,
                               .n_dims = 1,
                               .dims = {n},
                               .data = data,
                               .n_bytes = (size_t)n * size};
    memcpy(view.dtype, dtype, strlen(dtype) + 1);
    return view;
}

size_t merit__model_tree_list(merit__tensor_view *views, const merit__model_tree *tree,
                              int names)
{
    if (tree->n_nodes == 0) {
        return 0;
    }
    if (names) {
        views[0] =
            view_of("tree.names", "U8", tree->names, (int64_t)tree->n_name_bytes, 1);
        return 1;
    }
    views[0] = view_of("tree.classes", "I64", tree->n_truths, 1, 8);
    views[1] = view_of("tree.parents", "I64", tree->parents, tree->n_nodes, 8);
    views[2] = view_of("tree.places", "F64", tree->places, tree->n_nodes, 8);
    views[3] = view_of("tree.nodes", "I64", tree->nodes, tree->n_answers, 8);
    return 4;
}

int merit__model_tree_is_in(const merit_model *model)
{
    return merit__safetensors_tensor(model->file, "tree.parents") != NULL;
}

// The data of a tensor of numbers in a row, and how many there are.
static merit_status find(const void **data, int64_t *n, const merit_model *model,
                         const char *name, const char *dtype, merit_error *err)
{
    const merit__tensor_view *view = merit__safetensors_tensor(model->file, name);
    const int64_t n_values = view != NULL && view->n_dims == 1 ? view->dims[0] : -1;
    merit_status status =
        merit__safetensors_expect(&view, model->file, name, dtype, n_values, err);
    if (status == MERIT_OK) {
        *data = view->data;
        *n = n_values;
    }
    return status;
}

static merit_status expect_length(const merit_model *model, const char *name, int64_t n,
                                  int64_t expected, merit_error *err)
{
    return n == expected
               ? MERIT_OK
               : merit__fail(err, MERIT_EMODEL,
                             "%s: tensor \"%s\" has %jd values, expected %jd",
                             model->file->path, name, (intmax_t)n, (intmax_t)expected);
}

// The strings of a block of n bytes; borrowed, in an array that the caller frees.
static merit_status split_names(const char ***out, const merit_model *model,
                                const char *block, int64_t n, int64_t n_answers,
                                merit_error *err)
{
    int64_t n_found = 0;
    const char **names = merit__alloc_array((size_t)n_answers, sizeof *names);
    *out = names;
    if (names == NULL) {
        return merit__fail_memory(err, (size_t)n_answers * sizeof *names,
                                  model->file->path);
    }
    for (int64_t i = 0; i < n; i++) {
        if ((i == 0 || block[i - 1] == 0) && n_found++ < n_answers) {
            names[n_found - 1] = block + i;
        }
    }
    if (n_found != n_answers || n == 0 || block[n - 1] != 0) {
        return merit__fail(err, MERIT_EMODEL,
                           "%s: tensor \"tree.names\" has %jd names, expected %jd",
                           model->file->path, (intmax_t)n_found, (intmax_t)n_answers);
    }
    return MERIT_OK;
}

merit_status merit__model_tree_load(merit_model *model, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_error why = {0};
    const char **names = NULL;
    const void *classes, *parents, *places, *nodes, *block;
    int64_t n_classes, n_places, n_bytes;
    merit_tree tree = {0};
    MERIT_TRY(find(&classes, &n_classes, model, "tree.classes", "I64", err));
    MERIT_TRY(find(&parents, &tree.n_nodes, model, "tree.parents", "I64", err));
    MERIT_TRY(find(&places, &n_places, model, "tree.places", "F64", err));
    MERIT_TRY(find(&nodes, &tree.n_answers, model, "tree.nodes", "I64", err));
    MERIT_TRY(find(&block, &n_bytes, model, "tree.names", "U8", err));
    MERIT_TRY(expect_length(model, "tree.classes", n_classes, 1, err));
    MERIT_TRY(expect_length(model, "tree.places", n_places, tree.n_nodes, err));
    MERIT_TRY(split_names(&names, model, block, n_bytes, tree.n_answers, err));
    tree.n_truths = *(const int64_t *)classes;
    tree.parents = parents;
    tree.places = places;
    tree.nodes = nodes;
    errno = 0; // for merit__model_refuse
    status = merit_scores_create_tree(&model->scores, &tree, names, &why);
    if (status != MERIT_OK) {
        status = merit__model_refuse(model, "tree", status, &why, err);
    }
fail:
    merit__free(names);
    return status;
}
