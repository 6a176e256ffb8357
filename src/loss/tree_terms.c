#include "loss/tree_terms.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"

static int64_t farthest_in(const double *row, int64_t K)
{
    int64_t at = 0;
    for (int64_t k = 1; k < K; k++) {
        at = row[k] < row[at] ? k : at;
    }
    return at;
}

// In a tree, whatever is farthest from a leaf is so from all: one end or the other of
// the longest way between two leaves, and what is farthest from any leaf is an end.
static void find_least(double *least, double *row, const merit_loss *loss)
{
    const int64_t K = loss->n_classes;
    merit__tree_table_row(loss->tree, 0, row);
    merit__tree_table_row(loss->tree, farthest_in(row, K), least);
    merit__tree_table_row(loss->tree, farthest_in(least, K), row);
    for (int64_t k = 0; k < K; k++) {
        least[k] = fmin(least[k], row[k]);
    }
}

merit_status merit__loss_tree_rows(double *means, double *least, const merit_loss *loss,
                                   merit_error *err)
{
    const int64_t K = loss->n_classes;
    const size_t n = (size_t)K + merit__tree_table_scratch(loss->tree);
    double *work = merit__alloc_array(n, sizeof *work);
    if (work == NULL) {
        return merit__fail_memory(err, n * sizeof *work, "the rows of a tree");
    }
    if (least != NULL) {
        find_least(least, work, loss);
    }
    if (means != NULL) {
        // The table is symmetric: what a belief in all alike expects of an answer is
        // the mean of its row.
        for (int64_t k = 0; k < K; k++) {
            work[k] = 1.0 / (double)K;
        }
        merit__tree_table_expect(loss->tree, work, means, work + K);
    }
    merit__free(work);
    return MERIT_OK;
}

void merit__loss_tree_costs(double *costs, const merit__tree_table *tree,
                            const double *weights, double *scratch)
{
    double whole = 0;
    for (int64_t k = 0; k < tree->n_truths; k++) {
        whole += weights[k];
    }
    merit__tree_table_expect(tree, weights, costs, scratch);
    for (int64_t k = 0; k < tree->n_truths; k++) {
        costs[k] = whole - costs[k];
    }
}
