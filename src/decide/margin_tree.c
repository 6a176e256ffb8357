#include "decide/margin_tree.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/fast_log.h"
#include "decide/posterior.h"

static const float fast_spread = 80; // of logits: their exponentials are floats above 0
/* Differences of sums are good to about 1e-14 of the whole: a share below this is left
 * to the careful way. */
static const double fast_share = 1e-8;

static merit_status alloc_tree(merit__margin_tree *tree, merit_error *err)
{
    const size_t K = (size_t)tree->table->n_truths;
    const size_t n_inner = (size_t)tree->table->n_inner;
    tree->near = merit__alloc_array(K, sizeof *tree->near);
    tree->shared = merit__alloc_array(n_inner, sizeof *tree->shared);
    tree->gain = merit__alloc_array(n_inner, sizeof *tree->gain);
    tree->class_gain = merit__alloc_array(K, sizeof *tree->class_gain);
    tree->shift = merit__alloc_array(K, sizeof *tree->shift);
    tree->above = merit__alloc_array(K, sizeof *tree->above);
    return tree->near != NULL && tree->shared != NULL && tree->gain != NULL &&
                   tree->class_gain != NULL && tree->shift != NULL &&
                   tree->above != NULL
               ? MERIT_OK
               : merit__fail_memory(err, 3 * (K + n_inner) * sizeof *tree->near,
                                    "a decision rule");
}

merit_status merit__margin_tree_init(merit__margin_tree *out,
                                     const merit__tree_table *table, double cost,
                                     merit_error *err)
{
    *out = (merit__margin_tree){.table = table};
    merit_status status = alloc_tree(out, err);
    if (status != MERIT_OK) {
        return status;
    }
    int64_t inner = 0;
    for (int64_t v = 0; v < table->n_nodes; v++) {
        if (!merit__tree_table_is_leaf(table, v)) {
            const int64_t above = table->inner_above[inner];
            out->shared[inner] = exp(-2 * cost * table->x[v]);
            out->gain[inner] =
                out->shared[inner] - (inner > 0 ? out->shared[above] : 0);
            inner++;
        }
    }
    for (int64_t k = 0; k < table->n_truths; k++) {
        const int32_t v = table->node[k];
        out->near[k] = exp(cost * table->x[v]);
        out->shift[k] = (float)(cost * table->x[v]);
        out->above[k] = table->slot_above[table->first[v]];
        out->class_gain[k] = exp(-2 * cost * table->x[v]) - out->shared[out->above[k]];
    }
    return MERIT_OK;
}

void merit__margin_tree_dispose(merit__margin_tree *tree)
{
    merit__free(tree->near);
    merit__free(tree->shared);
    merit__free(tree->gain);
    merit__free(tree->class_gain);
    merit__free(tree->shift);
    merit__free(tree->above);
    *tree = (merit__margin_tree){0};
}

/* What lies below an inner node: its heaviest child, and the others. What is beside a
 * child is then known without small differences of large sums. */
typedef struct masses {
    double heaviest, others;
    double outside; // what all that is not below the node adds, up to a_k
} masses;

size_t merit__margin_tree_scratch(const merit__margin_tree *tree)
{
    const size_t n_inner = (size_t)tree->table->n_inner;
    const size_t fast =
        (size_t)(tree->table->n_truths + 2 * tree->table->n_answers + 1);
    const size_t careful = n_inner * (sizeof(masses) / sizeof(double));
    return fast + n_inner > careful ? fast + n_inner : careful;
}

/* With q = a y, (F y)_k = a_k G_k: G_k sums, over k and the nodes above it, what h
 * gains at each times the q below. */
typedef struct gathering {
    const merit__margin_tree *tree;
    const double *q;        // [K]
    const double *gathered; // [n_inner] the part of the inner nodes
} gathering;

static inline double sum_of(const gathering *G, size_t k)
{
    return G->gathered[G->tree->above[k]] + G->tree->class_gain[k] * G->q[k];
}

/* out = logits + log a + log G, less what that is of `top`: small differences are small
 * numbers, and keep their digits. Returns the least G. */
static double add_logarithms(float *out, const gathering *G, const float *logits,
                             size_t top)
{
    const size_t K = (size_t)G->tree->table->n_truths;
    const float *shift = G->tree->shift;
    const double unit = sum_of(G, top);
    const double scale = 1 / unit;
    const merit__four top_logit = merit__four_of(logits[top]);
    const merit__four top_shift = merit__four_of(shift[top]);
    double least[4] = {unit, unit, unit, unit};
    size_t k = 0;
    for (; k + 4 <= K; k += 4) {
        double share[4];
        for (size_t lane = 0; lane < 4; lane++) {
            const double sum = sum_of(G, k + lane);
            share[lane] = sum * scale;
            least[lane] = sum < least[lane] ? sum : least[lane];
        }
        merit__four_store(out + k, (merit__four_load(logits + k) - top_logit) +
                                       (merit__four_load(shift + k) - top_shift) +
                                       merit__fast_log_four(merit__four_narrow(share)));
    }
    for (; k < K; k++) {
        const double sum = sum_of(G, k);
        out[k] = (logits[k] - top_logit[0]) + (shift[k] - top_shift[0]) +
                 (float)log(sum * scale);
        least[0] = sum < least[0] ? sum : least[0];
    }
    return fmin(fmin(least[0], least[1]), fmin(least[2], least[3]));
}

int merit__margin_tree_fast(float *out, const merit__margin_tree *tree,
                            const float *logits, double *scratch)
{
    const size_t K = (size_t)tree->table->n_truths;
    double *q = scratch;
    double *gathered = q + K;
    float low, high;
    size_t top = 0;
    for (size_t k = 0; k < K; k++) {
        out[k] = logits[k] + tree->shift[k];
    }
    if (!merit__logits_fit_float(&low, &high, out, K) || high - low >= fast_spread) {
        return 0;
    }
    while (top + 1 < K && out[top] < high) {
        top++;
    }
    const double whole = merit__fast_exponentials(q, out, K, high, 1);
    merit__tree_table_gather(gathered, tree->table, tree->gain, q,
                             gathered + tree->table->n_inner);
    return add_logarithms(out, &(gathering){tree, q, gathered}, logits, top) >=
           fast_share * whole;
}

static void add_child(masses *node, double mass)
{
    node->others += mass < node->heaviest ? mass : node->heaviest;
    node->heaviest = mass > node->heaviest ? mass : node->heaviest;
}

static double beside(const masses *node, double mass)
{
    return node->others + (node->heaviest - mass);
}

/* (F y)_k = y_k + a_k sum_l h_l (the a y that meet k at l), l the nodes above k. */
void merit__margin_tree_weigh(double *sums, const merit__margin_tree *tree,
                              const double *y, double *scratch)
{
    masses *nodes = (masses *)(void *)scratch;
    const int32_t *up = tree->table->inner_above;
    const int64_t K = tree->table->n_truths;
    const int64_t n_inner = tree->table->n_inner;
    memset(nodes, 0, (size_t)n_inner * sizeof *nodes);
    for (int64_t k = 0; k < K; k++) {
        add_child(&nodes[tree->above[k]], tree->near[k] * y[k]);
    }
    for (int64_t v = n_inner - 1; v > 0; v--) {
        add_child(&nodes[up[v]], nodes[v].heaviest + nodes[v].others);
    }
    for (int64_t v = 1; v < n_inner; v++) {
        const double mass = nodes[v].heaviest + nodes[v].others;
        const masses *parent = &nodes[up[v]];
        nodes[v].outside = parent->outside + tree->shared[up[v]] * beside(parent, mass);
    }
    for (int64_t k = 0; k < K; k++) {
        const masses *node = &nodes[tree->above[k]];
        const double met =
            tree->shared[tree->above[k]] * beside(node, tree->near[k] * y[k]);
        sums[k] = y[k] + tree->near[k] * (node->outside + met);
    }
}
