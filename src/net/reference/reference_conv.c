#include "net/reference/reference_layers.h"

/* y[e,o,p,q] = bias[o] + sum over c,i,j of
 *              weight[o,c,i,j] x[e,c, p stride + i - pad_h, q stride + j dilation -
 * pad] where x is 0 outside the image (cross-correlation, as everywhere in the field),
 * and pad_h is pad, or 0 for a kernel of height 1. */

static int64_t pad_above(const merit__layer *layer)
{
    return layer->kernel_h == 1 ? 0 : layer->pad;
}

/* Where x[e,c,h,w] lies, or -1 outside the image. */
static int64_t input_at(const merit__layer *layer, int64_t e, int64_t c, int64_t h,
                        int64_t w)
{
    merit__shape in = layer->in;
    if (h < 0 || h >= in.h || w < 0 || w >= in.w) {
        return -1;
    }
    return ((e * in.c + c) * in.h + h) * in.w + w;
}

static int64_t output_at(const merit__layer *layer, int64_t e, int64_t o, int64_t p,
                         int64_t q)
{
    merit__shape out = layer->out;
    return ((e * out.c + o) * out.h + p) * out.w + q;
}

static int64_t weight_at(const merit__layer *layer, int64_t o, int64_t c, int64_t i,
                         int64_t j)
{
    return ((o * layer->in.c + c) * layer->kernel_h + i) * layer->kernel_w + j;
}

/* One output without its bias. */
static double correlate(const merit__reference_pass *pass, int64_t e, int64_t o,
                        int64_t p, int64_t q)
{
    const merit__layer *layer = pass->layer;
    const float *weight = pass->tensors[0]; // [O,C,kernel_h,kernel_w]
    double sum = 0;
    for (int64_t c = 0; c < layer->in.c; c++) {
        for (int64_t i = 0; i < layer->kernel_h; i++) {
            for (int64_t j = 0; j < layer->kernel_w; j++) {
                int64_t at =
                    input_at(layer, e, c, p * layer->stride + i - pad_above(layer),
                             q * layer->stride + j * layer->dilation - layer->pad);
                if (at >= 0) {
                    sum += (double)weight[weight_at(layer, o, c, i, j)] *
                           (double)pass->x[at];
                }
            }
        }
    }
    return sum;
}

void merit__reference_conv_forward(const merit__reference_pass *pass)
{
    const merit__layer *layer = pass->layer;
    const float *bias = pass->tensors[1]; // [O]
    for (int64_t e = 0; e < pass->n; e++) {
        for (int64_t o = 0; o < layer->out.c; o++) {
            for (int64_t p = 0; p < layer->out.h; p++) {
                for (int64_t q = 0; q < layer->out.w; q++) {
                    pass->y[output_at(layer, e, o, p, q)] =
                        (float)((double)bias[o] + correlate(pass, e, o, p, q));
                }
            }
        }
    }
}

/* d loss / d weight[o,c,i,j] = sum over e,p,q of dy[e,o,p,q] times what it met. */
static double weight_gradient(const merit__reference_pass *pass, int64_t o, int64_t c,
                              int64_t i, int64_t j)
{
    const merit__layer *layer = pass->layer;
    double sum = 0;
    for (int64_t e = 0; e < pass->n; e++) {
        for (int64_t p = 0; p < layer->out.h; p++) {
            for (int64_t q = 0; q < layer->out.w; q++) {
                int64_t at =
                    input_at(layer, e, c, p * layer->stride + i - pad_above(layer),
                             q * layer->stride + j * layer->dilation - layer->pad);
                if (at >= 0) {
                    sum += (double)pass->dy[output_at(layer, e, o, p, q)] *
                           (double)pass->x[at];
                }
            }
        }
    }
    return sum;
}

static void backward_weight(const merit__reference_pass *pass)
{
    const merit__layer *layer = pass->layer;
    for (int64_t o = 0; o < layer->out.c; o++) {
        for (int64_t c = 0; c < layer->in.c; c++) {
            for (int64_t i = 0; i < layer->kernel_h; i++) {
                for (int64_t j = 0; j < layer->kernel_w; j++) {
                    pass->dtensors[0][weight_at(layer, o, c, i, j)] =
                        (float)weight_gradient(pass, o, c, i, j);
                }
            }
        }
    }
}

static void backward_bias(const merit__reference_pass *pass)
{
    const merit__layer *layer = pass->layer;
    for (int64_t o = 0; o < layer->out.c; o++) {
        double sum = 0;
        for (int64_t e = 0; e < pass->n; e++) {
            for (int64_t p = 0; p < layer->out.h; p++) {
                for (int64_t q = 0; q < layer->out.w; q++) {
                    sum += (double)pass->dy[output_at(layer, e, o, p, q)];
                }
            }
        }
        pass->dtensors[1][o] = (float)sum;
    }
}

/* The output row or column that reads what lies `distance` behind the first thing that
 * any of them reads through this kernel row or column, or -1: p with p stride =
 * distance and 0 <= p < n_out. */
static int64_t reader_of(int64_t distance, const merit__layer *layer, int64_t n_out)
{
    if (distance < 0 || distance % layer->stride != 0 ||
        distance / layer->stride >= n_out) {
        return -1;
    }
    return distance / layer->stride;
}

/* d loss / d x[e,c,h,w] = sum of weight times dy over all outputs that read it. */
static double input_gradient(const merit__reference_pass *pass, int64_t e, int64_t c,
                             int64_t h, int64_t w)
{
    const merit__layer *layer = pass->layer;
    double sum = 0;
    for (int64_t o = 0; o < layer->out.c; o++) {
        for (int64_t i = 0; i < layer->kernel_h; i++) {
            for (int64_t j = 0; j < layer->kernel_w; j++) {
                int64_t p = reader_of(h - i + pad_above(layer), layer, layer->out.h);
                int64_t q = reader_of(w - j * layer->dilation + layer->pad, layer,
                                      layer->out.w);
                if (p >= 0 && q >= 0) {
                    sum += (double)pass->tensors[0][weight_at(layer, o, c, i, j)] *
                           (double)pass->dy[output_at(layer, e, o, p, q)];
                }
            }
        }
    }
    return sum;
}

void merit__reference_conv_backward(const merit__reference_pass *pass)
{
    const merit__layer *layer = pass->layer;
    for (int64_t e = 0; e < pass->n; e++) {
        for (int64_t c = 0; c < layer->in.c; c++) {
            for (int64_t h = 0; h < layer->in.h; h++) {
                for (int64_t w = 0; w < layer->in.w; w++) {
                    pass->dx[input_at(layer, e, c, h, w)] +=
                        (float)input_gradient(pass, e, c, h, w);
                }
            }
        }
    }
    backward_weight(pass);
    backward_bias(pass);
}
