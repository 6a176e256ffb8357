#include "base/suggest.h"

#include <string.h>

enum { MAX_LENGTH = 63 }; // longer words are not compared

static char plain(char letter)
{
    return letter == '_' ? '-' : letter;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Insertions, deletions, replacements and swaps of neighbours that turn a into b
// (optimal string alignment); rows of the table are kept for three letters of a.
static size_t edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t rows[3][MAX_LENGTH + 1];
    for (size_t j = 0; j <= n_b; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            char last_a = plain(a[i - 1]);
            char last_b = plain(b[j - 1]);
            row[j] = above[j - 1] + (last_a != last_b);
            row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && last_a == plain(b[j - 2]) &&
                last_b == plain(a[i - 2])) {
                row[j] = least(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[n_a % 3][n_b];
}

const char *merit__suggest(const char *word, const char *(*name)(const void *, size_t),
                           const void *context, size_t n)
{
    size_t n_word = strlen(word);
    if (n_word > MAX_LENGTH) {
        return NULL;
    }
    const char *nearest = NULL;
    // A slip or two in a short word, a few more in a long one, never all of it.
    size_t limit = least(n_word, 2 + n_word / 4);
    for (size_t i = 0; i < n; i++) {
        const char *candidate = name(context, i);
        size_t n_candidate = strlen(candidate);
        if (n_candidate > MAX_LENGTH) {
            continue;
        }
        size_t distance = edit_distance(word, n_word, candidate, n_candidate);
        if (distance < limit) {
            limit = distance;
            nearest = candidate;
        }
    }
    return nearest;
}
