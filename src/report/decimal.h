/* Numbers with a fixed count of decimals, the same in every locale. */
#ifndef MERIT_REPORT_DECIMAL_H
#define MERIT_REPORT_DECIMAL_H

#include "base/number.h"

typedef struct merit__decimal {
    char text[MERIT__NUMBER_BYTES];
} merit__decimal;

/* The finite value rounded to 0 <= decimals <= 12 places: "-0.25", never "-0.00". Where
 * that would have more than 9 characters, as "1.235e+12". */
merit__decimal merit__decimal_of(double value, int decimals);

#endif
