/* Random trees, once as a table that is written out and once as one of which only rows
 * are ever seen. */
#ifndef MERIT_TESTS_IMPLICIT_FIXTURES_H
#define MERIT_TESTS_IMPLICIT_FIXTURES_H

#include "loss_fixtures.h"

#include "scores/scores_of_tree.h"

#include <stdio.h>

// A random tree with n leaves as edges; some nodes have one child, some many.
static inline char *random_edges(int64_t n_leaves, int has_lengths, uint64_t seed)
{
    const size_t n_bytes = (size_t)n_leaves * 160;
    char *text = calloc(n_bytes, 1);
    size_t at = 0;
    int64_t n_inner = 1;
    assert_non_null(text);
    for (int64_t leaf = 0; leaf < n_leaves; leaf++) {
        // Leaves hang below nodes that lead to the root by parents with lower numbers.
        const int64_t parent = (int64_t)(uniform(&seed) * (double)n_inner);
        char length[2][32] = {"", ""};
        for (int i = 0; has_lengths && i < 2; i++) {
            snprintf(length[i], sizeof length[i], "\t%.5f", uniform(&seed));
        }
        if (uniform(&seed) < 0.7) {
            at += (size_t)snprintf(text + at, n_bytes - at, "n%lld\tn%lld%s\n",
                                   (long long)n_inner, (long long)parent, length[0]);
            at += (size_t)snprintf(text + at, n_bytes - at, "leaf%lld\tn%lld%s\n",
                                   (long long)leaf, (long long)n_inner, length[1]);
            n_inner++;
        } else {
            at += (size_t)snprintf(text + at, n_bytes - at, "leaf%lld\tn%lld%s\n",
                                   (long long)leaf, (long long)parent, length[1]);
        }
    }
    return text;
}

/* The names of the leaves in random order, in one block. */
static inline const char **shuffled_names(int64_t n_leaves, uint64_t seed)
{
    enum { NAME = 32 };
    const char **names = calloc((size_t)n_leaves, sizeof *names + NAME);
    assert_non_null(names);
    char *text = (char *)(names + n_leaves);
    for (int64_t i = 0; i < n_leaves; i++) {
        snprintf(text + i * NAME, NAME, "leaf%lld", (long long)i);
        const int64_t at = (int64_t)(uniform(&seed) * (double)(i + 1));
        names[i] = names[at];
        names[at] = text + i * NAME;
    }
    return names;
}

typedef struct twins {
    merit_scores *written, *implicit;
} twins;

/* With every third seed the classes are in another order than the leaves. */
static inline twins make_twins(int64_t n_leaves, int by_length, int nodes,
                               uint64_t seed)
{
    twins out = {0};
    merit_error err = {0};
    merit__tree tree = {0};
    char *text = random_edges(n_leaves, by_length, seed);
    const char **names = seed % 3 == 0 ? shuffled_names(n_leaves, seed) : NULL;
    merit_scores_options options = {.answer_nodes = nodes,
                                    .n_classes = names != NULL ? n_leaves : 0,
                                    .classes = names,
                                    .dense_limit = 20000};
    if (merit__tree_parse(&tree, text, strlen(text), "t", &err) != MERIT_OK ||
        merit__scores_of_tree(&out.written, &tree, by_length, "t", &options, &err)) {
        fail_msg("%s", err.message);
    }
    options.dense_limit = 1;
    assert_int_equal(
        merit__scores_of_tree(&out.implicit, &tree, by_length, "t", &options, &err),
        MERIT_OK);
    assert_non_null(merit_scores_values(out.written));
    assert_null(merit_scores_values(out.implicit));
    merit__tree_dispose(&tree);
    free(names);
    free(text);
    return out;
}

static inline void free_twins(twins *t)
{
    merit_scores_free(t->written);
    merit_scores_free(t->implicit);
}

static inline void assert_close(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance)) {
        fail_msg("%.17g and %.17g differ by more than %g", a, b, tolerance);
    }
}

#endif
