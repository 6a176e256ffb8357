#include "data/element.h"

#include <stdint.h>
#include <string.h>

// memcpy: the numbers of a file are bytes, without the alignment of their type.
#define CONVERT(suffix, type)                                                          \
    static void float_from_##suffix(float *out, const unsigned char *raw, size_t n)    \
    {                                                                                  \
        for (size_t i = 0; i < n; i++) {                                               \
            type value;                                                                \
            memcpy(&value, raw + i * sizeof value, sizeof value);                      \
            out[i] = (float)value;                                                     \
        }                                                                              \
    }                                                                                  \
    static void double_from_##suffix(double *out, const unsigned char *raw, size_t n)  \
    {                                                                                  \
        for (size_t i = 0; i < n; i++) {                                               \
            type value;                                                                \
            memcpy(&value, raw + i * sizeof value, sizeof value);                      \
            out[i] = (double)value;                                                    \
        }                                                                              \
    }

CONVERT(i1, int8_t)
CONVERT(i2, int16_t)
CONVERT(i4, int32_t)
CONVERT(i8, int64_t)
CONVERT(u1, uint8_t)
CONVERT(u2, uint16_t)
CONVERT(u4, uint32_t)
CONVERT(u8, uint64_t)
CONVERT(f4, float)
CONVERT(f8, double)

static const merit__element elements[] = {
    {'b', 1, float_from_u1, double_from_u1}, {'i', 1, float_from_i1, double_from_i1},
    {'i', 2, float_from_i2, double_from_i2}, {'i', 4, float_from_i4, double_from_i4},
    {'i', 8, float_from_i8, double_from_i8}, {'u', 1, float_from_u1, double_from_u1},
    {'u', 2, float_from_u2, double_from_u2}, {'u', 4, float_from_u4, double_from_u4},
    {'u', 8, float_from_u8, double_from_u8}, {'f', 4, float_from_f4, double_from_f4},
    {'f', 8, float_from_f8, double_from_f8},
};

const merit__element *merit__element_find(char kind, size_t n_bytes)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        if (elements[i].kind == kind && elements[i].n_bytes == n_bytes) {
            return &elements[i];
        }
    }
    return NULL;
}

int merit__element_is_byte(const merit__element *element)
{
    return element->n_bytes == 1 && element->kind != 'i';
}

void merit__swap_bytes(unsigned char *raw, size_t n, size_t n_bytes)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char *number = raw + i * n_bytes;
        for (size_t j = 0; j < n_bytes / 2; j++) {
            unsigned char first = number[j];
            number[j] = number[n_bytes - 1 - j];
            number[n_bytes - 1 - j] = first;
        }
    }
}

int merit__is_big_endian(void)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}
