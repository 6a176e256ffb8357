/* The result of a run: what is said first. */
#ifndef MERIT_REPORT_PAGE_RESULT_H
#define MERIT_REPORT_PAGE_RESULT_H

#include "merit/runs.h"
#include "report/examined.h"
#include "report/xml.h"

/* Adds what the run earned: on the examples, or where `examined` is NULL on those that
 * were held out in training, and how to have the rest of the page. */
void merit__page_result_add(merit__xml *xml, const merit_run *run,
                            const merit__examined *examined);

#endif
