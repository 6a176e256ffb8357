/* Fuzz target of the model file: as it comes, and with the right checksum. */
#include "merit/model.h"
#include "../safetensors_bytes.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void load(const void *bytes, size_t n)
{
    char path[32];
    merit_error err;
    merit_model *model = NULL;
    int fd = memfd_create("model", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0 && write(fd, bytes, n) == (ssize_t)n) {
        merit_model_load(&model, path, &err);
    }
    merit_model_free(model);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    uint64_t length = 0;
    load(data, n_bytes);
    if (n_bytes < 8) {
        return 0;
    }
    memcpy(&length, data, 8);
    if (length > n_bytes - 8) {
        return 0;
    }
    raw_file raw = {.n_header = (size_t)length, .n_data = n_bytes - 8 - (size_t)length};
    unsigned char *copy = malloc(n_bytes);
    raw.header = calloc(raw.n_header + 1, 1);
    memcpy(copy, data, n_bytes);
    memcpy(raw.header, data + 8, raw.n_header);
    raw.data = copy + 8 + raw.n_header;
    if (raw_seal(&raw) == 0) {
        memcpy(copy + 8, raw.header, raw.n_header);
        load(copy, n_bytes);
    }
    free(raw.header);
    free(copy);
    return 0;
}
