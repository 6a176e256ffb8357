/* Many tests at once. */
#ifndef MERIT_COMPARE_HOLM_H
#define MERIT_COMPARE_HOLM_H

#include "merit/error.h"

/* Raises p[0..n) so that all that are then below a level may be called differences: the
 * chance that any of those is none stays below that level, whatever else is true
 * (S. Holm 1979, "A simple sequentially rejective multiple test procedure"). ENOMEM. */
merit_status merit__holm(double *p, int64_t n, merit_error *err);

#endif
