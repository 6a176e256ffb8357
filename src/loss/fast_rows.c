#include "loss/fast_rows.h"

#include <math.h>

#include "base/fast_exp.h"

/* Sums run in lanes, LANES at once, so that the bits do not depend on the processor.
 * Double sums are taken every BLOCK numbers. */
typedef merit__four four;
typedef merit__four_bits four_bits;

enum { LANES = 8, BLOCK = 512 };

/* Beyond these, sums and products might not fit a float. */
static const double largest_factor = 1e30, largest_margin = 1e6;
static const float largest_logit = 1e30F;

static four load(const float *from)
{
    return merit__four_load(from);
}

static void store(float *to, four x)
{
    merit__four_store(to, x);
}

static four all(float x)
{
    return merit__four_of(x);
}

/* What the softmax is of: logits, with margins where the loss has them. */
static four inputs_at(const merit__fast_row *row, int64_t j, float margin)
{
    const four z = load(row->logits + j);
    return row->kind == MERIT__FAST_MARGIN
               ? z + all(margin) * (all(row->top) - load(row->table + j))
               : z;
}

static float input_at(const merit__fast_row *row, int64_t j, float margin)
{
    return row->kind == MERIT__FAST_MARGIN
               ? row->logits[j] + margin * (row->top - row->table[j])
               : row->logits[j];
}

/* The largest input. Returns 0 where one is too large or no number. */
static int find_largest(float *largest, const merit__fast_row *row, float margin)
{
    four most = all(-INFINITY);
    four_bits is_good = {-1, -1, -1, -1};
    int64_t j = 0;
    for (; j + 4 <= row->n; j += 4) {
        const four z = load(row->logits + j);
        const four x = inputs_at(row, j, margin);
        const four_bits is_more = x > most;
        is_good &= (z < all(largest_logit)) & (z > all(-largest_logit)); // 0 for NaN
        most = merit__four_choose(is_more, x, most);
    }
    *largest = fmaxf(fmaxf(most[0], most[1]), fmaxf(most[2], most[3]));
    int all_good = is_good[0] & is_good[1] & is_good[2] & is_good[3];
    for (; j < row->n; j++) {
        *largest = fmaxf(*largest, input_at(row, j, margin));
        all_good = all_good && fabsf(row->logits[j]) < largest_logit;
    }
    return all_good != 0;
}

/* Sums of exp(x - largest), and of the table under it. */
typedef struct sums {
    double total, earned;
} sums;

static double add_up(four a, four b)
{
    const four c = a + b;
    return ((double)c[0] + (double)c[1]) + ((double)c[2] + (double)c[3]);
}

/* Numbers from .. to - 1, to - from a multiple of LANES; e [K] or NULL. */
static void sum_block(sums *out, float *e, const merit__fast_row *row, int64_t from,
                      int64_t to, float margin, float largest)
{
    four total[2] = {{0}};
    four earned[2] = {{0}};
    for (int64_t j = from; j < to; j += LANES) {
        for (int64_t half = 0; half < 2; half++) {
            const int64_t at = j + 4 * half;
            const four x = merit__fast_exp(inputs_at(row, at, margin) - all(largest));
            total[half] += x;
            if (row->kind == MERIT__FAST_EXPECTED) {
                earned[half] += x * load(row->table + at);
            }
            if (e != NULL) {
                store(e + at, x);
            }
        }
    }
    out->total += add_up(total[0], total[1]);
    out->earned += add_up(earned[0], earned[1]);
}

static sums sum_all(float *e, const merit__fast_row *row, float margin, float largest)
{
    sums out = {0};
    int64_t j = 0;
    while (j + LANES <= row->n) {
        const int64_t left = (row->n - j) / LANES * LANES;
        const int64_t to = j + (left < BLOCK ? left : BLOCK);
        sum_block(&out, e, row, j, to, margin, largest);
        j = to;
    }
    for (; j < row->n; j++) {
        const float x = expf(input_at(row, j, margin) - largest);
        out.total += (double)x;
        out.earned += row->table == NULL ? 0 : (double)x * (double)row->table[j];
        if (e != NULL) {
            e[j] = x;
        }
    }
    return out;
}

/* e, the exponentials, become the gradient: of a cross entropy, before its target. */
static void scale(float *e, int64_t n, float factor)
{
    int64_t j = 0;
    for (; j + 4 <= n; j += 4) {
        store(e + j, load(e + j) * all(factor));
    }
    for (; j < n; j++) {
        e[j] *= factor;
    }
}

/* e becomes factor e (mean - s). */
static void weigh(float *e, const merit__fast_row *row, float factor, float mean)
{
    int64_t j = 0;
    for (; j + 4 <= row->n; j += 4) {
        store(e + j, load(e + j) * all(factor) * (all(mean) - load(row->table + j)));
    }
    for (; j < row->n; j++) {
        e[j] *= factor * (mean - row->table[j]);
    }
}

int merit__fast_row_eval(double *value, float *dlogits, const merit__fast_row *row)
{
    const float margin = (float)row->margin;
    float largest = 0;
    if (!(fabs(row->factor) < largest_factor) || !(row->range < largest_margin) ||
        (row->kind == MERIT__FAST_MARGIN && !(row->margin < largest_margin)) ||
        !find_largest(&largest, row, margin)) {
        return 0;
    }
    const sums sum = sum_all(dlogits, row, margin, largest);
    if (row->kind == MERIT__FAST_EXPECTED) {
        const double mean = sum.earned / sum.total;
        *value = -mean;
        if (dlogits != NULL) {
            weigh(dlogits, row, (float)(row->factor / sum.total), (float)mean);
        }
        return 1;
    }
    *value = (double)largest - (double)row->logits[row->hot] + log(sum.total);
    if (dlogits != NULL) {
        scale(dlogits, row->n, (float)(row->factor / sum.total));
        // Exact also where the model is sure: what is left of 1 is what others have.
        dlogits[row->hot] -= (float)row->factor;
    }
    return 1;
}
