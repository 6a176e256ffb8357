#include "scores/scores_of_tree.h"

#include "base/alloc.h"
#include "base/directory.h"
#include "base/fail.h"
#include "base/file.h"
#include "scores/scores_names.h"
#include "scores/scores_table.h"
#include "scores/scores_text.h"

#include <string.h>
#include <sys/stat.h>

static const char classes_mark[] = "classes=";

// Cuts the last part off a path where it is one of ours: returns the number of bytes
// that are left.
static size_t cut_part(merit__tree_spec *spec, const char *text, size_t n,
                       merit_error *err, merit_status *status)
{
    size_t colon = n;
    while (colon > 0 && text[colon - 1] != ':') {
        colon--;
    }
    const char *part = text + colon;
    const size_t n_part = n - colon;
    const size_t n_mark = sizeof classes_mark - 1;
    if (colon == 0) {
        return n;
    }
    if ((n_part == 5 && memcmp(part, "depth", 5) == 0) ||
        (n_part == 6 && memcmp(part, "length", 6) == 0)) {
        spec->by_length = n_part == 6;
        return colon - 1;
    }
    if (n_part > n_mark && memcmp(part, classes_mark, n_mark) == 0) {
        merit__free(spec->classes);
        spec->classes = merit__copy_string(part + n_mark, n_part - n_mark);
        if (spec->classes == NULL) {
            *status = merit__fail_memory(err, n_part, "a path");
        }
        return colon - 1;
    }
    return n;
}

merit_status merit__tree_spec_parse(merit__tree_spec *spec, const char *text,
                                    merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n = strlen(text);
    *spec = (merit__tree_spec){0};
    for (size_t left = n; status == MERIT_OK; n = left) {
        left = cut_part(spec, text, n, err, &status);
        if (left == n) {
            break;
        }
    }
    if (status == MERIT_OK && n == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "tree: expected tree:FILE, tree:FILE:depth or "
                           "tree:FILE:length");
    }
    if (status == MERIT_OK) {
        spec->path = merit__copy_string(text, n);
        if (spec->path == NULL) {
            status = merit__fail_memory(err, n, "a path");
        }
    }
    return status;
}

// A word behind the name of a file that is there, and none of ours.
static merit_status check_word(const merit__tree_spec *spec, merit_error *err)
{
    merit_status status = MERIT_OK;
    struct stat info;
    char shown[48];
    const char *colon = strrchr(spec->path, ':');
    if (colon == NULL || stat(spec->path, &info) == 0) {
        return MERIT_OK;
    }
    char *file = merit__copy_string(spec->path, (size_t)(colon - spec->path));
    if (file == NULL) {
        return merit__fail_memory(err, strlen(spec->path), "a path");
    }
    if (stat(file, &info) == 0) {
        status = merit__fail(err, MERIT_EINVAL,
                             "tree: expected depth, length or classes=FILE behind the "
                             "file, found \"%s\"",
                             merit__printable(shown, sizeof shown, colon + 1));
    }
    merit__free(file);
    return status;
}

void merit__tree_spec_dispose(merit__tree_spec *spec)
{
    merit__free(spec->path);
    merit__free(spec->classes);
}

/* The names of the classes, however they are given. */
typedef struct class_list {
    char *text; // of a file
    char **names;
    size_t capacity;
    int64_t n;
} class_list;

static void dispose_classes(class_list *list)
{
    for (int64_t k = 0; k < list->n; k++) {
        merit__free(list->names[k]);
    }
    merit__free(list->names);
    merit__free(list->text);
}

static merit_status add_class(class_list *list, const char *name, size_t n,
                              merit_error *err)
{
    char *copy = merit__copy_string(name, n);
    if (copy == NULL ||
        merit__grow_array((void **)&list->names, &list->capacity, (size_t)list->n + 1,
                          sizeof *list->names) != 0) {
        merit__free(copy);
        return merit__fail_memory(err, n + 1, "a name");
    }
    list->names[list->n++] = copy;
    return MERIT_OK;
}

// A class on each line, the first field before a tab.
static merit_status read_classes(class_list *list, const char *path,
                                 const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__text text = {0};
    merit__field field = {0};
    size_t n_bytes = 0;
    int found = 0;
    MERIT_TRY(merit__scores_read_file(&list->text, &n_bytes, path, options, err));
    MERIT_TRY(merit__text_open(&text, list->text, n_bytes, path, err));
    text.delimiter = '\t';
    MERIT_TRY(merit__text_next_record(&text, &found, err));
    while (found) {
        MERIT_TRY(merit__text_next_field(&text, &field, &found, err));
        MERIT_TRY(add_class(list, field.bytes, field.n, err));
        while (found) {
            MERIT_TRY(merit__text_next_field(&text, &field, &found, err));
        }
        MERIT_TRY(merit__text_next_record(&text, &found, err));
    }
    if (list->n < 2) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s: expected at least 2 classes, one on each line, found "
                             "%lld",
                             text.origin, (long long)list->n);
    }
fail:
    merit__text_close(&text);
    return status;
}

static int is_number(const char *name)
{
    const size_t n = strspn(name, "0123456789");
    return n > 0 && name[n] == '\0';
}

// Whether the classes are tax ids, which then name the nodes.
static int are_tax_ids(const merit_scores_options *options)
{
    int are = options->classes != NULL;
    for (int64_t k = 0; are && k < options->n_classes; k++) {
        are = is_number(options->classes[k]);
    }
    return are;
}

// Refuses a class that has others below it.
static merit_status check_inner(const merit__tree *tree,
                                const merit__name_index *classes, const char *origin,
                                merit_error *err)
{
    char shown[64];
    char below[64];
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        const char *name = merit__tree_name(tree, v);
        if (!merit__tree_is_leaf(tree, v) &&
            merit__name_index_find(classes, name) >= 0) {
            int64_t leaf = v;
            while (!merit__tree_is_leaf(tree, leaf)) {
                leaf++;
            }
            return merit__fail(
                err, MERIT_EFORMAT,
                "%s: the class \"%s\" is above the class \"%s\"; a class holds no "
                "other",
                origin, merit__printable(shown, sizeof shown, name),
                merit__printable(below, sizeof below, merit__tree_name(tree, leaf)));
        }
    }
    return MERIT_OK;
}

// Of a taxonomy, only what leads to the classes is of use.
static merit_status keep_classes(merit__tree *tree, const char *origin,
                                 const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__name_index classes = {0};
    int64_t n_kept = 0;
    char *keep = merit__alloc_array((size_t)tree->n_nodes, 1);
    if (keep == NULL) {
        return merit__fail_memory(err, (size_t)tree->n_nodes, "a tree");
    }
    MERIT_TRY(
        merit__name_index_init(&classes, options->classes, options->n_classes, err));
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        keep[v] = merit__name_index_find(&classes, merit__tree_name(tree, v)) >= 0;
        n_kept += keep[v];
    }
    if (n_kept > 1) { // else the classes are refused by name
        MERIT_TRY(merit__tree_prune(tree, keep, err));
        MERIT_TRY(check_inner(tree, &classes, origin, err));
    }
fail:
    merit__name_index_dispose(&classes);
    merit__free(keep);
    return status;
}

// Where a dump is: packed, if only that is there.
static char *dump_path(const char *folder, const char *name, const char *packed)
{
    struct stat info;
    char *path = merit__path_join(folder, packed);
    if (path != NULL && stat(path, &info) == 0) {
        char *plain = merit__path_join(folder, name);
        if (plain == NULL || stat(plain, &info) != 0) {
            merit__free(plain);
            return path;
        }
        merit__free(path);
        return plain;
    }
    merit__free(path);
    return merit__path_join(folder, name);
}

static merit_status read_taxonomy(merit__tree *tree, const char *folder,
                                  const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *bytes[2] = {NULL, NULL};
    merit__dump nodes = {0};
    merit__dump names = {0};
    const int by_id = are_tax_ids(options);
    char *nodes_path = dump_path(folder, "nodes.dmp", "nodes.dmp.gz");
    char *names_path = dump_path(folder, "names.dmp", "names.dmp.gz");
    if (nodes_path == NULL || names_path == NULL) {
        MERIT_TRY(merit__fail_memory(err, strlen(folder) + 11, "a path"));
    }
    MERIT_TRY(
        merit__scores_read_file(&bytes[0], &nodes.n_bytes, nodes_path, options, err));
    if (!by_id) {
        MERIT_TRY(merit__scores_read_file(&bytes[1], &names.n_bytes, names_path,
                                          options, err));
    }
    nodes.bytes = bytes[0];
    nodes.origin = nodes_path;
    names.bytes = bytes[1];
    names.origin = names_path;
    MERIT_TRY(merit__tree_parse_taxonomy(tree, &nodes, by_id ? NULL : &names, err));
    if (options->classes != NULL) {
        MERIT_TRY(keep_classes(tree, folder, options, err));
    }
fail:
    merit__free(bytes[0]);
    merit__free(bytes[1]);
    merit__free(nodes_path);
    merit__free(names_path);
    return status;
}

// A tar archive, unpacked from gzip or not, says so behind its first file's name.
static merit_status check_archive(const char *bytes, size_t n_bytes, const char *path,
                                  merit_error *err)
{
    char shown[128];
    enum { MARK_AT = 257 };
    if (n_bytes < 512 || memcmp(bytes + MARK_AT, "ustar", 5) != 0) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: expected a tree, found a tar archive; unpack it and name "
                       "the folder: mkdir taxdump && tar -xf FILE -C taxdump",
                       merit__printable_path(shown, sizeof shown, path));
}

// *format is told as soon as it is known.
static merit_status read_tree(merit__tree *tree, const char **format, const char *path,
                              const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *bytes = NULL;
    size_t n_bytes = 0;
    if (merit__is_directory(path)) {
        *format = "taxonomy";
        return read_taxonomy(tree, path, options, err);
    }
    MERIT_TRY(merit__scores_read_file(&bytes, &n_bytes, path, options, err));
    *format = "taxonomy";
    MERIT_TRY(check_archive(bytes, n_bytes, path, err));
    *format = merit__tree_is_newick(bytes, n_bytes) ? "newick" : "edges";
    MERIT_TRY(merit__tree_parse(tree, bytes, n_bytes,
                                strcmp(path, "-") == 0 ? "standard input" : path, err));
fail:
    merit__free(bytes);
    return status;
}

merit_status merit__scores_load_tree(merit_scores **out, const char *text,
                                     const merit_scores_options *options,
                                     merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores_options given = *options;
    merit__tree_spec spec = {0};
    merit__tree tree = {0};
    class_list list = {0};
    const char *format = NULL;
    MERIT_TRY(merit__tree_spec_parse(&spec, text, err));
    MERIT_TRY(check_word(&spec, err));
    if (spec.classes != NULL && given.classes == NULL) {
        MERIT_TRY(read_classes(&list, spec.classes, options, err));
        given.classes = (const char *const *)list.names;
        given.n_classes = list.n;
    }
    MERIT_TRY(read_tree(&tree, &format, spec.path, &given, err));
    MERIT_TRY(
        merit__scores_of_tree(out, &tree, spec.by_length, spec.path, &given, err));
fail:
    dispose_classes(&list);
    merit__tree_spec_dispose(&spec);
    merit__tree_dispose(&tree);
    return status;
}

// Counts nodes that branch and inner nodes without a name.
static void count_nodes(merit_tree_facts *out, const merit__tree *tree)
{
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        if (!merit__tree_is_leaf(tree, v)) {
            out->n_branching += tree->end[v + 1] < tree->end[v];
            out->n_unnamed += merit__tree_name(tree, v)[0] == '\0';
        }
    }
}

static int64_t depth_of(const merit__tree *tree, merit_error *err)
{
    int64_t deepest = 0;
    const size_t n = (size_t)tree->n_nodes;
    int32_t *depths = merit__alloc_array(n, sizeof *depths);
    if (depths == NULL) {
        merit__fail_memory(err, n * sizeof *depths, "a tree");
        return -1;
    }
    for (int64_t v = 1; v < tree->n_nodes; v++) {
        depths[v] = depths[tree->parent[v]] + 1;
        deepest = depths[v] > deepest ? depths[v] : deepest;
    }
    merit__free(depths);
    return deepest;
}

merit_status merit_tree_examine(merit_tree_facts *out, const char *path,
                                const merit_scores_options *options, merit_error *err)
{
    const merit_scores_options defaults = {0};
    merit_status status = MERIT_OK;
    merit__tree tree = {0};
    if (out == NULL || path == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_tree_examine: an argument is NULL");
    }
    *out = (merit_tree_facts){0};
    options = options == NULL ? &defaults : options;
    MERIT_TRY(read_tree(&tree, &out->format, path, options, err));
    count_nodes(out, &tree);
    out->n_nodes = tree.n_nodes;
    out->n_leaves = tree.n_leaves;
    out->has_lengths = tree.length != NULL;
    out->depth = depth_of(&tree, err);
    status = out->depth < 0 ? MERIT_ENOMEM : MERIT_OK;
fail:
    merit__tree_dispose(&tree);
    return status;
}
