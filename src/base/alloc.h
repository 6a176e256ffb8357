/* The one way to memory: overflow-checked, 64-byte aligned, zeroed. */
#ifndef MERIT_BASE_ALLOC_H
#define MERIT_BASE_ALLOC_H

#include <stddef.h>

/* n * size zeroed bytes, 64-byte aligned; NULL, and errno ENOMEM as after malloc, when
 * that overflows or there is no memory. n * size == 0 gives a unique pointer. Free with
 * merit__free. */
void *merit__alloc_array(size_t n, size_t size);

/* Grows *array (NULL allowed) to at least n_wanted elements, at least doubling, and
 * keeps *n_capacity. Returns 0, or -1 with everything unchanged. New bytes are 0. */
int merit__grow_array(void **array, size_t *n_capacity, size_t n_wanted, size_t size);

/* A copy of a string of n bytes, terminated; NULL without memory. */
char *merit__copy_string(const char *text, size_t n);

/* NULL is allowed. */
void merit__free(void *memory);

/* For tests: fail the n-th allocation from now (1 is the next), and all later ones
 * when sticky; n = 0 turns it off. Counts allocations since. */
void merit__alloc_fail_at(long n, int sticky);
long merit__alloc_count(void);

#endif
