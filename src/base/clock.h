/* Time that passes. */
#ifndef MERIT_BASE_CLOCK_H
#define MERIT_BASE_CLOCK_H

/* Seconds since some fixed moment; changes of the system's clock do not move it. */
double merit__now(void);

#endif
