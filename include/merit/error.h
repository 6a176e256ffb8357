/* Status codes and the error record that every fallible function fills in.
 *
 *     merit_error err;
 *     if (merit_scores_load(&scores, "table.tsv", NULL, &err) != MERIT_OK) {
 *         fprintf(stderr, "%s\n", err.message);
 *     }
 *
 * The library never prints, exits or aborts. */
#ifndef MERIT_ERROR_H
#define MERIT_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MERIT_API __attribute__((visibility("default")))
#else
#define MERIT_API
#endif

/* What the caller can do about a failure. Append-only. */
typedef enum merit_status {
    MERIT_OK = 0,
    MERIT_EINVAL = 1,       // wrong call, option or configuration
    MERIT_ENOMEM = 2,       // memory or a limit is not enough
    MERIT_EIO = 3,          // cannot read or write; the old file is untouched
    MERIT_EFORMAT = 4,      // input data refused
    MERIT_EUNSUPPORTED = 5, // well-formed input that merit does not handle
    MERIT_ENUMERIC = 6,     // a number is not finite; training diverged
    MERIT_EBACKEND = 7,     // the compute engine or the system failed
    MERIT_EMODEL = 8,       // model or checkpoint refused
    MERIT_EBUSY = 9,        // another run owns the directory
    MERIT_ESTOPPED = 10     // stopped on request, state saved
} merit_status;

/* Caller-owned, 256 bytes, no pointers, nothing to free. Where a function takes
 * a `merit_error *`, NULL is allowed. Set on failure only. */
typedef struct merit_error {
    int32_t code;      // a merit_status
    char message[252]; // one line of UTF-8: where, expected, found; no newline
} merit_error;

/* The version as "major.minor.patch". Static storage. */
MERIT_API const char *merit_version(void);

#ifdef __cplusplus
}
#endif

#endif
