#include "data/in_parallel.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

typedef struct work {
    int64_t n;
    atomic_llong next;
    void (*task)(void *context, int64_t i);
    void *context;
} work;

static void run(work *w, merit__loading *loading)
{
    for (;;) {
        int64_t i = (int64_t)atomic_fetch_add(&w->next, 1);
        if (i >= w->n) {
            return;
        }
        merit__loading_at(loading, i);
        w->task(w->context, i);
    }
}

static void *thread_main(void *argument)
{
    run(argument, NULL);
    return NULL;
}

void merit__in_parallel(int64_t n, int64_t n_threads,
                        void (*task)(void *context, int64_t i), void *context,
                        merit__loading *loading)
{
    pthread_t threads[THREADS_MAX];
    int64_t n_started = 0;
    work w = {.n = n, .task = task, .context = context};
    n_threads = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;
    n_threads = n_threads < n ? n_threads : n;
    // The calling thread is one of them.
    while (n_started + 1 < n_threads &&
           pthread_create(&threads[n_started], NULL, thread_main, &w) == 0) {
        n_started++;
    }
    run(&w, loading);
    for (int64_t i = 0; i < n_started; i++) {
        pthread_join(threads[i], NULL);
    }
}
