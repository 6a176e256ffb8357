/* Means and their intervals, one row each. */
#ifndef MERIT_REPORT_INTERVAL_CHART_H
#define MERIT_REPORT_INTERVAL_CHART_H

#include <stdint.h>

#include "merit/error.h"
#include "report/xml.h"

typedef struct merit__interval_row {
    const char *name;     // not ours
    double mean;          // finite
    double low, high;     // NaN: not known
    const double *points; // [n_points] that the mean is of, finite; NULL: none
    int64_t n_points;
    int is_strong; // it is drawn in the strong ink
} merit__interval_row;

typedef struct merit__interval_chart {
    const char *id;      // of the picture
    const char *title;   // ours
    const char *caption; // ours
    double mark;         // a dotted line there; NaN: none
    const char *mark_name;
    const merit__interval_row *rows; // [n] from the top
    int64_t n;                       // > 0
} merit__interval_chart;

/* Adds the figure. Intervals that are far wider than the means are apart are cut. */
void merit__interval_chart_add(merit__xml *xml, const merit__interval_chart *chart);

#endif
