/* The score table as a heat map. */
#ifndef MERIT_REPORT_SCORES_MAP_H
#define MERIT_REPORT_SCORES_MAP_H

#include "report/heat_map.h"

/* Adds the picture `id`; with a style of its own where it stands alone. */
merit_status merit__scores_map_add(merit__xml *xml, const merit_scores *scores,
                                   const char *id, int is_alone, merit_error *err);

/* The width of that picture, in pixels. */
double merit__scores_map_width(const merit_scores *scores);

#endif
