#include "scores/tree.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "scores/scores_text.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 4 };

/* Where an id is a node, for binary search. */
typedef struct place {
    int64_t id;
    int32_t node;
} place;

typedef struct taxonomy {
    merit__tree *tree;
    merit__text text; // of the file that is being read
    int64_t line;     // of it
    int64_t *ids;     // [n_nodes]
    int64_t *parents; // [n_nodes] ids
    place *places;    // [n_nodes] sorted by id
    size_t id_capacity, parent_capacity;
} taxonomy;

static merit_status fail_memory(merit_error *err)
{
    return merit__fail(err, MERIT_ENOMEM, "not enough memory for a taxonomy");
}

static int64_t count(const taxonomy *file)
{
    return file->tree->n_nodes;
}

// The next line of a dump, in fields between "\t|\t", and how many: 0 at the end.
// Only the first ones are kept.
static int64_t next_line(taxonomy *file, merit__field fields[FIELDS])
{
    merit__text *text = &file->text;
    int64_t n = 0;
    while (text->at < text->end && (*text->at == '\n' || *text->at == '\r')) {
        file->line += *text->at++ == '\n';
    }
    if (text->at == text->end) {
        return 0;
    }
    file->line++;
    const char *start = text->at;
    for (;; text->at++) {
        const int is_end = text->at == text->end || *text->at == '\n';
        if (!is_end && *text->at != '|') {
            continue;
        }
        const char *stop = text->at;
        while (stop > start && strchr(" \t\r", stop[-1]) != NULL) {
            stop--;
        }
        while (start < stop && (*start == ' ' || *start == '\t')) {
            start++;
        }
        // Behind the last bar there is nothing.
        if (n < FIELDS && !(is_end && start == stop)) {
            fields[n++] = (merit__field){.bytes = start, .n = (size_t)(stop - start)};
        }
        if (is_end) {
            text->at += text->at < text->end;
            return n;
        }
        start = text->at + 1;
    }
}

static merit_status fail_line(const taxonomy *file, const char *expected,
                              merit_error *err)
{
    return merit__fail(err, MERIT_EFORMAT, "%s:%lld: expected %s", file->text.origin,
                       (long long)file->line, expected);
}

static int read_id(int64_t *id, merit__field field)
{
    return merit__parse_integer(field.bytes, field.n, 1, INT64_C(1) << 40, id);
}

static merit_status read_nodes(taxonomy *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field fields[FIELDS];
    for (int64_t n = next_line(file, fields); n > 0; n = next_line(file, fields)) {
        int64_t id = 0;
        int64_t parent = 0;
        const size_t n_nodes = (size_t)count(file) + 1;
        if (n < 2 || read_id(&id, fields[0]) != 0 || read_id(&parent, fields[1]) != 0) {
            return fail_line(file, "\"tax id | parent's tax id | rank ...\"", err);
        }
        MERIT_TRY(merit__tree_add(file->tree, -1, MERIT__TREE_MAX_NODES,
                                  file->text.origin, err));
        if (merit__grow_array((void **)&file->ids, &file->id_capacity, n_nodes,
                              sizeof *file->ids) != 0 ||
            merit__grow_array((void **)&file->parents, &file->parent_capacity, n_nodes,
                              sizeof *file->parents) != 0) {
            return fail_memory(err);
        }
        file->ids[n_nodes - 1] = id;
        file->parents[n_nodes - 1] = parent;
    }
    if (count(file) == 0) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s: expected the nodes of a taxonomy, found nothing",
                             file->text.origin);
    }
fail:
    return status;
}

static int compare_places(const void *left, const void *right)
{
    const place *a = left;
    const place *b = right;
    return a->id != b->id ? (a->id > b->id) - (a->id < b->id)
                          : (a->node > b->node) - (a->node < b->node);
}

static int64_t find(const taxonomy *file, int64_t id)
{
    int64_t low = 0;
    int64_t high = count(file);
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (file->places[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count(file) && file->places[low].id == id ? file->places[low].node
                                                           : -1;
}

static merit_status link_parents(taxonomy *file, merit_error *err)
{
    const int64_t n = count(file);
    int64_t root = -1;
    file->places = merit__alloc_array((size_t)n, sizeof *file->places);
    if (file->places == NULL) {
        return fail_memory(err);
    }
    for (int64_t v = 0; v < n; v++) {
        file->places[v] = (place){.id = file->ids[v], .node = (int32_t)v};
    }
    qsort(file->places, (size_t)n, sizeof *file->places, compare_places);
    for (int64_t v = 1; v < n; v++) {
        if (file->places[v].id == file->places[v - 1].id) {
            return merit__fail(err, MERIT_EFORMAT, "%s: the tax id %lld is there twice",
                               file->text.origin, (long long)file->places[v].id);
        }
    }
    for (int64_t v = 0; v < n; v++) {
        const int is_root = file->ids[v] == file->parents[v];
        const int64_t up = is_root ? -1 : find(file, file->parents[v]);
        if (!is_root && up < 0) {
            return merit__fail(err, MERIT_EFORMAT,
                               "%s: the parent %lld of the tax id %lld is not there",
                               file->text.origin, (long long)file->parents[v],
                               (long long)file->ids[v]);
        }
        if (is_root && root >= 0) {
            return merit__fail(
                err, MERIT_EFORMAT, "%s: two roots, the tax ids %lld and %lld",
                file->text.origin, (long long)file->ids[root], (long long)file->ids[v]);
        }
        root = is_root ? v : root;
        file->tree->parent[v] = (int32_t)up;
    }
    return MERIT_OK;
}

static int is_word(merit__field field, const char *word)
{
    return field.n == strlen(word) && memcmp(field.bytes, word, field.n) == 0;
}

// Scientific names. Where NCBI has a unique name beside one, other taxa have the same.
static merit_status read_names(taxonomy *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__field fields[FIELDS];
    int64_t n = 0;
    while ((n = next_line(file, fields)) > 0) {
        int64_t id = 0;
        if (n < FIELDS || read_id(&id, fields[0]) != 0) {
            return fail_line(file, "\"tax id | name | unique name | kind of name\"",
                             err);
        }
        const int64_t v = find(file, id);
        if (v < 0 || !is_word(fields[3], "scientific name")) {
            continue;
        }
        const merit__field name = fields[2].n > 0 ? fields[2] : fields[1];
        MERIT_TRY(merit__tree_set_name(file->tree, v, name.bytes, name.n, err));
    }
fail:
    return status;
}

// Nodes without a name are called by their tax id.
static merit_status name_the_rest(taxonomy *file, merit_error *err)
{
    merit_status status = MERIT_OK;
    char number[MERIT__NUMBER_BYTES];
    for (int64_t v = 0; v < count(file); v++) {
        if (file->tree->name[v] == 0) {
            const size_t n = merit__print_double(number, (double)file->ids[v]);
            MERIT_TRY(merit__tree_set_name(file->tree, v, number, n, err));
        }
    }
fail:
    return status;
}

static merit_status read_all(taxonomy *file, const merit__dump *names,
                             const char *origin, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t lost = -1;
    MERIT_TRY(read_nodes(file, err));
    MERIT_TRY(link_parents(file, err));
    if (names != NULL) {
        merit__text_close(&file->text);
        file->line = 0;
        MERIT_TRY(merit__text_open(&file->text, names->bytes, names->n_bytes,
                                   names->origin, err));
        MERIT_TRY(read_names(file, err));
    }
    MERIT_TRY(name_the_rest(file, err));
    MERIT_TRY(merit__tree_arrange(file->tree, &lost, err));
    if (lost >= 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the tax id %lld is its own ancestor, or below one that "
                           "is; expected a tree",
                           origin, (long long)file->ids[lost]);
    }
    MERIT_TRY(merit__tree_finish(file->tree, origin, err));
fail:
    return status;
}

merit_status merit__tree_parse_taxonomy(merit__tree *tree, const merit__dump *nodes,
                                        const merit__dump *names, merit_error *err)
{
    taxonomy file = {.tree = tree};
    char origin[80];
    merit__printable_path(origin, sizeof origin, nodes->origin);
    merit_status status =
        merit__text_open(&file.text, nodes->bytes, nodes->n_bytes, nodes->origin, err);
    if (status == MERIT_OK) {
        status = read_all(&file, names, origin, err);
    }
    merit__text_close(&file.text);
    merit__free(file.ids);
    merit__free(file.parents);
    merit__free(file.places);
    return status;
}
