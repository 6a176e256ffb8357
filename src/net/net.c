#include "merit/net.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "net/layers.h"
#include "net/net_parse.h"
#include "net/net_presets.h"
#include "net/net_text.h"

static merit_status check_sizes(merit__shape in, int64_t n_classes, merit_error *err)
{
    if (merit__shape_volume(in) < 0) {
        char shape[MERIT__SHAPE_TEXT_BYTES];
        return merit__fail(
            err, MERIT_EINVAL,
            "the examples are %s; each size must be at least 1 and their "
            "product at most %d",
            merit__shape_text(shape, in), MERIT__MAX_DIM);
    }
    if (n_classes < 1 || n_classes > MERIT__MAX_DIM) {
        return merit__fail(err, MERIT_EINVAL,
                           "there are %" PRId64 " classes, a net has 1 to %d",
                           n_classes, MERIT__MAX_DIM);
    }
    return MERIT_OK;
}

merit_status merit_net_create(merit_net **out, const char *spec, int64_t channels,
                              int64_t height, int64_t width, int64_t n_classes,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_net *net = NULL;
    char *layers = NULL;
    merit__shape in = {channels, height, width};
    *out = NULL;
    if (spec == NULL) {
        return merit__fail(err, MERIT_EINVAL, "no net was given");
    }
    MERIT_TRY(check_sizes(in, n_classes, err));
    net = merit__alloc_array(1, sizeof(*net));
    if (net == NULL) {
        return merit__fail_memory(err, sizeof(*net), "a net");
    }
    net->in = in;
    net->n_classes = n_classes;
    MERIT_TRY(merit__net_expand(&layers, spec, in, err));
    MERIT_TRY(merit__net_parse(net, layers, err));
    MERIT_TRY(merit__net_make_tensors(net, err));
    *out = net;
    net = NULL;
fail:
    merit__free(layers);
    merit_net_free(net);
    return status;
}

void merit_net_free(merit_net *net)
{
    if (net != NULL) {
        merit__free(net->layers);
        merit__free(net->tensors);
        merit__free(net->spec);
        merit__free(net);
    }
}

const char *merit_net_spec(const merit_net *net)
{
    return net->spec;
}

int64_t merit_net_n_parameters(const merit_net *net)
{
    int64_t n = 0;
    for (int64_t i = 0; i < net->n_tensors; i++) {
        if (net->tensors[i].kind != MERIT__STATISTIC) {
            n += net->tensors[i].n;
        }
    }
    return n;
}

/* One line of the description in columns. */
typedef struct description {
    char what[MERIT__LAYER_TEXT_BYTES];
    char shapes[2 * MERIT__SHAPE_TEXT_BYTES + 8];
    int64_t n_parameters;
} description;

static int64_t layer_n_parameters(const merit_net *net, int64_t layer)
{
    int64_t n = 0;
    int64_t first = net->layers[layer].tensor;
    for (int64_t i = first; i >= 0 && i < net->n_tensors; i++) {
        if (net->tensors[i].layer != layer) {
            break;
        }
        n += net->tensors[i].kind == MERIT__STATISTIC ? 0 : net->tensors[i].n;
    }
    return n;
}

static void describe_layer(description *line, const merit_net *net, int64_t i)
{
    const merit__layer *layer = &net->layers[i];
    char in[MERIT__SHAPE_TEXT_BYTES], out[MERIT__SHAPE_TEXT_BYTES];
    if (layer->kind != MERIT__ADD) {
        snprintf(line->what, sizeof(line->what), "%s", layer->text);
    } else if (layer->from < 0) {
        snprintf(line->what, sizeof(line->what), "residual (adds the examples)");
    } else {
        snprintf(line->what, sizeof(line->what), "residual (adds layer %" PRId64 ")",
                 layer->from + 1);
    }
    snprintf(line->shapes, sizeof(line->shapes), "%s -> %s",
             merit__shape_text(in, layer->in), merit__shape_text(out, layer->out));
    line->n_parameters = layer_n_parameters(net, i);
}

static int longer(int width, const char *text)
{
    int n = (int)strlen(text);
    return n > width ? n : width;
}

merit_status merit_net_describe(const merit_net *net, char **text, merit_error *err)
{
    merit__net_text result = {0};
    description line;
    int what_width = 0, shapes_width = 0;
    char last_number[32];
    int number_width =
        snprintf(last_number, sizeof(last_number), "%" PRId64, net->n_layers);
    *text = NULL;
    for (int64_t i = 0; i < net->n_layers; i++) {
        describe_layer(&line, net, i);
        what_width = longer(what_width, line.what);
        shapes_width = longer(shapes_width, line.shapes);
    }
    for (int64_t i = 0; i < net->n_layers; i++) {
        describe_layer(&line, net, i);
        if (merit__net_text_add(&result, "%*" PRId64 " %-*s  %-*s  %" PRId64 "\n",
                                number_width, i + 1, what_width, line.what,
                                shapes_width, line.shapes, line.n_parameters) != 0) {
            merit__free(result.bytes);
            return merit__fail(err, MERIT_ENOMEM,
                               "not enough memory to describe %" PRId64 " layers",
                               net->n_layers);
        }
    }
    *text = result.bytes;
    return MERIT_OK;
}
