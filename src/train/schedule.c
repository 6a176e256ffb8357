#include "train/schedule.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/suggest.h"

static const double pi = 3.14159265358979323846;

/* From 1 at 0 to 0 at 1. */
static double half_cosine(double fraction)
{
    return 0.5 * (1 + cos(pi * fraction));
}

static double constant(double fraction)
{
    (void)fraction;
    return 1;
}

/* Up from 1/10 over the first quarter, then down to 0. */
static double one_cycle(double fraction)
{
    const double warm_up = 0.25, low = 0.1;
    if (fraction < warm_up) {
        return 1 - (1 - low) * half_cosine(fraction / warm_up);
    }
    return half_cosine((fraction - warm_up) / (1 - warm_up));
}

static const struct {
    const char *name;
    merit__schedule schedule;
} table[] = {{"constant", constant}, {"cosine", half_cosine}, {"one-cycle", one_cycle}};
enum { N_SCHEDULES = sizeof table / sizeof *table };

static const char *name_at(const void *context, size_t index)
{
    (void)context;
    return table[index].name;
}

merit_status merit__schedule_find(merit__schedule *out, const char *name,
                                  merit_error *err)
{
    for (size_t i = 0; i < N_SCHEDULES; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *out = table[i].schedule;
            return MERIT_OK;
        }
    }
    char shown[80];
    merit__printable(shown, sizeof shown, name);
    const char *near = merit__suggest(name, name_at, NULL, N_SCHEDULES);
    return merit__fail(err, MERIT_EINVAL,
                       "unknown schedule \"%s\"%s%s%s; there are constant, cosine and "
                       "one-cycle",
                       shown, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}
