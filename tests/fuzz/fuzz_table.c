/* Fuzz target of tables of examples: the same bytes with their labels in several
 * places, as labels, again as what a model has learned the columns of, and as what a
 * model says of the columns. */
#include "fuzz_check.h"
#include "merit/data.h"

#include <math.h>
#include <string.h>

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
    check_answer(status, data != NULL, &err);
    if (data == NULL) {
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

static void load_with_schema(const void *bytes, size_t n_bytes)
{
    static const char table[] = "id,a,b,label\n1,2,3,x\n2,3,4,y\n";
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    char *schema = calloc(n_bytes + 1, 1);
    fail_if(schema == NULL, "no memory");
    memcpy(schema, bytes, n_bytes);
    open_input(path, &fd, table, sizeof table - 1);
    load(path, (merit_dataset_options){.schema = schema});
    free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static const char *const labels[] = {NULL, "1", "-1", "label"};
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    merit_dataset_options options = {
        .memory_bytes = 1 << 20, .max_bytes = 1 << 20, .max_line_bytes = 1 << 16};
    open_input(path, &fd, data, n_bytes);
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
    load_with_schema(data, n_bytes);
    return 0;
}
