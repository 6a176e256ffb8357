/* A sample of a safetensors file, in a directory of the tests. */
#ifndef MERIT_TESTS_SAFETENSORS_FIXTURES_H
#define MERIT_TESTS_SAFETENSORS_FIXTURES_H

#include "model/safetensors.h"
#include "safetensors_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <unistd.h>

static char directory[64];
static char path[96];

static const float weights[2][3] = {{0, -1.5F, 3}, {1e-30F, 7, -0.0F}};
static const unsigned char bytes_5[5] = {1, 2, 3, 254, 255};
static const double decode[2] = {1.0 / 3, -2e300};
static const int64_t step[1] = {INT64_C(1) << 40};

static const merit__tensor_view sample_tensors[] = {
    {.name = "1.weight", .dtype = "F32", .n_dims = 2, .dims = {2, 3}, weights, 24},
    {.name = "bytes", .dtype = "U8", .n_dims = 1, .dims = {5}, bytes_5, 5},
    {.name = "decode", .dtype = "F64", .n_dims = 2, .dims = {1, 2}, decode, 16},
    {.name = "a step", .dtype = "I64", .n_dims = 0, .dims = {0}, step, 8},
};
enum { N_TENSORS = sizeof sample_tensors / sizeof sample_tensors[0] };

static const merit__metadata_entry sample_metadata[] = {
    {"net", "conv 32 3, relu"},
    {"format", "merit-test"},
    {"scores", "\tcat\t\"dog\"\ncat\t1\t0.25\n"},
    {"na\xc3\xafve", "\xe2\x9c\x93 \\ / done"},
};
enum { N_METADATA = sizeof sample_metadata / sizeof sample_metadata[0] };

static inline merit_status save_sample(const char *to, char hash[65])
{
    return merit__safetensors_save(to, sample_tensors, N_TENSORS, sample_metadata,
                                   N_METADATA, hash, NULL);
}

static inline int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/merit-safetensors-XXXXXX");
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/file", directory);
    return 0;
}

// Removes all files of the directory and tells how many there were.
static inline int clear_directory(void)
{
    int n = 0;
    DIR *stream = opendir(directory);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char name[320];
            snprintf(name, sizeof name, "%s/%s", directory, entry->d_name);
            unlink(name);
            n++;
        }
    }
    closedir(stream);
    return n;
}

static inline int remove_directory(void **state)
{
    (void)state;
    clear_directory();
    return rmdir(directory);
}

static inline void assert_contains(const char *message, const char *part)
{
    if (strstr(message, part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", message, part);
    }
    assert_null(strchr(message, '\n'));
}

// Loads `path`, which must be refused with a message that names the file and `part`.
static inline void assert_refused(const char *part)
{
    merit_error err = {0};
    merit__safetensors *file = (merit__safetensors *)&err; // must become NULL
    merit_status status = merit__safetensors_load(&file, path, &err);
    if (status != MERIT_EMODEL) {
        fail_msg("%s: status %d, not refused", part, (int)status);
    }
    assert_null(file);
    assert_int_equal(err.code, MERIT_EMODEL);
    assert_contains(err.message, directory);
    assert_contains(err.message, part);
    assert_int_equal(merit__safetensors_load(&file, path, NULL), MERIT_EMODEL);
}

#endif
