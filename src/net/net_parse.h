/* From the text of a net to its layers, in three steps: net_parse.c splits the text at
 * commas and parentheses, net_layer.c reads what lies between them, net_tensors.c lays
 * out the parameters. */
#ifndef MERIT_NET_NET_PARSE_H
#define MERIT_NET_NET_PARSE_H

#include "net/layers.h"

enum {
    MERIT__MAX_LAYERS = 10000,    // of a net, with the implied last dense
    MERIT__MAX_DIM = 2147483647,  // of every count in a spec, and of C H W
    MERIT__LAYER_TEXT_BYTES = 96, // room for the canonical text of any layer
    MERIT__SHAPE_TEXT_BYTES = 64  // room for "CxHxW"
};

/* Fills layers, n_layers and spec of a net that has its in and n_classes. On failure
 * the net can be freed. */
merit_status merit__net_parse(merit_net *net, const char *spec, merit_error *err);

/* Lays out the tensors of the layers: tensors, n_tensors, n_arena, layer->tensor. Fails
 * with ENOMEM; the net can be freed. */
merit_status merit__net_make_tensors(merit_net *net, merit_error *err);

/* Reads one layer from item[0..n), which has no spaces at its ends. layer->in is given;
 * everything else is set, except `from` and `tensor`, which become -1. text gets the
 * canonical text. `number` is for messages. */
merit_status merit__layer_parse(merit__layer *layer, char text[MERIT__LAYER_TEXT_BYTES],
                                const char *item, size_t n, int64_t number,
                                merit_error *err);

/* Copies item[0..n) into layer->text, cut to fit at a character. */
void merit__layer_set_text(merit__layer *layer, const char *item, size_t n);

/* Fails with "layer <number> (<layer->text>): " before the message. */
merit_status merit__layer_fail(const merit__layer *layer, int64_t number,
                               merit_error *err, merit_status code, const char *format,
                               ...) __attribute__((format(printf, 5, 6)));

/* Prints "CxHxW" into out and returns it. */
const char *merit__shape_text(char out[MERIT__SHAPE_TEXT_BYTES], merit__shape shape);

/* C * H * W, which is at most MERIT__MAX_DIM for every shape in a net; -1 when it is
 * more or when one of them is below 1. */
int64_t merit__shape_volume(merit__shape shape);

#endif
