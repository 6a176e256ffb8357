/* Fuzz target of the PNG decoder: the bytes as they come, and with the right checksum
 * behind each chunk. */
#include "fuzz_picture.h"

#include <string.h>
#include <zlib.h>

enum { SIGNATURE_BYTES = 8, AROUND_BYTES = 12 }; // length, kind and checksum of a chunk

extern const merit__picture_format merit__picture_png;

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void seal(uint8_t *data, size_t n_bytes)
{
    size_t at = SIGNATURE_BYTES;
    while (n_bytes - at >= AROUND_BYTES) {
        const size_t n = big_endian(data + at);
        if (n > n_bytes - at - AROUND_BYTES) {
            return;
        }
        const uint32_t sum = (uint32_t)crc32(0, data + at + 4, (uInt)n + 4);
        for (int i = 0; i < 4; i++) {
            data[at + 8 + n + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += n + AROUND_BYTES;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    fuzz_picture(&merit__picture_png, data, n_bytes);
    if (n_bytes < SIGNATURE_BYTES) {
        return 0;
    }
    uint8_t *copy = malloc(n_bytes);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, n_bytes);
    seal(copy, n_bytes);
    fuzz_picture(&merit__picture_png, copy, n_bytes);
    free(copy);
    return 0;
}
