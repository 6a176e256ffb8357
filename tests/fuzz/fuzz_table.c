/* Fuzz target of tables of examples: the same bytes with their labels in several
 * places, as labels, and again as what a model has learned the columns of. */
#include "merit/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void fail_if(int is_bug, const char *what)
{
    if (is_bug) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void check_examples(const merit_dataset *data,
                           const merit_dataset_options *options)
{
    enum { VALUES_MAX = 1 << 12 };
    static float values[VALUES_MAX];
    int64_t c = 0, h = 0, w = 0, n = merit_dataset_n(data);
    const int32_t *labels = merit_dataset_labels(data);
    merit_dataset_shape(data, &c, &h, &w);
    fail_if(n < 1 || c * h * w < 1, "an empty data set");
    for (int64_t i = 0; i < n; i++) {
        fail_if(labels != NULL &&
                    (labels[i] < 0 || labels[i] >= merit_dataset_n_classes(data)),
                "a label that is no class");
        if (c * h * w > VALUES_MAX) {
            continue;
        }
        fail_if(merit_dataset_example(data, i, values, NULL) != MERIT_OK, "no example");
        for (int64_t j = 0; j < c * h * w; j++) {
            fail_if(isinf(values[j]) ||
                        (isnan(values[j]) && options->missing == MERIT_MISSING_REFUSE),
                    "a value that is no number");
        }
    }
}

// A reader answers with a data set or with a message. What it says of the columns must
// do for the same file again.
static void load(const char *path, merit_dataset_options options)
{
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    merit_dataset *again = NULL;
    merit_status status = merit_dataset_load(&data, path, &options, &err);
    fail_if((status == MERIT_OK) != (data != NULL), "data without success");
    if (data == NULL) {
        fail_if(err.code != (int32_t)status || err.message[0] == 0, "no message");
        return;
    }
    check_examples(data, &options);
    options.schema = merit_dataset_schema(data);
    if (options.schema != NULL) {
        status = merit_dataset_load(&again, path, &options, &err);
        fail_if(status != MERIT_OK, err.message);
        fail_if(merit_dataset_n(data) != merit_dataset_n(again), "another number");
    }
    merit_dataset_free(again);
    merit_dataset_free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static const char *const labels[] = {NULL, "1", "-1", "label"};
    static int fd = -1;
    char path[64];
    merit_dataset_options options = {
        .memory_bytes = 1 << 20, .max_bytes = 1 << 20, .max_line_bytes = 1 << 16};
    if (fd < 0) {
        fd = memfd_create("input", MFD_CLOEXEC);
    }
    fail_if(fd < 0 || ftruncate(fd, 0) != 0 ||
                pwrite(fd, data, n_bytes, 0) != (ssize_t)n_bytes,
            "no file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        options.label_column = labels[i];
        options.missing = MERIT_MISSING_REFUSE;
        load(path, options);
        options.missing = MERIT_MISSING_MEAN;
        options.decimal_comma = i % 2 == 0;
        options.signals = 1;
        load(path, options);
        options.decimal_comma = 0;
        options.signals = 0;
    }
    options.labels = path;
    load(path, options);
    return 0;
}
