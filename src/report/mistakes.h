/* The mistakes that cost the most. */
#ifndef MERIT_REPORT_MISTAKES_H
#define MERIT_REPORT_MISTAKES_H

#include "report/examined.h"
#include "report/xml.h"

enum {
    MERIT__MISTAKES_SHOWN = 24,
    MERIT__MISTAKES_ALIKE = 4 // with the same truth and answer
};

/* Finds at most MERIT__MISTAKES_SHOWN examples that lose most, of the same loss those
 * with the highest claim first, at most MERIT__MISTAKES_ALIKE alike;
 * out [MERIT__MISTAKES_SHOWN]. Returns how many. */
int64_t merit__mistakes_find(int64_t *out, const merit__examined *examined);

/* Adds the section: a picture of each, or a line where an example is no picture. */
merit_status merit__mistakes_add(merit__xml *xml, const merit__examined *examined,
                                 merit_error *err);

#endif
