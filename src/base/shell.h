/* Commands that are told, ready to be copied into a shell. */
#ifndef MERIT_BASE_SHELL_H
#define MERIT_BASE_SHELL_H

/* A path as a POSIX shell and a command take it: in single quotes where it needs any,
 * "./-x" for "-x". The caller frees it with merit__free; NULL without memory. */
char *merit__shell_path(const char *path);

#endif
