/* How pictures look: one sheet of styles for all of them. */
#ifndef MERIT_REPORT_CHART_STYLE_H
#define MERIT_REPORT_CHART_STYLE_H

#include "report/xml.h"

/* Adds the rules, without <style>: a page has them once, a picture of its own too. They
 * name elements of SVG and classes, for light and dark screens; print is light. */
void merit__chart_style_add(merit__xml *xml);

/* Opens <svg>, with the ids <id>-title and <id>-desc of what tells the picture in
 * words; the caller adds <title> and <desc> with merit__chart_tell. */
void merit__chart_open(merit__xml *xml, const char *id, double width, double height);

/* Opens <title> or <desc> of the picture `id`; the caller closes it. */
void merit__chart_tell(merit__xml *xml, const char *id, const char *element);

/* Adds a style and paper, for a picture that stands alone. */
void merit__chart_paper(merit__xml *xml, double width, double height);

#endif
