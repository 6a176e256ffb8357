/* The names that data give to their classes. */
#ifndef MERIT_DATA_CLASS_NAMES_H
#define MERIT_DATA_CLASS_NAMES_H

#include "data/dataset.h"
#include "data/paths.h"

/* Copies of all names, an array of pointers in one piece of memory; NULL without. */
merit_status merit__class_names_copy(char ***out, const merit__paths *names,
                                     merit_error *err);

/* As above, from an array. */
merit_status merit__class_names_clone(char ***out, char *const *names, int64_t n,
                                      merit_error *err);

/* Adds a note where two names differ in nothing but case, or in how accents are
 * written. */
merit_status merit__class_names_compare(merit_dataset *data, merit_error *err);

#endif
