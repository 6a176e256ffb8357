#include "cli_nearest.h"

#include <string.h>

enum { LONGEST = 40 };

// Letters inserted, deleted or replaced (Levenshtein), in one row of the table.
static size_t n_changes(const char *a, const char *b)
{
    size_t row[LONGEST + 1];
    size_t n_b = strlen(b);
    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t fewest = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            fewest = row[j] + 1 < fewest ? row[j] + 1 : fewest;
            row[j] = row[j - 1] + 1 < fewest ? row[j - 1] + 1 : fewest;
        }
    }
    return row[n_b];
}

const char *merit__nearest(const char *word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t n_word = strlen(word);
    size_t limit = n_word < 3 ? n_word : 3;
    if (n_word > LONGEST) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        size_t changes = strlen(names[i]) > LONGEST ? limit : n_changes(word, names[i]);
        if (changes < limit) {
            limit = changes;
            nearest = names[i];
        }
    }
    return nearest;
}
