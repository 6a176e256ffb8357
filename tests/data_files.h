/* Small data files for tests: a folder of their own, IDX, .npy and gzip from bytes. */
#ifndef MERIT_TESTS_DATA_FILES_H
#define MERIT_TESTS_DATA_FILES_H

#include <dirent.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

// cmocka needs what is above it.
#include <setjmp.h>
#include <cmocka.h>

enum { PATH_BYTES = 512, FILE_BYTES = 1 << 20 };

/* Bytes of a file that is being made. */
typedef struct bytes {
    size_t n;
    unsigned char at[FILE_BYTES];
} bytes;

static char data_folder[PATH_BYTES];

static inline int make_data_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(data_folder, sizeof data_folder, "%.200s/merit-data-XXXXXX",
             base != NULL ? base : "/tmp");
    return mkdtemp(data_folder) != NULL ? 0 : -1;
}

static inline int remove_data_folder(void **state)
{
    (void)state;
    DIR *folder = opendir(data_folder);
    if (folder == NULL) {
        return -1;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    closedir(folder);
    return rmdir(data_folder);
}

/* The path of a file in the folder; out has PATH_BYTES. Returns out. */
static inline const char *data_path(char *out, const char *name)
{
    snprintf(out, PATH_BYTES, "%.300s/%.200s", data_folder, name);
    return out;
}

static inline void add_bytes_to(bytes *file, const void *more, size_t n)
{
    assert_true(file->n + n <= FILE_BYTES);
    if (n > 0) {
        memcpy(file->at + file->n, more, n);
    }
    file->n += n;
}

/* Starts an IDX file: type code, then dimensions. */
static inline void start_idx(bytes *file, unsigned char type, const uint32_t *dims,
                             unsigned char n_dims)
{
    const unsigned char magic[4] = {0, 0, type, n_dims};
    file->n = 0;
    add_bytes_to(file, magic, sizeof magic);
    for (unsigned char d = 0; d < n_dims; d++) {
        const unsigned char dim[4] = {
            (unsigned char)(dims[d] >> 24), (unsigned char)(dims[d] >> 16),
            (unsigned char)(dims[d] >> 8), (unsigned char)dims[d]};
        add_bytes_to(file, dim, sizeof dim);
    }
}

/* Starts a .npy file of version 1 to 3 with any text as its header. */
static inline void start_npy(bytes *file, unsigned char version, const char *header)
{
    size_t n = strlen(header);
    const unsigned char start[12] = {0x93,
                                     'N',
                                     'U',
                                     'M',
                                     'P',
                                     'Y',
                                     version,
                                     0,
                                     (unsigned char)n,
                                     (unsigned char)(n >> 8)};
    file->n = 0;
    add_bytes_to(file, start, version == 1 ? 10 : 12);
    add_bytes_to(file, header, n);
}

static inline void write_data(const char *path, const void *data, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Appends data as one gzip member. */
static inline void add_gzip(bytes *file, const void *data, size_t n)
{
    z_stream deflater = {.next_in = (z_const Bytef *)(uintptr_t)data};
    assert_int_equal(
        deflateInit2(&deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    deflater.avail_in = (unsigned)n;
    deflater.next_out = file->at + file->n;
    deflater.avail_out = (unsigned)(FILE_BYTES - file->n);
    assert_int_equal(deflate(&deflater, Z_FINISH), Z_STREAM_END);
    file->n += deflater.total_out;
    deflateEnd(&deflater);
}

#endif
