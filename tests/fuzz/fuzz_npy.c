/* Fuzz target of the .npy reader. */
#include "fuzz_reader.h"

extern const merit__reader merit__reader_npy;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    return fuzz_reader(&merit__reader_npy, data, n_bytes);
}
