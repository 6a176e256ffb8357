/* How far a long piece of work is, where a line can be written over. */
#ifndef MERIT_CLI_GAUGE_H
#define MERIT_CLI_GAUGE_H

#include "cli_line.h"

#include <stdint.h>

/* "decoding pictures  [=====>    ]  48 %  9,600 of 20,000  12 s left", as far as it
 * fits; nothing where it would take a line each time. n is 0 and seconds_left negative
 * when nobody knows. */
void merit__gauge_show(merit__line *line, const char *what, int64_t n_done, int64_t n,
                       double seconds_left);

#endif
