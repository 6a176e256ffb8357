#include "report/label_places.h"

/* The mean of the wanted slack of places[from..to): how far their middles would be
 * below those of a stack that begins at 0, `above` being the heights before `from`. */
static double mean_slack(const merit__label_place *places, size_t from, size_t to,
                         double above)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += places[i].wanted - (above + places[i].height / 2);
        above += places[i].height;
    }
    return sum / (double)(to - from);
}

/* Of the groups that may begin at `from`, the end of the one that wants to be highest:
 * greatest of those on a tie. Groups found so never overlap (isotonic regression). */
static size_t highest_group(const merit__label_place *places, size_t from, size_t n,
                            double above, double *slack)
{
    size_t best = from + 1;
    *slack = mean_slack(places, from, best, above);
    for (size_t to = from + 2; to <= n; to++) {
        double mean = mean_slack(places, from, to, above);
        if (mean <= *slack) {
            *slack = mean;
            best = to;
        }
    }
    return best;
}

void merit__label_places_set(merit__label_place *places, size_t n, double top,
                             double bottom)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += places[i].height;
    }
    double above = 0;
    for (size_t from = 0; from < n;) {
        double slack;
        size_t to = highest_group(places, from, n, above, &slack);
        slack = slack > bottom - total ? bottom - total : slack;
        slack = slack < top ? top : slack;
        for (; from < to; from++) {
            places[from].middle = slack + above + places[from].height / 2;
            above += places[from].height;
        }
    }
}
