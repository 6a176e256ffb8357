#include "data/dataset.h"

#include <sodium.h>
#include <string.h>

enum { WORDS_AT_ONCE = 256 };

/* What is hashed, all numbers little-endian, the same on every machine:
 *
 *     "merit data 1\n"  kind of feature: 1 byte, 'u' or 'f'
 *     N, C, H, W, non-zero with labels: 8 bytes each
 *     features of example 0, 1, ...: 1 or 4 bytes each
 *     labels: 4 bytes each
 */
static const char preamble[] = "merit data 1\n";

static void hash_number(crypto_hash_sha256_state *state, uint64_t number)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(number >> 8 * i);
    }
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

// n numbers of 4 bytes, of any type.
static void hash_words(crypto_hash_sha256_state *state, const void *words, int64_t n)
{
    const unsigned char *from = words;
    unsigned char bytes[WORDS_AT_ONCE * 4];
    while (n > 0) {
        int64_t n_part = n < WORDS_AT_ONCE ? n : WORDS_AT_ONCE;
        for (int64_t i = 0; i < n_part; i++, from += 4) {
            uint32_t word = 0;
            memcpy(&word, from, sizeof word);
            for (int j = 0; j < 4; j++) {
                bytes[4 * i + j] = (unsigned char)(word >> 8 * j);
            }
        }
        crypto_hash_sha256_update(state, bytes, (size_t)n_part * 4);
        n -= n_part;
    }
}

static void hash_features(crypto_hash_sha256_state *state, const merit_dataset *data)
{
    int64_t n_features = merit__dataset_n_features(data);
    for (int64_t i = 0; i < data->n; i++) {
        int64_t at = merit__dataset_place(data, i) * n_features;
        if (data->storage->bytes != NULL) {
            crypto_hash_sha256_update(state, data->storage->bytes + at,
                                      (size_t)n_features);
        } else {
            hash_words(state, data->storage->floats + at, n_features);
        }
    }
}

void merit_dataset_fingerprint(const merit_dataset *data, char hex[65])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)preamble,
                              sizeof preamble - 1);
    unsigned char kind = data->storage->bytes != NULL ? 'u' : 'f';
    crypto_hash_sha256_update(&state, &kind, 1);
    hash_number(&state, (uint64_t)data->n);
    hash_number(&state, (uint64_t)data->channels);
    hash_number(&state, (uint64_t)data->height);
    hash_number(&state, (uint64_t)data->width);
    hash_number(&state, data->labels != NULL);
    hash_features(&state, data);
    if (data->labels != NULL) {
        hash_words(&state, data->labels, data->n);
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
}
