/* Directories that one process owns while it works in them. */
#ifndef MERIT_BASE_DIRECTORY_H
#define MERIT_BASE_DIRECTORY_H

#include "merit/error.h"

/* Whether there is one of that name. */
int merit__is_directory(const char *path);

/* Makes the directory unless it is there. */
merit_status merit__directory_make(const char *path, merit_error *err);

/* EINVAL when it holds anything but hidden files, such as our lock. */
merit_status merit__directory_expect_empty(const char *path, merit_error *err);

/* Locks it; the kernel unlocks it when *lock, a descriptor, is closed, or this process
 * ends, however it does. EBUSY names the owner. *lock is -1 on failure. */
merit_status merit__directory_lock(int *lock, const char *path, merit_error *err);

/* Calls visit for every name in a directory, open as descriptor `dir`. Returns 0, or
 * the error's number. */
int merit__directory_for_each(const char *path,
                              void (*visit)(void *context, int dir, const char *name),
                              void *context);

/* Whether it is the name of a temporary file of merit__new_file_open. */
int merit__directory_is_temporary(const char *name);

#endif
