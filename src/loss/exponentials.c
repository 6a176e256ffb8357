#include "loss/exponentials.h"

#include <math.h>

#include "base/fast_exp.h"

enum { LANES = 4 };

/* Exponentials of four numbers; those that no float can hold are none of any size. */
static void four_exponentials(double *e, const double *x)
{
    merit__four_widen(e, merit__fast_exp(merit__four_narrow(x)));
}

void merit__exponentials(double *e, const double *x, int64_t n, int is_fast)
{
    int64_t i = 0;
    for (; is_fast && i + LANES <= n; i += LANES) {
        four_exponentials(e + i, x + i);
    }
    for (; i < n; i++) {
        e[i] = exp(x[i]);
    }
}

/* 1 - exp(x) by the first terms of the series, of which the next is 1e-9 of it, for
 * x > -1/2; else 1 - e. */
static double missing_of_1(double x, double e)
{
    const double s = x > -0.5 ? x : -0.5;
    double series = 1 + s / 8;
    series = 1 + s * (1.0 / 7) * series;
    series = 1 + s * (1.0 / 6) * series;
    series = 1 + s * (1.0 / 5) * series;
    series = 1 + s * (1.0 / 4) * series;
    series = 1 + s * (1.0 / 3) * series;
    series = 1 + s * (1.0 / 2) * series;
    return x > -0.5 ? -s * series : 1 - e;
}

void merit__missing_of_1(double *out, const double *x, int64_t n, int is_fast)
{
    int64_t i = 0;
    for (; is_fast && i + LANES <= n; i += LANES) {
        double e[LANES];
        four_exponentials(e, x + i);
        for (int lane = 0; lane < LANES; lane++) {
            out[i + lane] = missing_of_1(x[i + lane], e[lane]);
        }
    }
    for (; i < n; i++) {
        out[i] = -expm1(x[i]);
    }
}

double merit__add_up(double before, const double *x, int64_t n, int is_fast)
{
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; is_fast && i + LANES <= n; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            lane[j] += x[i + j];
        }
    }
    before += (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (; i < n; i++) {
        before += x[i];
    }
    return before;
}
