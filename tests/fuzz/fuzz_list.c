/* Fuzz target of lists of pictures: of those in tests/bad/pictures, labels where they
 * are and in other columns. */
#include "fuzz_check.h"
#include "merit/data.h"

#include <string.h>

static const char root[] = MERIT_SOURCE_DIR "/tests/bad/pictures";

static void check_examples(const merit_dataset *data)
{
    const int32_t *labels = merit_dataset_labels(data);
    fail_if(merit_dataset_n(data) < 1, "an empty data set");
    for (int64_t i = 0; i < merit_dataset_n(data); i++) {
        const char *file = merit_dataset_file(data, i);
        fail_if(file == NULL || file[0] == '/' || strncmp(file, "../", 3) == 0 ||
                    strstr(file, "/../") != NULL,
                "a file elsewhere");
        fail_if(labels != NULL &&
                    (labels[i] < 0 || labels[i] >= merit_dataset_n_classes(data)),
                "a label that is no class");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static const char *const labels[] = {NULL, "-1", "label"};
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    open_input(path, &fd, data, n_bytes);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        merit_error err = {.code = 0};
        merit_dataset *pictures = NULL;
        const merit_dataset_options options = {
            .root = root,
            .label_column = labels[i],
            .channels = 1,
            .height = 4,
            .width = 4,
            .bad_share = i == 2 ? 0.5 : 0,
            .n_threads = 1,
            .memory_bytes = 1 << 20,
        };
        if (!merit_dataset_is_pictures(path)) {
            return 0;
        }
        merit_status status = merit_dataset_load(&pictures, path, &options, &err);
        check_answer(status, pictures != NULL, &err);
        if (pictures != NULL && merit_dataset_file(pictures, 0) != NULL) { // no table
            check_examples(pictures);
        }
        merit_dataset_free(pictures);
    }
    return 0;
}
