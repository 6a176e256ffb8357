/* What the tests of training share: a folder of their own, small data, a score table.
 */
#ifndef MERIT_TESTS_TRAIN_FIXTURES_H
#define MERIT_TESTS_TRAIN_FIXTURES_H

#include "base/random.h"
#include "data_files.h"
#include "merit/data.h"
#include "merit/scores.h"

#include <ftw.h>
#include <sys/stat.h>

static inline int remove_one(const char *path, const struct stat *about, int kind,
                             struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Removes a file or a folder with all that is in it. */
static inline void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline int remove_data_tree(void **state)
{
    (void)state;
    remove_tree(data_folder);
    return 0;
}

/* A number in 0 .. n - 1, always the same for the same arguments. */
static inline uint32_t draw(uint32_t seed, uint32_t index, uint32_t n)
{
    uint32_t words[4];
    merit__random(words, seed, 99, index, 0, 0);
    return merit__below(words[0], n);
}

/* Writes NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte: n noisy pictures of
 * side x side in n_classes classes, which differ in the row that is bright. */
static inline void write_pictures(const char *name, int64_t n, int64_t side,
                                  int64_t n_classes)
{
    static bytes images, labels;
    char path[PATH_BYTES], file[64];
    start_idx(&images, 8,
              (const uint32_t[]){(uint32_t)n, (uint32_t)side, (uint32_t)side}, 3);
    start_idx(&labels, 8, (const uint32_t[]){(uint32_t)n}, 1);
    uint32_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        unsigned char label = (unsigned char)draw(5, (uint32_t)i, (uint32_t)n_classes);
        add_bytes_to(&labels, &label, 1);
        for (int64_t y = 0; y < side; y++) {
            for (int64_t x = 0; x < side; x++) {
                uint32_t light = draw(6, at++, 160) + (y == label % side ? 60 : 0);
                unsigned char pixel = (unsigned char)light;
                add_bytes_to(&images, &pixel, 1);
            }
        }
    }
    snprintf(file, sizeof file, "%s-images-idx3-ubyte", name);
    write_data(data_path(path, file), images.at, images.n);
    snprintf(file, sizeof file, "%s-labels-idx1-ubyte", name);
    write_data(data_path(path, file), labels.at, labels.n);
}

/* Loads what write_pictures wrote. */
static inline merit_dataset *load_pictures(const char *name)
{
    char path[PATH_BYTES], file[64];
    merit_dataset *data;
    merit_error err = {0};
    snprintf(file, sizeof file, "%s-images-idx3-ubyte", name);
    if (merit_dataset_load(&data, data_path(path, file), NULL, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

static inline merit_dataset *make_pictures(const char *name, int64_t n, int64_t side,
                                           int64_t n_classes)
{
    write_pictures(name, n, side, n_classes);
    return load_pictures(name);
}

/* Right earns 2, the class after it 1, any other -1: not symmetric. */
static inline merit_scores *make_table(int64_t n_classes)
{
    double *values = test_calloc((size_t)(n_classes * n_classes), sizeof *values);
    merit_scores *scores;
    merit_error err = {0};
    for (int64_t i = 0; i < n_classes; i++) {
        for (int64_t k = 0; k < n_classes; k++) {
            int64_t ahead = (k - i + n_classes) % n_classes;
            values[i * n_classes + k] = ahead == 0 ? 2 : ahead == 1 ? 1 : -1;
        }
    }
    if (merit_scores_create(&scores, n_classes, n_classes, values, NULL, &err) !=
        MERIT_OK) {
        fail_msg("%s", err.message);
    }
    test_free(values);
    return scores;
}

/* The whole of a file, for comparisons; *n its size. Free with test_free. */
static inline unsigned char *read_data(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    *n = 0;
    if (file == NULL) {
        fail_msg("%s cannot be opened", path);
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    unsigned char *data = test_malloc(*n + 1);
    assert_int_equal(fread(data, 1, *n, file), *n);
    data[*n] = 0;
    fclose(file);
    return data;
}

static inline int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

#endif
