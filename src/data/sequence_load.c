#include "data/dataset.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/class_names.h"
#include "data/fasta.h"
#include "data/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS = 128, LETTERS_WHOLE = 4096, LETTERS_LIMIT = 65536 };
static const double default_share = 0.15;
static const uint64_t default_max_bytes = UINT64_C(16) << 30;

merit_status merit__sequences_probe(int *is_some, const char *path, merit_error *err)
{
    merit__stream *stream = NULL;
    const unsigned char *head = NULL;
    size_t n = 0;
    *is_some = 0;
    if (strcmp(path, "-") == 0) {
        return MERIT_OK;
    }
    merit_status status = merit__stream_open(&stream, path, UINT64_MAX, err);
    if (status == MERIT_OK) {
        status = merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n, err);
    }
    if (status == MERIT_OK) {
        *is_some = merit__fasta_probe(head, n);
    }
    merit__stream_close(stream);
    // What cannot be read is for those to refuse who know what it may be.
    return status == MERIT_ENOMEM ? status : MERIT_OK;
}

int32_t merit_dataset_is_sequences(const char *path)
{
    int is_some = 0;
    return path != NULL && merit__sequences_probe(&is_some, path, NULL) == MERIT_OK &&
           is_some;
}

static merit_status check_options(const char *path, const merit_dataset_options *o,
                                  merit_error *err)
{
    char shown[100];
    if (o->task == MERIT_TASK_NONE) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: holds sequences; say what is asked about them: --task "
                           "sequence, residue or masked",
                           merit__printable_path(shown, sizeof shown, path));
    }
    if (o->task < 0 || o->task > MERIT_TASK_MASKED || o->letters < 0 ||
        o->letters > LETTERS_LIMIT || !(o->hidden_share >= 0 && o->hidden_share < 1)) {
        return merit__fail(err, MERIT_EINVAL,
                           "sequences: expected a task, 1 to %d letters at once, and a "
                           "hidden share below 1",
                           LETTERS_LIMIT);
    }
    if (o->task == MERIT_TASK_MASKED && o->labels != NULL) {
        return merit__fail(
            err, MERIT_EINVAL,
            "hidden letters are their own labels; --task masked takes no "
            "other ones");
    }
    return MERIT_OK;
}

/* The first letter that the alphabet does not have. */
static merit_status fail_letter(const merit__sequences *s, const char *shown,
                                merit_error *err)
{
    const merit__records *r = &s->records;
    int64_t i = 0, n_bad = 0, n = 0;
    size_t at = 0;
    char name[60];
    for (int code = 0; code < MERIT__LETTER_CODES; code++) {
        n += r->counts[code];
        n_bad += merit__alphabet_has(s->alphabet, code) ? 0 : r->counts[code];
    }
    while (merit__alphabet_has(s->alphabet, r->codes[at])) {
        at++;
    }
    while (r->start[i + 1] <= (int64_t)at) {
        i++;
    }
    merit__printable(name, sizeof name, merit__record_name(r, i));
    return merit__fail(
        err, MERIT_EFORMAT,
        "%s, line %" PRId64 ": record %" PRId64 " (%s), letter %" PRId64
        ": \"%c\" is not of the alphabet %s (%s); %.3g %% of all letters "
        "are not",
        shown, r->line[i], i + 1, name, (int64_t)at - r->start[i] + 1,
        merit__byte_of_code(r->codes[at]), s->alphabet->name, s->alphabet->shown,
        100 * (double)n_bad / (double)n);
}

static merit_status choose_alphabet(merit__sequences *s, const char *name,
                                    const char *shown, merit_error *err)
{
    merit_status status = MERIT_OK;
    s->alphabet = merit__alphabet_guess(s->records.counts);
    if (name != NULL) {
        MERIT_TRY(merit__alphabet_find(&s->alphabet, name, err));
    }
    for (int code = 0; code < MERIT__LETTER_CODES; code++) {
        if (s->records.counts[code] > 0 && !merit__alphabet_has(s->alphabet, code)) {
            return fail_letter(s, shown, err);
        }
    }
fail:
    return status;
}

/* What is random about a record is so for these letters (FNV-1a, 32 bits). */
static merit_status make_keys(merit__sequences *s, merit_error *err)
{
    const merit__records *r = &s->records;
    s->key = merit__alloc_array((size_t)r->n, sizeof *s->key);
    if (s->key == NULL) {
        return merit__fail_memory(err, (size_t)r->n * sizeof *s->key, "sequences");
    }
    for (int64_t i = 0; i < r->n; i++) {
        uint32_t key = 2166136261U;
        for (int64_t at = r->start[i]; at < r->start[i + 1]; at++) {
            key = (key ^ r->codes[at]) * 16777619U;
        }
        s->key[i] = key;
    }
    return MERIT_OK;
}

static int64_t choose_width(const merit__sequences *s, int64_t wanted)
{
    return wanted > 0                       ? wanted
           : s->task == MERIT_TASK_SEQUENCE ? LETTERS_WHOLE
                                            : LETTERS;
}

/* What was done to letters that the user may not expect. */
static void describe(merit_dataset *data)
{
    const merit__sequences *s = data->storage->sequences;
    const merit__records *r = &s->records;
    int64_t n_rare = 0, n_cut = 0, n_bare = 0;
    if (strcmp(s->alphabet->name, "protein") == 0 &&
        merit__alphabet_guess(r->counts) != s->alphabet) {
        merit__dataset_add_note(
            data, "Read as proteins, but nine of ten letters are A, C, G, T, U or N: "
                  "are these nucleotides?");
    }
    for (size_t i = 0;
         s->task == MERIT_TASK_RESIDUE && s->label != NULL && i < r->n_codes; i++) {
        n_bare += s->label[i] < 0;
    }
    if (n_bare > 0) {
        merit__dataset_add_note(
            data,
            "%" PRId64 " of %zu letters have no label (-): they are seen, never "
            "asked for.",
            n_bare, r->n_codes);
    }
    for (int code = 0; code < MERIT__CODE_STOP; code++) {
        n_rare += merit__alphabet_class(s->alphabet, code) < 0 ? r->counts[code] : 0;
    }
    if (r->n_small > 0) {
        merit__dataset_add_note(
            data, "%" PRId64 " small letters are read as capital ones.", r->n_small);
    }
    if (s->task == MERIT_TASK_MASKED && n_rare > 0) {
        merit__dataset_add_note(
            data,
            "%" PRId64 " letters are none of the classes %s: they are seen, never "
            "hidden.",
            n_rare, s->alphabet->classes);
    }
    for (int64_t i = 0; s->task == MERIT_TASK_SEQUENCE && i < r->n; i++) {
        n_cut += merit__record_length(r, i) > s->width;
    }
    if (n_cut > 0) {
        merit__dataset_add_note(data,
                                "%" PRId64 " sequence%s longer than %" PRId64
                                " letters: the middle is read (see --letters).",
                                n_cut, n_cut == 1 ? " is" : "s are", s->width);
    }
}

static merit_status read(merit__sequences *s, const char *path, char shown[100],
                         const merit_dataset_options *o, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    uint64_t limit = o->max_bytes > 0 ? (uint64_t)o->max_bytes : default_max_bytes;
    MERIT_TRY(merit__stream_open(&stream, path, limit, err));
    snprintf(shown, 100, "%s", merit__stream_name(stream));
    MERIT_TRY(merit__fasta_read(&s->records, stream, o->first, 0, err));
fail:
    merit__stream_close(stream);
    return status;
}

/* The alphabet's classes are those of hidden letters. */
static merit_status name_letters(merit_dataset *data, merit_error *err)
{
    const char *names[MERIT__LETTER_CODES],
        *classes = data->storage->sequences->alphabet->classes;
    char letters[MERIT__LETTER_CODES][2];
    int64_t n = (int64_t)strlen(classes);
    for (int64_t i = 0; i < n; i++) {
        letters[i][0] = classes[i];
        letters[i][1] = '\0';
        names[i] = letters[i];
    }
    data->n_names = n;
    data->n_classes = n;
    return merit__class_names_clone(&data->names, (char *const *)(uintptr_t)names, n,
                                    err);
}

static merit_status assemble(merit_dataset *data, const char *path,
                             const merit_dataset_options *o, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__sequences *s = data->storage->sequences;
    if (s->task == MERIT_TASK_MASKED) {
        MERIT_TRY(name_letters(data, err));
    } else if (!o->no_labels) {
        MERIT_TRY(merit__sequences_label(s, data, o->labels, path, err));
    }
    MERIT_TRY(merit__windows_create(&data->windows, &data->n_windows, s, err));
    data->channels = data->height = 1;
    data->width = s->width;
    MERIT_TRY(merit__dataset_make_rows(data, err));
    describe(data);
    merit__dataset_describe(data);
fail:
    return status;
}

merit_status merit__sequences_load(merit_dataset **out, const char *path,
                                   const merit_dataset_options *o, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[100];
    merit__storage *storage = merit__storage_create(NULL, NULL);
    merit__sequences *s = merit__alloc_array(1, sizeof *s);
    merit_dataset *data = NULL;
    if (storage == NULL || s == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *s, "sequences"));
    }
    storage->sequences = s;
    s->task = o->task;
    s->hidden_share = o->hidden_share > 0 ? o->hidden_share : default_share;
    MERIT_TRY(check_options(path, o, err));
    MERIT_TRY(read(s, path, shown, o, err));
    MERIT_TRY(choose_alphabet(s, o->alphabet, shown, err));
    MERIT_TRY(make_keys(s, err));
    s->width = choose_width(s, o->letters);
    MERIT_TRY(merit__dataset_create(&data, storage, path,
                                    o->labels != NULL ? o->labels : path, err));
    MERIT_TRY(assemble(data, path, o, err));
    *out = data;
    data = NULL;
fail:
    merit_dataset_free(data);
    if (storage != NULL) {
        if (storage->sequences == NULL) {
            merit__free(s);
        }
        merit__storage_release(storage);
    } else {
        merit__free(s);
    }
    return status;
}
