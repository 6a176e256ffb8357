/* How many processors this process may use. */
#ifndef MERIT_BASE_PROCESSORS_H
#define MERIT_BASE_PROCESSORS_H

#include <stdint.h>

/* 1 to 1024: the processors that the scheduler gives us, not all of the machine. */
int64_t merit__processors(void);

#endif
