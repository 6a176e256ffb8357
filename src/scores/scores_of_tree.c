#include "scores/scores_of_tree.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_names.h"
#include "scores/scores_table.h"

#include <stdio.h>
#include <string.h>

/* What is made and needed on the way. */
typedef struct making {
    const merit__tree *tree;
    char origin[80];
    const char **leaves;  // [K] names in the order of the tree
    const char **classes; // [K] as the data calls them, spelt as in the tree, or NULL
    char *respelt;        // the names of classes whose `_` are spaces in the tree
    int64_t *labels;      // [K] the class of each leaf
    int32_t *first_leaf;  // [n_nodes] at or below each node; where nodes are answers
    merit_scores *scores;
} making;

static void dispose(making *m)
{
    merit__free(m->leaves);
    merit__free(m->first_leaf);
    merit__free(m->classes);
    merit__free(m->respelt);
    merit__free(m->labels);
    merit_scores_free(m->scores);
}

static merit_status list_leaves(making *m, merit_error *err)
{
    const size_t K = (size_t)m->tree->n_leaves;
    int64_t n = 0;
    if (m->tree->n_leaves > MERIT__TREE_MAX_CLASSES) {
        return merit__fail(
            err, MERIT_ENOMEM, "%s: the tree has %lld leaves; the limit is %d classes",
            m->origin, (long long)m->tree->n_leaves, MERIT__TREE_MAX_CLASSES);
    }
    m->leaves = merit__alloc_array(K, sizeof *m->leaves);
    m->labels = merit__alloc_array(K, sizeof *m->labels);
    if (m->leaves == NULL || m->labels == NULL) {
        return merit__fail_memory(err, 2 * K * sizeof *m->labels, "names");
    }
    for (int64_t v = 0; v < m->tree->n_nodes; v++) {
        if (merit__tree_is_leaf(m->tree, v)) {
            m->leaves[n++] = merit__tree_name(m->tree, v);
        }
    }
    return MERIT_OK;
}

// Room for the classes and for all of their letters.
static merit_status alloc_classes(making *m, const merit_scores_options *options,
                                  merit_error *err)
{
    size_t n_bytes = 1;
    for (int64_t k = 0; k < options->n_classes; k++) {
        n_bytes += strlen(options->classes[k]) + 1;
    }
    m->classes = merit__alloc_array((size_t)options->n_classes, sizeof *m->classes);
    m->respelt = merit__alloc_array(n_bytes, 1);
    return m->classes == NULL || m->respelt == NULL
               ? merit__fail_memory(err, n_bytes, "names")
               : MERIT_OK;
}

// Newick has no spaces in plain names: where the tree does not know a class, it may
// know it with spaces in place of `_`.
static merit_status spell_classes(making *m, const merit_scores_options *options,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__name_index index = {0};
    MERIT_TRY(alloc_classes(m, options, err));
    MERIT_TRY(merit__name_index_init(&index, m->leaves, m->tree->n_leaves, err));
    char *at = m->respelt;
    for (int64_t k = 0; k < options->n_classes; k++) {
        m->classes[k] = options->classes[k];
        if (merit__name_index_find(&index, m->classes[k]) >= 0) {
            continue;
        }
        const size_t n = strlen(m->classes[k]);
        for (size_t i = 0; i < n; i++) {
            at[i] = m->classes[k][i] == '_' ? ' ' : m->classes[k][i];
        }
        if (merit__name_index_find(&index, at) >= 0) {
            m->classes[k] = at;
        }
        at += n + 1;
    }
fail:
    merit__name_index_dispose(&index);
    return status;
}

static merit_status new_scores(making *m, const merit__tree_table_options *how,
                               merit_error *err)
{
    merit_scores *scores = merit__alloc_array(1, sizeof *scores);
    if (scores == NULL) {
        return merit__fail_memory(err, sizeof *scores, "a score table");
    }
    m->scores = scores;
    merit_status status =
        merit__tree_table_create(&scores->tree, m->tree, how, m->origin, err);
    if (status != MERIT_OK) {
        return status;
    }
    scores->n_truths = scores->tree->n_truths;
    scores->n_answers = scores->tree->n_answers;
    const size_t A = (size_t)scores->n_answers;
    scores->names = merit__alloc_array(A, sizeof *scores->names);
    return scores->names == NULL
               ? merit__fail_memory(err, A * sizeof *scores->names, "names")
               : MERIT_OK;
}

static merit_status find_first_leaves(making *m, merit_error *err)
{
    const size_t n = (size_t)m->tree->n_nodes;
    m->first_leaf = merit__alloc_array(n, sizeof *m->first_leaf);
    if (m->first_leaf == NULL) {
        return merit__fail_memory(err, n * sizeof *m->first_leaf, "names");
    }
    for (int64_t v = m->tree->n_nodes - 1; v >= 0; v--) {
        m->first_leaf[v] =
            merit__tree_is_leaf(m->tree, v) ? (int32_t)v : m->first_leaf[v + 1];
    }
    return MERIT_OK;
}

static int is_number(const char *name)
{
    double ignored = 0;
    return merit__parse_double(name, strlen(name), &ignored) == 0;
}

// Says what a node without a name of its own is: "first..last" of its leaves. Numbers
// at inner nodes are what a bootstrap gave them.
static void describe_node(char out[MERIT__SCORES_MAX_NAME_BYTES + 1], const making *m,
                          int64_t v, int is_taken)
{
    const char *name = merit__tree_name(m->tree, v);
    const char *first = merit__tree_name(m->tree, m->first_leaf[v]);
    const char *last = merit__tree_name(m->tree, m->tree->end[v] - 1);
    const int has_name = merit__name_problem(name) == NULL && !is_number(name);
    const size_t room = MERIT__SCORES_MAX_NAME_BYTES + 1;
    int n = 0;
    if (has_name && !is_taken) {
        n = snprintf(out, room, "%s", name);
    } else if (has_name) {
        n = snprintf(out, room, "%s (%s..%s)", name, first, last);
    } else {
        n = snprintf(out, room, "%s..%s", first, last);
    }
    if (n < 0 || (size_t)n >= room) {
        snprintf(out, room, "node %lld", (long long)v);
    }
}

// Whether the name of a node is that of a leaf or of another node: taken [n_nodes].
static merit_status find_taken(char *taken, const making *m, merit_error *err)
{
    const int64_t n = m->tree->n_nodes;
    merit__name_index index = {0};
    const char **names = merit__alloc_array((size_t)n, sizeof *names);
    if (names == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *names, "names");
    }
    for (int64_t v = 0; v < n; v++) {
        names[v] = merit__tree_name(m->tree, v);
    }
    merit_status status = merit__name_index_init(&index, names, n, err);
    for (int64_t i = 1; status == MERIT_OK && i < n; i++) {
        if (strcmp(index.entries[i - 1].name, index.entries[i].name) == 0) {
            taken[index.entries[i - 1].position] = 1;
            taken[index.entries[i].position] = 1;
        }
    }
    merit__name_index_dispose(&index);
    merit__free(names);
    return status;
}

// Names of answers one behind the other; a table has too many to allocate each.
typedef struct name_writer {
    char *block;
    size_t n_bytes, capacity;
    size_t *starts; // [A]
} name_writer;

static merit_status write_name(name_writer *w, int64_t answer, const char *name,
                               merit_error *err)
{
    const size_t n = strlen(name) + 1;
    if (merit__grow_array((void **)&w->block, &w->capacity, w->n_bytes + n, 1) != 0) {
        return merit__fail_memory(err, w->n_bytes + n, "names");
    }
    memcpy(w->block + w->n_bytes, name, n);
    w->starts[answer] = w->n_bytes;
    w->n_bytes += n;
    return MERIT_OK;
}

static merit_status write_names(name_writer *w, const making *m, const char *taken,
                                const merit_scores_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    char text[MERIT__SCORES_MAX_NAME_BYTES + 1];
    const merit_scores *scores = m->scores;
    for (int64_t a = 0; a < scores->n_answers; a++) {
        const int64_t v = scores->tree->node[a];
        if (a < scores->n_truths) {
            MERIT_TRY(write_name(w, a,
                                 options->classes != NULL
                                     ? options->classes[a]
                                     : merit__tree_name(m->tree, v),
                                 err));
        } else {
            describe_node(text, m, v, taken[v]);
            MERIT_TRY(write_name(w, a, text, err));
        }
    }
fail:
    return status;
}

static merit_status refuse_twins(const making *m, merit_error *err)
{
    merit__name_index index = {0};
    char shown[64];
    int64_t first = 0;
    int64_t second = 0;
    merit_status status = merit__name_index_init(
        &index, (const char *const *)m->scores->names, m->scores->n_answers, err);
    if (status == MERIT_OK && merit__name_index_has_twins(&index, &first, &second)) {
        status = merit__fail(
            err, MERIT_EFORMAT, "%s: two answers would be called \"%s\"", m->origin,
            merit__printable(shown, sizeof shown, m->scores->names[first]));
    }
    merit__name_index_dispose(&index);
    return status;
}

static merit_status name_answers(making *m, const merit_scores_options *options,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores *scores = m->scores;
    const int64_t A = scores->n_answers;
    name_writer w = {0};
    char *taken = merit__alloc_array((size_t)m->tree->n_nodes, 1);
    w.starts = merit__alloc_array((size_t)A, sizeof *w.starts);
    if (taken == NULL || w.starts == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)A * sizeof *w.starts, "names"));
    }
    if (A > scores->n_truths) {
        MERIT_TRY(find_taken(taken, m, err));
        MERIT_TRY(find_first_leaves(m, err));
    }
    MERIT_TRY(write_names(&w, m, taken, options, err));
    scores->name_block = merit__copy_string(w.block, w.n_bytes - 1); // without slack
    if (scores->name_block == NULL) {
        MERIT_TRY(merit__fail_memory(err, w.n_bytes, "names"));
    }
    for (int64_t a = 0; a < A; a++) {
        scores->names[a] = scores->name_block + w.starts[a];
    }
    if (A > scores->n_truths) {
        MERIT_TRY(refuse_twins(m, err));
    }
fail:
    merit__free(w.block);
    merit__free(w.starts);
    merit__free(taken);
    return status;
}

static merit_status fill_values(merit_scores *scores, const char *origin,
                                merit_error *err)
{
    const int64_t A = scores->n_answers;
    const size_t n = (size_t)(scores->n_truths * A);
    merit_status status = merit__scores_check_size(scores->n_truths, A, origin, err);
    if (status != MERIT_OK) {
        return status;
    }
    scores->values = merit__alloc_array(n, sizeof *scores->values);
    if (scores->values == NULL) {
        return merit__fail_memory(err, n * sizeof *scores->values, "a score table");
    }
    for (int64_t i = 0; i < scores->n_truths; i++) {
        merit__tree_table_row(scores->tree, i, scores->values + i * A);
    }
    return MERIT_OK;
}

static int is_dense(const merit_scores *scores, const merit_scores_options *options)
{
    const int64_t limit =
        options->dense_limit > 0 ? options->dense_limit : MERIT__SCORES_TREE_ANSWERS;
    return scores->n_answers <= limit;
}

// Labels that nobody chose: the first two by name.
static merit_status note_order(merit_scores *scores, merit_error *err)
{
    char first[40];
    char second[40];
    return merit__scores_add_note(
        scores, err, "leaf-order",
        "classes are numbered in the order of the leaves: label 0 is \"%s\", 1 is "
        "\"%s\"%s; classes=FILE sets another order",
        merit__printable(first, sizeof first, scores->names[0]),
        merit__printable(second, sizeof second, scores->names[1]),
        scores->n_truths > 2 ? ", ..." : "");
}

merit_status merit__scores_of_tree(merit_scores **out, const merit__tree *tree,
                                   int by_length, const char *origin,
                                   const merit_scores_options *options,
                                   merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_scores_options given = *options;
    making m = {.tree = tree};
    merit__tree_table_options how = {.by_length = by_length,
                                     .with_nodes = options->answer_nodes != 0};
    *out = NULL;
    merit__printable_path(m.origin, sizeof m.origin, origin);
    if (options->costs) {
        return merit__fail(err, MERIT_EINVAL, "tree: makes scores, not costs");
    }
    MERIT_TRY(list_leaves(&m, err));
    if (options->classes != NULL) {
        MERIT_TRY(spell_classes(&m, options, err));
        given.classes = m.classes;
    }
    MERIT_TRY(
        merit__match_classes(m.labels, m.leaves, tree->n_leaves, origin, &given, err));
    how.labels = m.labels;
    MERIT_TRY(new_scores(&m, &how, err));
    MERIT_TRY(name_answers(&m, options, err));
    if (is_dense(m.scores, options)) {
        MERIT_TRY(fill_values(m.scores, origin, err));
    }
    if (options->classes == NULL) {
        MERIT_TRY(note_order(m.scores, err));
    }
    // Of its own, the table of a tree has nothing to be noted.
    MERIT_TRY(merit__scores_note_names(m.scores, err));
    *out = m.scores;
    m.scores = NULL;
fail:
    dispose(&m);
    return status;
}
