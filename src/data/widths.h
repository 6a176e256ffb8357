/* How wide windows of sequences are computed: not all as wide as the longest, since
 * what lies behind the end of a sequence costs as much as what lies before it. */
#ifndef MERIT_DATA_WIDTHS_H
#define MERIT_DATA_WIDTHS_H

#include "data/dataset.h"

enum { MERIT__WIDTHS_MOST = 6 };

/* Of sequences: multiples of a step, rising; the last one holds every window. Of other
 * data: their one width. */
typedef struct merit__widths {
    int64_t n;
    int64_t width[MERIT__WIDTHS_MOST];
} merit__widths;

/* Of data with sequences, chooses as many as pay: each further one saves at least 4 % of all positions, or
 * there is one less. None is below `least`. */
void merit__widths_choose(merit__widths *out, const merit_dataset *data, int64_t step,
                          int64_t least);

/* The place among the widths of the narrowest one that holds unit u of the data. */
int64_t merit__widths_find(const merit__widths *widths, const merit_dataset *data,
                           int64_t u);

#endif
