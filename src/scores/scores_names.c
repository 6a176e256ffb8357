#include "scores/scores_names.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/utf8.h"
#include "scores/scores_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *merit__name_problem(const char *name)
{
    if (name[0] == '\0') {
        return "is empty";
    }
    if (strlen(name) > MERIT__SCORES_MAX_NAME_BYTES) {
        return "is longer than 255 bytes";
    }
    if (!merit__is_utf8(name)) {
        return "is not UTF-8";
    }
    return NULL;
}

static int compare_entries(const void *left, const void *right)
{
    const merit__name_entry *a = left;
    const merit__name_entry *b = right;
    int order = strcmp(a->name, b->name);
    if (order != 0) {
        return order;
    }
    return (a->position > b->position) - (a->position < b->position);
}

merit_status merit__name_index_init(merit__name_index *index, const char *const *names,
                                    int64_t n, merit_error *err)
{
    *index = (merit__name_index){.n = n};
    index->entries = merit__alloc_array((size_t)n, sizeof *index->entries);
    if (index->entries == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *index->entries, "names");
    }
    for (int64_t i = 0; i < n; i++) {
        index->entries[i].name = names[i];
        index->entries[i].position = i;
    }
    qsort(index->entries, (size_t)n, sizeof *index->entries, compare_entries);
    return MERIT_OK;
}

void merit__name_index_dispose(merit__name_index *index)
{
    merit__free(index->entries);
    *index = (merit__name_index){0};
}

int64_t merit__name_index_find(const merit__name_index *index, const char *name)
{
    int64_t low = 0;
    int64_t high = index->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (strcmp(index->entries[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == index->n || strcmp(index->entries[low].name, name) != 0) {
        return -1;
    }
    return index->entries[low].position;
}

int merit__name_index_has_twins(const merit__name_index *index, int64_t *first,
                                int64_t *second)
{
    for (int64_t i = 1; i < index->n; i++) {
        if (strcmp(index->entries[i - 1].name, index->entries[i].name) == 0) {
            *first = index->entries[i - 1].position;
            *second = index->entries[i].position;
            return 1;
        }
    }
    return 0;
}

void merit__name_list_add(merit__name_list *list, const char *name)
{
    enum { MAX_LISTED = 20, ROOM_FOR_COUNT = 16 };
    char shown[32];
    char item[48];
    list->n_names++;
    if (list->n_listed == MAX_LISTED || list->n_names > list->n_listed + 1) {
        return;
    }
    int n = snprintf(item, sizeof item, "%s\"%s\"", list->n_listed > 0 ? ", " : "",
                     merit__printable(shown, sizeof shown, name));
    if (list->n_bytes + (size_t)n + ROOM_FOR_COUNT < sizeof list->text) {
        memcpy(list->text + list->n_bytes, item, (size_t)n + 1);
        list->n_bytes += (size_t)n;
        list->n_listed++;
    }
}

const char *merit__name_list_end(merit__name_list *list)
{
    if (list->n_names > list->n_listed) {
        snprintf(list->text + list->n_bytes, sizeof list->text - list->n_bytes,
                 " and %lld more", (long long)(list->n_names - list->n_listed));
    }
    return list->text;
}

void merit__name_list_add_missing(merit__name_list *list, const char *const *names,
                                  int64_t n, const merit__name_index *index)
{
    for (int64_t i = 0; i < n; i++) {
        if (merit__name_index_find(index, names[i]) < 0) {
            merit__name_list_add(list, names[i]);
        }
    }
}

// Refuses classes of the table and of the data that are not the same set.
static merit_status compare_sets(const merit__name_index *table,
                                 const char *const *table_names,
                                 const merit__name_index *data,
                                 const char *const *data_names, const char *origin,
                                 merit_error *err)
{
    char shown[80];
    merit__name_list table_only = {0};
    merit__name_list data_only = {0};
    merit__name_list_add_missing(&table_only, table_names, table->n, data);
    merit__name_list_add_missing(&data_only, data_names, data->n, table);
    if (table_only.n_names == 0 && data_only.n_names == 0) {
        return MERIT_OK;
    }
    int both = table_only.n_names > 0 && data_only.n_names > 0;
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: other classes than the data: %s%s%s%s%s",
                       merit__printable_path(shown, sizeof shown, origin),
                       table_only.n_names > 0 ? "only the table has " : "",
                       merit__name_list_end(&table_only), both ? "; " : "",
                       data_only.n_names > 0 ? "only the data has " : "",
                       merit__name_list_end(&data_only));
}

static merit_status check_data_names(const merit__name_index *data,
                                     const char *const *names, merit_error *err)
{
    char shown[64];
    int64_t first = 0;
    int64_t second = 0;
    if (!merit__name_index_has_twins(data, &first, &second)) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EINVAL,
                       "classes %lld and %lld of the data are both named \"%s\"",
                       (long long)first, (long long)second,
                       merit__printable(shown, sizeof shown, names[first]));
}

// The labels of a table whose options name the classes of the data.
static merit_status match_names(int64_t *labels, const char *const *names, int64_t n,
                                const char *origin, const merit_scores_options *options,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__name_index data = {0};
    merit__name_index table = {0};
    const char *const *classes = options->classes;
    MERIT_TRY(merit__name_index_init(&data, classes, options->n_classes, err));
    MERIT_TRY(merit__name_index_init(&table, names, n, err));
    MERIT_TRY(check_data_names(&data, classes, err));
    MERIT_TRY(compare_sets(&table, names, &data, classes, origin, err));
    for (int64_t i = 0; i < n; i++) {
        labels[i] = merit__name_index_find(&data, names[i]);
    }

fail:
    merit__name_index_dispose(&data);
    merit__name_index_dispose(&table);
    return status;
}

merit_status merit__match_classes(int64_t *labels, const char *const *names, int64_t n,
                                  const char *origin,
                                  const merit_scores_options *options, merit_error *err)
{
    char shown[80];
    if (options->classes != NULL) {
        return match_names(labels, names, n, origin, options, err);
    }
    if (options->n_classes > 0 && options->n_classes != n) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: expected %lld classes as in the data, found %lld",
                           merit__printable_path(shown, sizeof shown, origin),
                           (long long)options->n_classes, (long long)n);
    }
    for (int64_t i = 0; i < n; i++) {
        labels[i] = i;
    }
    return MERIT_OK;
}
