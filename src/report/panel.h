/* A small chart of one number against epochs. */
#ifndef MERIT_REPORT_PANEL_H
#define MERIT_REPORT_PANEL_H

#include "merit/runs.h"
#include "report/xml.h"

typedef struct merit__panel {
    const char *id;      // of the picture
    const char *title;   // ours
    const char *caption; // likewise
    int is_percent;      // the number is a share
    int is_log;          // the axis is logarithmic; numbers <= 0 are not drawn
    int is_narrow;       // it is there for narrow pages only
    double low, high;    // of the axis, at least; NaN: whatever the numbers are
    const merit_run *run;
    double (*value)(const merit_run_row *row); // NaN: not known
} merit__panel;

/* Whether any row has such a number. */
int merit__panel_has_numbers(const merit__panel *panel);

/* Adds the figure: the line up to the kept candidate strong, with its first and last
 * number; those of candidates that went on from there and earned no more thin. */
void merit__panel_add(merit__xml *xml, const merit__panel *panel);

#endif
