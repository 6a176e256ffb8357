/* The types a number can have in a file, and their way into memory. */
#ifndef MERIT_DATA_ELEMENT_H
#define MERIT_DATA_ELEMENT_H

#include <stddef.h>

enum { MERIT__ELEMENT_BYTES_MAX = 8 };

/* A type of number in a file of this machine's byte order. */
typedef struct merit__element {
    char kind;      // 'b' boolean, 'i' integer, 'u' unsigned, 'f' IEEE 754
    size_t n_bytes; // 1, 2, 4 or 8
    void (*to_float)(float *out, const unsigned char *raw, size_t n);
    void (*to_double)(double *out, const unsigned char *raw, size_t n);
} merit__element;

/* The type, or NULL when there is none. Static storage. */
const merit__element *merit__element_find(char kind, size_t n_bytes);

/* Non-zero for the types whose values are bytes: u1 and b1. */
int merit__element_is_byte(const merit__element *element);

/* Turns n numbers of n_bytes each from big-endian to little-endian or back. */
void merit__swap_bytes(unsigned char *raw, size_t n, size_t n_bytes);

/* Non-zero when this machine is big-endian. */
int merit__is_big_endian(void);

#endif
