#include "base/shell.h"

#include <string.h>

#include "base/alloc.h"

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789/._-+=:,@%";
static const char quoted_quote[] = "'\\''"; // ends, a quote, begins again

char *merit__shell_path(const char *path)
{
    const size_t n_path = strlen(path), n_quote = sizeof quoted_quote - 1;
    const int is_plain = n_path > 0 && path[strspn(path, plain)] == '\0';
    char *word = merit__alloc_array(n_path + 2, n_quote); // room for all quotes
    if (word == NULL) {
        return NULL;
    }
    size_t n = 0;
    if (!is_plain) {
        word[n++] = '\'';
    }
    if (path[0] == '-') {
        word[n++] = '.';
        word[n++] = '/';
    }
    for (size_t i = 0; i < n_path; i++) {
        if (path[i] == '\'') {
            memcpy(word + n, quoted_quote, n_quote);
            n += n_quote;
        } else {
            word[n++] = path[i];
        }
    }
    if (!is_plain) {
        word[n++] = '\'';
    }
    word[n] = '\0';
    return word;
}
