/* The one place where oneDNN 2 and 3 differ for merit: how memory descriptors are made
 * and how primitive descriptors are created. All functions return oneDNN's status. */
#ifndef MERIT_NET_DNNL_COMPAT_H
#define MERIT_NET_DNNL_COMPAT_H

#include <dnnl.h>

/* A borrowed memory descriptor; queries of either version give one. */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t merit__md;
#else
typedef const dnnl_memory_desc_t *merit__md;
#endif

/* An f32 descriptor that the caller frees. */
dnnl_status_t merit__md_create(merit__md *out, int n_dims, const int64_t *dims,
                               dnnl_format_tag_t tag);
void merit__md_destroy(merit__md md);

/* The arguments of a convolution or pooling; strides are equal both ways. The padding
 * of a kernel of height 1 and its dilation, 1 for none, are those of the width alone.
 */
typedef struct merit__window {
    int64_t kernel_h, kernel_w, stride, pad, dilation;
} merit__window;

dnnl_status_t merit__pd_conv_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     dnnl_alg_kind_t algorithm, const merit__md md[4],
                                     merit__window window, dnnl_primitive_attr_t attr);
dnnl_status_t merit__pd_conv_backward_data(dnnl_primitive_desc_t *out,
                                           dnnl_engine_t engine,
                                           dnnl_alg_kind_t algorithm,
                                           const merit__md md[4], merit__window window,
                                           dnnl_primitive_desc_t hint,
                                           dnnl_primitive_attr_t attr);
dnnl_status_t
merit__pd_conv_backward_weights(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                dnnl_alg_kind_t algorithm, const merit__md md[4],
                                merit__window window, dnnl_primitive_desc_t hint,
                                dnnl_primitive_attr_t attr);

/* Inner product; md: source, weights, bias, destination, as for convolutions. */
dnnl_status_t merit__pd_dense_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      const merit__md md[4],
                                      dnnl_primitive_attr_t attr);
dnnl_status_t merit__pd_dense_backward_data(dnnl_primitive_desc_t *out,
                                            dnnl_engine_t engine, const merit__md md[4],
                                            dnnl_primitive_desc_t hint,
                                            dnnl_primitive_attr_t attr);
dnnl_status_t merit__pd_dense_backward_weights(dnnl_primitive_desc_t *out,
                                               dnnl_engine_t engine,
                                               const merit__md md[4],
                                               dnnl_primitive_desc_t hint,
                                               dnnl_primitive_attr_t attr);

dnnl_status_t merit__pd_pool_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     int training, dnnl_alg_kind_t algorithm,
                                     merit__md source, merit__md destination,
                                     merit__window window, dnnl_primitive_attr_t attr);
dnnl_status_t merit__pd_pool_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      dnnl_alg_kind_t algorithm, merit__md source,
                                      merit__md destination, merit__window window,
                                      dnnl_primitive_desc_t hint,
                                      dnnl_primitive_attr_t attr);

/* ReLU whose backward looks at its own output. */
dnnl_status_t merit__pd_relu_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     merit__md md, dnnl_primitive_attr_t attr);
dnnl_status_t merit__pd_relu_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      merit__md md, dnnl_primitive_desc_t hint,
                                      dnnl_primitive_attr_t attr);

/* Batch normalisation with scale and shift; training: statistics of the batch. */
dnnl_status_t merit__pd_batchnorm_forward(dnnl_primitive_desc_t *out,
                                          dnnl_engine_t engine, int training,
                                          merit__md md, float epsilon,
                                          dnnl_primitive_attr_t attr);
dnnl_status_t merit__pd_batchnorm_backward(dnnl_primitive_desc_t *out,
                                           dnnl_engine_t engine, merit__md md,
                                           float epsilon, dnnl_primitive_desc_t hint,
                                           dnnl_primitive_attr_t attr);

/* Whether that backward call must be given the shift (oneDNN 2) or refuses it (3). */
enum { MERIT__BATCHNORM_BACKWARD_READS_SHIFT = DNNL_VERSION_MAJOR < 3 };

/* Elementwise sum or product of two tensors. */
dnnl_status_t merit__pd_binary(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                               dnnl_alg_kind_t algorithm, merit__md a, merit__md b,
                               merit__md destination, dnnl_primitive_attr_t attr);

/* A relu as post-operation of a convolution or inner product. */
dnnl_status_t merit__attr_append_relu(dnnl_primitive_attr_t attr);

#endif
