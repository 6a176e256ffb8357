/* How far a long piece of work is: a line on standard error that is written over, and
 * gone in the end. Where lines cannot be written over, nothing. */
#ifndef MERIT_CLI_GAUGE_H
#define MERIT_CLI_GAUGE_H

#include <stdint.h>

typedef struct merit__gauge {
    int in_place; // a line may be written over
    int is_open;  // such a line stands
} merit__gauge;

merit__gauge merit__gauge_create(void);

/* "decoding pictures  [=====>    ]  48 %  9,600 of 20,000  12 s left", as far as it
 * fits. n is 0 and seconds_left negative when nobody knows. */
void merit__gauge_show(merit__gauge *gauge, const char *what, int64_t n_done, int64_t n,
                       double seconds_left);

/* Takes the line away, so that something else can be written there. */
void merit__gauge_clear(merit__gauge *gauge);

#endif
