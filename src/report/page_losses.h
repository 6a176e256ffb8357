/* What the losses of a comparison earned. */
#ifndef MERIT_REPORT_PAGE_LOSSES_H
#define MERIT_REPORT_PAGE_LOSSES_H

#include "merit/compare.h"
#include "report/xml.h"

/* Adds who wins, in a sentence; `name` is that of the directory, not ours. */
void merit__page_verdict_add(merit__xml *xml, const merit_comparison *comparison,
                             const char *name);

/* Adds the section of what each loss earned and whether chance explains the
 * differences. ENOMEM. */
merit_status merit__page_losses_add(merit__xml *xml, const merit_comparison *comparison,
                                    merit_error *err);

/* Adds a table of all runs. */
void merit__page_each_run_add(merit__xml *xml, const merit_comparison *comparison);

#endif
