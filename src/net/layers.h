/* What a parsed net is made of; shared by the engines. */
#ifndef MERIT_NET_LAYERS_H
#define MERIT_NET_LAYERS_H

#include "base/code.h"
#include "merit/net.h"

enum merit__layer_kind {
    MERIT__CONV, // also conv1d, whose kernel has height 1
    MERIT__DENSE,
    MERIT__RELU,
    MERIT__MAXPOOL,
    MERIT__AVGPOOL,
    MERIT__GLOBALPOOL, // avgpool whose kernel is the whole image
    MERIT__BATCHNORM,
    MERIT__DROPOUT,
    MERIT__ADD,      // adds the output of an earlier layer
    MERIT__EMBEDDING // codes of letters -> channels
};

typedef struct merit__shape {
    int64_t c, h, w;
} merit__shape;

/* One layer. Layer i reads the output of layer i - 1 (layer 0 the examples). */
typedef struct merit__layer {
    enum merit__layer_kind kind;
    merit__shape in, out;
    int64_t kernel_h, kernel_w; // conv and pooling
    int64_t stride, pad;        // conv and pooling; pooling has pad 0; a kernel of
                                // height 1 needs none above and below
    int64_t dilation;           // conv: distance of the kernel's columns, 1 without;
                                // more than 1 only with height 1
    double rate;                // dropout
    int64_t from;               // add: the other input is the output of this layer;
                                // -1 is the examples
    int64_t
        tensor;    // its first tensor, -1 without: embedding: weight;
                   // conv, dense: weight, bias; batchnorm: scale, shift, mean, variance
    char text[40]; // as in the spec, for messages: "conv 64 3"
} merit__layer;

enum merit__tensor_kind {
    MERIT__WEIGHT,   // weight decay applies
    MERIT__BIAS,     // biases, scales and shifts: no weight decay
    MERIT__STATISTIC // running mean or variance: follows, is not learned
};

/* One named tensor in the canonical arena: conv weights OIHW, dense weights [out,in]
 * with in = C,H,W order, embeddings [MERIT__CODES,C]. */
typedef struct merit__tensor {
    char name[48]; // "3.weight": number of the layer (from 1), what it is
    enum merit__tensor_kind kind;
    int64_t n_dims;
    int64_t dims[4];
    int64_t offset, n; // floats, in the canonical arena
    int64_t layer;
} merit__tensor;

/* A net that begins with an embedding reads sequences: x [n,1,1,T] holds codes, and a
 * sequence ends where only MERIT__CODE_END follows. What lies behind its end is 0 after
 * every layer and takes no part in any sum, so that a row of logits is the same for any
 * T and in any company. */
struct merit_net {
    merit__shape in;
    int64_t n_classes;
    int64_t n_positions; // rows of logits for an example: 1, or T with per-position
    int64_t n_layers;    // with the implied last layer
    merit__layer *layers;
    int64_t n_tensors;
    merit__tensor *tensors;
    int64_t n_arena; // floats of all tensors together
    char *spec;      // canonical
};

/* Whether it reads sequences. */
static inline int merit__net_is_sequential(const merit_net *net)
{
    return net->layers[0].kind == MERIT__EMBEDDING;
}

/* Fills a canonical arena [n_arena] with initial values, a function of the seed: He
 * normal weights (He et al. 2015), embeddings normal with variance 1, the last layer
 * uniform within 1/sqrt(fan in), biases 0, scales 1, means 0, variances 1. */
void merit__net_init(const merit_net *net, uint64_t seed, float *arena);

enum { MERIT__BATCHNORM_PPM = 10 }; // epsilon of batch norm in millionths

#endif
