/* The random numbers of dropout, the same in every engine. */
#ifndef MERIT_NET_DROPOUT_MASK_H
#define MERIT_NET_DROPOUT_MASK_H

#include "net/engine.h"

/* Fills mask[0..n) with 0, with probability `rate` in [0,1), or else 1 / (1 - rate): a
 * pure function of rate, key, layer (its index in the net) and the element's index, in
 * canonical [n,C,H,W] order. */
void merit__dropout_mask(float *mask, int64_t n, double rate, merit__slice_key key,
                         int64_t layer);

#endif
