/* Where labels go that must not overlap. */
#ifndef MERIT_REPORT_LABEL_PLACES_H
#define MERIT_REPORT_LABEL_PLACES_H

#include <stddef.h>

typedef struct merit__label_place {
    double wanted; // where the middle of the label would best be
    double height; // > 0
    double middle; // where it is to be
} merit__label_place;

/* Sets the middles of places[0..n): one below the other in the order given, not
 * overlapping, within top..bottom, and as near to what is wanted as that allows, in
 * least squares. The heights together are at most bottom - top. */
void merit__label_places_set(merit__label_place *places, size_t n, double top,
                             double bottom);

#endif
