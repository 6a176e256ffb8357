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
 *
 * Of sequences, kind 's', instead of features: the task, the bits of the share that is
 * hidden, the alphabet's name; for each window the record, where it begins and which
 * part is its own, 8 bytes each, and its codes of 1 byte.
 *
 * Of pictures in files instead
 *
 *     "merit pictures 1\n"
 *     N, C, H, W, how they are fitted, bits of a value, non-zero with labels: 8 bytes
 *     for each its name with a 0, the hash of its file: 16 bytes, its label: 4 bytes,
 *     -1 without
 *     the names of the classes, each with a 0
 */
static const char preamble[] = "merit data 1\n";
static const char picture_preamble[] = "merit pictures 1\n";

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

static void hash_windows(crypto_hash_sha256_state *state, const merit_dataset *data)
{
    const merit__sequences *s = data->storage->sequences;
    uint64_t share;
    memcpy(&share, &s->hidden_share, sizeof share);
    hash_number(state, (uint64_t)s->task);
    hash_number(state, share);
    crypto_hash_sha256_update(state, (const unsigned char *)s->alphabet->name,
                              strlen(s->alphabet->name));
    for (int64_t i = 0; i < data->n_windows; i++) {
        const merit__window *w = &data->windows[i];
        int64_t n = merit__record_length(&s->records, w->record) - w->start;
        hash_number(state, (uint64_t)w->record);
        hash_number(state, (uint64_t)w->start);
        hash_number(state, (uint64_t)w->from);
        hash_number(state, (uint64_t)w->end);
        crypto_hash_sha256_update(
            state, s->records.codes + s->records.start[w->record] + w->start,
            (size_t)(n < s->width ? n : s->width));
    }
}

static void hash_features(crypto_hash_sha256_state *state, const merit_dataset *data)
{
    if (data->windows != NULL) {
        hash_windows(state, data);
        return;
    }
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

static void hash_text(crypto_hash_sha256_state *state, const char *text)
{
    crypto_hash_sha256_update(state, (const unsigned char *)text, strlen(text) + 1);
}

static void hash_shape(crypto_hash_sha256_state *state, const merit_dataset *data)
{
    hash_number(state, (uint64_t)data->n);
    hash_number(state, (uint64_t)data->channels);
    hash_number(state, (uint64_t)data->height);
    hash_number(state, (uint64_t)data->width);
}

static void hash_pictures(crypto_hash_sha256_state *state, const merit_dataset *data)
{
    const merit__gallery *gallery = data->storage->gallery;
    crypto_hash_sha256_update(state, (const unsigned char *)picture_preamble,
                              sizeof picture_preamble - 1);
    hash_shape(state, data);
    hash_number(state, (uint64_t)gallery->frame.fit);
    hash_number(state, (uint64_t)gallery->n_bits);
    hash_number(state, data->labels != NULL);
    for (int64_t i = 0; i < data->n; i++) {
        int64_t place = merit__dataset_place(data, i);
        int32_t label = data->labels != NULL ? data->labels[i] : -1;
        hash_text(state, merit__paths_get(&gallery->names, (size_t)place));
        crypto_hash_sha256_update(state, gallery->file[place].hash,
                                  MERIT__PICTURE_HASH_BYTES);
        hash_words(state, &label, 1);
    }
    for (int64_t k = 0; k < data->n_names; k++) {
        hash_text(state, data->names[k]);
    }
}

static void hash_values(crypto_hash_sha256_state *state, const merit_dataset *data)
{
    unsigned char kind = data->windows != NULL          ? 's'
                         : data->storage->bytes != NULL ? 'u'
                                                        : 'f';
    crypto_hash_sha256_update(state, (const unsigned char *)preamble,
                              sizeof preamble - 1);
    crypto_hash_sha256_update(state, &kind, 1);
    hash_shape(state, data);
    hash_number(state, data->labels != NULL);
    hash_features(state, data);
    if (data->labels != NULL) {
        hash_words(state, data->labels, data->n);
    }
}

void merit_dataset_fingerprint(const merit_dataset *data, char hex[65])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    if (data->storage->gallery != NULL) {
        hash_pictures(&state, data);
    } else {
        hash_values(&state, data);
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof digest);
}
