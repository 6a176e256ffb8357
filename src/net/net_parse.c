#include "net/net_parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "net/net_text.h"

static const char per_position[] = "per-position";

/* What is known while the text is read from left to right. */
typedef struct net_parser {
    merit_net *net;
    merit__shape shape; // of the output of the last layer so far
    size_t n_room;      // layers that fit into net->layers
    int64_t *blocks;    // [n_blocks] open residual blocks: the layer they start after
    size_t n_blocks, n_block_room;
    merit__net_text spec;  // canonical so far
    const char *separator; // between spec and the next layer
    int is_per_position;   // nothing may follow
} net_parser;

/* A stretch of the text without the spaces at its ends. */
typedef struct stretch {
    const char *text;
    size_t n;
} stretch;

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes everything up to the next of `,()` or the end; *at moves there. */
static stretch next_stretch(const char **at)
{
    const char *start = *at;
    const char *end = start + strcspn(start, ",()");
    *at = end;
    while (start < end && is_space(*start)) {
        start++;
    }
    while (end > start && is_space(end[-1])) {
        end--;
    }
    return (stretch){start, (size_t)(end - start)};
}

static int64_t next_number(const net_parser *parser)
{
    return parser->net->n_layers + 1;
}

static merit_status out_of_memory(merit_error *err)
{
    return merit__fail(err, MERIT_ENOMEM, "not enough memory for the layers of a net");
}

static merit_status check_room(const net_parser *parser, merit_error *err)
{
    if ((size_t)parser->net->n_layers + parser->n_blocks >= MERIT__MAX_LAYERS) {
        return merit__fail(err, MERIT_ENOMEM, "the net has more than %d layers",
                           MERIT__MAX_LAYERS);
    }
    return MERIT_OK;
}

/* Room for one more layer, which starts out as zeros. */
static merit__layer *next_layer(net_parser *parser)
{
    merit_net *net = parser->net;
    void *layers = net->layers;
    int failed = merit__grow_array(&layers, &parser->n_room, (size_t)net->n_layers + 1,
                                   sizeof(merit__layer));
    net->layers = layers;
    if (failed) {
        return NULL;
    }
    memset(&net->layers[net->n_layers], 0, sizeof(merit__layer));
    return &net->layers[net->n_layers];
}

/* What a layer must keep to in a net that reads sequences: nothing may leak from behind
 * their ends, or from one to another. */
static merit_status check_sequential(const net_parser *parser,
                                     const merit__layer *layer, merit_error *err)
{
    static const char only[] =
        "a net of sequences has conv1d with an odd kernel, relu, "
        "dropout and residual; pool them with globalpool before "
        "anything else";
    const merit_net *net = parser->net;
    int64_t number = next_number(parser);
    if (layer->kind == MERIT__EMBEDDING) {
        return net->n_layers == 0 && layer->in.c == 1 && layer->in.h == 1
                   ? MERIT_OK
                   : merit__layer_fail(layer, number, err, MERIT_EINVAL,
                                       "embedding is the first layer, and reads "
                                       "sequences of letters");
    }
    int is_pooled = layer->in.w == 1 && net->n_layers > 0 &&
                    net->layers[net->n_layers - 1].out.w == 1 && net->in.w > 1;
    if (net->n_layers == 0 || !merit__net_is_sequential(net) || is_pooled) {
        return MERIT_OK;
    }
    switch (layer->kind) {
    case MERIT__CONV:
        return layer->kernel_h == 1 && layer->stride == 1 && layer->out.w == layer->in.w
                   ? MERIT_OK
                   : merit__layer_fail(layer, number, err, MERIT_EINVAL, "%s", only);
    case MERIT__RELU:
    case MERIT__DROPOUT:
    case MERIT__GLOBALPOOL:
    case MERIT__ADD:
        return MERIT_OK;
    default:
        return merit__layer_fail(layer, number, err, MERIT_EINVAL, "%s", only);
    }
}

/* Adds the layer that `item` describes; what to write into the canonical text is left
 * in `text`. */
static merit_status add_layer(net_parser *parser, stretch item,
                              char text[MERIT__LAYER_TEXT_BYTES], merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(check_room(parser, err));
    merit__layer *layer = next_layer(parser);
    if (layer == NULL) {
        return out_of_memory(err);
    }
    layer->in = parser->shape;
    MERIT_TRY(
        merit__layer_parse(layer, text, item.text, item.n, next_number(parser), err));
    MERIT_TRY(check_sequential(parser, layer, err));
    parser->shape = layer->out;
    parser->net->n_layers++;
fail:
    return status;
}

static merit_status read_layer(net_parser *parser, stretch item, merit_error *err)
{
    char text[MERIT__LAYER_TEXT_BYTES];
    merit_status status = MERIT_OK;
    if (item.n == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "layer %" PRId64 " is empty; write a layer such as relu, or "
                           "take out the comma or the parentheses",
                           next_number(parser));
    }
    if (parser->is_per_position) {
        return merit__fail(err, MERIT_EINVAL,
                           "layer %" PRId64 ": nothing can follow per-position",
                           next_number(parser));
    }
    if (item.n == strlen(per_position) &&
        memcmp(item.text, per_position, item.n) == 0) {
        parser->is_per_position = 1;
        snprintf(text, sizeof(text), "%s", per_position);
    } else {
        MERIT_TRY(add_layer(parser, item, text, err));
    }
    if (merit__net_text_add(&parser->spec, "%s%s", parser->separator, text) != 0) {
        return out_of_memory(err);
    }
    parser->separator = ", ";
fail:
    return status;
}

static merit_status open_block(net_parser *parser, stretch item, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (item.n != strlen("residual") || memcmp(item.text, "residual", item.n) != 0) {
        merit__layer named = {.kind = MERIT__ADD};
        merit__layer_set_text(&named, item.text, item.n);
        return merit__layer_fail(&named, next_number(parser), err, MERIT_EINVAL,
                                 "only residual is followed by parentheses");
    }
    MERIT_TRY(check_room(parser, err));
    void *blocks = parser->blocks;
    int failed = merit__grow_array(&blocks, &parser->n_block_room, parser->n_blocks + 1,
                                   sizeof(int64_t));
    parser->blocks = blocks;
    if (failed ||
        merit__net_text_add(&parser->spec, "%sresidual(", parser->separator) != 0) {
        return out_of_memory(err);
    }
    parser->blocks[parser->n_blocks] = parser->net->n_layers - 1;
    parser->n_blocks++;
    parser->separator = "";
fail:
    return status;
}

/* The shape of the output of a layer, or of the examples for -1. */
static merit__shape output_shape(const merit_net *net, int64_t layer)
{
    return layer < 0 ? net->in : net->layers[layer].out;
}

static int same_shape(merit__shape a, merit__shape b)
{
    return a.c == b.c && a.h == b.h && a.w == b.w;
}

/* Adds the layer that ends a block. */
static merit_status close_block(net_parser *parser, merit_error *err)
{
    if (parser->n_blocks == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "layer %" PRId64 ": \")\" without \"residual(\" before it",
                           next_number(parser));
    }
    merit__layer *layer = next_layer(parser);
    if (layer == NULL || merit__net_text_add(&parser->spec, ")") != 0) {
        return out_of_memory(err);
    }
    parser->n_blocks--;
    layer->kind = MERIT__ADD;
    layer->in = parser->shape;
    layer->out = parser->shape;
    layer->from = parser->blocks[parser->n_blocks];
    layer->tensor = -1;
    merit__layer_set_text(layer, "residual", strlen("residual"));
    merit__shape before = output_shape(parser->net, layer->from);
    if (!same_shape(before, parser->shape)) {
        char in[MERIT__SHAPE_TEXT_BYTES], out[MERIT__SHAPE_TEXT_BYTES];
        return merit__layer_fail(layer, next_number(parser), err, MERIT_EINVAL,
                                 "its block turns %s into %s; a block that is added to "
                                 "its input must keep the shape",
                                 merit__shape_text(in, before),
                                 merit__shape_text(out, parser->shape));
    }
    parser->net->n_layers++;
    return MERIT_OK;
}

/* Closes blocks for as long as there are parentheses at *at. */
static merit_status close_blocks(net_parser *parser, const char **at, merit_error *err)
{
    merit_status status = MERIT_OK;
    while (**at == ')') {
        MERIT_TRY(close_block(parser, err));
        (*at)++;
        stretch rest = next_stretch(at);
        if (rest.n > 0 || **at == '(') {
            merit__layer found = {.kind = MERIT__ADD};
            merit__layer_set_text(&found, rest.text, rest.n > 0 ? rest.n : 1);
            return merit__fail(err, MERIT_EINVAL,
                               "after layer %" PRId64
                               " (residual): expected a comma or the end, found \"%s\"",
                               parser->net->n_layers, found.text);
        }
    }
fail:
    return status;
}

/* Reads the layers that are written in the text. */
static merit_status read_layers(net_parser *parser, const char *at, merit_error *err)
{
    merit_status status = MERIT_OK;
    for (;;) {
        stretch item = next_stretch(&at);
        if (*at == '(') {
            MERIT_TRY(open_block(parser, item, err));
            at++;
            continue;
        }
        MERIT_TRY(read_layer(parser, item, err));
        MERIT_TRY(close_blocks(parser, &at, err));
        if (*at == '\0') {
            break;
        }
        at++;
    }
    if (parser->n_blocks > 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "layer %" PRId64 " (residual): its \")\" is missing",
                           next_number(parser));
    }
fail:
    return status;
}

/* The layer that makes the logits. */
static merit_status add_last(net_parser *parser, merit_error *err)
{
    char item[MERIT__LAYER_TEXT_BYTES], text[MERIT__LAYER_TEXT_BYTES];
    merit_net *net = parser->net;
    if (parser->is_per_position && (parser->shape.h != 1 || parser->n_blocks > 0)) {
        return merit__fail(err, MERIT_EINVAL,
                           "per-position needs rows of height 1, not %" PRId64
                           ", and stands outside of residual blocks",
                           parser->shape.h);
    }
    net->n_positions = parser->is_per_position ? parser->shape.w : 1;
    int n = snprintf(item, sizeof(item), "%s %" PRId64 "%s",
                     parser->is_per_position ? "conv1d" : "dense", net->n_classes,
                     parser->is_per_position ? " 1" : "");
    return add_layer(parser, (stretch){item, (size_t)n}, text, err);
}

merit_status merit__net_parse(merit_net *net, const char *spec, merit_error *err)
{
    net_parser parser = {.net = net, .shape = net->in, .separator = ""};
    merit_status status = MERIT_OK;
    if (merit__net_text_add(&parser.spec, "%s", "") != 0) {
        return out_of_memory(err);
    }
    while (is_space(*spec)) {
        spec++;
    }
    if (*spec != '\0') {
        MERIT_TRY(read_layers(&parser, spec, err));
    }
    MERIT_TRY(add_last(&parser, err));
    net->spec = parser.spec.bytes;
    parser.spec.bytes = NULL;
fail:
    merit__free(parser.spec.bytes);
    merit__free(parser.blocks);
    return status;
}
