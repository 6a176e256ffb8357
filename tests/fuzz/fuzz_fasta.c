/* Fuzz target of the reader of sequences: every task, as data and as labels; and of
 * labels for sequences that are fine. */
#include "merit/data.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static const char good[] = ">p0\nARNDCQEGHILKMFPSTWYVARNDCQEGHILKMFPSTWYV\n"
                           ">p1\nARNDCQEGHILKMFPSTWYVARNDCQEGHILKMFPSTWYV\n";

/* The same bytes as labels of the sequences above. */
static void label(const char *labels)
{
    char path[32];
    int fd = memfd_create("good", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0 && write(fd, good, sizeof good - 1) == (ssize_t)(sizeof good - 1)) {
        for (int task = MERIT_TASK_SEQUENCE; task <= MERIT_TASK_RESIDUE; task++) {
            merit_error err;
            merit_dataset *set = NULL;
            merit_dataset_options options = {
                .task = (merit_task)task, .letters = 16, .labels = labels};
            merit_dataset_load(&set, path, &options, &err);
            merit_dataset_free(set);
        }
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char path[32];
    int fd = memfd_create("sequences", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0 || write(fd, data, n_bytes) != (ssize_t)n_bytes) {
        close(fd);
        return 0;
    }
    for (int task = MERIT_TASK_SEQUENCE; task <= MERIT_TASK_MASKED; task++) {
        merit_error err;
        merit_dataset *set = NULL;
        merit_dataset_options options = {
            .task = (merit_task)task,
            .letters = 16,
            .labels = task == MERIT_TASK_RESIDUE ? path : NULL,
            .max_bytes = 1 << 24,
        };
        char hex[65];
        if (merit_dataset_load(&set, path, &options, &err) == MERIT_OK) {
            merit_dataset_fingerprint(set, hex);
        }
        merit_dataset_free(set);
    }
    label(path);
    close(fd);
    return 0;
}
