/* The layers in plain C: their specification. One file per kind, a forward and a
 * backward function each.
 *
 * Everything is float, row-major, in canonical layout. Sums are made in double.
 * Arguments are trusted. */
#ifndef MERIT_NET_REFERENCE_REFERENCE_LAYERS_H
#define MERIT_NET_REFERENCE_REFERENCE_LAYERS_H

#include "net/engine.h"

/* One layer at work on one slice. C, H, W are the sizes of layer->in, O, P, Q those of
 * layer->out. A layer's output may be read by two layers, so a backward function *adds*
 * to dx and dother; what it finds for its tensors it writes. */
typedef struct merit__reference_pass {
    const merit__layer *layer;
    int64_t n;               // examples
    int32_t training;        // batchnorm: 0 uses the running statistics
    const float *x;          // [n,C,H,W] input
    const float *other;      // [n,C,H,W] second input of add
    const float *mask;       // [n,C,H,W] of dropout
    const int64_t *lengths;  // [n] of sequences, or NULL
    const float *tensors[4]; // the layer's, in the order of merit__layer.tensor
    float *y;                // [n,O,P,Q] output
    const float *dy;         // [n,O,P,Q] d loss / d y
    float *dx, *dother;      // [n,C,H,W]
    float *dtensors[4];      // shaped as tensors
} merit__reference_pass;

typedef void merit__reference_function(const merit__reference_pass *pass);

/* tensors: weight [O,C,kernel_h,kernel_w], bias [O]. */
merit__reference_function merit__reference_conv_forward;
merit__reference_function merit__reference_conv_backward;

/* x holds codes; tensors: weight [MERIT__CODES,O]. */
merit__reference_function merit__reference_embedding_forward;
merit__reference_function merit__reference_embedding_backward;

/* tensors: weight [O,C*H*W], bias [O]. */
merit__reference_function merit__reference_dense_forward;
merit__reference_function merit__reference_dense_backward;

merit__reference_function merit__reference_relu_forward;
merit__reference_function merit__reference_relu_backward;
merit__reference_function merit__reference_maxpool_forward;
merit__reference_function merit__reference_maxpool_backward;

merit__reference_function merit__reference_avgpool_forward;
merit__reference_function merit__reference_avgpool_backward;

/* The average over all positions; of sequences over those before their ends. */
merit__reference_function merit__reference_globalpool_forward;
merit__reference_function merit__reference_globalpool_backward;

/* tensors: scale, shift, running mean, running variance, each [C]. dtensors 2 and 3 get
 * the mean and the unbiased variance of this slice. */
merit__reference_function merit__reference_batchnorm_forward;
merit__reference_function merit__reference_batchnorm_backward;

merit__reference_function merit__reference_dropout_forward;
merit__reference_function merit__reference_dropout_backward;
merit__reference_function merit__reference_add_forward;
merit__reference_function merit__reference_add_backward;

/* Puts 0 behind the end of each sequence in values [n,C,1,T]. */
void merit__reference_cut(float *values, merit__shape shape, int64_t n,
                          const int64_t *lengths);

/* C * H * W. */
int64_t merit__reference_volume(merit__shape shape);

/* What a plan of this engine computed last, for tests. Output of a layer: [n,O,P,Q];
 * gradient of the loss with respect to it (layer -1: to the examples). */
const float *merit__reference_output(const merit__plan *plan, int64_t layer);
const float *merit__reference_gradient(const merit__plan *plan, int64_t layer);

#endif
