/* What beliefs expect of the answers of a tree. */
#include "scores/tree_table.h"

/* Chains of sums that run beside one another: one alone would wait for itself. */
enum { CHAINS = 4 };

void merit__tree_table_index(merit__tree_table *table)
{
    const double *x = table->x;
    // The gains, filled at last, are room for the number of each inner node until then.
    int32_t *number = (int32_t *)(void *)table->slot_gain;
    int32_t inner = 0;
    for (int64_t v = 0; v < table->n_nodes; v++) {
        const int32_t above = v == 0 ? 0 : number[table->parent[v]];
        if (merit__tree_table_is_leaf(table, v)) {
            table->slot_above[table->first[v]] = above;
            continue;
        }
        table->inner_above[inner] = above;
        table->inner_first[inner] = table->first[v];
        table->inner_last[inner] = table->last[v];
        number[v] = inner++;
    }
    for (int64_t a = table->n_truths; a < table->n_answers; a++) {
        const int32_t v = table->node[a];
        table->slot_above[table->first[v]] = number[v];
    }
    inner = 0;
    for (int64_t v = 0; v < table->n_nodes; v++) {
        const double gain = v == 0 ? 2 * x[0] : 2 * (x[v] - x[table->parent[v]]);
        if (merit__tree_table_is_leaf(table, v)) {
            table->slot_gain[table->first[v]] = gain;
        } else {
            table->inner_gain[inner++] = gain;
        }
    }
    for (int64_t a = table->n_truths; a < table->n_answers; a++) {
        table->slot_gain[table->first[table->node[a]]] = 0;
    }
}

size_t merit__tree_table_scratch(const merit__tree_table *table)
{
    return (size_t)(2 * table->n_answers + 1 + table->n_inner);
}

/* What is believed of a slot: 0 where it is no class. */
static const double *in_slots(const merit__tree_table *table, const double *belief,
                              double *room)
{
    if (table->is_direct && table->n_answers == table->n_truths) {
        return belief;
    }
    for (int64_t s = 0; s < table->n_answers; s++) {
        const int32_t answer = table->slot_answer[s];
        room[s] = answer < table->n_truths ? belief[answer] : 0;
    }
    return room;
}

/* before [A + 1]: the sum of q [A] before each slot. */
static void sum_up(double *before, const double *q, int64_t n)
{
    const int64_t part = n / CHAINS;
    double sum[CHAINS] = {0};
    for (int64_t s = 0; s < part; s++) {
        for (int64_t c = 0; c < CHAINS; c++) {
            before[c * part + s] = sum[c];
            sum[c] += q[c * part + s];
        }
    }
    double whole = sum[0];
    for (int64_t c = 1; c < CHAINS; c++) {
        for (int64_t s = 0; s < part; s++) {
            before[c * part + s] += whole;
        }
        whole += sum[c];
    }
    for (int64_t s = CHAINS * part; s < n; s++) {
        before[s] = whole;
        whole += q[s];
    }
    before[n] = whole;
}

// sum_s q_s x_s
static double product(const double *q, const double *x, int64_t n)
{
    double sum[CHAINS] = {0};
    int64_t s = 0;
    for (; s + CHAINS <= n; s += CHAINS) {
        for (int64_t c = 0; c < CHAINS; c++) {
            sum[c] += q[s + c] * x[s + c];
        }
    }
    for (; s < n; s++) {
        sum[0] += q[s] * x[s];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

const double *merit__tree_table_gather(double *gathered, const merit__tree_table *table,
                                       const double *gain, const double *weight,
                                       double *scratch)
{
    double *before = scratch;
    const int64_t A = table->n_answers;
    const double *q = in_slots(table, weight, scratch + A + 1);
    sum_up(before, q, A);
    gathered[0] = gain[0] * before[A];
    for (int64_t v = 1; v < table->n_inner; v++) {
        gathered[v] =
            gathered[table->inner_above[v]] +
            gain[v] * (before[table->inner_last[v]] - before[table->inner_first[v]]);
    }
    return q;
}

void merit__tree_table_expect(const merit__tree_table *table, const double *belief,
                              double *expected, double *scratch)
{
    const int64_t A = table->n_answers;
    double *gained = scratch + 2 * A + 1; // of an inner node and those above it
    const double *q =
        merit__tree_table_gather(gained, table, table->inner_gain, belief, scratch);
    const double whole = scratch[A];
    const double mean_x = product(q, table->slot_x, A);
    for (int64_t s = 0; s < A; s++) {
        const int64_t answer = table->is_direct ? s : table->slot_answer[s];
        expected[answer] = (whole - mean_x - whole * table->slot_x[s]) +
                           (gained[table->slot_above[s]] + table->slot_gain[s] * q[s]);
    }
}
