/* Setting and passing on errors. */
#ifndef MERIT_BASE_FAIL_H
#define MERIT_BASE_FAIL_H

#include "merit/error.h"

/* Sets *err (NULL allowed) and returns `code`. Control bytes and invalid UTF-8 in
 * the formatted message appear as \x1b; a long message is cut at a character. */
merit_status merit__fail(merit_error *err, merit_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* MERIT_ENOMEM, with the number of bytes that were asked for. */
merit_status merit__fail_memory(merit_error *err, size_t n_bytes, const char *what);

/* MERIT_EIO, "path: cannot <action>: <reason of error_number>". */
merit_status merit__fail_system(merit_error *err, int error_number, const char *path,
                                const char *action);

/* Copies `name` into out for a message: control bytes and invalid UTF-8 escaped,
 * cut to fit, the cut marked by "...". Returns out. */
const char *merit__printable(char *out, size_t out_bytes, const char *name);

/* As merit__printable, but a long path loses its beginning: the file name matters. */
const char *merit__printable_path(char *out, size_t out_bytes, const char *path);

/* Runs a call and leaves by the function's `fail:` label when it fails; needs a
 * variable `merit_status status`. */
#define MERIT_TRY(call)                                                                \
    do {                                                                               \
        status = (call);                                                               \
        if (status != MERIT_OK) {                                                      \
            goto fail;                                                                 \
        }                                                                              \
    } while (0)

#endif
