/* What each answer claims to earn, and what it earned. */
#ifndef MERIT_REPORT_CLAIMS_CHART_H
#define MERIT_REPORT_CLAIMS_CHART_H

#include "report/examined.h"
#include "report/xml.h"

/* Adds the figure and the table behind it. ENOMEM. */
merit_status merit__claims_chart_add(merit__xml *xml, const merit__examined *examined,
                                     merit_error *err);

#endif
