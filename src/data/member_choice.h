/* Which array of an archive is meant: the one that was named, or the one that is called
 * as such arrays usually are. */
#ifndef MERIT_DATA_MEMBER_CHOICE_H
#define MERIT_DATA_MEMBER_CHOICE_H

#include "data/archive.h"

enum merit__part {
    MERIT__PART_ANY,      // the only one
    MERIT__PART_FEATURES, // else X, features, images ... also as X_train or train_X
    MERIT__PART_LABELS,   // else y, labels, target ...
    MERIT__PART_FIRST     // whichever comes first
};

typedef struct merit__member_wish {
    enum merit__part part;
    const char *name;      // of the member, with or without ".npy"; NULL: to be found
    const char *no_member; // one that it is not, or NULL
} merit__member_wish;

/* Finds the place of the member. EFORMAT lists what there is when the name is not
 * there, or when it is not clear which is meant; EUNSUPPORTED for an archive that is a
 * document of another program. `file` is for messages. */
merit_status merit__member_choose(size_t *out, const merit__archive *archive,
                                  const merit__member_wish *wish, const char *file,
                                  merit_error *err);

/* Whether a member of that name is a folder, which holds nothing itself. */
int merit__member_is_folder(const char *name);

/* The place of the labels of features that were chosen: y_train for X_train; -1 when
 * nothing is called so. */
int64_t merit__member_labels(const merit__archive *archive, size_t features);

#endif
