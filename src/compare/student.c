#include "compare/student.h"

#include <math.h>

// Beyond it the distribution is the normal one to more digits than a double has.
static const double normal_df = 1e12;

static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign); // lgamma writes a global
}

/* log of Gamma(a + 1/2) / Gamma(a); large numbers do not cancel in the series
 * (Abramowitz and Stegun 6.1.40). */
static double log_gamma_ratio(double a)
{
    const double r = 1 / a;
    return a < 1000 ? log_gamma(a + 0.5) - log_gamma(a)
                    : log(a) / 2 - r / 8 + r * r * r / 192;
}

/* The continued fraction of the incomplete beta function, by Lentz's method (Abramowitz
 * and Stegun 26.5.8). It needs about sqrt(max(a, b)) terms where x < (a+1) / (a+b+2).
 */
static double beta_fraction(double a, double b, double x)
{
    enum { MAX_TERMS = 10000000 };
    const double tiny = 1e-300, enough = 1e-15;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < MAX_TERMS; m++) {
        const double terms[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                 -(a + m) * (a + b + m) * x /
                                     ((a + 2 * m) * (a + 2 * m + 1))};
        double change = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + terms[i] / c;
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            value *= change;
        }
        if (fabs(change - 1) < enough) {
            break;
        }
    }
    return value;
}

/* I_x(a, 1/2), the regularised incomplete beta function; y = 1 - x. */
static double beta_share(double a, double x, double y)
{
    const double b = 0.5, log_root_pi = 0.57236494292470008707;
    if (x <= 0 || y <= 0) {
        return x <= 0 ? 0 : 1;
    }
    const double log_x = y < 0.5 ? log1p(-y) : log(x);
    const double front = exp(log_gamma_ratio(a) - log_root_pi + a * log_x + b * log(y));
    if (x < (a + 1) / (a + b + 2)) {
        return front * beta_fraction(a, b, x) / a;
    }
    return 1 - front * beta_fraction(b, a, y) / b;
}

double merit__student_p(double t, double df)
{
    if (df >= normal_df) {
        return erfc(fabs(t) / sqrt(2));
    }
    const double square = t * t;
    if (!isfinite(square)) {
        return isnan(t) ? NAN : 0;
    }
    return beta_share(df / 2, df / (df + square), square / (df + square));
}

double merit__student_quantile(double p, double df)
{
    double low = 0, high = 1;
    while (merit__student_p(high, df) > p && isfinite(high)) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 200 && high - low > 1e-14 * high; i++) {
        const double middle = low + (high - low) / 2;
        if (merit__student_p(middle, df) > p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}
