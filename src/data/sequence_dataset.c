/* A data set of sequences: its examples are the rows of windows.
 *
 *     windows     w0          w1     w2 ...       what a net sees, T letters
 *     rows        0 1 2 3     4 5    6 7 8 ...    what is asked: letters, or all of it
 */
#include "data/dataset.h"

#include "base/alloc.h"
#include "base/code.h"
#include "base/fail.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

static merit_status make_draft(merit__draft *draft, int64_t T, merit_error *err)
{
    size_t n = (size_t)T;
    draft->x = merit__alloc_array(n, sizeof *draft->x);
    draft->places = merit__alloc_array(n, sizeof *draft->places);
    draft->classes = merit__alloc_array(n, sizeof *draft->classes);
    return draft->x != NULL && draft->places != NULL && draft->classes != NULL
               ? MERIT_OK
               : merit__fail_memory(err, 3 * n * sizeof(float), "a window");
}

static void free_draft(merit__draft *draft)
{
    merit__free(draft->x);
    merit__free(draft->places);
    merit__free(draft->classes);
}

// What label `class` of the file is called here; -1 stays.
static int32_t number_of(const merit_dataset *data, int32_t class)
{
    return class >= 0 && data->class_of != NULL ? data->class_of[class] : class;
}

// Numbers the rows of the windows; fills them when there is room for them.
static int64_t fill_rows(merit_dataset *data, merit__draft draft)
{
    const merit__sequences *s = data->storage->sequences;
    int64_t n = 0;
    for (int64_t i = 0; i < data->n_windows; i++) {
        merit__window *w = &data->windows[i];
        int64_t n_rows = merit__window_rows(s, w, draft.x, draft.places, draft.classes);
        w->first_row = n;
        for (int64_t j = 0; data->places != NULL && j < n_rows; j++) {
            data->places[n + j] = draft.places[j];
            if (data->labels != NULL) {
                data->labels[n + j] = number_of(data, draft.classes[j]);
            }
        }
        n += n_rows;
    }
    return n;
}

static merit_status fail_no_rows(const merit_dataset *data, merit_error *err)
{
    char shown[100];
    merit__printable_path(shown, sizeof shown, data->path);
    int is_masked = data->storage->sequences->task == MERIT_TASK_MASKED;
    return merit__fail(err, MERIT_EFORMAT, "%s: %s", shown,
                       is_masked ? "too few letters: none would be hidden"
                                 : "no letter has a label");
}

merit_status merit__dataset_make_rows(merit_dataset *data, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit__sequences *s = data->storage->sequences;
    merit__draft draft = {.x = NULL};
    int has_labels = s->label != NULL || s->task == MERIT_TASK_MASKED;
    MERIT_TRY(make_draft(&draft, s->width, err));
    int64_t n = fill_rows(data, draft);
    if (n == 0) {
        MERIT_TRY(fail_no_rows(data, err));
    }
    data->places = merit__alloc_array((size_t)n, sizeof *data->places);
    data->labels =
        has_labels ? merit__alloc_array((size_t)n, sizeof *data->labels) : NULL;
    if (data->places == NULL || (has_labels && data->labels == NULL)) {
        MERIT_TRY(merit__fail_memory(err, (size_t)n * sizeof *data->places, "rows"));
    }
    data->n = fill_rows(data, draft);
fail:
    free_draft(&draft);
    return status;
}

// The last one that begins at or before the row and has rows, by halving.
int64_t merit__dataset_window(const merit_dataset *data, int64_t i)
{
    int64_t low = 0, high = data->n_windows; // low begins at or before i, high behind
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (data->windows[middle].first_row <= i) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void merit__dataset_unit(const merit_dataset *data, int64_t u, int64_t *first,
                         int64_t *n, const int32_t **places)
{
    *first = u;
    *n = 1;
    *places = NULL;
    if (data->windows != NULL) {
        *first = data->windows[u].first_row;
        *n = (u + 1 < data->n_windows ? data->windows[u + 1].first_row : data->n) -
             *first;
        *places = data->places + *first;
    }
}

int64_t merit__dataset_draw(const merit_dataset *data, int64_t u, double hidden_share,
                            uint64_t seed, uint32_t epoch, merit__draft draft)
{
    int64_t n =
        merit__window_draw(data->storage->sequences, &data->windows[u], hidden_share,
                           seed, epoch, draft.x, draft.places, draft.classes);
    for (int64_t i = 0; i < n; i++) {
        draft.classes[i] = number_of(data, draft.classes[i]);
    }
    return n;
}

int64_t merit__dataset_unit_length(const merit_dataset *data, int64_t u)
{
    return data->windows == NULL
               ? data->width
               : merit__window_length(data->storage->sequences, &data->windows[u]);
}

void merit__dataset_show_unit(const merit_dataset *data, int64_t u, float *x,
                              int64_t width)
{
    // What is hidden does not depend on who is asked for: let nobody be.
    const merit__sequences *s = data->storage->sequences;
    merit__window window = data->windows[u];
    window.from = window.end = 0;
    int32_t place = 0, class = 0;
    merit__window_rows(s, &window, x, &place, &class);
    for (int64_t t = merit__window_length(s, &window); t < width; t++) {
        x[t] = (float)MERIT__CODE_END;
    }
}

void merit__dataset_show_row(const merit_dataset *data, int64_t i, float *values)
{
    merit__dataset_show_unit(data, merit__dataset_window(data, i), values, data->width);
}

merit_status merit__dataset_choose_rows(merit_dataset *subset,
                                        const merit_dataset *data, const int64_t *index,
                                        int64_t n, merit_error *err)
{
    size_t n_classes = (size_t)data->storage->sequences->n_labels;
    subset->places = merit__alloc_array((size_t)n, sizeof *subset->places);
    subset->windows = merit__alloc_array((size_t)n, sizeof *subset->windows);
    subset->class_of = data->class_of != NULL
                           ? merit__alloc_array(n_classes, sizeof *subset->class_of)
                           : NULL;
    if (subset->places == NULL || subset->windows == NULL ||
        (data->class_of != NULL && subset->class_of == NULL)) {
        return merit__fail_memory(err, (size_t)n * sizeof *subset->windows, "a subset");
    }
    if (data->class_of != NULL) {
        memcpy(subset->class_of, data->class_of, n_classes * sizeof *data->class_of);
    }
    int64_t last = -1;
    for (int64_t i = 0; i < n; i++) {
        int64_t w = merit__dataset_window(data, index[i]);
        if (w != last) {
            subset->windows[subset->n_windows] = data->windows[w];
            subset->windows[subset->n_windows++].first_row = i;
        }
        last = w;
        subset->places[i] = data->places[index[i]];
    }
    merit__free(subset->index);
    subset->index = NULL;
    return MERIT_OK;
}

// Marks the records that go to validation, a random share of those that there are;
// returns how many of the others there are.
static int64_t mark_records(unsigned char *marks, int64_t *order,
                            const merit_dataset *data, double fraction, uint64_t seed)
{
    int64_t n = data->storage->sequences->records.n, n_present = 0, n_marked = 0;
    for (int64_t i = 0; i < data->n_windows; i++) {
        n_present += marks[data->windows[i].record] == 0;
        marks[data->windows[i].record] = 1;
    }
    int64_t wanted = (int64_t)llround(fraction * (double)n_present);
    wanted = wanted < 1 ? 1 : wanted > n_present - 1 ? n_present - 1 : wanted;
    merit__permutation(order, n, seed, MERIT__USE_SPLIT, 0);
    for (int64_t i = 0; i < n && n_marked < wanted; i++) {
        if (marks[order[i]] == 1) {
            marks[order[i]] = 2;
            n_marked++;
        }
    }
    return n_present - n_marked;
}

// The rows whose records have that mark; returns how many.
static int64_t rows_of(int64_t *out, const merit_dataset *data,
                       const unsigned char *marks, unsigned char wanted)
{
    int64_t n = 0;
    for (int64_t u = 0; u < data->n_windows; u++) {
        int64_t first, n_rows;
        const int32_t *places;
        merit__dataset_unit(data, u, &first, &n_rows, &places);
        for (int64_t i = 0; i < n_rows && marks[data->windows[u].record] == wanted;
             i++) {
            out[n++] = first + i;
        }
    }
    return n;
}

// All windows of records with that mark become the part's, also those whose letters
// happen not to be asked for here: training asks for others.
static merit_status take_windows(merit_dataset *part, const merit_dataset *data,
                                 const unsigned char *marks, unsigned char wanted,
                                 merit_error *err)
{
    size_t n_bytes = (size_t)data->n_windows * sizeof *part->windows;
    merit__window *windows =
        merit__alloc_array((size_t)data->n_windows, sizeof *windows);
    if (windows == NULL) {
        return merit__fail_memory(err, n_bytes, "a split");
    }
    int64_t n = 0, n_rows = 0;
    for (int64_t u = 0; u < data->n_windows; u++) {
        int64_t first, n_own;
        const int32_t *places;
        if (marks[data->windows[u].record] == wanted) {
            merit__dataset_unit(data, u, &first, &n_own, &places);
            windows[n] = data->windows[u];
            windows[n++].first_row = n_rows;
            n_rows += n_own;
        }
    }
    merit__free(part->windows);
    part->windows = windows;
    part->n_windows = n;
    return MERIT_OK;
}

merit_status merit__dataset_split_sequences(merit_dataset **train,
                                            merit_dataset **validation,
                                            const merit_dataset *data, double fraction,
                                            uint64_t seed, merit_error *err)
{
    merit_status status = MERIT_OK;
    char shown[100];
    size_t n = (size_t)data->storage->sequences->records.n;
    unsigned char *marks = merit__alloc_array(n, 1);
    int64_t *order = merit__alloc_array(n, sizeof *order);
    int64_t *rows = merit__alloc_array((size_t)data->n, sizeof *rows);
    if (marks == NULL || order == NULL || rows == NULL) {
        MERIT_TRY(merit__fail_memory(err, (size_t)data->n * sizeof *rows, "a split"));
    }
    int64_t n_left = mark_records(marks, order, data, fraction, seed);
    int64_t n_rows = rows_of(rows, data, marks, 2);
    if (n_left < 1 || n_rows < 1 || n_rows == data->n) {
        MERIT_TRY(merit__fail(err, MERIT_EFORMAT,
                              "%s: too few sequences to hold some out for validation",
                              merit__printable_path(shown, sizeof shown, data->path)));
    }
    MERIT_TRY(merit_dataset_subset(validation, data, rows, n_rows, err));
    MERIT_TRY(take_windows(*validation, data, marks, 2, err));
    n_rows = rows_of(rows, data, marks, 1);
    MERIT_TRY(merit_dataset_subset(train, data, rows, n_rows, err));
    MERIT_TRY(take_windows(*train, data, marks, 1, err));
fail:
    if (status != MERIT_OK) {
        merit_dataset_free(*train);
        *train = NULL;
    }
    merit__free(marks);
    merit__free(order);
    merit__free(rows);
    return status;
}

// Letters that are hidden are numbered as the alphabet has them, in every epoch.
static merit_status check_order(const merit_dataset *data, const int64_t *to, int64_t n,
                                merit_error *err)
{
    char shown[80];
    int is_same = n == data->n_names;
    for (int64_t i = 0; is_same && i < n; i++) {
        is_same = to[i] == i;
    }
    return is_same
               ? MERIT_OK
               : merit__fail(err, MERIT_EFORMAT,
                             "%s: hidden letters need a table of the classes %s, in "
                             "this order",
                             merit__printable_path(shown, sizeof shown, data->path),
                             data->storage->sequences->alphabet->classes);
}

// Remembers how labels of the file are numbered now.
static merit_status note_numbers(merit_dataset *data, const int64_t *to,
                                 merit_error *err)
{
    size_t n = (size_t)data->storage->sequences->n_labels;
    if (data->class_of == NULL) {
        data->class_of = merit__alloc_array(n, sizeof *data->class_of);
        if (data->class_of == NULL) {
            return merit__fail_memory(err, n * sizeof *data->class_of, "classes");
        }
        for (size_t i = 0; i < n; i++) {
            data->class_of[i] = (int32_t)i;
        }
    }
    for (size_t i = 0; i < n; i++) {
        data->class_of[i] = (int32_t)to[data->class_of[i]];
    }
    return MERIT_OK;
}

merit_status merit__sequences_renumber(merit_dataset *data, const int64_t *to,
                                       int64_t n, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (merit_dataset_task(data) == MERIT_TASK_MASKED) {
        MERIT_TRY(check_order(data, to, n, err));
    } else if (data->storage->sequences->label != NULL) {
        MERIT_TRY(note_numbers(data, to, err));
    }
fail:
    return status;
}
