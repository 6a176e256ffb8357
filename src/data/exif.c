#include "data/exif.h"

#include <stdint.h>
#include <string.h>

enum { ORIENTATION_TAG = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12, UPRIGHT = 1 };

/* EXIF data with its byte order. Reading beyond the end gives 0. */
typedef struct tiff {
    const unsigned char *data;
    size_t n_bytes;
    int is_big_endian;
} tiff;

static uint32_t number(const tiff *t, size_t at, size_t n)
{
    uint32_t value = 0;
    if (at > t->n_bytes || t->n_bytes - at < n) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = t->is_big_endian ? at + i : at + n - 1 - i;
        value = value << 8 | t->data[from];
    }
    return value;
}

/*     "II*\0" or "MM\0*"   offset of the first directory: 4 bytes
 *     directory: number of entries: 2 bytes, then of each
 *         tag: 2, type: 2, count: 4, value or its offset: 4 bytes */
int merit__exif_orientation(const unsigned char *data, size_t n_bytes)
{
    tiff t = {.data = data, .n_bytes = n_bytes};
    if (n_bytes < 8) {
        return UPRIGHT;
    }
    t.is_big_endian = memcmp(data, "MM\0*", 4) == 0;
    if (!t.is_big_endian && memcmp(data, "II*\0", 4) != 0) {
        return UPRIGHT;
    }
    size_t at = number(&t, 4, 4);
    uint32_t n_entries = number(&t, at, 2);
    at += 2;
    for (uint32_t i = 0; i < n_entries && at < n_bytes; i++, at += ENTRY_BYTES) {
        if (number(&t, at, 2) == ORIENTATION_TAG &&
            number(&t, at + 2, 2) == TYPE_SHORT && number(&t, at + 4, 4) == 1) {
            uint32_t value = number(&t, at + 8, 2);
            return value >= 1 && value <= 8 ? (int)value : UPRIGHT;
        }
    }
    return UPRIGHT;
}
