#include "data/class_names.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

enum {
    POINTS_MAX = 1024,
    // A byte of UTF-8 takes at most so many points' room when it is folded.
    FOLDED_BYTES = 4 * (POINTS_MAX + 1)
};

merit_status merit__class_names_clone(char ***out, char *const *names, int64_t n,
                                      merit_error *err)
{
    size_t n_bytes = (size_t)n * sizeof **out;
    for (int64_t i = 0; i < n; i++) {
        n_bytes += strlen(names[i]) + 1;
    }
    char **copy = merit__alloc_array(n_bytes, 1);
    if (copy == NULL) {
        return merit__fail_memory(err, n_bytes, "names of classes");
    }
    char *at = (char *)(copy + n);
    for (int64_t i = 0; i < n; i++) {
        size_t n_name = strlen(names[i]) + 1;
        memcpy(at, names[i], n_name);
        copy[i] = at;
        at += n_name;
    }
    *out = copy;
    return MERIT_OK;
}

merit_status merit__class_names_copy(char ***out, const merit__paths *names,
                                     merit_error *err)
{
    char **pointers = merit__alloc_array(names->n, sizeof *pointers);
    if (pointers == NULL) {
        return merit__fail_memory(err, names->n * sizeof *pointers, "names of classes");
    }
    for (size_t i = 0; i < names->n; i++) {
        pointers[i] = names->names + names->at[i];
    }
    merit_status status =
        merit__class_names_clone(out, pointers, (int64_t)names->n, err);
    merit__free(pointers);
    return status;
}

// The name without what case and the writing of accents tell apart; as it is when it is
// no UTF-8 or long. Returns its length, at most FOLDED_BYTES.
static size_t fold(char *out, const char *name)
{
    utf8proc_int32_t points[POINTS_MAX + 1];
    utf8proc_option_t options = UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                UTF8PROC_COMPAT | UTF8PROC_CASEFOLD;
    size_t n = strlen(name);
    utf8proc_ssize_t n_points = -1;
    if (n < POINTS_MAX) {
        n_points = utf8proc_decompose((const utf8proc_uint8_t *)name, 0, points,
                                      POINTS_MAX, options);
    }
    if (n_points >= 0 && n_points <= POINTS_MAX) {
        n_points = utf8proc_reencode(points, n_points, options);
        if (n_points >= 0) {
            memcpy(out, points, (size_t)n_points);
            return (size_t)n_points;
        }
    }
    n = n < POINTS_MAX ? n : POINTS_MAX;
    memcpy(out, name, n);
    return n;
}

static size_t n_folded(const char *entry)
{
    return (size_t)(strchrnul(entry, '\n') - entry);
}

// Entries "folded name, newline, name" in order, so that names that fold alike are
// neighbours.
static void tell_neighbours(merit_dataset *data, const merit__paths *entries)
{
    int64_t n = 0;
    char first[64] = "", second[64] = "";
    for (size_t i = 1; i < entries->n; i++) {
        const char *a = merit__paths_get(entries, i - 1);
        const char *b = merit__paths_get(entries, i);
        size_t n_a = n_folded(a);
        if (n_a == n_folded(b) && memcmp(a, b, n_a) == 0 && n++ == 0) {
            merit__printable(first, sizeof first, a + n_a + 1);
            merit__printable(second, sizeof second, b + n_a + 1);
        }
    }
    if (n > 0) {
        merit__dataset_add_note(
            data,
            "The classes \"%s\" and \"%s\" differ in nothing but case or the writing "
            "of accents%s: they are told apart.",
            first, second, n > 1 ? ", and so do others" : "");
    }
}

merit_status merit__class_names_compare(merit_dataset *data, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__paths entries = {.n = 0};
    for (int64_t i = 0; i < data->n_names; i++) {
        char entry[FOLDED_BYTES + 512];
        size_t n = fold(entry, data->names[i]);
        for (char *at = entry; (at = memchr(at, '\n', n - (size_t)(at - entry)));) {
            *at = ' ';
        }
        entry[n++] = '\n';
        size_t n_name = strlen(data->names[i]);
        n_name = n_name < 500 ? n_name : 500;
        memcpy(entry + n, data->names[i], n_name);
        MERIT_TRY(merit__paths_add(&entries, entry, n + n_name, err));
    }
    merit__paths_sort(&entries);
    tell_neighbours(data, &entries);
fail:
    merit__paths_dispose(&entries);
    return status;
}

const char *merit_dataset_class_name(const merit_dataset *data, int64_t k)
{
    return k >= 0 && k < data->n_names ? data->names[k] : NULL;
}

// The classes that the data have and `names` lack, or, with `missing`, the other way
// round; "" for none. Returns how many.
static int64_t list_difference(char *out, size_t out_bytes, const int64_t *marks,
                               const char *const *names, int64_t n)
{
    int64_t n_found = 0;
    out[0] = '\0';
    for (int64_t i = 0; i < n; i++) {
        if (marks[i] < 0) {
            merit__list_name(out, out_bytes, names[i]);
            n_found++;
        }
    }
    return n_found;
}

// to[i]: where name i of the data is among the names; from: the other way; -1: nowhere.
static merit_status match(int64_t *to, int64_t *from, const merit_dataset *data,
                          const char *const *names, int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__paths sorted = {.n = 0};
    size_t *place = merit__alloc_array((size_t)n, sizeof *place);
    if (place == NULL) {
        return merit__fail_memory(err, (size_t)n * sizeof *place, "names of classes");
    }
    for (int64_t i = 0; i < n; i++) {
        MERIT_TRY(merit__paths_add(&sorted, names[i], strlen(names[i]), err));
        from[i] = -1;
    }
    merit__paths_sort(&sorted);
    for (int64_t i = 0; i < n; i++) {
        int64_t found = merit__paths_find(&sorted, names[i], strlen(names[i]));
        place[found] = (size_t)i;
    }
    for (int64_t i = 0; i < data->n_names; i++) {
        int64_t found =
            merit__paths_find(&sorted, data->names[i], strlen(data->names[i]));
        to[i] = found < 0 ? -1 : (int64_t)place[found];
        if (found >= 0) {
            from[place[found]] = i;
        }
    }
fail:
    merit__paths_dispose(&sorted);
    merit__free(place);
    return status;
}

// The name that differs from this one in nothing but case or the writing of accents, as
// systems write names of files; NULL when there is none.
static const char *find_alike(const char *name, const char *const *names, int64_t n)
{
    char wanted[FOLDED_BYTES], folded[FOLDED_BYTES];
    size_t n_wanted = fold(wanted, name);
    for (int64_t i = 0; i < n; i++) {
        if (fold(folded, names[i]) == n_wanted &&
            memcmp(folded, wanted, n_wanted) == 0) {
            return names[i];
        }
    }
    return NULL;
}

// Of the first class that is not among the names.
static void tell_alike(char *out, size_t out_bytes, const merit_dataset *data,
                       const int64_t *to, const char *const *names, int64_t n)
{
    char shown[64];
    int64_t i = 0;
    while (i < data->n_names && to[i] >= 0) {
        i++;
    }
    const char *alike = i < data->n_names ? find_alike(data->names[i], names, n) : NULL;
    snprintf(out, out_bytes, "%s", "");
    if (alike != NULL) {
        snprintf(out, out_bytes,
                 "; \"%s\" there differs in case or the writing of accents",
                 merit__printable(shown, sizeof shown, alike));
    }
}

static merit_status check_difference(const merit_dataset *data, const int64_t *to,
                                     const int64_t *from, const char *const *names,
                                     int64_t n, int need_all, merit_error *err)
{
    char list[110], shown[80], alike[120];
    merit__printable_path(shown, sizeof shown, data->path);
    int64_t n_unknown = list_difference(
        list, sizeof list, to, (const char *const *)data->names, data->n_names);
    if (n_unknown > 0) {
        tell_alike(alike, sizeof alike, data, to, names, n);
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: %" PRId64 " of its classes %s not in the score table: "
                           "%s%s",
                           shown, n_unknown, n_unknown == 1 ? "is" : "are", list,
                           alike);
    }
    int64_t n_missing = list_difference(list, sizeof list, from, names, n);
    if (need_all && n_missing > 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: has no examples of %" PRId64 " classes of the score "
                           "table: %s",
                           shown, n_missing, list);
    }
    return MERIT_OK;
}

static int is_place(const char *name, int64_t n, int64_t *place)
{
    return merit__parse_integer(name, strlen(name), 0, n - 1, place) == 0;
}

// Classes that the data number while the names are words: they are places among these.
static void match_places(int64_t *to, int64_t *from, merit_dataset *data,
                         const char *const *names, int64_t n)
{
    int64_t place = 0;
    char shown[64];
    for (int64_t i = 0; i < data->n_names; i++) {
        if (to[i] >= 0 || !is_place(data->names[i], n, &place)) {
            return;
        }
    }
    for (int64_t i = 0; i < data->n_names && is_place(data->names[i], n, &to[i]); i++) {
        from[to[i]] = i;
    }
    merit__dataset_add_note(data,
                            "The labels are numbers and the classes of the score table "
                            "are not: 0 is its first class, %s.",
                            merit__printable(shown, sizeof shown, names[0]));
}

merit_status merit_dataset_match(merit_dataset *data, const char *const *names,
                                 int64_t n, int32_t need_all, merit_error *err)
{
    merit_status status = MERIT_OK;
    char **copy = NULL;
    if (data == NULL || names == NULL || n < 1) {
        return merit__fail(err, MERIT_EINVAL,
                           "matching classes needs a data set and names");
    }
    if (data->names == NULL) {
        return MERIT_OK;
    }
    int64_t *to = merit__alloc_array((size_t)data->n_names, sizeof *to);
    int64_t *from = merit__alloc_array((size_t)n, sizeof *from);
    if (to == NULL || from == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)n * sizeof *from, "classes"));
    }
    MERIT_TRY(match(to, from, data, names, n, err));
    match_places(to, from, data, names, n);
    MERIT_TRY(check_difference(data, to, from, names, n, need_all, err));
    MERIT_TRY(merit__class_names_clone(&copy, (char *const *)(uintptr_t)names, n, err));
    if (data->windows != NULL) {
        MERIT_TRY(merit__sequences_renumber(data, to, n, err));
    }
    for (int64_t i = 0; data->labels != NULL && i < data->n; i++) {
        data->labels[i] = (int32_t)to[data->labels[i]];
    }
    merit__free(data->names);
    data->names = copy;
    data->n_names = n;
    data->n_classes = n;
    copy = NULL;
fail:
    merit__free(copy);
    merit__free(to);
    merit__free(from);
    return status;
}
