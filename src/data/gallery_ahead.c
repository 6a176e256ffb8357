/* Pictures decoded before they are asked for.
 *
 *     announcements   0 .. begun - 1     begun .. announced - 1
 *     slot i % n      busy, then ready   waiting
 *
 * Announcement i lies in slot i % n, in the place of i - n, when that has been decoded
 * and nobody looks at it any more. Threads decode announcements in order. A picture
 * that is asked for while it waits is decoded by who asks. */
#include "data/gallery.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"

#include <stdint.h>
#include <string.h>

enum {
    SLOTS_MIN = 64,
    SLOTS_MAX = 4096,
    SLOTS_BYTES = 64 << 20, // of all slots together, unless there are few
    THREADS_MAX = 64
};

enum slot_state { EMPTY, WAITING, BUSY, READY };

typedef struct slot {
    enum slot_state state;
    int64_t place;
    int64_t n_lookers; // threads that have borrowed it
    void *values;
} slot;

struct merit__ahead {
    merit__gallery *gallery;
    pthread_mutex_t mutex;
    pthread_cond_t more, done; // to decode; decoded
    slot *slots;
    int64_t n_slots;
    int32_t *slot_of;         // [gallery->n] slot of a place + 1, or 0
    int64_t announced, begun; // counts of announcements
    int quit;
    pthread_t threads[THREADS_MAX];
    int64_t n_threads;
    unsigned char *values; // of all slots
};

static void forget(merit__ahead *a, slot *s)
{
    if (s->state != EMPTY) {
        a->slot_of[s->place] = 0;
        s->state = EMPTY;
    }
}

// Decodes into a slot that is BUSY; the mutex is free meanwhile. A failure empties the
// slot: who asks for it decodes it again, and is told why.
static merit_status decode(merit__ahead *a, slot *s, merit_error *err)
{
    int64_t place = s->place;
    pthread_mutex_unlock(&a->mutex);
    merit_status status = merit__gallery_decode(a->gallery, place, s->values, err);
    pthread_mutex_lock(&a->mutex);
    if (status == MERIT_OK) {
        s->state = READY;
    } else {
        forget(a, s);
    }
    pthread_cond_broadcast(&a->done);
    return status;
}

static void *work(void *argument)
{
    merit__ahead *a = argument;
    pthread_mutex_lock(&a->mutex);
    while (!a->quit) {
        if (a->begun == a->announced) {
            pthread_cond_wait(&a->more, &a->mutex);
            continue;
        }
        slot *s = &a->slots[a->begun++ % a->n_slots];
        if (s->state == WAITING) {
            s->state = BUSY;
            decode(a, s, NULL);
        }
    }
    pthread_mutex_unlock(&a->mutex);
    return NULL;
}

void merit__ahead_free(merit__ahead *a)
{
    if (a == NULL) {
        return;
    }
    pthread_mutex_lock(&a->mutex);
    a->quit = 1;
    pthread_cond_broadcast(&a->more);
    pthread_mutex_unlock(&a->mutex);
    for (int64_t i = 0; i < a->n_threads; i++) {
        pthread_join(a->threads[i], NULL);
    }
    pthread_cond_destroy(&a->more);
    pthread_cond_destroy(&a->done);
    pthread_mutex_destroy(&a->mutex);
    merit__free(a->slots);
    merit__free(a->slot_of);
    merit__free(a->values);
    merit__free(a);
}

// NULL where there is no memory or no thread: then everyone decodes for himself.
static merit__ahead *create(merit__gallery *gallery)
{
    merit__ahead *a = merit__alloc_array(1, sizeof *a);
    if (a == NULL) {
        return NULL;
    }
    int64_t n_slots = (int64_t)(SLOTS_BYTES / gallery->example_bytes);
    // Few pictures must not all stay here: what changes is to be seen.
    n_slots = n_slots < gallery->n / 4 ? n_slots : gallery->n / 4;
    n_slots = n_slots < SLOTS_MIN ? SLOTS_MIN : n_slots;
    a->n_slots = n_slots > SLOTS_MAX ? SLOTS_MAX : n_slots;
    a->gallery = gallery;
    pthread_mutex_init(&a->mutex, NULL);
    pthread_cond_init(&a->more, NULL);
    pthread_cond_init(&a->done, NULL);
    a->slots = merit__alloc_array((size_t)a->n_slots, sizeof *a->slots);
    a->slot_of = merit__alloc_array((size_t)gallery->n, sizeof *a->slot_of);
    a->values = merit__alloc_array((size_t)a->n_slots, gallery->example_bytes);
    if (a->slots == NULL || a->slot_of == NULL || a->values == NULL) {
        merit__ahead_free(a);
        return NULL;
    }
    for (int64_t i = 0; i < a->n_slots; i++) {
        a->slots[i].values = a->values + (size_t)i * gallery->example_bytes;
    }
    int64_t n_wanted =
        gallery->n_threads < THREADS_MAX ? gallery->n_threads : THREADS_MAX;
    while (a->n_threads < n_wanted &&
           pthread_create(&a->threads[a->n_threads], NULL, work, a) == 0) {
        a->n_threads++;
    }
    if (a->n_threads == 0) {
        merit__ahead_free(a);
        return NULL;
    }
    return a;
}

static merit__ahead *find_or_create(merit__gallery *gallery)
{
    pthread_mutex_lock(&gallery->mutex);
    merit__ahead *a = gallery->ahead;
    pthread_mutex_unlock(&gallery->mutex);
    if (a == NULL) {
        a = create(gallery);
        pthread_mutex_lock(&gallery->mutex);
        merit__ahead *other = gallery->ahead;
        if (other == NULL) {
            gallery->ahead = a;
        }
        pthread_mutex_unlock(&gallery->mutex);
        if (other != NULL) {
            merit__ahead_free(a);
            a = other;
        }
    }
    return a;
}

void merit__gallery_announce(merit__gallery *gallery, const int64_t *places, int64_t n)
{
    merit__ahead *a = find_or_create(gallery);
    if (a == NULL) {
        return;
    }
    // Half of the slots hold what is wanted now, the others what is still looked at.
    n = n < a->n_slots / 2 ? n : a->n_slots / 2;
    pthread_mutex_lock(&a->mutex);
    for (int64_t i = 0; i < n; i++) {
        if (places[i] < gallery->n_kept || a->slot_of[places[i]] != 0) {
            continue;
        }
        slot *s = &a->slots[a->announced % a->n_slots];
        if (s->state == WAITING || s->state == BUSY || s->n_lookers > 0) {
            break;
        }
        forget(a, s);
        s->state = WAITING;
        s->place = places[i];
        a->slot_of[places[i]] = (int32_t)(s - a->slots) + 1;
        a->announced++;
    }
    pthread_cond_broadcast(&a->more);
    pthread_mutex_unlock(&a->mutex);
}

// Looks into the slots; loan->slot stays -1 when the picture is in none.
static merit_status borrow_slot(merit__ahead *a, int64_t place, merit__loan *loan,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    pthread_mutex_lock(&a->mutex);
    int32_t number = a->slot_of[place];
    while (number != 0 && a->slots[number - 1].state == BUSY) {
        pthread_cond_wait(&a->done, &a->mutex);
        number = a->slot_of[place];
    }
    slot *s = number != 0 ? &a->slots[number - 1] : NULL;
    if (s != NULL && s->state == WAITING) {
        s->state = BUSY;
        status = decode(a, s, err);
    }
    if (s != NULL && status == MERIT_OK) {
        s->n_lookers++;
        loan->slot = number - 1;
        loan->values = s->values;
    }
    pthread_mutex_unlock(&a->mutex);
    return status;
}

merit_status merit__gallery_borrow(merit__gallery *gallery, int64_t place,
                                   merit__loan *loan, merit_error *err)
{
    merit_status status = MERIT_OK;
    double started = merit__now();
    *loan = (merit__loan){.slot = -1};
    pthread_mutex_lock(&gallery->mutex);
    merit__ahead *a = gallery->ahead;
    pthread_mutex_unlock(&gallery->mutex);
    if (a != NULL) {
        status = borrow_slot(a, place, loan, err);
    }
    if (status == MERIT_OK && loan->slot < 0) {
        loan->decoder = merit__decoder_take(gallery);
        status = loan->decoder == NULL
                     ? merit__fail(err, MERIT_ENOMEM,
                                   "not enough memory to decode a picture")
                     : merit__decoder_decode(loan->decoder, gallery, place,
                                             merit__decoder_values(loan->decoder), err);
        loan->values =
            loan->decoder != NULL ? merit__decoder_values(loan->decoder) : NULL;
    }
    if (status != MERIT_OK) {
        merit__gallery_return(gallery, loan);
    }
    atomic_fetch_add(&gallery->waited_ns, (long long)(1e9 * (merit__now() - started)));
    return status;
}

void merit__gallery_return(merit__gallery *gallery, merit__loan *loan)
{
    if (loan->decoder != NULL) {
        merit__decoder_give(gallery, loan->decoder);
    } else if (loan->slot >= 0) {
        merit__ahead *a = gallery->ahead;
        pthread_mutex_lock(&a->mutex);
        a->slots[loan->slot].n_lookers--;
        pthread_mutex_unlock(&a->mutex);
    }
    *loan = (merit__loan){.slot = -1};
}
