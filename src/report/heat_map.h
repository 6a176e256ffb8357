/* A matrix of truths and answers as fields of colour. */
#ifndef MERIT_REPORT_HEAT_MAP_H
#define MERIT_REPORT_HEAT_MAP_H

#include "merit/error.h"
#include "merit/scores.h"
#include "report/xml.h"

enum { MERIT__HEAT_MAP_MOST = 128 }; // rows, or columns, that are drawn one by one

/* What is drawn. `values` have [n_rows, n_columns], finite; borrowed. Truth and answer
 * of a row and a column are named by `names`; rows and columns are its first ones, or
 * those listed. A positive value is drawn in one ink and a negative one in another, the
 * thicker the larger; values far from 0, in the ink of their sign from the one nearest
 * to 0 on. Numbers are written where they fit. Where more than MERIT__HEAT_MAP_MOST
 * rows or columns are given, a field is the mean of a square of values. */
typedef struct merit__heat_map {
    const char *id;        // of the picture: lower case letters
    const char *title;     // one line, ours
    const char *legend;    // under the picture, ours
    const char *best;      // what an outlined field is; NULL: none is outlined
    const double *values;  // the colour
    const double *numbers; // what is written; NULL: the values
    const merit_scores *names;
    const int64_t *rows;    // [n_rows] truths; NULL: 0, 1, ...
    const int64_t *columns; // [n_columns] answers; NULL: 0, 1, ...
    int64_t n_rows, n_columns;
} merit__heat_map;

/* Adds the picture; `description` is what a reader hears who does not see it, text that
 * is not ours. With a style of its own where it stands alone. EINVAL for a value that
 * is not finite, ENOMEM. */
merit_status merit__heat_map_draw(merit__xml *xml, const merit__heat_map *map,
                                  const char *description, int is_alone,
                                  merit_error *err);

/* The width of that picture, in pixels. */
double merit__heat_map_width(const merit__heat_map *map);

#endif
