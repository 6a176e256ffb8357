#include "merit/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "metrics/binomial.h"
#include "metrics/interval.h"

enum { SLOTS_AT_FIRST = 256, DISTINCT_MAX = 65536 };

typedef struct difference {
    double value;
    int64_t count; // 0: a free slot
} difference;

/* A hash table with open addressing, never more than half full. */
struct merit_pairs {
    difference *slots; // [n_slots]
    size_t n_slots;    // a power of 2
    size_t n_distinct;
    int64_t n;
};

merit_status merit_pairs_create(merit_pairs **out)
{
    if (out == NULL) {
        return MERIT_EINVAL;
    }
    merit_pairs *pairs = merit__alloc_array(1, sizeof *pairs);
    *out = NULL;
    if (pairs == NULL) {
        return MERIT_ENOMEM;
    }
    pairs->n_slots = SLOTS_AT_FIRST;
    pairs->slots = merit__alloc_array(pairs->n_slots, sizeof *pairs->slots);
    if (pairs->slots == NULL) {
        merit__free(pairs);
        return MERIT_ENOMEM;
    }
    *out = pairs;
    return MERIT_OK;
}

void merit_pairs_free(merit_pairs *pairs)
{
    if (pairs != NULL) {
        merit__free(pairs->slots);
        merit__free(pairs);
    }
}

/* The slot of a value, or the free one where it belongs. */
static difference *find(difference *slots, size_t n_slots, double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    // Multiplied by 2^64 over the golden ratio, whose high bits depend on all of them.
    size_t at = (size_t)((bits * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (n_slots - 1);
    while (slots[at].count > 0 && slots[at].value != value) {
        at = (at + 1) & (n_slots - 1);
    }
    return &slots[at];
}

static merit_status grow(merit_pairs *pairs)
{
    const size_t n_slots = 2 * pairs->n_slots;
    difference *slots = merit__alloc_array(n_slots, sizeof *slots);
    if (slots == NULL) {
        return MERIT_ENOMEM;
    }
    for (size_t i = 0; i < pairs->n_slots; i++) {
        if (pairs->slots[i].count > 0) {
            *find(slots, n_slots, pairs->slots[i].value) = pairs->slots[i];
        }
    }
    merit__free(pairs->slots);
    pairs->slots = slots;
    pairs->n_slots = n_slots;
    return MERIT_OK;
}

static merit_status add_difference(merit_pairs *pairs, double value)
{
    if (!isfinite(value)) {
        return MERIT_ENUMERIC;
    }
    value += 0.0; // -0 is 0
    difference *slot = find(pairs->slots, pairs->n_slots, value);
    if (slot->count == 0) {
        if (pairs->n_distinct == DISTINCT_MAX) {
            return MERIT_ENOMEM;
        }
        if (2 * (pairs->n_distinct + 1) > pairs->n_slots) {
            const merit_status status = grow(pairs);
            if (status != MERIT_OK) {
                return status;
            }
            slot = find(pairs->slots, pairs->n_slots, value);
        }
        slot->value = value;
        pairs->n_distinct++;
    }
    slot->count++;
    pairs->n++;
    return MERIT_OK;
}

merit_status merit_pairs_add(merit_pairs *pairs, const double *a, const double *b,
                             int64_t n)
{
    if (pairs == NULL || n < 0 || (n > 0 && (a == NULL || b == NULL))) {
        return MERIT_EINVAL;
    }
    merit_status status = MERIT_OK;
    for (size_t i = 0; i < (size_t)n && status == MERIT_OK; i++) {
        status = add_difference(pairs, a[i] - b[i]);
    }
    return status;
}

static int compare(const void *left, const void *right)
{
    const double a = ((const difference *)left)->value;
    const double b = ((const difference *)right)->value;
    return (a > b) - (a < b);
}

/* The differences that occur, by size: the result must not depend on their places in
 * the table. [n_distinct], NULL without memory. */
static difference *sorted(const merit_pairs *pairs)
{
    difference *list = merit__alloc_array(pairs->n_distinct, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; list != NULL && i < pairs->n_slots; i++) {
        if (pairs->slots[i].count > 0) {
            list[n++] = pairs->slots[i];
        }
    }
    if (list != NULL) {
        qsort(list, n, sizeof *list, compare);
    }
    return list;
}

/* The mean of n draws with replacement: each difference in turn gets a binomial share
 * of the draws that are left. */
static double resampled_mean(const difference *list, int64_t n, merit__uniforms *random)
{
    int64_t n_examples = n, n_draws = n; // that are left
    double sum = 0;
    for (const difference *d = list; n_draws > 0; d++) {
        const int64_t count = merit__binomial(random, n_draws,
                                              (double)d->count / (double)n_examples);
        sum += (double)count * d->value;
        n_draws -= count;
        n_examples -= d->count;
    }
    return sum / (double)n;
}

merit_status merit_pairs_bootstrap(const merit_pairs *pairs, merit_interval *out,
                                   int64_t n_resamples, double level, uint64_t seed)
{
    if (pairs == NULL || out == NULL ||
        !merit__interval_is_possible(pairs->n, n_resamples, level)) {
        return MERIT_EINVAL;
    }
    const size_t R = (size_t)n_resamples;
    difference *list = sorted(pairs);
    double *means = merit__alloc_array(R, sizeof *means);
    if (list == NULL || means == NULL) {
        merit__free(list);
        merit__free(means);
        return MERIT_ENOMEM;
    }
    for (size_t i = 0; i < R; i++) {
        merit__uniforms random = {
            .seed = seed, .use = MERIT__USE_BOOTSTRAP, .a = (uint32_t)i};
        means[i] = resampled_mean(list, pairs->n, &random);
    }
    out->mean = 0;
    for (size_t i = 0; i < pairs->n_distinct; i++) {
        out->mean += (double)list[i].count * list[i].value;
    }
    out->mean /= (double)pairs->n;
    merit__interval_of_means(out, means, R, level);
    merit__free(list);
    merit__free(means);
    return MERIT_OK;
}
