#include "decide/margin.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/fast_log.h"
#include "decide/posterior.h"
#include "merit/decide.h"
#include "scores/scores_balance.h"
#include "scores/scores_table.h"

/* Probabilities below this are as good as none; they stay above 0, so that every state
 * of a chain leads to every other one. */
static const double least = 1e-150;
static const double lowest = -1e30;  // logit, which float can hold
static const float fast_spread = 80; // of logits: their exponentials are floats above 0

static double larger(double a, double b)
{
    return a > b ? a : b;
}

// F of a tree: 1 - S = x_k + x_j - 2 x_l, l the smallest node with both.
static void fill_tree(merit__margin *m, double cost)
{
    const merit__tree_table *tree = m->tree;
    int64_t inner = 0;
    for (int64_t v = 0; v < tree->n_nodes; v++) {
        if (!merit__tree_table_is_leaf(tree, v)) {
            m->shared[inner++] = exp(-2 * cost * tree->x[v]);
        }
    }
    for (size_t k = 0; k < m->K; k++) {
        const int32_t v = tree->node[k];
        m->near[k] = exp(cost * tree->x[v]);
        m->above[k] = tree->slot_above[tree->first[v]];
    }
}

// C, or F: S_kj + shift_k is symmetric with shift_k = S_0k - S_k0.
static void fill_table(merit__margin *m, const merit_scores *scores, double unit)
{
    const size_t K = m->K;
    const size_t A = (size_t)merit_scores_n_answers(scores);
    const double *S = merit_scores_values(scores);
    double most = -INFINITY;
    for (size_t k = 0; k < K; k++) {
        const double shift = m->is_chain ? -S[k * A + k] : S[k] - S[k * A];
        for (size_t j = 0; j < K; j++) {
            const double cost = -unit * (S[k * A + j] + shift);
            m->factors[k * K + j] = cost;
            most = fmax(most, cost);
        }
    }
    for (size_t i = 0; !m->is_chain && i < K * K; i++) {
        m->factors[i] = exp(m->factors[i] - most);
    }
}

static merit_status check_table(const merit__margin *m, const merit_scores *scores,
                                merit_error *err)
{
    if (!merit__scores_favour_truth(scores)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "margins cannot be taken back from beliefs where another "
                           "answer than the truth is best");
    }
    if (m->is_chain && m->K > MERIT_MARGIN_CLASSES) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "margins cannot be taken back from beliefs in %zu classes "
                           "of a table that is not symmetric, in up to %d they can",
                           m->K, MERIT_MARGIN_CLASSES);
    }
    return MERIT_OK;
}

static merit_status alloc_tree(merit__margin *m, merit_error *err)
{
    const size_t n_inner = (size_t)m->tree->n_inner;
    m->near = merit__alloc_array(m->K, sizeof *m->near);
    m->shared = merit__alloc_array(n_inner, sizeof *m->shared);
    m->above = merit__alloc_array(m->K, sizeof *m->above);
    return m->near != NULL && m->shared != NULL && m->above != NULL
               ? MERIT_OK
               : merit__fail_memory(err, (m->K + n_inner) * sizeof *m->near,
                                    "a decision rule");
}

merit_status merit__margin_init(merit__margin *out, const merit_scores *scores,
                                double cost, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int is_implicit = merit_scores_values(scores) == NULL;
    *out = (merit__margin){.K = (size_t)merit_scores_n_truths(scores),
                           .tree = is_implicit ? scores->tree : NULL,
                           .is_chain = !merit__scores_are_balanced(scores, NULL, NULL)};
    MERIT_TRY(check_table(out, scores, err));
    if (is_implicit) {
        MERIT_TRY(alloc_tree(out, err));
        fill_tree(out, cost);
        return MERIT_OK;
    }
    out->factors = merit__alloc_array(out->K, out->K * sizeof *out->factors);
    if (out->factors == NULL) {
        return merit__fail_memory(err, out->K * out->K * sizeof *out->factors,
                                  "a decision rule");
    }
    const double range = merit_scores_widest_row(scores);
    fill_table(out, scores, range > 0 ? cost / range : 0);
fail:
    return status;
}

void merit__margin_dispose(merit__margin *margin)
{
    merit__free(margin->near);
    merit__free(margin->shared);
    merit__free(margin->above);
    merit__free(margin->factors);
    *margin = (merit__margin){0};
}

size_t merit__margin_scratch(const merit__margin *m)
{
    if (m->tree != NULL) {
        return m->K + 3 * (size_t)m->tree->n_inner;
    }
    return m->is_chain ? m->K * (m->K + 2) : 2 * m->K;
}

// sums = F y for a table that is written out.
static void weigh_table(double *sums, const merit__margin *m, const double *y)
{
    const size_t K = m->K;
    for (size_t k = 0; k < K; k++) {
        const double *row = m->factors + k * K;
        double sum = 0;
        for (size_t j = 0; j < K; j++) {
            sum += row[j] * y[j];
        }
        sums[k] = sum;
    }
}

/* What lies below an inner node: its heaviest child, and the others. What is beside a
 * child is then known without small differences of large sums. */
typedef struct masses {
    double heaviest, others;
    double outside; // what all that is not below the node adds, up to a_k
} masses;

static void add_child(masses *node, double mass)
{
    node->others += mass < node->heaviest ? mass : node->heaviest;
    node->heaviest = larger(mass, node->heaviest);
}

static double beside(const masses *node, double mass)
{
    return node->others + (node->heaviest - mass);
}

/* Likewise for a tree: (F y)_k = y_k + a_k sum_l h_l (the a y that meet k at l), l the
 * nodes above k; all of it sums of what is not below 0. sums may be y. */
static void weigh_tree(double *sums, const merit__margin *m, const double *y,
                       masses *nodes)
{
    const int32_t *up = m->tree->inner_above;
    memset(nodes, 0, (size_t)m->tree->n_inner * sizeof *nodes);
    for (size_t k = 0; k < m->K; k++) {
        add_child(&nodes[m->above[k]], m->near[k] * y[k]);
    }
    for (int64_t v = m->tree->n_inner - 1; v > 0; v--) {
        add_child(&nodes[up[v]], nodes[v].heaviest + nodes[v].others);
    }
    for (int64_t v = 1; v < m->tree->n_inner; v++) {
        const double mass = nodes[v].heaviest + nodes[v].others;
        const masses *parent = &nodes[up[v]];
        nodes[v].outside = parent->outside + m->shared[up[v]] * beside(parent, mass);
    }
    for (size_t k = 0; k < m->K; k++) {
        const masses *node = &nodes[m->above[k]];
        const double met = m->shared[m->above[k]] * beside(node, m->near[k] * y[k]);
        sums[k] = y[k] + m->near[k] * (node->outside + met);
    }
}

// M [K,K] of a chain.
static void fill_chain(double *M, const merit__margin *m, const float *logits)
{
    const size_t K = m->K;
    for (size_t i = 0; i < K; i++) {
        const double *costs = m->factors + i * K;
        double *row = M + i * K;
        double most = -INFINITY;
        double sum = 0;
        for (size_t k = 0; k < K; k++) {
            row[k] = logits[k] + costs[k];
            most = fmax(most, row[k]);
        }
        for (size_t k = 0; k < K; k++) {
            row[k] = fmax(exp(row[k] - most), least);
            sum += row[k];
        }
        for (size_t k = 0; k < K; k++) {
            row[k] /= sum;
        }
    }
}

/* The stationary distribution p [K] of M: states are taken out one by one, from the
 * last; share [K] is how often the chain, among those left, is in the state taken out.
 */
static void solve_chain(double *p, double *M, size_t K, double *share)
{
    for (size_t n = K - 1; n > 0; n--) {
        double leaves = 0;
        for (size_t j = 0; j < n; j++) {
            leaves += M[n * K + j];
        }
        for (size_t i = 0; i < n; i++) {
            const double enters = M[i * K + n];
            for (size_t j = 0; j < n; j++) {
                M[i * K + j] += enters * (M[n * K + j] / leaves);
            }
        }
        share[n] = leaves;
    }
    p[0] = 1;
    double sum = 1;
    for (size_t n = 1; n < K; n++) {
        double enters = 0;
        for (size_t i = 0; i < n; i++) {
            enters += p[i] * M[i * K + n];
        }
        p[n] = enters / share[n];
        sum += p[n];
        for (size_t i = 0; i <= n; i++) { // none overflows
            p[i] /= sum;
        }
        sum = 1;
    }
}

/* y = exp(logits - *largest); of many classes in float, if that can hold them all. */
static void weights(double *y, double *largest, const float *logits, size_t K)
{
    float low, high;
    const int is_fast =
        merit__logits_fit_float(&low, &high, logits, K) && high - low < fast_spread;
    *largest = high;
    if (is_fast) {
        merit__fast_exponentials(y, logits, K, high, 1);
        return;
    }
    for (size_t k = 0; k < K; k++) {
        y[k] = larger(exp(logits[k] - *largest), least);
    }
}

/* out = logits - largest + log(sums / base). Seen from the class with the largest
 * logit, small differences are small numbers, and keep their digits. */
static void add_logarithms(float *out, const float *logits, size_t K, double largest,
                           const double *sums)
{
    size_t top = 0;
    while (top + 1 < K && logits[top] < largest) {
        top++;
    }
    const double scale = 1 / sums[top];
    for (size_t k = 0; k < K; k += 2) {
        const size_t next = k + 1 < K ? k + 1 : k;
        const merit__two more =
            merit__fast_log((merit__two){sums[k] * scale, sums[next] * scale});
        out[k] = (float)larger(logits[k] - largest + more[0], lowest);
        out[next] = (float)larger(logits[next] - largest + more[1], lowest);
    }
}

static void take_from_chain(float *out, const merit__margin *m, const float *logits,
                            double *scratch)
{
    const size_t K = m->K;
    double *p = scratch;
    size_t top = 0;
    for (size_t k = 1; k < K; k++) {
        top = logits[k] > logits[top] ? k : top;
    }
    fill_chain(scratch + 2 * K, m, logits);
    solve_chain(p, scratch + 2 * K, K, scratch + K);
    for (size_t k = 0; k < K; k++) {
        out[k] = (float)log(fmax(p[k], least) / fmax(p[top], least));
    }
}

void merit__margin_logits(float *out, const merit__margin *m, const float *logits,
                          double *scratch)
{
    double *y = scratch;
    double *sums = m->tree != NULL ? y : y + m->K;
    double largest;
    if (m->is_chain) {
        take_from_chain(out, m, logits, scratch);
        return;
    }
    weights(y, &largest, logits, m->K);
    if (m->tree != NULL) {
        weigh_tree(sums, m, y, (masses *)(void *)(y + m->K));
    } else {
        weigh_table(sums, m, y);
    }
    add_logarithms(out, logits, m->K, largest, sums);
}
