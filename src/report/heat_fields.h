/* The fields of a heat map: colours, hatching, numbers and what they mean. */
#ifndef MERIT_REPORT_HEAT_FIELDS_H
#define MERIT_REPORT_HEAT_FIELDS_H

#include "report/heat_scale.h"
#include "report/xml.h"

typedef struct merit__heat_fields {
    const double *values;  // [n_rows, n_columns], finite
    const double *numbers; // likewise; NULL: the values
    int64_t n_rows, n_columns;
    double left, top, size; // of the first field, in pixels
    // Set by merit__heat_fields_prepare.
    merit__heat_scale scale;
    int decimals; // of the numbers; -1: they have no room
    int is_tight; // they are written small
    double legend_left;
    int64_t block; // values in a row of those that a field is the mean of; set by hand
} merit__heat_fields;

/* Finds out about the colours and the numbers. */
void merit__heat_fields_prepare(merit__heat_fields *fields);

/* Adds the fields. Without numbers, negative ones are hatched; `id` begins the name of
 * the pattern. */
void merit__heat_fields_draw(merit__xml *xml, const merit__heat_fields *fields,
                             const char *id);

/* Adds the numbers, where they have room. */
void merit__heat_fields_numbers(merit__xml *xml, const merit__heat_fields *fields);

/* Adds the path of the outline of a field, as part of a `d`. */
void merit__heat_fields_outline(merit__xml *xml, const merit__heat_fields *fields,
                                int64_t row, int64_t column);

/* Adds, below y, what the colours mean: `legend`, which is ours, and the ends of the
 * scale; 12 pixels high. */
void merit__heat_fields_legend(merit__xml *xml, const merit__heat_fields *fields,
                               const char *legend, double y);

#endif
