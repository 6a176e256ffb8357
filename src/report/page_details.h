/* How a run was made: configuration and provenance. */
#ifndef MERIT_REPORT_PAGE_DETAILS_H
#define MERIT_REPORT_PAGE_DETAILS_H

#include "merit/runs.h"
#include "report/examined.h"
#include "report/xml.h"

/* Adds a heading and the members of a configuration, a file of JSON in the directory.
 * EFORMAT, EIO, ENOMEM. */
merit_status merit__page_config_add(merit__xml *xml, const char *directory,
                                    const char *file, merit_error *err);

/* Adds the section. `model` and `examined` may be NULL. EFORMAT, EIO of config.json. */
merit_status merit__page_details_add(merit__xml *xml, const merit_run *run,
                                     const merit_model *model,
                                     const merit__examined *examined, merit_error *err);

#endif
