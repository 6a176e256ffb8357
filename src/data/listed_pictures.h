/* A text of pictures: a line for each, its path and its label. */
#ifndef MERIT_DATA_LISTED_PICTURES_H
#define MERIT_DATA_LISTED_PICTURES_H

#include "data/paths.h"

/* Paths, labels and lines of the same n pictures, in the order of the text. */
typedef struct merit__listed_pictures {
    merit__paths files;  // relative to the folder that the paths start from
    merit__paths labels; // [n], or none when there is no column of labels
    int64_t *lines;      // [n] from 1, owned
    size_t lines_room;
} merit__listed_pictures;

/* Whether a name ends as those of pictures do: .png, .jpg or .jpeg. */
int merit__is_picture_name(const char *field, size_t n);

/* Whether a text that begins so is such a list: its first line that is no comment
 * begins with the name of a picture, or has a field that names a column of paths (path,
 * file, filename, image, image_path, picture). Columns of a table may have such a name,
 * too: *has_names, whether the first path is the name of a picture. */
int merit__listed_pictures_probe(const unsigned char *head, size_t n_bytes,
                                 int *has_names);

/* Reads a list. The first line may name the columns; without names the first one holds
 * the paths. Labels are in the column `label_column`, a name or a place from 1 (-1 is
 * the last); NULL: in one called label, class, truth, category or target, or without
 * names in the second. EFORMAT with file and line, EIO, ENOMEM. Dispose of *out in any
 * case. */
merit_status merit__listed_pictures_read(merit__listed_pictures *out, const char *path,
                                         const char *label_column, merit_error *err);
void merit__listed_pictures_dispose(merit__listed_pictures *listed);

#endif
