/* Opening what lies below a folder, and nothing else. */
#ifndef MERIT_DATA_OPEN_BELOW_H
#define MERIT_DATA_OPEN_BELOW_H

/* Opens `path`, relative and of any length, below the open folder for reading; never
 * waits. Without `follow_links` no part of it may be a symbolic link (ELOOP). Returns
 * the descriptor, or -1 and errno. */
int merit__open_below(int folder, const char *path, int follow_links);

#endif
