/* A net as text: a list of layers with inferred shapes.
 *
 *     merit_net *net;
 *     merit_net_create(&net, "conv 32 3, relu, pool 2, dense 128, relu",
 *                      1, 28, 28, 10, &err);
 *     merit_net_free(net);
 *
 * Layers, separated by commas (k: odd or even kernel size, s: stride):
 *   conv C k [stride s] [pad p]   C filters k x k; pad defaults to (k - 1) / 2
 *   conv1d C k [dilation d]       C filters 1 x k along rows, whose columns lie d apart;
 *                                 rows keep their length when k is odd
 *   dense F                       F outputs from all inputs
 *   relu
 *   pool k [stride s]             max pooling, stride defaults to k; of rows, H = 1,
 *                                 along their length
 *   avgpool k [stride s]          average pooling
 *   globalpool                    average over all positions
 *   batchnorm                     per channel; statistics per slice
 *   dropout p                     0 <= p < 1, in training only
 *   residual(layers)              adds the block's input to its output
 *   embedding C                   first: codes of letters become C channels
 *   per-position                  last: logits for each position of a row
 * A last `dense K` to the logits is implied; after per-position it is `conv1d K 1`. A
 * net of sequences begins with embedding; it may have conv1d with odd k, relu, dropout
 * and residual, and then either per-position, or globalpool, which leaves dense layers.
 *
 * Instead of layers a spec may be the name of a net that suits the size of the
 * examples:
 *   linear     none but the implied one
 *   mlp        two hidden dense layers
 *   cnn1d      for signals, H = 1: convolutions with pooling in between, a dense layer
 *   cnn        convolutions with pooling in between, then a dense layer
 *   resnet-N   N = 8, 14, 20, ...: a residual net with batch norm in three stages */
#ifndef MERIT_NET_H
#define MERIT_NET_H

#include "merit/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct merit_net merit_net;

/* Parses `spec` for inputs of C x H x W and K classes. EINVAL names the layer and what
 * it was given: "layer 3 (conv 64 5): the image is 3x3, smaller than the kernel 5x5".
 * ENOMEM: memory, or a limit (10,000 layers, 2^31 - 1 numbers in an output, 2^40
 * parameters). The caller frees *out; NULL on failure. */
MERIT_API merit_status merit_net_create(merit_net **out, const char *spec,
                                        int64_t channels, int64_t height, int64_t width,
                                        int64_t n_classes, merit_error *err);

/* Frees it; NULL is allowed. */
MERIT_API void merit_net_free(merit_net *net);

/* The canonical text of the net, without the implied last layer. Borrowed. */
MERIT_API const char *merit_net_spec(const merit_net *net);

/* The number of learned parameters (running statistics not counted). */
MERIT_API int64_t merit_net_n_parameters(const merit_net *net);

/* Writes one line per layer: "3 conv 64 3  32x14x14 -> 64x14x14  18496". Free with
 * merit_text_free. */
MERIT_API merit_status merit_net_describe(const merit_net *net, char **text,
                                          merit_error *err);

#ifdef __cplusplus
}
#endif

#endif
