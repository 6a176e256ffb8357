/* Fuzz target of the PNG decoder. */
#include "fuzz_picture.h"

extern const merit__picture_format merit__picture_png;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    return fuzz_picture(&merit__picture_png, data, n_bytes);
}
