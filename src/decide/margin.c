#include "decide/margin.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "merit/decide.h"
#include "scores/scores_balance.h"
#include "scores/scores_table.h"

/* Probabilities below this are as good as none; they stay above 0, so that every state
 * of a chain leads to every other one. */
static const double least = 1e-150;
static const double lowest = -1e30; // logit, which float can hold

// F of a tree: 1 - S = x_k + x_j - 2 x_l, l the smallest node with both.
static void fill_tree(merit__margin *m, double cost)
{
    for (int64_t v = 0; v < m->tree->n_nodes; v++) {
        m->near[v] = exp(cost * m->tree->x[v]);
        m->shared[v] = exp(-2 * cost * m->tree->x[v]);
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

merit_status merit__margin_init(merit__margin *out, const merit_scores *scores,
                                double cost, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int is_implicit = merit_scores_values(scores) == NULL;
    *out = (merit__margin){.K = (size_t)merit_scores_n_truths(scores),
                           .tree = is_implicit ? scores->tree : NULL,
                           .is_chain = !merit__scores_are_balanced(scores)};
    MERIT_TRY(check_table(out, scores, err));
    const size_t n = is_implicit ? 2 * (size_t)out->tree->n_nodes : out->K * out->K;
    double *memory = merit__alloc_array(n, sizeof *memory);
    if (memory == NULL) {
        return merit__fail_memory(err, n * sizeof *memory, "a decision rule");
    }
    if (is_implicit) {
        out->near = memory;
        out->shared = memory + n / 2;
        fill_tree(out, cost);
    } else {
        const double range = merit_scores_widest_row(scores);
        out->factors = memory;
        fill_table(out, scores, range > 0 ? cost / range : 0);
    }
fail:
    return status;
}

void merit__margin_dispose(merit__margin *margin)
{
    merit__free(margin->near);
    merit__free(margin->factors);
    *margin = (merit__margin){0};
}

size_t merit__margin_scratch(const merit__margin *m)
{
    if (m->tree != NULL) {
        return m->K + 4 * (size_t)m->tree->n_nodes;
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

/* Likewise for a tree: (F y)_k = a_k sum_l h_l (the a y that meet k at l), all of it
 * sums of what is not below 0. mass [n] holds a y below a node, aside [n] what its
 * siblings hold, outside [n] what all that is not below it adds; run [n]. */
static void weigh_tree(double *sums, const merit__margin *m, const double *y,
                       double *scratch)
{
    const merit__tree_table *tree = m->tree;
    const int64_t n = tree->n_nodes;
    double *mass = scratch;
    double *aside = mass + n;
    double *outside = aside + n;
    double *run = outside + n;
    memset(mass, 0, (size_t)n * sizeof *mass);
    memset(run, 0, (size_t)n * sizeof *run);
    for (int64_t k = 0; k < tree->n_truths; k++) {
        mass[tree->node[k]] = m->near[tree->node[k]] * y[k];
    }
    for (int64_t v = n - 1; v > 0; v--) { // siblings behind v are there already
        aside[v] = mass[tree->parent[v]];
        mass[tree->parent[v]] += mass[v];
    }
    outside[0] = 0;
    for (int64_t v = 1; v < n; v++) { // and those before it now
        const int32_t up = tree->parent[v];
        outside[v] = outside[up] + m->shared[up] * (aside[v] + run[up]);
        run[up] += mass[v];
    }
    for (int64_t k = 0; k < tree->n_truths; k++) {
        const int32_t v = tree->node[k];
        sums[k] = m->near[v] * (outside[v] + m->shared[v] * mass[v]);
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

void merit__margin_logits(float *out, const merit__margin *m, const float *logits,
                          double *scratch)
{
    const size_t K = m->K;
    double *p = scratch;
    size_t top = 0;
    for (size_t k = 1; k < K; k++) {
        top = logits[k] > logits[top] ? k : top;
    }
    const double largest = logits[top];
    // Seen from that class, small differences are small numbers, and keep their digits.
    if (m->is_chain) {
        fill_chain(scratch + 2 * K, m, logits);
        solve_chain(p, scratch + 2 * K, K, scratch + K);
        for (size_t k = 0; k < K; k++) {
            out[k] = (float)log(fmax(p[k], least) / fmax(p[top], least));
        }
        return;
    }
    double *y = p;
    double *sums = m->tree != NULL ? y : y + K;
    for (size_t k = 0; k < K; k++) {
        y[k] = fmax(exp(logits[k] - largest), least);
    }
    if (m->tree != NULL) {
        weigh_tree(sums, m, y, y + K);
    } else {
        weigh_table(sums, m, y);
    }
    const double base = sums[top];
    for (size_t k = 0; k < K; k++) {
        out[k] = (float)fmax(logits[k] - largest + log(sums[k] / base), lowest);
    }
}
