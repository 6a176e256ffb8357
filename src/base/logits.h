/* Rows of logits as they come from outside. */
#ifndef MERIT_BASE_LOGITS_H
#define MERIT_BASE_LOGITS_H

#include "merit/error.h"

/* ENUMERIC naming `row` when one of its logits [K] is not finite. */
merit_status merit__logits_check(const float *logits, size_t K, size_t row,
                                 merit_error *err);

#endif
