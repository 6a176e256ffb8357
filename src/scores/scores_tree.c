#include "scores/scores_tree.h"

#include <math.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_distances.h"

/* Distances that differ by less than this part of the largest one are the same. */
static const double tolerance = 1e-9;

/* Prim's algorithm takes the classes in an order in which every node of the tree is a
 * stretch. step[t] is the distance at which class order[t] joins those before it: the
 * distance of s < t is the largest of step[s+1 .. t] where there is a tree, and there
 * is one only if that holds for all pairs. */
typedef struct walk {
    int64_t K;
    double *distances; // [K,K]
    double same;       // what counts as no difference
    int64_t *order;    // [K]
    double *step;      // [K]; step[0] is not used
    double *depth;     // [K] of the node whose parts meet between t - 1 and t
} walk;

static double distance(const walk *w, int64_t s, int64_t t)
{
    return w->distances[w->order[s] * w->K + w->order[t]];
}

/* Fills order and step. */
static void take_nearest_first(walk *w)
{
    const int64_t K = w->K;
    double *nearest = w->depth; // of each class not taken yet, to those taken
    for (int64_t t = 0; t < K; t++) {
        w->order[t] = t;
        nearest[t] = w->distances[t];
    }
    for (int64_t t = 1; t < K; t++) {
        int64_t next = t;
        for (int64_t s = t + 1; s < K; s++) {
            next = nearest[w->order[s]] < nearest[w->order[next]] ? s : next;
        }
        const int64_t taken = w->order[next];
        w->order[next] = w->order[t];
        w->order[t] = taken;
        w->step[t] = nearest[taken];
        for (int64_t s = t + 1; s < K; s++) {
            const int64_t k = w->order[s];
            nearest[k] = fmin(nearest[k], w->distances[taken * K + k]);
        }
    }
}

static merit_status check_tree(const walk *w, const merit_scores *scores,
                               const char *who, const char *instead, merit_error *err)
{
    for (int64_t s = 0; s < w->K; s++) {
        double longest = 0;
        for (int64_t t = s + 1; t < w->K; t++) {
            const double apart = distance(w, s, t);
            const char *one = merit_scores_name(scores, w->order[s]);
            const char *other = merit_scores_name(scores, w->order[t]);
            if (apart < -w->same) {
                return merit__fail(err, MERIT_EUNSUPPORTED,
                                   "%s: %.32s and %.32s earn more when taken for each "
                                   "other than when right. Use %s",
                                   who, one, other, instead);
            }
            longest = fmax(longest, w->step[t]);
            if (apart > longest + w->same) {
                return merit__fail(
                    err, MERIT_EUNSUPPORTED,
                    "%s needs a table made of a tree: %.24s and %.24s lose %g when "
                    "taken for each other, yet others lead from one to the other in "
                    "steps of %g at most. Use %s",
                    who, one, other, apart, longest, instead);
            }
        }
    }
    return MERIT_OK;
}

/* The number of nodes around the one whose parts meet at t: the distances at which it
 * grows, one side or both, until it holds all. */
static double depth_at(const walk *w, int64_t t)
{
    int64_t left = t - 1;
    int64_t right = t + 1;
    double reach = w->step[t];
    for (double depth = 0;; depth++) {
        while (left > 0 && w->step[left] <= reach + w->same) {
            left--;
        }
        while (right < w->K && w->step[right] <= reach + w->same) {
            right++;
        }
        if (left == 0 && right == w->K) {
            return depth;
        }
        reach = fmin(left > 0 ? w->step[left] : INFINITY,
                     right < w->K ? w->step[right] : INFINITY);
    }
}

/* Replaces the distances by depths. */
static void write_depths(walk *w)
{
    const int64_t K = w->K;
    for (int64_t t = 1; t < K; t++) {
        w->depth[t] = depth_at(w, t);
    }
    for (int64_t s = 0; s < K; s++) {
        const double before = s > 0 ? w->depth[s] : 0;
        const double above = s + 1 < K ? fmax(before, w->depth[s + 1]) : before;
        double shared = INFINITY;
        w->distances[w->order[s] * (K + 1)] = above + 1;
        for (int64_t t = s + 1; t < K; t++) {
            shared = fmin(shared, w->depth[t]);
            w->distances[w->order[s] * K + w->order[t]] = shared;
            w->distances[w->order[t] * K + w->order[s]] = shared;
        }
    }
}

merit_status merit__scores_tree(double *depths, const merit_scores *scores,
                                const char *who, const char *instead, merit_error *err)
{
    merit_status status = MERIT_OK;
    const int64_t K = merit_scores_n_truths(scores);
    walk w = {.K = K, .distances = depths};
    double largest = 0;
    MERIT_TRY(merit__scores_distances(depths, scores, who, instead, err));
    for (int64_t k = 0; k < K * K; k++) {
        largest = fmax(largest, fabs(depths[k]));
    }
    w.same = tolerance * largest;
    w.order = merit__alloc_array((size_t)K, sizeof *w.order);
    w.step = merit__alloc_array(2 * (size_t)K, sizeof *w.step);
    if (w.order == NULL || w.step == NULL) {
        MERIT_TRY(merit__fail_memory(err, 3 * (size_t)K * sizeof *w.step, "a tree"));
    }
    w.depth = w.step + K;
    take_nearest_first(&w);
    MERIT_TRY(check_tree(&w, scores, who, instead, err));
    write_depths(&w);
fail:
    merit__free(w.order);
    merit__free(w.step);
    return status;
}
