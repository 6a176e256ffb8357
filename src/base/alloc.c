#include "base/alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT_BYTES = 64 };

// The test hook, and the only mutable state of the library. Atomic, so that
// allocations in worker threads are counted and failed too.
static atomic_long n_allocations;
static atomic_long fail_at;
static atomic_int fail_later;

static int must_fail(void)
{
    long index = atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed) + 1;
    long first = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (first == 0) {
        return 0;
    }
    int sticky = atomic_load_explicit(&fail_later, memory_order_relaxed);
    return index == first || (sticky && index > first);
}

void *merit__alloc_array(size_t n, size_t size)
{
    size_t n_bytes = 0;
    if (must_fail() || __builtin_mul_overflow(n, size, &n_bytes) ||
        n_bytes > PTRDIFF_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    void *memory = NULL;
    if (posix_memalign(&memory, ALIGNMENT_BYTES, n_bytes == 0 ? 1 : n_bytes) != 0) {
        errno = ENOMEM; // posix_memalign returns it and need not set it
        return NULL;
    }
    return memset(memory, 0, n_bytes);
}

int merit__grow_array(void **array, size_t *n_capacity, size_t n_wanted, size_t size)
{
    if (n_wanted <= *n_capacity) {
        return 0;
    }
    size_t n = 0;
    if (__builtin_mul_overflow(*n_capacity, (size_t)2, &n) || n < n_wanted) {
        n = n_wanted;
    }
    void *grown = merit__alloc_array(n, size);
    if (grown == NULL) {
        return -1;
    }
    if (*array != NULL) {
        // No overflow: this product was allocated before.
        memcpy(grown, *array, *n_capacity * size);
    }
    merit__free(*array);
    *array = grown;
    *n_capacity = n;
    return 0;
}

char *merit__copy_string(const char *text, size_t n)
{
    size_t n_bytes = 0;
    if (__builtin_add_overflow(n, (size_t)1, &n_bytes)) {
        return NULL;
    }
    char *copy = merit__alloc_array(n_bytes, 1);
    if (copy != NULL && n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

void merit__free(void *memory)
{
    free(memory);
}

void merit__alloc_fail_at(long n, int sticky)
{
    atomic_store_explicit(&n_allocations, 0, memory_order_relaxed);
    atomic_store_explicit(&fail_later, sticky, memory_order_relaxed);
    atomic_store_explicit(&fail_at, n, memory_order_relaxed);
}

long merit__alloc_count(void)
{
    return atomic_load_explicit(&n_allocations, memory_order_relaxed);
}
