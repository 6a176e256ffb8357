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

/* Whether a file that begins so is such a text: the first line that is no comment has a
 * field that names a column of paths (path, file, filename, image, picture), or begins
 * with the name of a PNG or JPEG file. */
int merit__listed_pictures_probe(const unsigned char *head, size_t n_bytes);

/* Reads fields separated by tabs, or else commas or semicolons, with RFC 4180 quotes;
 * `#` starts a comment line. The first line may name the columns; without names they
 * are the path and the label. EFORMAT with file and line, EIO, ENOMEM. Dispose of *out
 * in any case. */
merit_status merit__listed_pictures_read(merit__listed_pictures *out, const char *path,
                                         merit_error *err);
void merit__listed_pictures_dispose(merit__listed_pictures *listed);

#endif
