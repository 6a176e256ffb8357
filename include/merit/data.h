/* Examples to learn from: features, labels, splits.
 *
 *     merit_dataset *data;
 *     merit_dataset_load(&data, "train-images-idx3-ubyte.gz", NULL, &err);
 *     merit_dataset_free(data);
 *
 * Each example is C x H x W numbers. Pixels stay bytes in memory. */
#ifndef MERIT_DATA_H
#define MERIT_DATA_H

#include "merit/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_dataset merit_dataset;

/* Zero is the default of every field. */
typedef struct merit_dataset_options {
    const char *labels;     // file of labels (IDX or .npy); NULL: found beside
                            // (images-idx3 -> labels-idx1), or none
    int32_t no_labels;      // non-zero: do not look for labels
    int32_t allow_trailing; // non-zero: bytes after the data are ignored
    int32_t nonfinite_zero; // non-zero: NaN and infinity become 0
    int64_t first;          // > 0: only the first so many examples
    int64_t max_bytes;      // limit of decoded data; 0: 16 GB
} merit_dataset_options;

/* Loads a data set; the format is recognised by content: IDX (2 to 4 dimensions;
 * N x H x W or N x C x H x W), .npy ([N,F], [N,H,W] or [N,C,H,W]; a .npy of shape
 * [N,F] becomes C = F, H = W = 1), each plain or gzip.
 * Fails with EFORMAT or EUNSUPPORTED (file, byte, expected, found), EIO, ENOMEM.
 * The caller frees *out; NULL on failure. */
MERIT_API merit_status merit_dataset_load(merit_dataset **out, const char *path,
                                          const merit_dataset_options *options,
                                          merit_error *err);

/* Frees it; NULL is allowed. Subsets keep what they share alive. */
MERIT_API void merit_dataset_free(merit_dataset *data);

/* The examples index[0..n) of `data`, in that order, without copying features. */
MERIT_API merit_status merit_dataset_subset(merit_dataset **out,
                                            const merit_dataset *data,
                                            const int64_t *index, int64_t n,
                                            merit_error *err);

/* Cuts off a random share 0 < fraction < 1 for validation, by seed; both parts keep
 * the order of the data. At least 1 example goes to each part. */
MERIT_API merit_status merit_dataset_split(merit_dataset **train,
                                           merit_dataset **validation,
                                           const merit_dataset *data, double fraction,
                                           uint64_t seed, merit_error *err);

/* The number of examples, N. */
MERIT_API int64_t merit_dataset_n(const merit_dataset *data);

/* *channels, *height, *width of every example. */
MERIT_API void merit_dataset_shape(const merit_dataset *data, int64_t *channels,
                                   int64_t *height, int64_t *width);

/* The numbers of example 0 <= example < N, [C,H,W], as they stand in the file. */
MERIT_API void merit_dataset_example(const merit_dataset *data, int64_t example,
                                     float *values);

/* Labels [N] >= 0 in the order of the data; NULL when there are none. Borrowed. */
MERIT_API const int32_t *merit_dataset_labels(const merit_dataset *data);

/* The largest label + 1; 0 without labels. */
MERIT_API int64_t merit_dataset_n_classes(const merit_dataset *data);

/* The path of the features as given. Borrowed. */
MERIT_API const char *merit_dataset_path(const merit_dataset *data);

/* As above, of the labels; "" without. Borrowed. */
MERIT_API const char *merit_dataset_labels_path(const merit_dataset *data);

/* SHA-256 of shape, features and labels as 64 hex digits and a 0. */
MERIT_API void merit_dataset_fingerprint(const merit_dataset *data, char hex[65]);

/* How many notes there are: what the data could be warned about (all one label, all
 * examples the same). */
MERIT_API int64_t merit_dataset_n_notes(const merit_dataset *data);

/* Note 0 <= index < n_notes, one sentence. Borrowed. */
MERIT_API const char *merit_dataset_note(const merit_dataset *data, int64_t index);

/* Reads a whole file, plain or gzip, "-" for standard input, of at most limit bytes
 * after decompression, into text with a 0 after it. Free with merit_text_free. */
MERIT_API merit_status merit_text_read(char **text, size_t *n_bytes, const char *path,
                                       size_t limit, merit_error *err);

/* A numeric array from a .npy file (plain or gzip), as float or int32. */
typedef struct merit_array {
    int64_t n_dims;
    int64_t dims[8];
    float *values;   // set for merit_array_load
    int32_t *labels; // set for merit_labels_load
} merit_array;

/* Loads any real .npy array as float. */
MERIT_API merit_status merit_array_load(merit_array *out, const char *path,
                                        merit_error *err);

/* Loads labels from .npy (integers, or floats that are whole) or IDX (1 dimension). */
MERIT_API merit_status merit_labels_load(merit_array *out, const char *path,
                                         merit_error *err);

/* Frees what the load put into it. */
MERIT_API void merit_array_dispose(merit_array *array);

/* Writes a float array [dims] as .npy, atomically. */
MERIT_API merit_status merit_array_save(const char *path, const float *values,
                                        const int64_t *dims, int64_t n_dims,
                                        merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
