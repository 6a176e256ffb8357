#include "train/workers.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/thread_arithmetic.h"

typedef struct worker {
    merit__workers *workers;
    int64_t index;
    pthread_t thread;
} worker;

struct merit__workers {
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
    int64_t n, n_started, n_running;
    uint64_t round; // counts the tasks, so that a thread runs each once
    int quit;
    void (*task)(void *context, int64_t worker);
    void *context;
    worker *worker;
};

static void *work(void *argument)
{
    worker *self = argument;
    merit__workers *workers = self->workers;
    uint64_t round = 0;
    merit__thread_arithmetic();
    pthread_mutex_lock(&workers->mutex);
    for (;;) {
        while (!workers->quit && workers->round == round) {
            pthread_cond_wait(&workers->begin, &workers->mutex);
        }
        if (workers->quit) {
            break;
        }
        round = workers->round;
        pthread_mutex_unlock(&workers->mutex);
        workers->task(workers->context, self->index);
        pthread_mutex_lock(&workers->mutex);
        if (--workers->n_running == 0) {
            pthread_cond_signal(&workers->end);
        }
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

merit_status merit__workers_create(merit__workers **out, int64_t n, merit_error *err)
{
    *out = NULL;
    merit__workers *workers = merit__alloc_array(1, sizeof *workers);
    if (workers == NULL) {
        return merit__fail_memory(err, sizeof *workers, "threads");
    }
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->begin, NULL);
    pthread_cond_init(&workers->end, NULL);
    workers->n = n;
    workers->worker = merit__alloc_array((size_t)n, sizeof *workers->worker);
    if (workers->worker == NULL) {
        merit__workers_free(workers);
        return merit__fail_memory(err, (size_t)n * sizeof(worker), "threads");
    }
    for (int64_t i = 0; i < n; i++) {
        worker *w = &workers->worker[i];
        *w = (worker){.workers = workers, .index = i};
        if (pthread_create(&w->thread, NULL, work, w) != 0) {
            merit__workers_free(workers);
            return merit__fail(err, MERIT_EBACKEND,
                               "only %lld of %lld threads could be started",
                               (long long)i, (long long)n);
        }
        workers->n_started++;
    }
    *out = workers;
    return MERIT_OK;
}

void merit__workers_free(merit__workers *workers)
{
    if (workers == NULL) {
        return;
    }
    pthread_mutex_lock(&workers->mutex);
    workers->quit = 1;
    pthread_cond_broadcast(&workers->begin);
    pthread_mutex_unlock(&workers->mutex);
    for (int64_t i = 0; i < workers->n_started; i++) {
        pthread_join(workers->worker[i].thread, NULL);
    }
    pthread_cond_destroy(&workers->begin);
    pthread_cond_destroy(&workers->end);
    pthread_mutex_destroy(&workers->mutex);
    merit__free(workers->worker);
    merit__free(workers);
}

void merit__workers_run(merit__workers *workers,
                        void (*task)(void *context, int64_t worker), void *context)
{
    pthread_mutex_lock(&workers->mutex);
    workers->task = task;
    workers->context = context;
    workers->n_running = workers->n;
    workers->round++;
    pthread_cond_broadcast(&workers->begin);
    while (workers->n_running > 0) {
        pthread_cond_wait(&workers->end, &workers->mutex);
    }
    pthread_mutex_unlock(&workers->mutex);
}
