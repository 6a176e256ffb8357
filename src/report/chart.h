/* A picture of the curves, while it is drawn. */
#ifndef MERIT_REPORT_CHART_H
#define MERIT_REPORT_CHART_H

#include "merit/report.h"
#include "report/axis.h"
#include "report/xml.h"

// The picture, in pixels: lines on the left, their labels on the right.
enum {
    CHART_WIDTH = 720,
    CHART_HEIGHT = 420,
    CHART_LEFT = 58,
    CHART_RIGHT = 458,
    CHART_TOP = 74,
    CHART_BOTTOM = 366,
    CHART_LABELS = 481, // where labels begin
    CHART_COLOURS = 7,
    CHART_DASHES = 4
};

// One line of the picture.
typedef struct merit__chart_line {
    const merit_run *run;
    int64_t run_index;
    int64_t candidate;
    int is_kept;               // the kept candidate's, from the first row on: strong
    const merit_run_row *from; // what another one goes on from; NULL for the kept one
    const merit_run_row *rows; // [n_rows]
    int64_t n_rows;
} merit__chart_line;

typedef struct merit__chart {
    const merit_runs *curves;
    const char *id;           // of the picture
    int is_alone;             // it has a style of its own
    merit__chart_line *lines; // [n_lines]
    size_t n_lines;
    double best_constant; // NaN when the runs do not know it, or do not agree
    merit__axis x, y;
    merit__xml xml;
} merit__chart;

/* Adds the picture of the curves, as merit_curves_svg draws it; with a style of its own
 * where it stands alone. */
merit_status merit__curves_add(merit__xml *xml, const merit_runs *curves,
                               const char *id, int is_alone, merit_error *err);

/* Whether a number can be drawn: finite, and not astronomical. */
int merit__chart_can_draw(double value);

/* The labels beside the ends of the lines. */
merit_status merit__chart_labels(merit__chart *chart, merit_error *err);

/* The attribute of a line's dashes: the last run is drawn solid. */
const char *merit__chart_dashes(const merit__chart *chart,
                                const merit__chart_line *line);

#endif
