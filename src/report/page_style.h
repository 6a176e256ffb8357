/* How a page looks. */
#ifndef MERIT_REPORT_PAGE_STYLE_H
#define MERIT_REPORT_PAGE_STYLE_H

#include "report/xml.h"

/* Adds the rules of the page, without <style>. */
void merit__page_style_add(merit__xml *xml);

#endif
