/* What the program tells on standard error, and the exit codes. */
#ifndef MERIT_CLI_MESSAGE_H
#define MERIT_CLI_MESSAGE_H

#include "merit/error.h"

/* Runs a call and leaves by the function's `fail:` label when it fails; needs a
 * variable `merit_status status`. */
#define MERIT_TRY(call)                                                                \
    do {                                                                               \
        status = (call);                                                               \
        if (status != MERIT_OK) {                                                      \
            goto fail;                                                                 \
        }                                                                              \
    } while (0)

/* Sets *err and returns `code`. */
merit_status merit__refuse(merit_error *err, merit_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* EIO: "<path>: cannot <action>: <what errno says>". */
merit_status merit__refuse_system(merit_error *err, const char *path,
                                  const char *action);

/* n zeroed elements for the caller to free; ENOMEM says how much was asked for.
 * *out is NULL on failure. */
merit_status merit__new_array(void *out, int64_t n, size_t size, merit_error *err);

/* Copies text into out, control characters and invalid UTF-8 shown as \x1b, cut to
 * fit. Returns out. */
const char *merit__visible(char *out, size_t out_bytes, const char *text);

/* One line on standard error: "<prefix>: <text>". */
void merit__tell(const char *prefix, const char *text);

/* The exit code of a status; the one place that knows them. */
int merit__exit_code(merit_status status);

/* Tells the error, if there is one, and returns the exit code. */
int merit__finish(merit_status status, const merit_error *err);

#endif
