/* How a run learned. */
#ifndef MERIT_REPORT_PAGE_TRAINING_H
#define MERIT_REPORT_PAGE_TRAINING_H

#include "merit/runs.h"
#include "report/xml.h"

/* Adds the section: learning curves, what is stuck and what is still answered, epoch by
 * epoch, and what explains it. */
merit_status merit__page_training_add(merit__xml *xml, const merit_runs *runs,
                                      merit_error *err);

#endif
