#include "scores/tree.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_names.h"
#include "scores/scores_table.h"
#include "scores/scores_text.h"

#include <math.h>
#include <string.h>

/* A line as it was read: the child is the node of the same number. */
typedef struct edge {
    size_t parent; // where the parent's name is in `parents`
    int64_t line;
    int is_root; // its parent is itself or empty
} edge;

typedef struct edge_list {
    merit__text text;
    merit__tree *tree;
    edge *edges;
    size_t capacity;
    char *parents; // terminated names behind one another
    size_t n_parent_bytes, parent_capacity;
    int64_t n_lengths;
    merit__name_index index; // of the children
    const char **names;      // [n_nodes] that it borrows
} edge_list;

static void dispose(edge_list *list)
{
    merit__text_close(&list->text);
    merit__name_index_dispose(&list->index);
    merit__free(list->edges);
    merit__free(list->parents);
    merit__free(list->names);
}

static int is_word(merit__field field, const char *word)
{
    return field.n == strlen(word) && memcmp(field.bytes, word, field.n) == 0;
}

// Keeps the parent's name of the line just read, to be looked up when all are known.
static merit_status keep_parent(edge_list *list, merit__field parent, merit_error *err)
{
    const size_t n = list->n_parent_bytes + parent.n + 1;
    const size_t at = (size_t)list->tree->n_nodes - 1;
    if (merit__grow_array((void **)&list->parents, &list->parent_capacity, n, 1) != 0 ||
        merit__grow_array((void **)&list->edges, &list->capacity, at + 1,
                          sizeof *list->edges) != 0) {
        return merit__fail_memory(err, n, "a list of edges");
    }
    if (parent.n > 0) {
        memcpy(list->parents + list->n_parent_bytes, parent.bytes, parent.n);
    }
    list->parents[n - 1] = '\0';
    list->edges[at] = (edge){.parent = list->n_parent_bytes,
                             .line = list->text.record_line,
                             .is_root = parent.n == 0};
    list->n_parent_bytes = n;
    return MERIT_OK;
}

static merit_status read_length(edge_list *list, merit__field field, merit_error *err)
{
    double length = 0;
    char found[40] = "";
    char shown[48];
    if (merit__parse_double(field.bytes, field.n, &length) != 0 || length < 0 ||
        !merit__scores_allow(length)) {
        const size_t n = field.n < sizeof found - 1 ? field.n : sizeof found - 1;
        if (n > 0) {
            memcpy(found, field.bytes, n);
        }
        return merit__fail(err, MERIT_EFORMAT,
                           "%s:%lld: expected a branch length from 0 to %g, found "
                           "\"%s\"",
                           list->text.origin, (long long)list->text.record_line,
                           MERIT__SCORES_MAX_SCORE,
                           merit__printable(shown, sizeof shown, found));
    }
    list->tree->length[list->tree->n_nodes - 1] = length == 0 ? 0 : length;
    list->n_lengths++;
    return MERIT_OK;
}

static merit_status fail_fields(const edge_list *list, merit_error *err)
{
    return merit__fail(err, MERIT_EFORMAT,
                       "%s:%lld: expected \"child parent\" or \"child parent length\" "
                       "between %s (or a Newick tree, which ends with ;)",
                       list->text.origin, (long long)list->text.record_line,
                       merit__text_delimiter_name(&list->text));
}

// The rest of a line whose child is known.
static merit_status read_edge(edge_list *list, merit__field child, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    char shown[64];
    int found = 0;
    MERIT_TRY(
        merit__tree_add(list->tree, -1, MERIT__TREE_MAX_NODES, list->text.origin, err));
    const int64_t node = list->tree->n_nodes - 1;
    MERIT_TRY(merit__tree_set_name(list->tree, node, child.bytes, child.n, err));
    const char *name = merit__tree_name(list->tree, node);
    const char *problem = merit__name_problem(name);
    if (problem != NULL) {
        return merit__fail(err, MERIT_EFORMAT, "%s:%lld: the name \"%s\" of a child %s",
                           list->text.origin, (long long)list->text.record_line,
                           merit__printable(shown, sizeof shown, name), problem);
    }
    MERIT_TRY(merit__text_next_field(&list->text, &field, &found, err));
    if (!found) {
        return fail_fields(list, err);
    }
    MERIT_TRY(keep_parent(list, field, err));
    MERIT_TRY(merit__text_next_field(&list->text, &field, &found, err));
    if (found) {
        MERIT_TRY(read_length(list, field, err));
        MERIT_TRY(merit__text_next_field(&list->text, &field, &found, err));
    }
    if (found) {
        status = fail_fields(list, err);
    }
fail:
    return status;
}

// A first line that names the columns, which is left out.
static merit_status skip_header(edge_list *list, int *found, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    int has_field = 0;
    const char *record = list->text.record;
    const int64_t line = list->text.record_line;
    MERIT_TRY(merit__text_next_field(&list->text, &field, &has_field, err));
    int is_header = has_field && is_word(field, "child");
    if (is_header) {
        MERIT_TRY(merit__text_next_field(&list->text, &field, &has_field, err));
        is_header = has_field && is_word(field, "parent");
    }
    if (!is_header) {
        merit__text_seek(&list->text, record, line);
        return MERIT_OK;
    }
    while (has_field) {
        MERIT_TRY(merit__text_next_field(&list->text, &field, &has_field, err));
    }
    MERIT_TRY(merit__text_next_record(&list->text, found, err));
fail:
    return status;
}

static merit_status read_lines(edge_list *list, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field field = {0};
    int found = 0;
    MERIT_TRY(merit__text_next_record(&list->text, &found, err));
    if (found) {
        merit__text_detect_delimiter(&list->text);
        MERIT_TRY(skip_header(list, &found, err));
    }
    if (!found) {
        return merit__fail(err, MERIT_EFORMAT, "%s: expected a tree, found nothing",
                           list->text.origin);
    }
    while (found) {
        int has_field = 0;
        MERIT_TRY(merit__text_next_field(&list->text, &field, &has_field, err));
        MERIT_TRY(read_edge(list, field, err));
        MERIT_TRY(merit__text_next_record(&list->text, &found, err));
    }
fail:
    return status;
}

static merit_status index_children(edge_list *list, merit_error *err)
{
    const int64_t n = list->tree->n_nodes;
    char shown[64];
    int64_t first = 0;
    int64_t second = 0;
    list->names = merit__alloc_array((size_t)n, sizeof *list->names);
    if (list->names == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *list->names, "names");
    }
    for (int64_t v = 0; v < n; v++) {
        list->names[v] = merit__tree_name(list->tree, v);
    }
    merit_status status = merit__name_index_init(&list->index, list->names, n, err);
    if (status == MERIT_OK &&
        merit__name_index_has_twins(&list->index, &first, &second)) {
        status = merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: \"%s\" has a parent already, in line %lld; a node has one",
            list->text.origin, (long long)list->edges[second].line,
            merit__printable(shown, sizeof shown, list->names[first]),
            (long long)list->edges[first].line);
    }
    return status;
}

static merit_status fail_roots(const edge_list *list, const char *first,
                               const char *second, int64_t line, merit_error *err)
{
    char shown[48];
    char other[48];
    return merit__fail(err, MERIT_EFORMAT,
                       "%s:%lld: two roots, \"%s\" and \"%s\": neither has a parent; "
                       "expected one tree",
                       list->text.origin, (long long)line,
                       merit__printable(shown, sizeof shown, first),
                       merit__printable(other, sizeof other, second));
}

// Finds each node's parent. The root is a line without a parent, or is a parent alone
// and becomes one node more.
static merit_status link_parents(edge_list *list, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__tree *tree = list->tree;
    const int64_t n = tree->n_nodes;
    const char *root = NULL;
    for (int64_t v = 0; v < n; v++) {
        const char *name = list->parents + list->edges[v].parent;
        const int64_t up = merit__name_index_find(&list->index, name);
        const int is_root = list->edges[v].is_root || up == v;
        const char *found = is_root ? list->names[v] : up < 0 ? name : NULL;
        tree->parent[v] = is_root ? -1 : up < 0 ? (int32_t)n : (int32_t)up;
        if (found != NULL && root != NULL && strcmp(root, found) != 0) {
            return fail_roots(list, root, found, list->edges[v].line, err);
        }
        root = found != NULL ? found : root;
        if (is_root && !isnan(tree->length[v])) {
            tree->length[v] = NAN;
            list->n_lengths--;
        }
    }
    // A name is either a line's own or a parent alone, never both, so that a node
    // numbered n is the parent of all that lack one here.
    if (root != NULL && merit__name_index_find(&list->index, root) < 0) {
        MERIT_TRY(
            merit__tree_add(tree, -1, MERIT__TREE_MAX_NODES, list->text.origin, err));
        MERIT_TRY(merit__tree_set_name(tree, n, root, strlen(root), err));
    }
fail:
    return status;
}

static merit_status check_lengths(const edge_list *list, merit_error *err)
{
    const merit__tree *tree = list->tree;
    for (int64_t v = 0; list->n_lengths > 0 && v < list->index.n; v++) {
        if (isnan(tree->length[v]) && tree->parent[v] >= 0) {
            return merit__fail(err, MERIT_EFORMAT,
                               "%s:%lld: expected a branch length, as other lines have "
                               "one; all nodes but the root have one, or none has",
                               list->text.origin, (long long)list->edges[v].line);
        }
    }
    return MERIT_OK;
}

static merit_status read_all(edge_list *list, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[64];
    int64_t lost = -1;
    MERIT_TRY(read_lines(list, err));
    MERIT_TRY(index_children(list, err));
    MERIT_TRY(link_parents(list, err));
    MERIT_TRY(check_lengths(list, err));
    MERIT_TRY(merit__tree_arrange(list->tree, &lost, err));
    if (lost >= 0) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s:%lld: \"%s\" is its own ancestor, or below a node that "
            "is; expected a tree",
            list->text.origin, (long long)list->edges[lost].line,
            merit__printable(shown, sizeof shown, merit__tree_name(list->tree, lost)));
    }
    MERIT_TRY(merit__tree_finish(list->tree, list->text.origin, err));
fail:
    return status;
}

merit_status merit__tree_parse_edges(merit__tree *tree, const char *bytes,
                                     size_t n_bytes, const char *origin,
                                     merit_error *err)
{
    edge_list list = {.tree = tree};
    merit_status status = merit__text_open(&list.text, bytes, n_bytes, origin, err);
    if (status == MERIT_OK) {
        status = read_all(&list, err);
    }
    dispose(&list);
    return status;
}

int merit__tree_is_newick(const char *bytes, size_t n_bytes)
{
    static const char blanks[] = " \t\r\n";
    static const char nexus[] = "#nexus";
    size_t n = n_bytes;
    size_t at = 0;
    while (n > 0 && bytes[n - 1] != '\0' && strchr(blanks, bytes[n - 1]) != NULL) {
        n--;
    }
    at = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < n && bytes[at] != '\0' && strchr(blanks, bytes[at]) != NULL) {
        at++;
    }
    if (at == n) {
        return 0;
    }
    size_t same = 0;
    while (same < sizeof nexus - 1 && at + same < n &&
           (bytes[at + same] | ('a' - 'A')) == (nexus[same] | ('a' - 'A'))) {
        same++;
    }
    return bytes[at] == '(' || bytes[at] == '[' || bytes[n - 1] == ';' ||
           same == sizeof nexus - 1;
}

merit_status merit__tree_parse(merit__tree *tree, const char *bytes, size_t n_bytes,
                               const char *origin, merit_error *err)
{
    return merit__tree_is_newick(bytes, n_bytes)
               ? merit__tree_parse_newick(tree, bytes, n_bytes, origin, err)
               : merit__tree_parse_edges(tree, bytes, n_bytes, origin, err);
}
