/* Threads that run one task at a time, together: each once, none on the caller's. */
#include "train/workers.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fenv.h>
#include <float.h>
#include <pthread.h>
#include <sched.h>

enum { MOST = 9 };

typedef struct work {
    int64_t n_calls[MOST];
    pthread_t thread[MOST];
    int64_t round;
    int64_t result[MOST]; // round * 100 + worker
} work;

static void count(void *context, int64_t worker)
{
    work *w = context;
    for (int64_t i = 0; i < (w->round + worker) % 4; i++) {
        sched_yield();
    }
    w->n_calls[worker]++;
    w->thread[worker] = pthread_self();
    w->result[worker] = w->round * 100 + worker;
}

/* Plain memory, no locks: what a task wrote is there when run returns. */
static void test_each_runs_once(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= MOST; n += 2) {
        merit__workers *workers;
        merit_error err;
        work w = {{0}, {0}, 0, {0}};
        assert_int_equal(merit__workers_create(&workers, n, &err), MERIT_OK);
        for (w.round = 1; w.round <= 500; w.round++) {
            merit__workers_run(workers, count, &w);
            for (int64_t i = 0; i < n; i++) {
                assert_int_equal(w.n_calls[i], w.round);
                assert_int_equal(w.result[i], w.round * 100 + i);
                assert_false(pthread_equal(w.thread[i], pthread_self()));
            }
        }
        for (int64_t i = 1; i < n; i++) {
            assert_false(pthread_equal(w.thread[i], w.thread[0]));
        }
        merit__workers_free(workers);
    }
}

typedef struct arithmetic {
    int rounding;
    volatile float half_of_smallest;
} arithmetic;

static void compute(void *context, int64_t worker)
{
    arithmetic *a = context;
    volatile float smallest = FLT_MIN;
    (void)worker;
    a->rounding = fegetround();
    a->half_of_smallest = smallest / 2;
}

/* However the caller rounds, the threads round to nearest, and do not compute with
 * numbers next to zero where the processor can leave them out. */
static void test_arithmetic(void **state)
{
    (void)state;
    merit__workers *workers;
    merit_error err;
    arithmetic a = {.rounding = -1};
    int before = fegetround();
    assert_int_equal(fesetround(FE_UPWARD), 0);
    merit_status status = merit__workers_create(&workers, 1, &err);
    merit__workers_run(workers, compute, &a);
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(before);
    merit__workers_free(workers);
    assert_int_equal(status, MERIT_OK);
    assert_int_equal(a.rounding, FE_TONEAREST);
#if defined(__SSE2__)
    assert_true(a.half_of_smallest == 0);
#endif
}

static void wait_for_all(void *context, int64_t worker)
{
    (void)worker;
    pthread_barrier_wait(context);
}

/* All are inside the task at the same time, or this never ends. */
static void test_together(void **state)
{
    (void)state;
    merit__workers *workers;
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 4), 0);
    assert_int_equal(merit__workers_create(&workers, 4, NULL), MERIT_OK);
    for (int i = 0; i < 100; i++) {
        merit__workers_run(workers, wait_for_all, &barrier);
    }
    merit__workers_free(workers);
    pthread_barrier_destroy(&barrier);
}

/* Two sets at once, and sets that never work. */
static void test_ends(void **state)
{
    (void)state;
    merit__workers *one, *other;
    work w = {.round = 1}, v = {.round = 2};
    merit__workers_free(NULL);
    assert_int_equal(merit__workers_create(&one, 3, NULL), MERIT_OK);
    assert_int_equal(merit__workers_create(&other, 2, NULL), MERIT_OK);
    merit__workers_run(one, count, &w);
    merit__workers_run(other, count, &v);
    merit__workers_free(one);
    merit__workers_run(other, count, &v);
    assert_int_equal(w.n_calls[2], 1);
    assert_int_equal(v.n_calls[1], 2);
    merit__workers_free(other);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(merit__workers_create(&one, 4, NULL), MERIT_OK);
        merit__workers_free(one);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    merit__workers *workers;
    merit_error err;
    for (long i = 1; i <= 2; i++) {
        merit__alloc_fail_at(i, 0);
        assert_int_equal(merit__workers_create(&workers, 3, &err), MERIT_ENOMEM);
        merit__alloc_fail_at(0, 0);
        assert_null(workers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_runs_once), cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_together),       cmocka_unit_test(test_ends),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
