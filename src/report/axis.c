#include "report/axis.h"

#include <math.h>

// What rounding may do to a count of steps.
static const double slack = 1e-6;

/* The smallest of 1, 2 and 5 times a power of ten that is at least `least`. */
static double round_step(double least)
{
    static const double factors[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(least)));
    for (int i = 0; i < 3; i++) {
        if (factors[i] * power >= least * (1 - slack)) {
            return factors[i] * power;
        }
    }
    return 10 * power;
}

/* The decimals that tell apart multiples of a number. */
static int decimals_of(double unit)
{
    double n = -floor(log10(unit) + slack);
    return (int)fmin(fmax(n, 0), 9);
}

merit__axis merit__axis_round(double low, double high, int n_wanted)
{
    static const double least =
        1e-4; // of the size: below it ticks have too many digits
    double size = fmax(fabs(low), fabs(high));
    if (!(high - low > least * size)) {
        double width = size > 0 ? 0.1 * size : 1;
        double middle = low / 2 + high / 2;
        low = middle - width / 2;
        high = middle + width / 2;
    }
    double step = round_step((high - low) / n_wanted);
    return (merit__axis){.low = step * floor(low / step + slack),
                         .high = step * ceil(high / step - slack),
                         .step = step,
                         .decimals = decimals_of(step),
                         .fine = decimals_of(step / 100)};
}

merit__axis merit__axis_whole(double low, double high, int n_wanted)
{
    if (!(high > low)) {
        low -= 0.5;
        high += 0.5;
    }
    double step = round_step(fmax(1, (high - low) / n_wanted));
    return (merit__axis){.low = low, .high = high, .step = step};
}

int64_t merit__axis_first(const merit__axis *axis)
{
    return (int64_t)ceil(axis->low / axis->step - slack);
}

int64_t merit__axis_last(const merit__axis *axis)
{
    return (int64_t)floor(axis->high / axis->step + slack);
}

double merit__axis_pixel(const merit__axis *axis, double value)
{
    double share = (value - axis->low) / (axis->high - axis->low);
    return axis->from + share * (axis->to - axis->from);
}
