/* The score table, and what it teaches. */
#ifndef MERIT_REPORT_PAGE_TABLE_H
#define MERIT_REPORT_PAGE_TABLE_H

#include "merit/scores.h"
#include "report/xml.h"

/* Adds the section: the table as a picture, its numbers, what is found in it. */
merit_status merit__page_table_add(merit__xml *xml, const merit_scores *scores,
                                   merit_error *err);

#endif
