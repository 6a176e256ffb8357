/* The safetensors container: 8 bytes length, a JSON header, raw tensors. */
#ifndef MERIT_MODEL_SAFETENSORS_H
#define MERIT_MODEL_SAFETENSORS_H

#include "merit/error.h"

typedef struct merit__tensor_view {
    const char *name;
    char dtype[8]; // "F32", "F64", "I64", "U8"
    int64_t n_dims;
    int64_t dims[8];
    const void *data;
    size_t n_bytes;
} merit__tensor_view;

typedef struct merit__metadata_entry {
    const char *key, *value; // UTF-8
} merit__metadata_entry;

/* Writes the file atomically. Tensors in the given order, one after the other, from a
 * 64-byte boundary on (the format allows no holes); each `data` is aligned for its
 * type. "sha256" is added to the metadata: of the sorted other metadata and of every
 * tensor (name, dtype, shape, bytes). The bytes depend on the arguments only. Refuses
 * numbers that are not finite with ENUMERIC, naming the tensor; ENOMEM names a limit of
 * the format (header 1 MB, 10,000 tensors). hash (NULL allowed) gets the SHA-256 as 64
 * hex digits and a 0. */
merit_status
merit__safetensors_save(const char *path, const merit__tensor_view *tensors,
                        size_t n_tensors, const merit__metadata_entry *metadata,
                        size_t n_metadata, char hash[65], merit_error *err);

/* The bytes of the header that merit__safetensors_save would write, or refuse for its
 * length. Does not look at the data of tensors. ENOMEM without memory or for too many
 * tensors. */
merit_status merit__safetensors_measure(size_t *n_bytes,
                                        const merit__tensor_view *tensors,
                                        size_t n_tensors,
                                        const merit__metadata_entry *metadata,
                                        size_t n_metadata, merit_error *err);

/* A file read into memory and verified: a regular file, bounds, order, overlap, sizes,
 * no unknown dtype, no trailing bytes, SHA-256, finite numbers. Each tensor is 64-byte
 * aligned. EMODEL names file, place, expected and found. Never takes more memory than
 * the header may need (1 MB of JSON) and the size of the file. */
typedef struct merit__safetensors merit__safetensors;
merit_status merit__safetensors_load(merit__safetensors **out, const char *path,
                                     merit_error *err);
void merit__safetensors_free(merit__safetensors *file);

/* NULL when there is none of that name. Borrowed. */
const merit__tensor_view *merit__safetensors_tensor(const merit__safetensors *file,
                                                    const char *name);
const char *merit__safetensors_metadata(const merit__safetensors *file,
                                        const char *key);

/* The tensor of that name, type and number of values; EMODEL says what is there. */
merit_status merit__safetensors_expect(const merit__tensor_view **out,
                                       const merit__safetensors *file, const char *name,
                                       const char *dtype, int64_t n_values,
                                       merit_error *err);

/* Frees the tensors and keeps the metadata. Views of tensors end here. */
void merit__safetensors_drop_tensors(merit__safetensors *file);

#endif
