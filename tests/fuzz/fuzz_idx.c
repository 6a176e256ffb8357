/* Fuzz target of the IDX reader. */
#include "fuzz_reader.h"

extern const merit__reader merit__reader_idx;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    return fuzz_reader(&merit__reader_idx, data, n_bytes);
}
