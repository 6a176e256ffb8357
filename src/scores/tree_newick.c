#include "scores/tree.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_table.h"
#include "scores/scores_text.h"

#include <math.h>
#include <string.h>

/* What is being read. The tree itself is the stack: a closing parenthesis goes to the
 * parent of the node that is open. */
typedef struct newick {
    merit__text text;  // checked; `at` is the next byte
    const char *start; // of the text
    merit__tree *tree;
    int64_t open;    // the node whose children are being read; -1: none
    int64_t depth;   // how many parentheses are open
    int64_t unnamed; // the byte of the first node without a length, or -1
    int64_t n_lengths;
    char *name; // the last label, without quotes
    size_t name_capacity;
} newick;

static int64_t offset_of(const newick *file, const char *at)
{
    return (int64_t)(at - file->start);
}

// "tree.nwk: byte 7, depth 2: " and what follows, where `at` is.
static merit_status fail_at(const newick *file, const char *at, const char *expected,
                            merit_error *err)
{
    char found[8] = "the end";
    char shown[16];
    if (at < file->text.end) {
        found[0] = *at;
        found[1] = '\0';
        return merit__fail(
            err, MERIT_EFORMAT, "%s: byte %lld, depth %lld: expected %s, found \"%s\"",
            file->text.origin, (long long)offset_of(file, at), (long long)file->depth,
            expected, merit__printable(shown, sizeof shown, found));
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: byte %lld, depth %lld: expected %s, found the end of the "
                       "text",
                       file->text.origin, (long long)offset_of(file, at),
                       (long long)file->depth, expected);
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Goes behind a comment, which may hold others.
static merit_status skip_comment(newick *file, merit_error *err)
{
    const char *opening = file->text.at;
    int64_t n_open = 0;
    for (; file->text.at < file->text.end; file->text.at++) {
        n_open += (*file->text.at == '[') - (*file->text.at == ']');
        if (n_open == 0) {
            file->text.at++;
            return MERIT_OK;
        }
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: byte %lld: the comment that begins here is not closed; "
                       "expected ]",
                       file->text.origin, (long long)offset_of(file, opening));
}

static merit_status skip_blanks(newick *file, merit_error *err)
{
    merit__text *text = &file->text;
    while (text->at < text->end && (is_blank(*text->at) || *text->at == '[')) {
        if (*text->at != '[') {
            text->at++;
            continue;
        }
        merit_status status = skip_comment(file, err);
        if (status != MERIT_OK) {
            return status;
        }
    }
    return MERIT_OK;
}

static char peek(const newick *file)
{
    return file->text.at < file->text.end ? *file->text.at : '\0';
}

static int ends_word(char c)
{
    return is_blank(c) || (c != '\0' && strchr("()[]:;,'", c) != NULL);
}

static merit_status keep_byte(newick *file, size_t *n, char c, merit_error *err)
{
    if (*n == file->name_capacity &&
        merit__grow_array((void **)&file->name, &file->name_capacity, *n + 64, 1)) {
        return merit__fail_memory(err, *n + 64, "a name");
    }
    file->name[(*n)++] = c;
    return MERIT_OK;
}

// A quoted label, '' standing for a quote.
static merit_status read_quoted(newick *file, size_t *n, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__text *text = &file->text;
    const char *opening = text->at++;
    while (text->at < text->end) {
        if (*text->at == '\'') {
            if (text->at + 1 == text->end || text->at[1] != '\'') {
                text->at++;
                return MERIT_OK;
            }
            text->at++;
        }
        MERIT_TRY(keep_byte(file, n, *text->at++, err));
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: byte %lld, depth %lld: the quote that begins here is not "
                       "closed; expected '",
                       text->origin, (long long)offset_of(file, opening),
                       (long long)file->depth);
fail:
    return status;
}

// The label of a node, which may be missing.
static merit_status read_label(newick *file, int64_t node, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__text *text = &file->text;
    size_t n = 0;
    MERIT_TRY(skip_blanks(file, err));
    if (peek(file) == '\'') {
        MERIT_TRY(read_quoted(file, &n, err));
    } else {
        while (text->at < text->end && !ends_word(*text->at)) {
            const char c = *text->at++;
            MERIT_TRY(keep_byte(file, &n, c == '_' ? ' ' : c, err));
        }
    }
    if (n > 0) {
        MERIT_TRY(merit__tree_set_name(file->tree, node, file->name, n, err));
    }
fail:
    return status;
}

// The length of the branch above a node, which may be missing.
static merit_status read_length(newick *file, int64_t node, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__text *text = &file->text;
    char found[40] = "";
    char shown[48];
    MERIT_TRY(skip_blanks(file, err));
    if (peek(file) != ':') {
        if (file->unnamed < 0 && node > 0) {
            file->unnamed = offset_of(file, text->at);
        }
        return MERIT_OK;
    }
    text->at++;
    MERIT_TRY(skip_blanks(file, err));
    const char *word = text->at;
    while (text->at < text->end && !ends_word(*text->at)) {
        text->at++;
    }
    const size_t n = (size_t)(text->at - word);
    double length = 0;
    if (merit__parse_double(word, n, &length) != 0 || length < 0 ||
        !merit__scores_allow(length)) {
        memcpy(found, word, n < sizeof found - 1 ? n : sizeof found - 1);
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: byte %lld, depth %lld: expected a branch length from 0 "
                           "to %g, found \"%s\"",
                           text->origin, (long long)offset_of(file, word),
                           (long long)file->depth, MERIT__SCORES_MAX_SCORE,
                           merit__printable(shown, sizeof shown, found));
    }
    file->tree->length[node] = length == 0 ? 0 : length; // never -0
    file->n_lengths += node > 0;
fail:
    return status;
}

static merit_status add_node(newick *file, merit_error *err)
{
    return merit__tree_add(file->tree, file->open, MERIT__NEWICK_MAX_NODES,
                           file->text.origin, err);
}

// Down to the next leaf.
static merit_status read_down(newick *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(skip_blanks(file, err));
    while (peek(file) == '(') {
        MERIT_TRY(add_node(file, err));
        file->open = file->tree->n_nodes - 1;
        file->depth++;
        file->text.at++;
        MERIT_TRY(skip_blanks(file, err));
    }
    const char *at = file->text.at;
    MERIT_TRY(add_node(file, err));
    const int64_t leaf = file->tree->n_nodes - 1;
    MERIT_TRY(read_label(file, leaf, err));
    if (file->tree->name[leaf] == 0) {
        return fail_at(file, at, "the name of a leaf or (", err);
    }
    MERIT_TRY(read_length(file, leaf, err));
fail:
    return status;
}

// Up until a comma asks for another child, or the semicolon ends the tree.
static merit_status read_up(newick *file, int *is_done, merit_error *err)
{
    merit_status status = MERIT_OK;
    *is_done = 0;
    for (;;) {
        MERIT_TRY(skip_blanks(file, err));
        const char c = peek(file);
        if (c == ';' && file->depth == 0) {
            file->text.at++;
            *is_done = 1;
            return MERIT_OK;
        }
        if (c == ',' && file->depth > 0) {
            file->text.at++;
            return MERIT_OK;
        }
        if (c != ')' || file->depth == 0) {
            return fail_at(file, file->text.at,
                           file->depth == 0 ? "; at the end of the tree" : ", or )",
                           err);
        }
        const int64_t node = file->open;
        file->text.at++;
        file->depth--;
        file->open = file->tree->parent[node];
        MERIT_TRY(read_label(file, node, err));
        MERIT_TRY(read_length(file, node, err));
    }
fail:
    return status;
}

// Refuses what follows the tree: others, or anything else.
static merit_status check_end(newick *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t n_trees = 1;
    MERIT_TRY(skip_blanks(file, err));
    const char *rest = file->text.at;
    while (file->text.at < file->text.end) {
        size_t n = 0;
        const char c = peek(file);
        if (c == '[') {
            MERIT_TRY(skip_comment(file, err));
        } else if (c == '\'') {
            MERIT_TRY(read_quoted(file, &n, err));
        } else {
            n_trees += c == ';';
            file->text.at++;
        }
    }
    if (n_trees > 1) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: byte %lld: %lld trees; expected one: keep the one that "
                           "you mean",
                           file->text.origin, (long long)offset_of(file, rest),
                           (long long)n_trees);
    }
    if (rest < file->text.end) {
        return fail_at(file, rest, "nothing after the ;", err);
    }
fail:
    return status;
}

static merit_status check_lengths(const newick *file, merit_error *err)
{
    if (file->n_lengths > 0 && file->unnamed >= 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: byte %lld: expected a branch length, as other nodes "
                           "have one; all nodes but the root have one, or none has",
                           file->text.origin, (long long)file->unnamed);
    }
    return MERIT_OK;
}

static merit_status refuse_nexus(const newick *file, merit_error *err)
{
    static const char mark[] = "#nexus";
    const char *at = file->text.at;
    size_t n = 0;
    while (n < sizeof mark - 1 && at + n < file->text.end &&
           (at[n] | ('a' - 'A')) == (mark[n] | ('a' - 'A'))) {
        n++;
    }
    if (n < sizeof mark - 1) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: this is a NEXUS file; expected Newick: save the tree in "
                       "Newick format, or keep what stands after the = of its TREE "
                       "line",
                       file->text.origin);
}

static merit_status read_all(newick *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    int is_done = 0;
    MERIT_TRY(skip_blanks(file, err));
    MERIT_TRY(refuse_nexus(file, err));
    if (file->text.at == file->text.end) {
        return merit__fail(err, MERIT_EFORMAT, "%s: expected a tree, found nothing",
                           file->text.origin);
    }
    while (!is_done) {
        MERIT_TRY(read_down(file, err));
        MERIT_TRY(read_up(file, &is_done, err));
    }
    MERIT_TRY(check_end(file, err));
    MERIT_TRY(check_lengths(file, err));
    MERIT_TRY(merit__tree_finish(file->tree, file->text.origin, err));
fail:
    return status;
}

merit_status merit__tree_parse_newick(merit__tree *tree, const char *bytes,
                                      size_t n_bytes, const char *origin,
                                      merit_error *err)
{
    newick file = {.tree = tree, .start = bytes, .open = -1, .unnamed = -1};
    merit_status status = merit__text_open(&file.text, bytes, n_bytes, origin, err);
    if (status == MERIT_OK) {
        status = read_all(&file, err);
    }
    merit__text_close(&file.text);
    merit__free(file.name);
    return status;
}
