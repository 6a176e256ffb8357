#include "data/widths.h"

#include <math.h>

enum { CANDIDATES = 128 };

static const double worth = 0.96; // of the positions without one more width

/* Widths that could be chosen, and how many windows need which. */
typedef struct candidates {
    int64_t n;
    int64_t width[CANDIDATES];
    int64_t count[CANDIDATES]; // windows too wide for the one before
} candidates;

static int64_t round_up(int64_t n, int64_t step)
{
    return (n + step - 1) / step * step;
}

/* All multiples of the step up to the longest window, or as many as there is room for.
 */
static void list_candidates(candidates *c, const merit_dataset *data, int64_t step,
                            int64_t least)
{
    int64_t n_units = merit__dataset_n_units(data), most = least > 1 ? least : 1;
    for (int64_t u = 0; u < n_units; u++) {
        int64_t length = merit__dataset_unit_length(data, u);
        most = length > most ? length : most;
    }
    step *= (most + CANDIDATES * step - 1) / (CANDIDATES * step);
    c->n = 0;
    for (int64_t w = round_up(least > 1 ? least : 1, step);; w += step) {
        c->width[c->n] = w;
        c->count[c->n++] = 0;
        if (w >= most) {
            break;
        }
    }
    for (int64_t u = 0; u < n_units; u++) {
        int64_t above = merit__dataset_unit_length(data, u) - c->width[0];
        c->count[above > 0 ? (above + step - 1) / step : 0]++;
    }
}

enum { NONE = -1, FEWER = -2 };

/* The positions of the windows up to candidate j when it is the last one of k + 1
 * widths; the one before it is from[k][j], or NONE, or FEWER when k do as well. */
typedef struct choices {
    double cost[MERIT__WIDTHS_MOST][CANDIDATES];
    int64_t from[MERIT__WIDTHS_MOST][CANDIDATES];
} choices;

static void compare(choices *out, const candidates *c)
{
    for (int64_t j = 0; j < c->n; j++) {
        double n = 0; // windows between candidate i and j
        for (int64_t i = 0; i <= j; i++) {
            n += (double)c->count[i];
        }
        out->cost[0][j] = n * (double)c->width[j];
        out->from[0][j] = NONE;
        for (int k = 1; k < MERIT__WIDTHS_MOST; k++) {
            double rest = n;
            out->cost[k][j] = out->cost[k - 1][j];
            out->from[k][j] = FEWER;
            for (int64_t i = 0; i < j; i++) {
                rest -= (double)c->count[i];
                double cost = out->cost[k - 1][i] + rest * (double)c->width[j];
                if (cost < out->cost[k][j]) {
                    out->cost[k][j] = cost;
                    out->from[k][j] = i;
                }
            }
        }
    }
}

void merit__widths_choose(merit__widths *out, const merit_dataset *data, int64_t step,
                          int64_t least)
{
    candidates c;
    choices all;
    list_candidates(&c, data, step, least);
    compare(&all, &c);
    int k = 0;
    int64_t j = c.n - 1;
    while (k + 1 < MERIT__WIDTHS_MOST && all.cost[k + 1][j] < worth * all.cost[k][j]) {
        k++;
    }
    int64_t chosen[MERIT__WIDTHS_MOST];
    for (out->n = 0; j != NONE; k--) {
        while (all.from[k][j] == FEWER) {
            k--;
        }
        chosen[out->n++] = c.width[j];
        j = all.from[k][j];
    }
    for (int64_t i = 0; i < out->n; i++) {
        out->width[i] = chosen[out->n - 1 - i];
    }
}

int64_t merit__widths_find(const merit__widths *widths, const merit_dataset *data,
                           int64_t u)
{
    int64_t i = 0, length = merit__dataset_unit_length(data, u);
    while (i < widths->n - 1 && widths->width[i] < length) {
        i++;
    }
    return i;
}
