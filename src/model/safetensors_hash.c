#include "model/safetensors_file.h"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>
#include <string.h>

static const char checksum_key[] = "sha256";

static void add_number(crypto_hash_sha256_state *state, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

static void add_bytes(crypto_hash_sha256_state *state, const void *bytes, size_t n)
{
    add_number(state, n);
    crypto_hash_sha256_update(state, bytes, n);
}

static void add_string(crypto_hash_sha256_state *state, const char *text)
{
    add_bytes(state, text, strlen(text));
}

static void add_metadata(crypto_hash_sha256_state *state,
                         const merit__metadata_entry *sorted, size_t n)
{
    size_t n_hashed = 0;
    for (size_t i = 0; i < n; i++) {
        n_hashed += strcmp(sorted[i].key, checksum_key) != 0;
    }
    add_number(state, n_hashed);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(sorted[i].key, checksum_key) != 0) {
            add_string(state, sorted[i].key);
            add_string(state, sorted[i].value);
        }
    }
}

static void add_tensor(crypto_hash_sha256_state *state,
                       const merit__tensor_view *tensor)
{
    add_string(state, tensor->name);
    add_string(state, tensor->dtype);
    add_number(state, (uint64_t)tensor->n_dims);
    for (int64_t i = 0; i < tensor->n_dims; i++) {
        add_number(state, (uint64_t)tensor->dims[i]);
    }
    add_bytes(state, tensor->data, tensor->n_bytes);
}

void merit__safetensors_hash(char hash[65], const merit__metadata_entry *sorted,
                             size_t n_metadata, const merit__tensor_view *tensors,
                             size_t n_tensors)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    add_metadata(&state, sorted, n_metadata);
    add_number(&state, n_tensors);
    for (size_t i = 0; i < n_tensors; i++) {
        add_tensor(&state, &tensors[i]);
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hash, 2 * sizeof digest + 1, digest, sizeof digest);
}

int merit__metadata_compare(const void *left, const void *right)
{
    const merit__metadata_entry *a = left;
    const merit__metadata_entry *b = right;
    return strcmp(a->key, b->key);
}
