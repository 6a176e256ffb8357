/* Fuzz target of the reader of sequences: every task, as data and as labels, of its own
 * sequences and of others. */
#include "fuzz_check.h"
#include "merit/data.h"

static const char others[] = ">p0\nARNDCQEGHILKMFPSTWYVARNDCQEGHILKMFPSTWYV\n"
                             ">p1\nARNDCQEGHILKMFPSTWYVARNDCQEGHILKMFPSTWYV\n";

static void load(const char *path, int task, const char *labels)
{
    char hex[65];
    merit_error err = {.code = 0};
    merit_dataset *set = NULL;
    merit_dataset_options options = {
        .task = (merit_task)task,
        .letters = 16,
        .labels = labels,
        .max_bytes = 1 << 24,
    };
    merit_status status = merit_dataset_load(&set, path, &options, &err);
    check_answer(status, set != NULL, &err);
    if (set != NULL) {
        fail_if(merit_dataset_n(set) < 1, "no example");
        merit_dataset_fingerprint(set, hex);
    }
    merit_dataset_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static int fd = -1, fd_others = -1;
    static char path_others[INPUT_PATH_BYTES];
    char path[INPUT_PATH_BYTES];
    open_input(path, &fd, data, n_bytes);
    if (fd_others < 0) {
        open_input(path_others, &fd_others, others, sizeof others - 1);
    }
    for (int task = MERIT_TASK_SEQUENCE; task <= MERIT_TASK_MASKED; task++) {
        load(path, task, task == MERIT_TASK_RESIDUE ? path : NULL);
    }
    load(path_others, MERIT_TASK_SEQUENCE, path);
    load(path_others, MERIT_TASK_RESIDUE, path);
    return 0;
}
