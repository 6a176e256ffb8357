/* Runs a fuzz target without a fuzzer: over every file of the folders given, whole, and
 * of those before an argument `--` also cut at each of the first 256 bytes, and with one
 * bit flipped in each of these. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES = 1 << 16, CHANGED_BYTES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

// A copy of exactly n bytes on the heap, so that a sanitizer sees each read beyond.
static void run(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static int run_file(const char *path, int is_changed)
{
    static uint8_t data[INPUT_BYTES];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t n = fread(data, 1, sizeof data, file);
    fclose(file);
    run(data, n);
    size_t n_changed = !is_changed ? 0 : n < CHANGED_BYTES ? n : CHANGED_BYTES;
    for (size_t i = 0; i < n_changed; i++) {
        run(data, i);
        data[i] ^= (uint8_t)(1u << i % 8);
        run(data, n);
        data[i] ^= (uint8_t)(1u << i % 8);
    }
    return 0;
}

static int run_folder(const char *name, int is_changed, long *n_files)
{
    DIR *folder = opendir(name);
    if (folder == NULL) {
        perror(name);
        return 1;
    }
    int failed = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL && !failed;
         entry = readdir(folder)) {
        char path[1024];
        if (entry->d_name[0] == '.') {
            continue;
        }
        int n = snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
        failed = n >= (int)sizeof path || run_file(path, is_changed);
        (*n_files)++;
    }
    closedir(folder);
    return failed;
}

int main(int argc, char **argv)
{
    long n_files = 0;
    int is_changed = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            is_changed = 0;
        } else if (run_folder(argv[i], is_changed, &n_files) != 0) {
            return 1;
        }
    }
    printf("%ld files\n", n_files);
    return n_files > 0 ? 0 : 1;
}
