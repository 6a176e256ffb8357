#include "report/heat_scale.h"

#include <math.h>

// Values that all lie so much nearer to each other than to 0 are told apart from their
// own end on.
static const double far_from_zero = 0.5;

merit__heat_scale merit__heat_scale_of(const double *values, int64_t n)
{
    merit__heat_scale scale = {.low = values[0], .high = values[0]};
    for (int64_t i = 1; i < n; i++) {
        scale.low = fmin(scale.low, values[i]);
        scale.high = fmax(scale.high, values[i]);
    }
    if (scale.low > far_from_zero * scale.high) {
        scale.from = scale.low;
    } else if (scale.high < far_from_zero * scale.low) {
        scale.from = scale.high;
    }
    // Halves: the distance of two doubles may be more than the largest.
    scale.reach =
        2 * fmax(scale.high / 2 - scale.from / 2, scale.from / 2 - scale.low / 2);
    if (!(scale.reach > 0)) {
        scale.reach = 1;
    } else if (isinf(scale.reach)) {
        scale.reach = fmax(scale.high, -scale.low);
    }
    return scale;
}

int merit__heat_level(const merit__heat_scale *scale, double value)
{
    double share = (value / scale->reach - scale->from / scale->reach);
    double level = round(share * MERIT__HEAT_LEVELS);
    if (level == 0 && share != 0) {
        level = share > 0 ? 1 : -1; // little is more than nothing
    }
    return (int)fmin(fmax(level, -MERIT__HEAT_LEVELS), MERIT__HEAT_LEVELS);
}
