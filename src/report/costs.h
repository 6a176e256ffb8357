/* Which confusions cost the score. */
#ifndef MERIT_REPORT_COSTS_H
#define MERIT_REPORT_COSTS_H

#include "report/examined.h"
#include "report/xml.h"

/* Adds the section: the confusion, coloured by what it cost, and the costliest pairs of
 * a truth and an answer. */
merit_status merit__costs_add(merit__xml *xml, const merit__examined *examined,
                              merit_error *err);

#endif
