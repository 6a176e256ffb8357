/* What the parts of the safetensors code share: limits, the object, the checksum.
 *
 *     byte 0        8            8 + N                        end of file
 *     | N (uint64) | JSON header | tensor | tensor | ... | tensor |
 *
 * N is little-endian like every number. The header is one object: "__metadata__" maps
 * strings to strings; every other member is a tensor:
 *     "1.weight": {"dtype": "F32", "shape": [32,1,3,3], "data_offsets": [0,1152]}
 * with offsets from byte 8 + N. The tensors follow each other without holes, in the
 * order of the header, up to the end of the file. The header is padded with spaces. */
#ifndef MERIT_MODEL_SAFETENSORS_FILE_H
#define MERIT_MODEL_SAFETENSORS_FILE_H

#include "model/safetensors.h"

#include <jansson.h>

enum {
    MERIT__HEADER_BYTES_LIMIT = 1 << 20,
    MERIT__TENSORS_LIMIT = 10000,
    MERIT__DIMS_LIMIT = 8,
    MERIT__DATA_ALIGNMENT_BYTES = 64
};

struct merit__safetensors {
    char path[96];      // for messages: printable and cut
    json_t *header;     // owns all names, keys and values
    const char *sha256; // as the file says
    size_t n_metadata;
    merit__metadata_entry *metadata; // [n_metadata], sorted by key
    size_t n_tensors;
    merit__tensor_view *tensors;        // [n_tensors], in the order of the file
    const merit__tensor_view **by_name; // [n_tensors], sorted by name
    char *data;                         // all tensors, each 64-byte aligned; or NULL
};

/* Parses a header of n bytes whose tensors must cover exactly n_data_bytes; fills
 * everything but the data. EMODEL names the place. The caller disposes of `file`, also
 * after a failure, with merit__safetensors_free. */
merit_status merit__safetensors_parse(merit__safetensors *file, const char *header,
                                      size_t n, size_t n_data_bytes, merit_error *err);

/* The bytes of a tensor from dtype and dims: at most 8 dims, each from 1 to 2^31 - 1.
 * Returns 0, or -1 when one is out of range or the product overflows. */
int merit__tensor_bytes(size_t *n_bytes, const merit__tensor_view *tensor);

/* The index of the first value that is NaN or infinite; -1 when all are finite. The
 * data must be aligned for its type. */
int64_t merit__tensor_nonfinite(const merit__tensor_view *tensor);

/* The checksum, as 64 hex digits and a 0: SHA-256 of
 *     number of entries, then key, value of each but "sha256", sorted by key;
 *     number of tensors, then name, dtype, number of dims, dims, data of each.
 * Numbers are little-endian uint64; a string or the data is its length in bytes, as
 * such a number, and then the bytes. */
void merit__safetensors_hash(char hash[65], const merit__metadata_entry *sorted,
                             size_t n_metadata, const merit__tensor_view *tensors,
                             size_t n_tensors);

/* Orders entries by key, for qsort and bsearch. */
int merit__metadata_compare(const void *left, const void *right);

#endif
