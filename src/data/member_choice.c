#include "data/member_choice.h"

#include "base/fail.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 256, LIST_BYTES = 100, SHOWN_BYTES = 40, LABELS_MAX = 3 };

// What features are called, and their labels beside them.
static const struct {
    const char *features, *labels[LABELS_MAX];
} pairs[] = {
    {"X", {"y", "Y", "labels"}},
    {"x", {"y", "Y", "labels"}},
    {"features", {"labels", "targets", "y"}},
    {"data", {"labels", "target", "targets"}},
    {"images", {"labels", "targets", "y"}},
    {"embeddings", {"labels", "targets", "y"}},
    {"spectra", {"labels", "targets", "y"}},
    {"inputs", {"targets", "labels", "y"}},
    {"arr_0", {"arr_1", NULL, NULL}}, // numpy.savez(file, X, y)
};

enum { N_PAIRS = sizeof pairs / sizeof pairs[0] };

static const char *const label_names[] = {"y",      "Y",       "labels", "label",
                                          "target", "targets", "classes"};

// Documents of other programs are zip archives, too.
static const struct {
    const char *member, *words;
} documents[] = {
    {"[Content_Types].xml",
     "is an Office document (Excel?); save the table in it as CSV"},
    {"mimetype", "is an OpenDocument file or a book; save the table in it as CSV"},
    {"META-INF/MANIFEST.MF", "is a Java archive"},
    {"data.pkl", "is a PyTorch file (it can run code); save arrays with numpy.savez"},
};

static const char *name_at(const void *context, size_t i)
{
    const merit__archive *archive = context;
    return merit__paths_get(&archive->names.names, i);
}

int merit__member_is_folder(const char *name)
{
    return name[strlen(name) - 1] == '/';
}

static int64_t find(const merit__archive *archive, const char *name)
{
    size_t n = strlen(name);
    int64_t place = merit__name_set_find(&archive->names, name, n);
    return place < 0 && n > 4 && strcmp(name + n - 4, ".npy") == 0
               ? merit__name_set_find(&archive->names, name, n - 4)
               : place;
}

// Whether `name` is stem, stem_<rest> or <rest>_stem; *before and *after are the rest.
static int has_stem(const char *name, const char *stem, size_t *before,
                    const char **after)
{
    size_t n = strlen(name), n_stem = strlen(stem);
    *before = 0;
    *after = name + n_stem;
    if (strncmp(name, stem, n_stem) == 0 && (**after == '\0' || **after == '_')) {
        return 1;
    }
    *before = n > n_stem ? n - n_stem : 0;
    *after = "";
    return *before > 1 && name[*before - 1] == '_' && strcmp(name + *before, stem) == 0;
}

int64_t merit__member_labels(const merit__archive *archive, size_t features)
{
    const char *name = name_at(archive, features);
    char labels[NAME_BYTES];
    size_t before = 0;
    const char *after = NULL;
    int64_t found = -1;
    for (size_t p = 0; p < N_PAIRS && found < 0; p++) {
        if (!has_stem(name, pairs[p].features, &before, &after)) {
            continue;
        }
        for (size_t i = 0; i < LABELS_MAX && pairs[p].labels[i] && found < 0; i++) {
            snprintf(labels, sizeof labels, "%.*s%s%s", (int)before, name,
                     pairs[p].labels[i], after);
            found = find(archive, labels);
        }
    }
    return found;
}

static int names_features(const char *name)
{
    size_t before = 0;
    const char *after = NULL;
    int found = 0;
    for (size_t p = 0; p < N_PAIRS; p++) {
        found |= has_stem(name, pairs[p].features, &before, &after);
    }
    return found;
}

static int names_labels(const char *name)
{
    int found = 0;
    for (size_t i = 0; i < sizeof label_names / sizeof label_names[0]; i++) {
        found |= strcmp(name, label_names[i]) == 0;
    }
    return found;
}

static int looks_right(const char *name, enum merit__part part)
{
    return part == MERIT__PART_FEATURES
               ? names_features(name)
               : part == MERIT__PART_LABELS && names_labels(name);
}

// "X, y, ids", cut to fit; returns how many there are, *first is the first one.
static size_t list_members(char out[LIST_BYTES], const char **first,
                           const merit__archive *archive)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < archive->names.names.n; i++) {
        const char *name = name_at(archive, i);
        if (!merit__member_is_folder(name)) {
            merit__list_name(out, LIST_BYTES, name);
            *first = n++ == 0 ? name : *first;
        }
    }
    return n;
}

static merit_status fail_missing(const merit__archive *archive, const char *name,
                                 const char *file, merit_error *err)
{
    char list[LIST_BYTES], shown[SHOWN_BYTES], nearest[SHOWN_BYTES],
        hint[SHOWN_BYTES + 24] = "";
    const char *first = NULL;
    size_t n = list_members(list, &first, archive);
    const char *near = merit__suggest(name, name_at, archive, archive->names.names.n);
    if (near != NULL) {
        snprintf(hint, sizeof hint, "; did you mean %s?",
                 merit__printable(nearest, sizeof nearest, near));
    }
    return merit__fail(err, MERIT_EFORMAT, "%s: has no array \"%s\"%s There %s: %s",
                       file, merit__printable(shown, sizeof shown, name),
                       near != NULL ? hint : ".", n == 1 ? "is one" : "are", list);
}

static merit_status fail_unclear(const merit__archive *archive, enum merit__part part,
                                 const char *file, merit_error *err)
{
    static const char *const wanted[] = {"one", "the one of the examples",
                                         "the one of the labels"};
    char list[LIST_BYTES];
    const char *first = "X", *base = strrchr(file, '/');
    size_t n = list_members(list, &first, archive);
    base = base != NULL && strlen(file) > SHOWN_BYTES ? base + 1 : file;
    return merit__fail(err, MERIT_EFORMAT,
                       "%s: has %zu array%s (%s); name %s, such as %.60s:%.30s", file,
                       n, n == 1 ? "" : "s", list, wanted[part], base, first);
}

static merit_status refuse_documents(const merit__archive *archive, const char *file,
                                     merit_error *err)
{
    for (size_t d = 0; d < sizeof documents / sizeof documents[0]; d++) {
        for (size_t i = 0; i < archive->names.names.n; i++) {
            const char *name = name_at(archive, i);
            const char *slash = strrchr(name, '/');
            if (strcmp(name, documents[d].member) == 0 ||
                (slash != NULL && strcmp(slash + 1, documents[d].member) == 0)) {
                return merit__fail(err, MERIT_EUNSUPPORTED, "%s: %s", file,
                                   documents[d].words);
            }
        }
    }
    return MERIT_OK;
}

merit_status merit__member_choose(size_t *out, const merit__archive *archive,
                                  const merit__member_wish *wish, const char *file,
                                  merit_error *err)
{
    if (wish->part == MERIT__PART_FIRST) {
        *out = 0;
        return MERIT_OK;
    }
    if (wish->name != NULL) {
        int64_t place = find(archive, wish->name);
        *out = place > 0 ? (size_t)place : 0;
        return place >= 0 ? MERIT_OK : fail_missing(archive, wish->name, file, err);
    }
    merit_status status = refuse_documents(archive, file, err);
    if (status != MERIT_OK) {
        return status;
    }
    int64_t other = wish->no_member != NULL ? find(archive, wish->no_member) : -1;
    size_t n = 0, n_right = 0, right = 0;
    for (size_t i = 0; i < archive->names.names.n; i++) {
        if (merit__member_is_folder(name_at(archive, i)) || (int64_t)i == other) {
            continue;
        }
        n++;
        *out = i;
        if (looks_right(name_at(archive, i), wish->part)) {
            n_right++;
            right = i;
        }
    }
    if (n_right == 1) {
        *out = right;
    }
    return n == 1 || n_right == 1 ? MERIT_OK
                                  : fail_unclear(archive, wish->part, file, err);
}
