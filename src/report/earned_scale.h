/* What was earned, between what a constant answer and the best answers earn. */
#ifndef MERIT_REPORT_EARNED_SCALE_H
#define MERIT_REPORT_EARNED_SCALE_H

#include "report/examined.h"
#include "report/xml.h"

/* Adds the figure, a line from one to the other; nothing where they are the same. */
void merit__earned_scale_add(merit__xml *xml, const merit__examined *examined);

#endif
