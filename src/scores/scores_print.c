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

// A name of a node that no answer has: answers hold the names of the tree.
static void append_node(buffer *text, const merit_scores *scores, int64_t node,
                        const int32_t *answers)
{
    char number[MERIT__NUMBER_BYTES];
    if (answers[node] >= 0) {
        append_name(text, scores->names[answers[node]]);
        return;
    }
    append(text, "(node ", 6);
    append(text, number, merit__print_double(number, (double)node));
    append(text, ")", 1);
}

// The edges of a tree, whose lengths are the ways from place to place.
static void append_edges(buffer *text, const merit_scores *scores,
                         const int32_t *answers)
{
    const merit__tree_table *tree = scores->tree;
    char number[MERIT__NUMBER_BYTES];
    append(text, "child\tparent\tlength\n", 20);
    for (int64_t v = 1; v < tree->n_nodes; v++) {
        const int32_t up = tree->parent[v];
        append_node(text, scores, v, answers);
        append(text, "\t", 1);
        append_node(text, scores, up, answers);
        append(text, "\t", 1);
        append(text, number, merit__print_double(number, tree->x[v] - tree->x[up]));
        append(text, "\n", 1);
    }
}

static merit_status print_tree(const merit_scores *scores, buffer *text,
                               merit_error *err)
{
    const size_t n = (size_t)scores->tree->n_nodes;
    int32_t *answers = merit__alloc_array(n, sizeof *answers);
    if (answers == NULL) {
        return merit__fail_memory(err, n * sizeof *answers, "the text of a tree");
    }
    for (size_t v = 0; v < n; v++) {
        answers[v] = -1;
    }
    for (int64_t a = 0; a < scores->n_answers; a++) {
        answers[scores->tree->node[a]] = (int32_t)a;
    }
    append_edges(text, scores, answers);
    merit__free(answers);
    return MERIT_OK;
}

static void print_table(const merit_scores *scores, buffer *out)
{
    char number[MERIT__NUMBER_BYTES];
    append(out, "truth", 5);
    for (int64_t k = 0; k < scores->n_answers; k++) {
        append(out, "\t", 1);
        append_name(out, scores->names[k]);
    }
    append(out, "\n", 1);
    for (int64_t i = 0; i < scores->n_truths; i++) {
        append_name(out, scores->names[i]);
        for (int64_t k = 0; k < scores->n_answers; k++) {
            append(out, "\t", 1);
            double score = scores->values[i * scores->n_answers + k];
            append(out, number, merit__print_double(number, score));
        }
        append(out, "\n", 1);
    }
}

merit_status merit_scores_print(const merit_scores *scores, char **text,
                                size_t *n_bytes, merit_error *err)
{
    buffer out = {0};
    *text = NULL;
    *n_bytes = 0;
    if (scores->values == NULL) {
        merit_status status = print_tree(scores, &out, err);
        if (status != MERIT_OK) {
            return status;
        }
    } else {
        print_table(scores, &out);
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
