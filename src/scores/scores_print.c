#include "merit/scores.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_table.h"

#include <string.h>

// Text that grows; after a failed append it stays as it is and `failed` is set.
typedef struct buffer {
    char *bytes;
    size_t n;
    size_t capacity;
    int failed;
} buffer;

static void append(buffer *text, const char *bytes, size_t n)
{
    if (text->failed ||
        merit__grow_array((void **)&text->bytes, &text->capacity, text->n + n + 1, 1)) {
        text->failed = 1;
        return;
    }
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
}

// A name in quotes where it would otherwise be read as something else.
static void append_name(buffer *text, const char *name)
{
    size_t n = strlen(name);
    int plain = strpbrk(name, "\t\r\n\"") == NULL && name[0] != '#' && name[0] != ' ' &&
                name[n - 1] != ' ';
    if (plain) {
        append(text, name, n);
        return;
    }
    append(text, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        append(text, "\"", name[i] == '"' ? 1 : 0);
        append(text, name + i, 1);
    }
    append(text, "\"", 1);
}

merit_status merit_scores_print(const merit_scores *scores, char **text,
                                size_t *n_bytes, merit_error *err)
{
    buffer out = {0};
    char number[MERIT__NUMBER_BYTES];
    *text = NULL;
    *n_bytes = 0;
    append(&out, "truth", 5);
    for (int64_t k = 0; k < scores->n_answers; k++) {
        append(&out, "\t", 1);
        append_name(&out, scores->names[k]);
    }
    append(&out, "\n", 1);
    for (int64_t i = 0; i < scores->n_truths; i++) {
        append_name(&out, scores->names[i]);
        for (int64_t k = 0; k < scores->n_answers; k++) {
            append(&out, "\t", 1);
            double score = scores->values[i * scores->n_answers + k];
            append(&out, number, merit__print_double(number, score));
        }
        append(&out, "\n", 1);
    }
    if (out.failed) {
        merit__free(out.bytes);
        return merit__fail_memory(err, out.n, "the text of a score table");
    }
    out.bytes[out.n] = '\0';
    *text = out.bytes;
    *n_bytes = out.n;
    return MERIT_OK;
}
