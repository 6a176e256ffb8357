#include "train/sample.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/random.h"

/* What random words of a step are for. */
enum { DRAWN = 0, NEAR = 1 };

/* Numbers the leaves and finds those below each node. */
static void order_leaves(merit__sample *s, int64_t n_nodes, const int64_t *parents,
                         const int64_t *nodes)
{
    int32_t n_leaves = 0;
    for (int64_t v = 0; v < n_nodes; v++) {
        s->above[v] = (int32_t)parents[v];
        s->first[v] = -1; // the class of a leaf, until leaves have numbers
    }
    for (int64_t k = 0; k < s->n_classes; k++) {
        s->node[k] = (int32_t)nodes[k];
        s->first[nodes[k]] = (int32_t)k;
    }
    for (int64_t v = 0; v < n_nodes; v++) {
        const int32_t class = s->first[v];
        s->first[v] = n_leaves;
        s->last[v] = n_leaves;
        if (class >= 0) {
            s->leaf_of[class] = n_leaves;
            s->leaf[n_leaves++] = class;
            s->last[v] = n_leaves;
        }
    }
    for (int64_t v = n_nodes - 1; v > 0; v--) {
        int32_t *last = &s->last[s->above[v]];
        *last = *last > s->last[v] ? *last : s->last[v];
    }
}

static merit_status learn_tree(merit__sample *s, const merit_scores *scores,
                               merit_error *err)
{
    const size_t K = (size_t)s->n_classes;
    const size_t n_nodes = (size_t)merit_scores_n_nodes(scores);
    const size_t n_answers = (size_t)merit_scores_n_answers(scores);
    merit_status status = MERIT_OK;
    int64_t *parents = merit__alloc_array(n_nodes, sizeof *parents);
    double *places = merit__alloc_array(n_nodes, sizeof *places);
    int64_t *nodes = merit__alloc_array(n_answers, sizeof *nodes);
    s->leaf = merit__alloc_array(K, sizeof *s->leaf);
    s->leaf_of = merit__alloc_array(K, sizeof *s->leaf_of);
    s->node = merit__alloc_array(K, sizeof *s->node);
    s->above = merit__alloc_array(n_nodes, sizeof *s->above);
    s->first = merit__alloc_array(n_nodes, sizeof *s->first);
    s->last = merit__alloc_array(n_nodes, sizeof *s->last);
    if (parents == NULL || places == NULL || nodes == NULL || s->leaf == NULL ||
        s->leaf_of == NULL || s->node == NULL || s->above == NULL || s->first == NULL ||
        s->last == NULL) {
        MERIT_TRY(merit__fail_memory(err, n_nodes * sizeof *parents, "a tree"));
    }
    merit_scores_tree(scores, parents, places, nodes);
    order_leaves(s, (int64_t)n_nodes, parents, nodes);
fail:
    merit__free(parents);
    merit__free(places);
    merit__free(nodes);
    return status;
}

merit_status merit__sample_init(merit__sample *out, const merit_scores *scores,
                                int64_t n, merit_error *err)
{
    const int64_t K = merit_scores_n_truths(scores);
    *out = (merit__sample){.n_classes = K, .n = n};
    out->classes = merit__alloc_array((size_t)n, sizeof *out->classes);
    out->place = merit__alloc_array((size_t)K, sizeof *out->place);
    if (out->classes == NULL || out->place == NULL) {
        return merit__fail_memory(err, (size_t)K * sizeof *out->place, "a sample");
    }
    for (int64_t k = 0; k < K; k++) {
        out->place[k] = -1;
    }
    return merit_scores_n_nodes(scores) > 0 ? learn_tree(out, scores, err) : MERIT_OK;
}

void merit__sample_dispose(merit__sample *s)
{
    merit__free(s->classes);
    merit__free(s->place);
    merit__free(s->leaf);
    merit__free(s->leaf_of);
    merit__free(s->node);
    merit__free(s->above);
    merit__free(s->first);
    merit__free(s->last);
    *s = (merit__sample){0};
}

void merit__sample_begin(merit__sample *s)
{
    for (int64_t i = 0; i < s->n_placed; i++) {
        s->place[s->classes[i]] = -1;
    }
    s->n_placed = s->n_sure = 0;
}

void merit__sample_add(merit__sample *s, int32_t class)
{
    if (s->place[class] < 0) {
        s->place[class] = (int32_t)s->n_placed;
        s->classes[s->n_placed++] = class;
    }
}

/* Adds n leaves in a row, the class among them, that lie below one node, the smallest
 * one that has so many. */
static void add_near(merit__sample *s, int32_t class, int32_t n, uint32_t word)
{
    int32_t v = s->node[class];
    while (s->last[v] - s->first[v] < n && s->above[v] >= 0) {
        v = s->above[v];
    }
    const int32_t leaf = s->leaf_of[class];
    int32_t from = leaf - (int32_t)merit__below(word, (uint32_t)n);
    from = from + n > s->last[v] ? s->last[v] - n : from;
    from = from < s->first[v] ? s->first[v] : from;
    for (int32_t i = from; i < from + n && i < s->last[v]; i++) {
        merit__sample_add(s, s->leaf[i]);
    }
}

/* Half of the sample, beside the true classes, is near them. */
static void add_all_near(merit__sample *s, uint64_t seed, uint32_t step)
{
    const int64_t n_true = s->n_placed;
    const int64_t n = n_true > 0 ? (s->n - n_true) / 2 / n_true + 1 : 0;
    for (int64_t i = 0; i < n_true && n > 1; i++) {
        uint32_t word[4];
        merit__random(word, seed, MERIT__USE_SAMPLE, step, NEAR, (uint32_t)i);
        add_near(s, s->classes[i], (int32_t)n, word[0]);
    }
}

void merit__sample_draw(merit__sample *s, uint64_t seed, uint32_t step)
{
    if (s->leaf != NULL) {
        add_all_near(s, seed, step);
    }
    uint32_t word[4] = {0};
    s->n_sure = s->n_placed;
    for (uint32_t i = 0; s->n_placed < s->n; i++) {
        if (i % 4 == 0) {
            merit__random(word, seed, MERIT__USE_SAMPLE, step, DRAWN, i / 4);
        }
        merit__sample_add(s,
                          (int32_t)merit__below(word[i % 4], (uint32_t)s->n_classes));
    }
    s->drawn_logit =
        (float)log((double)(s->n_classes - s->n_sure) / (double)(s->n - s->n_sure));
}
