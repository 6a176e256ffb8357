/* What a file is that is not ours, from its first bytes. */
#ifndef MERIT_MODEL_FOREIGN_FILE_H
#define MERIT_MODEL_FOREIGN_FILE_H

#include <stddef.h>

/* "a zip archive (PyTorch .pt, .npz, Keras)" and the like, or NULL for nothing known.
 * bytes: the first n of the file, 16 are enough. Static storage. */
const char *merit__foreign_file(const unsigned char *bytes, size_t n);

#endif
