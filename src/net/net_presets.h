/* Nets that go by a name. */
#ifndef MERIT_NET_NET_PRESETS_H
#define MERIT_NET_NET_PRESETS_H

#include "net/layers.h"

/* What a spec stands for: the layers of "linear", "mlp", "cnn1d", "cnn" or "resnet-N"
 * for inputs of that shape, or the spec itself. The caller frees *out with merit__free.
 * EINVAL for a resnet of a depth that there is not and for cnn1d where inputs are no
 * signals, ENOMEM. */
merit_status merit__net_expand(char **out, const char *spec, merit__shape in,
                               merit_error *err);

/* What "cnn1d" stands for with sequences, whose letters are embedded: a spec, which is
 * static; with a row of logits for each letter, or with one for all of them. */
const char *merit__net_letters(int is_per_position);

#endif
