/* What the fuzz targets share: a file in memory, and what is a bug. */
#ifndef MERIT_TESTS_FUZZ_CHECK_H
#define MERIT_TESTS_FUZZ_CHECK_H

#include "merit/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

enum { INPUT_PATH_BYTES = 64 };

static inline void fail_if(int is_bug, const char *what)
{
    if (is_bug) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* Whoever fails says so, and why; whoever succeeds has something to show. */
static inline void check_answer(merit_status status, int has_result,
                                const merit_error *err)
{
    fail_if((status == MERIT_OK) != has_result,
            "a result without success, or none in spite of it");
    fail_if(status != MERIT_OK &&
                (err->code != (int32_t)status || err->message[0] == '\0'),
            "a failure without a message");
}

/* Makes *fd, -1 at first, a file in memory that holds the bytes; path is where it can
 * be opened. */
static inline void open_input(char path[INPUT_PATH_BYTES], int *fd, const void *data,
                              size_t n_bytes)
{
    if (*fd < 0) {
        *fd = memfd_create("input", MFD_CLOEXEC);
    }
    fail_if(*fd < 0 || ftruncate(*fd, 0) != 0 ||
                pwrite(*fd, data, n_bytes, 0) != (ssize_t)n_bytes,
            "no file in memory");
    snprintf(path, INPUT_PATH_BYTES, "/proc/self/fd/%d", *fd);
}

#endif
