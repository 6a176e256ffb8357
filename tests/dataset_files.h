/* Data sets for tests: made from a few bytes, loaded, compared with what went in. */
#ifndef MERIT_TESTS_DATASET_FILES_H
#define MERIT_TESTS_DATASET_FILES_H

#include "data_files.h"

#include "data/batch.h"
#include "merit/data.h"

/* The paths of the two files that most tests write again and again. */
static char images[PATH_BYTES], labels[PATH_BYTES];

static inline int set_up(void **state)
{
    int result = make_data_folder(state);
    data_path(images, "examples");
    data_path(labels, "labels");
    return result;
}

static inline merit_dataset *load(const char *path,
                                  const merit_dataset_options *options)
{
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    if (merit_dataset_load(&data, path, options, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    assert_non_null(data);
    return data;
}

static inline void expect_failure(const char *path,
                                  const merit_dataset_options *options,
                                  merit_status wanted, const char *text)
{
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    merit_status status = merit_dataset_load(&data, path, options, &err);
    assert_null(data);
    if (status != wanted || strstr(err.message, text) == NULL) {
        fail_msg("status %d, \"%s\"; expected %d and \"%s\"", (int)status, err.message,
                 (int)wanted, text);
    }
}

static inline void expect_shape(const merit_dataset *data, int64_t n, int64_t channels,
                                int64_t height, int64_t width)
{
    int64_t shape[3];
    merit_dataset_shape(data, &shape[0], &shape[1], &shape[2]);
    assert_int_equal(merit_dataset_n(data), n);
    assert_int_equal(shape[0], channels);
    assert_int_equal(shape[1], height);
    assert_int_equal(shape[2], width);
}

// The features of example i as they were read: normalised by nothing.
static inline void get_features(const merit_dataset *data, int64_t i, float *features)
{
    float zeros[64] = {0};
    float ones[64];
    int64_t shape[3];
    for (int c = 0; c < 64; c++) {
        ones[c] = 1;
    }
    merit_dataset_shape(data, &shape[0], &shape[1], &shape[2]);
    assert_true(shape[0] <= 64);
    const merit__normalisation nothing = {shape[0], zeros, ones};
    assert_int_equal(
        merit__batch_fill(features, data, &i, 1, &nothing, NULL, 0, 0, NULL), MERIT_OK);
}

static inline void expect_features(const char *name, const merit_dataset *data,
                                   int64_t i, const float *wanted, size_t n)
{
    float features[64];
    assert_true(n <= 64);
    get_features(data, i, features);
    for (size_t j = 0; j < n; j++) {
        if (features[j] != wanted[j]) {
            fail_msg("%s: example %d, value %zu is %g, expected %g", name, (int)i, j,
                     (double)features[j], (double)wanted[j]);
        }
    }
}

/* Writes labels 0, 1, 2, 0, 1, 2, ... */
static inline void write_labels(const char *path, uint32_t n)
{
    static bytes file;
    start_idx(&file, 0x08, &n, 1);
    for (uint32_t i = 0; i < n; i++) {
        file.at[file.n++] = (unsigned char)(i % 3);
    }
    write_data(path, file.at, file.n);
}

/* n images of 2 x 3 whose bytes count up from 0. */
static inline void make_images(bytes *file, uint32_t n)
{
    const uint32_t dims[3] = {n, 2, 3};
    start_idx(file, 0x08, dims, 3);
    for (uint32_t i = 0; i < 6 * n; i++) {
        file->at[file->n++] = (unsigned char)i;
    }
}

/* Writes such images and their labels; the caller frees. */
static inline merit_dataset *load_counting(uint32_t n)
{
    static bytes file;
    const merit_dataset_options options = {.labels = labels};
    make_images(&file, n);
    write_data(images, file.at, file.n);
    write_labels(labels, n);
    return load(images, &options);
}

#endif
