/* Windows of sequences.
 *
 *     record   |--------------------------------------------|
 *     parts    |--- from..end ---|--- from..end ---|-- ... -|     every letter in one
 *     window       |------- T letters -------|                    around its part
 *
 * A part has at most T letters, and its window as much context on both sides as there
 * is. The record's ends are the window's when it is short; the rest of x is
 * MERIT__CODE_END. Which letters are hidden is a function of (seed, epoch, letters of
 * the record, place in the record), so windows that overlap hide the same ones. */
#include "data/sequences.h"

#include "base/alloc.h"
#include "base/code.h"
#include "base/fail.h"
#include "base/random.h"

// What data sets are measured with: of no seed and no epoch of a training.
static const uint64_t fixed_seed = 0;
static const uint32_t fixed_epoch = UINT32_MAX;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// A window of T letters that begins near `start` and stays within the record.
static int64_t stay_within(int64_t start, int64_t length, int64_t T)
{
    start = smaller(start, length - T);
    return start > 0 ? start : 0;
}

int64_t merit__window_length(const merit__sequences *s, const merit__window *window)
{
    return smaller(merit__record_length(&s->records, window->record), s->width);
}

// Copies the letters that the window shows; returns how many there are.
static int64_t copy_letters(float *x, const merit__sequences *s, int64_t record,
                            int64_t start)
{
    const uint8_t *codes = s->records.codes + s->records.start[record] + start;
    int64_t n = smaller(merit__record_length(&s->records, record) - start, s->width);
    for (int64_t t = 0; t < n; t++) {
        x[t] = (float)codes[t];
    }
    return n;
}

// The random word of a letter of a record.
typedef struct masks {
    double share; // that is hidden
    uint64_t seed;
    uint32_t epoch, key;
    int64_t block; // of four letters; -1 at first
    uint32_t words[4];
} masks;

static int is_hidden(masks *m, int64_t place)
{
    if (place / 4 != m->block) {
        m->block = place / 4;
        merit__random(m->words, m->seed, MERIT__USE_MASK, m->epoch, m->key,
                      (uint32_t)m->block);
    }
    return (double)m->words[place % 4] < m->share * 4294967296.0;
}

// What is asked for in [from, end) of the record, of which n letters from start on are
// seen. Hides what is to be hidden anywhere in x.
typedef struct question {
    int64_t start, n, from, end;
    double hidden_share;
    uint64_t seed;
    uint32_t epoch;
} question;

static int64_t ask_hidden(const merit__sequences *s, int64_t record, const question *q,
                          float *x, int32_t *places, int32_t *classes)
{
    masks m = {.share = q->hidden_share,
               .seed = q->seed,
               .epoch = q->epoch,
               .key = s->key[record],
               .block = -1};
    int64_t n_rows = 0;
    for (int64_t t = 0; t < q->n; t++) {
        int class = merit__alphabet_class(s->alphabet, (int)x[t]);
        int64_t place = q->start + t;
        if (class < 0 || !is_hidden(&m, place)) {
            continue;
        }
        x[t] = (float)MERIT__CODE_HIDDEN;
        if (place >= q->from && place < q->end) {
            places[n_rows] = (int32_t)t;
            classes[n_rows++] = class;
        }
    }
    return n_rows;
}

// Without labels every letter is asked for, with labels those that have one.
static int64_t ask_residues(const merit__sequences *s, int64_t record,
                            const question *q, int32_t *places, int32_t *classes)
{
    const int32_t *labels =
        s->label != NULL ? s->label + s->records.start[record] + q->start : NULL;
    int64_t n_rows = 0;
    for (int64_t t = 0; t < q->n; t++) {
        int64_t place = q->start + t;
        if (place >= q->from && place < q->end && (labels == NULL || labels[t] >= 0)) {
            places[n_rows] = (int32_t)t;
            classes[n_rows++] = labels != NULL ? labels[t] : -1;
        }
    }
    return n_rows;
}

static int64_t ask(const merit__sequences *s, int64_t record, question *q, float *x,
                   int32_t *places, int32_t *classes)
{
    q->n = copy_letters(x, s, record, q->start);
    switch (s->task) {
    case MERIT_TASK_MASKED:
        return ask_hidden(s, record, q, x, places, classes);
    case MERIT_TASK_RESIDUE:
        return ask_residues(s, record, q, places, classes);
    default:
        places[0] = 0;
        classes[0] = s->label != NULL ? s->label[record] : -1;
        return 1;
    }
}

int64_t merit__window_rows(const merit__sequences *s, const merit__window *window,
                           float *x, int32_t *places, int32_t *classes)
{
    question q = {.start = window->start,
                  .from = window->from,
                  .end = window->end,
                  .hidden_share = s->hidden_share,
                  .seed = fixed_seed,
                  .epoch = fixed_epoch};
    return ask(s, window->record, &q, x, places, classes);
}

int64_t merit__window_draw(const merit__sequences *s, const merit__window *window,
                           double hidden_share, uint64_t seed, uint32_t epoch, float *x,
                           int32_t *places, int32_t *classes)
{
    uint32_t words[4];
    int64_t length = merit__record_length(&s->records, window->record);
    int64_t T = s->width;
    merit__random(words, seed, MERIT__USE_CROP, epoch, s->key[window->record],
                  (uint32_t)window->start);
    int64_t start =
        window->start + (int64_t)merit__below(words[0], (uint32_t)T) - T / 2;
    question q = {.start = stay_within(start, length, T),
                  .end = length,
                  .hidden_share = hidden_share,
                  .seed = seed,
                  .epoch = epoch};
    return ask(s, window->record, &q, x, places, classes);
}

int merit__letter_is_hidden(const merit__sequences *s, int64_t record, int64_t place)
{
    masks m = {.share = s->hidden_share,
               .seed = fixed_seed,
               .epoch = fixed_epoch,
               .key = s->key[record],
               .block = -1};
    int code = s->records.codes[s->records.start[record] + place];
    return merit__alphabet_class(s->alphabet, code) >= 0 && is_hidden(&m, place);
}

// How many parts a record has: one when it is asked for as a whole.
static int64_t n_parts(const merit__sequences *s, int64_t record)
{
    int64_t length = merit__record_length(&s->records, record);
    return s->task == MERIT_TASK_SEQUENCE ? 1 : (length + s->width - 1) / s->width;
}

static void cut(merit__window *out, const merit__sequences *s, int64_t record,
                int64_t n)
{
    int64_t length = merit__record_length(&s->records, record), T = s->width;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = length * i / n, end = length * (i + 1) / n;
        out[i] = (merit__window){
            .record = record,
            .from = from,
            .end = end,
            .start = stay_within((from + end - T) / 2, length, T),
        };
    }
}

merit_status merit__windows_create(merit__window **out, int64_t *n,
                                   const merit__sequences *s, merit_error *err)
{
    *n = 0;
    for (int64_t i = 0; i < s->records.n; i++) {
        *n += n_parts(s, i);
    }
    *out = merit__alloc_array((size_t)*n, sizeof **out);
    if (*out == NULL) {
        return merit__fail_memory(err, (size_t)*n * sizeof **out, "windows");
    }
    merit__window *at = *out;
    for (int64_t i = 0; i < s->records.n; i++) {
        int64_t parts = n_parts(s, i);
        cut(at, s, i, parts);
        at += parts;
    }
    return MERIT_OK;
}
