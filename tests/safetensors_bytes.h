/* Safetensors files taken apart and put together again by hand, for the tests: an own
 * reading of the format and of the checksum, independent of src/model. */
#ifndef TESTS_SAFETENSORS_BYTES_H
#define TESTS_SAFETENSORS_BYTES_H

#include <jansson.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_DIGITS = 64 };

typedef struct raw_file {
    char *header; // [n_header], and a 0
    size_t n_header;
    unsigned char *data; // [n_data]
    size_t n_data;
} raw_file;

static inline unsigned char *bytes_read(const char *path, size_t *n)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }
    fseek(stream, 0, SEEK_END);
    *n = (size_t)ftell(stream);
    rewind(stream);
    unsigned char *bytes = malloc(*n + 1);
    *n = fread(bytes, 1, *n, stream);
    fclose(stream);
    return bytes;
}

static inline void bytes_write(const char *path, const void *bytes, size_t n)
{
    remove(path); // some file systems wait for the disk when a file is cut to nothing
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(bytes, 1, n, stream) != n || fclose(stream) != 0) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(1);
    }
}

static inline void raw_read(raw_file *out, const char *path)
{
    size_t n = 0;
    unsigned char *bytes = bytes_read(path, &n);
    uint64_t length = 0;
    memcpy(&length, bytes, 8);
    out->n_header = (size_t)length;
    out->n_data = n - 8 - out->n_header;
    out->header = calloc(out->n_header + 1, 1);
    memcpy(out->header, bytes + 8, out->n_header);
    out->data = malloc(out->n_data + 1);
    memcpy(out->data, bytes + 8 + out->n_header, out->n_data);
    free(bytes);
}

static inline void raw_write(const char *path, const raw_file *raw)
{
    size_t n = 8 + raw->n_header + raw->n_data;
    unsigned char *bytes = malloc(n);
    uint64_t length = raw->n_header;
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, raw->header, raw->n_header);
    memcpy(bytes + 8 + raw->n_header, raw->data, raw->n_data);
    bytes_write(path, bytes, n);
    free(bytes);
}

static inline void raw_free(raw_file *raw)
{
    free(raw->header);
    free(raw->data);
}

static inline void hash_number(crypto_hash_sha256_state *state, uint64_t number)
{
    crypto_hash_sha256_update(state, (const unsigned char *)&number, 8);
}

static inline void hash_text(crypto_hash_sha256_state *state, const char *text)
{
    hash_number(state, strlen(text));
    crypto_hash_sha256_update(state, (const unsigned char *)text, strlen(text));
}

static inline int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void hash_metadata(crypto_hash_sha256_state *state, json_t *metadata)
{
    const char **keys = malloc((json_object_size(metadata) + 1) * sizeof *keys);
    size_t n = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value)
    {
        if (strcmp(key, "sha256") != 0) {
            keys[n++] = key;
        }
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    hash_number(state, n);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_object_get(metadata, keys[i]));
        hash_text(state, keys[i]);
        hash_text(state, text == NULL ? "" : text);
    }
    free(keys);
}

// 0, or -1 when the tensor has no data in the file.
static inline int hash_tensor(crypto_hash_sha256_state *state, const char *name,
                              json_t *tensor, const raw_file *raw)
{
    const char *dtype = json_string_value(json_object_get(tensor, "dtype"));
    json_t *shape = json_object_get(tensor, "shape");
    json_t *offsets = json_object_get(tensor, "data_offsets");
    json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    json_int_t end = json_integer_value(json_array_get(offsets, 1));
    if (dtype == NULL || begin < 0 || end < begin || (uint64_t)end > raw->n_data) {
        return -1;
    }
    hash_text(state, name);
    hash_text(state, dtype);
    hash_number(state, json_array_size(shape));
    for (size_t i = 0; i < json_array_size(shape); i++) {
        hash_number(state, (uint64_t)json_integer_value(json_array_get(shape, i)));
    }
    hash_number(state, (uint64_t)(end - begin));
    crypto_hash_sha256_update(state, raw->data + begin, (size_t)(end - begin));
    return 0;
}

// The checksum of a file with this header; -1 when it has none.
static inline int raw_hash(char hash[HASH_DIGITS + 1], json_t *header,
                           const raw_file *raw)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    json_t *metadata = json_object_get(header, "__metadata__");
    hash_metadata(&state, metadata);
    hash_number(&state, json_object_size(header) - (metadata != NULL));
    const char *name = NULL;
    json_t *tensor = NULL;
    json_object_foreach(header, name, tensor)
    {
        if (strcmp(name, "__metadata__") != 0 &&
            hash_tensor(&state, name, tensor, raw) != 0) {
            return -1;
        }
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hash, HASH_DIGITS + 1, digest, sizeof digest);
    return 0;
}

// Puts the right checksum into the text of the header, as an attacker would; -1 when
// that is not possible.
static inline int raw_seal(raw_file *raw)
{
    static const char mark[] = "\"sha256\":\"";
    char hash[HASH_DIGITS + 1];
    json_t *header = json_loadb(raw->header, raw->n_header, 0, NULL);
    int sealed = json_is_object(header) && raw_hash(hash, header, raw) == 0 ? 0 : -1;
    json_decref(header);
    char *place = strstr(raw->header, mark);
    if (sealed != 0 || place == NULL ||
        place + strlen(mark) + HASH_DIGITS > raw->header + raw->n_header) {
        return -1;
    }
    memcpy(place + strlen(mark), hash, HASH_DIGITS);
    return 0;
}

// Replaces the header by this tree, with the right checksum when it has one.
static inline void raw_set_header(raw_file *raw, json_t *header)
{
    char hash[HASH_DIGITS + 1];
    json_t *metadata = json_object_get(header, "__metadata__");
    if (json_object_get(metadata, "sha256") != NULL &&
        raw_hash(hash, header, raw) == 0) {
        json_object_set_new(metadata, "sha256", json_string(hash));
    }
    free(raw->header);
    raw->header = json_dumps(header, JSON_COMPACT);
    raw->n_header = strlen(raw->header);
}

#endif
