/* What kind of file it is that a user asks about. */
#ifndef MERIT_CLI_KIND_H
#define MERIT_CLI_KIND_H

#include "merit/error.h"

enum merit__kind {
    MERIT__KIND_RUN,      // a directory that training made
    MERIT__KIND_MODEL,    // safetensors
    MERIT__KIND_SCORES,   // text
    MERIT__KIND_TAXONOMY, // a directory, or tar, what they come in: for trees' reader
    MERIT__KIND_ARCHIVE,  // zip, such as .npz
    MERIT__KIND_DATA      // anything else: the readers of data say what it is
};

/* Recognises the kind by content, gzip or not; EIO when the file cannot be read. */
merit_status merit__kind_of(enum merit__kind *out, const char *path, merit_error *err);

#endif
