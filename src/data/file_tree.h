/* The files in a folder and its folders. */
#ifndef MERIT_DATA_FILE_TREE_H
#define MERIT_DATA_FILE_TREE_H

#include "data/loading.h"
#include "data/paths.h"

enum { MERIT__TREE_DEPTH_MAX = 8, MERIT__TREE_FILES_MAX = 20000000 };

typedef struct merit__file_tree {
    merit__paths files;   // relative to the folder, in the order of their bytes
    merit__paths folders; // the folders right in it, likewise
    int64_t n_hidden;     // files that systems leave behind: .name, Thumbs.db
    int64_t n_beside;     // files right in the folder that were left out
} merit__file_tree;

/* Lists all regular files below the open folder. With `in_folders`, files right in it
 * are counted but left out. Symbolic links are refused, or followed as the options have
 * it; anything else than files and folders is refused. EFORMAT, EIO, ENOMEM; `path` is
 * the folder's name for messages. Dispose of *out in any case. */
merit_status merit__file_tree_read(merit__file_tree *out, int folder, const char *path,
                                   int in_folders, const merit_dataset_options *options,
                                   merit_error *err);
void merit__file_tree_dispose(merit__file_tree *tree);

#endif
