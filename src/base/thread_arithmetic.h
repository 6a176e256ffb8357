/* How the threads that compute a net do arithmetic. */
#ifndef MERIT_BASE_THREAD_ARITHMETIC_H
#define MERIT_BASE_THREAD_ARITHMETIC_H

/* For the beginning of a thread of ours: rounds to nearest, traps nothing, and takes
 * numbers below the smallest normal one for zero where the processor can, since a loss
 * that saturates makes so many of them that training takes several times as long. */
void merit__thread_arithmetic(void);

#endif
