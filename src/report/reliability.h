/* Whether the model is right as often as it believes. */
#ifndef MERIT_REPORT_RELIABILITY_H
#define MERIT_REPORT_RELIABILITY_H

#include "report/examined.h"
#include "report/xml.h"

enum { MERIT__RELIABILITY_BINS = 10 };

/* Examples whose most probable class has a belief within ((b/10, (b+1)/10]. */
typedef struct merit__reliability_bin {
    int64_t n;
    double believed;  // mean belief
    double right;     // share in which that class is the truth
    double low, high; // 95 % interval of that share (Wilson 1927)
} merit__reliability_bin;

/* Counts; `bins` [MERIT__RELIABILITY_BINS]. There is a posterior. */
void merit__reliability_count(merit__reliability_bin *bins,
                              const merit__examined *examined);

/* Adds the figure. */
void merit__reliability_add(merit__xml *xml, const merit__examined *examined);

#endif
