#include "base/g_softmax.h"

#include <math.h>

/* With w_i = exp((f_i - max f) / 2) and a_i = v_i w_i / (w.v) the problem is
 *
 *     minimise 1/2 v^T G v - w^T v over v >= 0,
 *
 * whose matrix does not depend on the logits; at its solution h = exp(-max f) / (w.v).
 * It is solved exactly by the active set method of Lawson and Hanson (Solving Least
 * Squares Problems, chapter 23): classes enter where v may grow with profit, G v = w is
 * solved over those that are in, and what falls below 0 leaves. Several enter at once.
 * As G and v are not negative, members have v_i <= w_i <= 1, and no sum cancels. */
typedef struct problem {
    size_t K;
    const double *G;
    double *w, *v;
    double *gain;    // [K] w - G v; -INFINITY for members
    double *y;       // [K] the solution over the members, in their order
    double *L;       // [K,K] rows: the Cholesky factor of G over the members
    size_t *member;  // [n] in the order of the rows of L
    size_t n;
} problem;

/* Members' pivots below this count as 0: such a class is a mixture of the others. */
static const double least_pivot = 1e-12;
/* A gain that is rounding, for 1 of w. */
static const double no_gain = 1e-14;
/* Classes whose gain is at least this part of the largest one enter together. */
static const double entering = 0.1;

size_t merit__g_softmax_scratch(size_t K)
{
    return K * K + 5 * K;
}

static void place(problem *p, size_t K, double *scratch)
{
    p->K = K;
    p->w = scratch;
    p->v = scratch + K;
    p->gain = scratch + 2 * K;
    p->y = scratch + 3 * K;
    p->member = (size_t *)(void *)(scratch + 4 * K);
    p->L = scratch + 5 * K;
}

/* Makes class i a member; 0 when it is a mixture of those that are. */
static int enter(problem *p, size_t i)
{
    double *row = p->L + p->n * p->K;
    double left = p->G[i * p->K + i];
    for (size_t b = 0; b < p->n; b++) {
        const double *other = p->L + b * p->K;
        double x = p->G[i * p->K + p->member[b]];
        for (size_t c = 0; c < b; c++) {
            x -= other[c] * row[c];
        }
        row[b] = x / other[b];
        left -= row[b] * row[b];
    }
    if (!(left > least_pivot)) {
        return 0;
    }
    row[p->n] = sqrt(left);
    p->member[p->n++] = i;
    return 1;
}

/* Takes out the members marked by a v below 0. The factor's rows in front of the first
 * of them stay; no pivot gets smaller. */
static void leave(problem *p)
{
    const size_t n = p->n;
    size_t first = 0;
    while (first < n && p->v[p->member[first]] >= 0) {
        first++;
    }
    p->n = first;
    for (size_t b = first; b < n; b++) {
        const size_t i = p->member[b];
        if (!(p->v[i] >= 0) || !enter(p, i)) {
            p->v[i] = 0;
        }
    }
}

/* y = (L L^T)^-1 y over the members. */
static void solve(problem *p)
{
    for (size_t b = 0; b < p->n; b++) {
        const double *row = p->L + b * p->K;
        for (size_t c = 0; c < b; c++) {
            p->y[b] -= row[c] * p->y[c];
        }
        p->y[b] /= row[b];
    }
    for (size_t b = p->n; b-- > 0;) {
        const double *row = p->L + b * p->K;
        p->y[b] /= row[b];
        for (size_t c = 0; c < b; c++) {
            p->y[c] -= row[c] * p->y[b];
        }
    }
}

/* Moves v to the best point over the members, out of those that would fall below 0. */
static void settle(problem *p)
{
    while (p->n > 0) {
        double share = 1;
        int all_above = 1;
        for (size_t b = 0; b < p->n; b++) {
            p->y[b] = p->w[p->member[b]];
        }
        solve(p);
        for (size_t b = 0; b < p->n; b++) {
            const double v = p->v[p->member[b]];
            if (!(p->y[b] > 0)) {
                all_above = 0;
                share = fmin(share, v > 0 ? v / (v - p->y[b]) : 0);
            }
        }
        for (size_t b = 0; b < p->n; b++) {
            double *v = &p->v[p->member[b]];
            const int falls =
                !(p->y[b] > 0) && (*v > 0 ? *v / (*v - p->y[b]) : 0) <= share;
            *v = falls ? -1 : *v + share * (p->y[b] - *v);
        }
        if (all_above) {
            return;
        }
        leave(p);
    }
}

/* Class i would gain and is a mixture of members: what it gets they give, at no cost,
 * until one of them has nothing left. Returns 0 when rounding leaves nothing. */
static int take_place(problem *p, size_t i)
{
    double given = INFINITY;
    for (size_t b = 0; b < p->n; b++) {
        p->y[b] = p->G[i * p->K + p->member[b]];
    }
    solve(p);
    for (size_t b = 0; b < p->n; b++) {
        if (p->y[b] > 0) {
            given = fmin(given, p->v[p->member[b]] / p->y[b]);
        }
    }
    if (!(given > 0 && given < INFINITY)) {
        return 0;
    }
    for (size_t b = 0; b < p->n; b++) {
        double *v = &p->v[p->member[b]];
        *v = p->y[b] > 0 && *v / p->y[b] <= given ? -1 : *v - given * p->y[b];
    }
    leave(p);
    p->v[i] = enter(p, i) ? given : 0;
    return p->v[i] > 0;
}

/* What each class that is out would gain; returns the one that would gain most, or K
 * when none would. */
static size_t find_gains(problem *p)
{
    size_t best = p->K;
    for (size_t i = 0; i < p->K; i++) {
        p->gain[i] = p->w[i];
        for (size_t b = 0; b < p->n; b++) {
            p->gain[i] -= p->G[i * p->K + p->member[b]] * p->v[p->member[b]];
        }
    }
    for (size_t b = 0; b < p->n; b++) {
        p->gain[p->member[b]] = -INFINITY;
    }
    for (size_t i = 0; i < p->K; i++) {
        if (p->gain[i] > no_gain * p->w[i] &&
            (best == p->K || p->gain[i] > p->gain[best])) {
            best = i;
        }
    }
    return best;
}

/* Whether a class that was out is in now. */
static int has_new_member(const problem *p)
{
    for (size_t b = 0; b < p->n; b++) {
        if (p->gain[p->member[b]] > -INFINITY) {
            return 1;
        }
    }
    return 0;
}

static void minimise(problem *p)
{
    // Each round makes h smaller, which ends; the limit is for rounding alone.
    for (size_t round = 0; round < 3 * p->K + 50; round++) {
        const size_t best = find_gains(p);
        int is_new = 0;
        if (best == p->K) {
            return;
        }
        for (size_t i = 0; i < p->K; i++) {
            if (p->gain[i] >= entering * p->gain[best]) {
                is_new |= enter(p, i);
            }
        }
        if (!is_new && !take_place(p, best)) {
            return;
        }
        settle(p);
        if (!has_new_member(p)) {
            return;
        }
    }
}

double merit__g_softmax(double *a, const double *logits, const double *kernel, size_t K,
                        double *scratch)
{
    problem p = {.G = kernel};
    double largest = logits[0];
    double sum = 0;
    place(&p, K, scratch);
    for (size_t k = 1; k < K; k++) {
        largest = fmax(largest, logits[k]);
    }
    for (size_t k = 0; k < K; k++) {
        p.w[k] = exp((logits[k] - largest) / 2);
        p.v[k] = 0;
    }
    minimise(&p);
    for (size_t k = 0; k < K; k++) {
        a[k] = p.v[k] * p.w[k];
        sum += a[k];
    }
    for (size_t k = 0; k < K; k++) {
        a[k] /= sum;
    }
    return largest + log(sum);
}
