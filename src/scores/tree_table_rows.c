/* What a table of a tree says: rows, scores, depths. */
#include "scores/tree_table.h"

/* 1 - x_i - x_a + 2 x_l, the same bits for both orders of i and a. */
static double score_of(double x_i, double x_a, double x_l)
{
    return (1 - (x_i + x_a)) + 2 * x_l;
}

// The answers in slots [from, to), which truth x_i meets at a node in place x_l.
static void fill_stretch(const merit__tree_table *table, double *row, int32_t from,
                         int32_t to, double x_i, double x_l)
{
    if (table->is_direct) {
        for (int32_t s = from; s < to; s++) {
            row[s] = score_of(x_i, table->slot_x[s], x_l);
        }
        return;
    }
    for (int32_t s = from; s < to; s++) {
        row[table->slot_answer[s]] = score_of(x_i, table->slot_x[s], x_l);
    }
}

void merit__tree_table_row(const merit__tree_table *table, int64_t truth, double *row)
{
    int32_t child = table->node[truth];
    const double x_i = table->x[child];
    row[truth] = 1;
    for (int32_t v = table->parent[child]; v >= 0; v = table->parent[v]) {
        const double x_l = table->x[v];
        fill_stretch(table, row, table->first[v], table->first[child], x_i, x_l);
        fill_stretch(table, row, table->last[child], table->last[v], x_i, x_l);
        child = v;
    }
}

static void fill_floats(const merit__tree_table *table, float *row, int32_t from,
                        int32_t to, double x_i, double x_l)
{
    const double most = 1 - x_i + 2 * x_l;
    for (int32_t s = from; s < to && table->is_direct; s++) {
        row[s] = (float)(most - table->slot_x[s]);
    }
    for (int32_t s = from; s < to && !table->is_direct; s++) {
        row[table->slot_answer[s]] = (float)(most - table->slot_x[s]);
    }
}

void merit__tree_table_row_float(const merit__tree_table *table, int64_t truth,
                                 float *row)
{
    int32_t child = table->node[truth];
    const double x_i = table->x[child];
    row[truth] = 1;
    for (int32_t v = table->parent[child]; v >= 0; v = table->parent[v]) {
        fill_floats(table, row, table->first[v], table->first[child], x_i, table->x[v]);
        fill_floats(table, row, table->last[child], table->last[v], x_i, table->x[v]);
        child = v;
    }
}

double merit__tree_table_score(const merit__tree_table *table, int64_t truth,
                               int64_t answer)
{
    if (truth == answer) {
        return 1;
    }
    const int32_t i = table->node[truth];
    const int32_t a = table->node[answer];
    int32_t l = a < i && table->last[a] >= table->last[i] ? a : i;
    while (l > a || table->last[l] < table->last[a]) { // until l holds a
        l = table->parent[l];
    }
    return score_of(table->x[i], table->x[a], table->x[l]);
}

// The next node above that holds more answers than this one; -1 above the base.
static int32_t next_branching(const merit__tree_table *table, int32_t v)
{
    const int32_t n = table->last[v] - table->first[v];
    do {
        v = table->parent[v];
    } while (v >= 0 && table->last[v] - table->first[v] == n);
    return v;
}

static void set_stretch(const merit__tree_table *table, double *row, int32_t from,
                        int32_t to, double value)
{
    for (int32_t s = from; s < to; s++) {
        if (table->slot_answer[s] < table->n_truths) {
            row[table->slot_answer[s]] = value;
        }
    }
}

double merit__tree_table_depth(const merit__tree_table *table, int64_t truth)
{
    int32_t up = next_branching(table, table->node[truth]);
    double depth = 1;
    for (int32_t v = up; v >= 0; v = up) {
        up = next_branching(table, v);
        depth += up >= 0 && table->x[up] < table->x[v];
    }
    return depth;
}

void merit__tree_table_depths(const merit__tree_table *table, int64_t truth,
                              double *depths)
{
    int32_t child = table->node[truth];
    int32_t up = -1;
    double depth = merit__tree_table_depth(table, truth);
    depths[truth] = depth--;
    for (int32_t v = next_branching(table, child); v >= 0; v = up) {
        set_stretch(table, depths, table->first[v], table->first[child], depth);
        set_stretch(table, depths, table->last[child], table->last[v], depth);
        up = next_branching(table, v);
        depth -= up >= 0 && table->x[up] < table->x[v];
        child = v;
    }
}
