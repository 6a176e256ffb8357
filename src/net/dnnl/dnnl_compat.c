#include "net/dnnl/dnnl_compat.h"

#include "base/alloc.h"

#if DNNL_VERSION_MAJOR >= 3

dnnl_status_t merit__md_create(merit__md *out, int n_dims, const int64_t *dims,
                               dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t md = NULL;
    dnnl_status_t status =
        dnnl_memory_desc_create_with_tag(&md, n_dims, dims, dnnl_f32, tag);
    *out = md;
    return status;
}

void merit__md_destroy(merit__md md)
{
    dnnl_memory_desc_destroy((dnnl_memory_desc_t)md);
}

/* Strides, dilation (0 is none) and padding in the form the calls want. */
typedef struct window_dims {
    dnnl_dims_t kernel, strides, dilation, pad;
} window_dims;

static window_dims dims_of(merit__window w)
{
    return (window_dims){.kernel = {w.kernel_h, w.kernel_w},
                         .strides = {w.stride, w.stride},
                         .dilation = {0, w.dilation > 1 ? w.dilation - 1 : 0},
                         .pad = {w.kernel_h == 1 ? 0 : w.pad,
                                 w.kernel_w == 1 ? 0 : w.pad}};
}

dnnl_status_t merit__pd_conv_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     dnnl_alg_kind_t algorithm, const merit__md md[4],
                                     merit__window window, dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    return dnnl_convolution_forward_primitive_desc_create(
        out, engine, dnnl_forward_training, algorithm, md[0], md[1], md[2], md[3],
        w.strides, w.dilation, w.pad, w.pad, attr);
}

dnnl_status_t merit__pd_conv_backward_data(dnnl_primitive_desc_t *out,
                                           dnnl_engine_t engine,
                                           dnnl_alg_kind_t algorithm,
                                           const merit__md md[4], merit__window window,
                                           dnnl_primitive_desc_t hint,
                                           dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    return dnnl_convolution_backward_data_primitive_desc_create(
        out, engine, algorithm, md[0], md[1], md[3], w.strides, w.dilation, w.pad,
        w.pad, hint, attr);
}

dnnl_status_t
merit__pd_conv_backward_weights(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                dnnl_alg_kind_t algorithm, const merit__md md[4],
                                merit__window window, dnnl_primitive_desc_t hint,
                                dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    return dnnl_convolution_backward_weights_primitive_desc_create(
        out, engine, algorithm, md[0], md[1], md[2], md[3], w.strides, w.dilation,
        w.pad, w.pad, hint, attr);
}

dnnl_status_t merit__pd_dense_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      const merit__md md[4], dnnl_primitive_attr_t attr)
{
    return dnnl_inner_product_forward_primitive_desc_create(
        out, engine, dnnl_forward_training, md[0], md[1], md[2], md[3], attr);
}

dnnl_status_t merit__pd_dense_backward_data(dnnl_primitive_desc_t *out,
                                            dnnl_engine_t engine, const merit__md md[4],
                                            dnnl_primitive_desc_t hint,
                                            dnnl_primitive_attr_t attr)
{
    return dnnl_inner_product_backward_data_primitive_desc_create(
        out, engine, md[0], md[1], md[3], hint, attr);
}

dnnl_status_t merit__pd_dense_backward_weights(dnnl_primitive_desc_t *out,
                                               dnnl_engine_t engine,
                                               const merit__md md[4],
                                               dnnl_primitive_desc_t hint,
                                               dnnl_primitive_attr_t attr)
{
    return dnnl_inner_product_backward_weights_primitive_desc_create(
        out, engine, md[0], md[1], md[2], md[3], hint, attr);
}

dnnl_status_t merit__pd_pool_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     int training, dnnl_alg_kind_t algorithm,
                                     merit__md source, merit__md destination,
                                     merit__window window, dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    return dnnl_pooling_forward_primitive_desc_create(
        out, engine, training ? dnnl_forward_training : dnnl_forward_inference,
        algorithm, source, destination, w.strides, w.kernel, w.dilation, w.pad, w.pad,
        attr);
}

dnnl_status_t merit__pd_pool_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      dnnl_alg_kind_t algorithm, merit__md source,
                                      merit__md destination, merit__window window,
                                      dnnl_primitive_desc_t hint,
                                      dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    return dnnl_pooling_backward_primitive_desc_create(
        out, engine, algorithm, source, destination, w.strides, w.kernel, w.dilation,
        w.pad, w.pad, hint, attr);
}

dnnl_status_t merit__pd_relu_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     merit__md md, dnnl_primitive_attr_t attr)
{
    return dnnl_eltwise_forward_primitive_desc_create(
        out, engine, dnnl_forward_training, dnnl_eltwise_relu_use_dst_for_bwd, md, md,
        0.0f, 0.0f, attr);
}

dnnl_status_t merit__pd_relu_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      merit__md md, dnnl_primitive_desc_t hint,
                                      dnnl_primitive_attr_t attr)
{
    return dnnl_eltwise_backward_primitive_desc_create(
        out, engine, dnnl_eltwise_relu_use_dst_for_bwd, md, md, md, 0.0f, 0.0f, hint,
        attr);
}

dnnl_status_t merit__pd_batchnorm_forward(dnnl_primitive_desc_t *out,
                                          dnnl_engine_t engine, int training,
                                          merit__md md, float epsilon,
                                          dnnl_primitive_attr_t attr)
{
    unsigned flags = dnnl_use_scale | dnnl_use_shift;
    return dnnl_batch_normalization_forward_primitive_desc_create(
        out, engine, training ? dnnl_forward_training : dnnl_forward_inference, md, md,
        epsilon, training ? flags : flags | dnnl_use_global_stats, attr);
}

dnnl_status_t merit__pd_batchnorm_backward(dnnl_primitive_desc_t *out,
                                           dnnl_engine_t engine, merit__md md,
                                           float epsilon, dnnl_primitive_desc_t hint,
                                           dnnl_primitive_attr_t attr)
{
    return dnnl_batch_normalization_backward_primitive_desc_create(
        out, engine, dnnl_backward, md, md, md, epsilon,
        dnnl_use_scale | dnnl_use_shift, hint, attr);
}

dnnl_status_t merit__pd_binary(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                               dnnl_alg_kind_t algorithm, merit__md a, merit__md b,
                               merit__md destination, dnnl_primitive_attr_t attr)
{
    return dnnl_binary_primitive_desc_create(out, engine, algorithm, a, b, destination,
                                             attr);
}

#else /* oneDNN 2 */

dnnl_status_t merit__md_create(merit__md *out, int n_dims, const int64_t *dims,
                               dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t *md = merit__alloc_array(1, sizeof *md);
    *out = md;
    if (md == NULL) {
        return dnnl_out_of_memory;
    }
    return dnnl_memory_desc_init_by_tag(md, n_dims, dims, dnnl_f32, tag);
}

void merit__md_destroy(merit__md md)
{
    merit__free((void *)(uintptr_t)md);
}

/* Kernel, strides, dilation (0 is none) and padding in the form the calls want. */
typedef struct window_dims {
    dnnl_dims_t kernel, strides, dilation, pad;
} window_dims;

static window_dims dims_of(merit__window w)
{
    return (window_dims){.kernel = {w.kernel_h, w.kernel_w},
                         .strides = {w.stride, w.stride},
                         .dilation = {0, w.dilation > 1 ? w.dilation - 1 : 0},
                         .pad = {w.kernel_h == 1 ? 0 : w.pad,
                                 w.kernel_w == 1 ? 0 : w.pad}};
}

/* An operation descriptor that could be made becomes a primitive descriptor. */
static dnnl_status_t pd_create(dnnl_primitive_desc_t *out, dnnl_status_t status,
                               const_dnnl_op_desc_t operation, dnnl_engine_t engine,
                               dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
    *out = NULL;
    if (status != dnnl_success) {
        return status;
    }
    return dnnl_primitive_desc_create(out, operation, attr, engine, hint);
}

dnnl_status_t merit__pd_conv_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     dnnl_alg_kind_t algorithm, const merit__md md[4],
                                     merit__window window, dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    dnnl_convolution_desc_t d;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &d, dnnl_forward_training, algorithm, md[0], md[1], md[2], md[3], w.strides,
        w.dilation, w.pad, w.pad);
    return pd_create(out, status, &d, engine, NULL, attr);
}

dnnl_status_t merit__pd_conv_backward_data(dnnl_primitive_desc_t *out,
                                           dnnl_engine_t engine,
                                           dnnl_alg_kind_t algorithm,
                                           const merit__md md[4], merit__window window,
                                           dnnl_primitive_desc_t hint,
                                           dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    dnnl_convolution_desc_t d;
    dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(
        &d, algorithm, md[0], md[1], md[3], w.strides, w.dilation, w.pad, w.pad);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t
merit__pd_conv_backward_weights(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                dnnl_alg_kind_t algorithm, const merit__md md[4],
                                merit__window window, dnnl_primitive_desc_t hint,
                                dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    dnnl_convolution_desc_t d;
    dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
        &d, algorithm, md[0], md[1], md[2], md[3], w.strides, w.dilation, w.pad, w.pad);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t merit__pd_dense_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      const merit__md md[4], dnnl_primitive_attr_t attr)
{
    dnnl_inner_product_desc_t d;
    dnnl_status_t status = dnnl_inner_product_forward_desc_init(
        &d, dnnl_forward_training, md[0], md[1], md[2], md[3]);
    return pd_create(out, status, &d, engine, NULL, attr);
}

dnnl_status_t merit__pd_dense_backward_data(dnnl_primitive_desc_t *out,
                                            dnnl_engine_t engine, const merit__md md[4],
                                            dnnl_primitive_desc_t hint,
                                            dnnl_primitive_attr_t attr)
{
    dnnl_inner_product_desc_t d;
    dnnl_status_t status =
        dnnl_inner_product_backward_data_desc_init(&d, md[0], md[1], md[3]);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t merit__pd_dense_backward_weights(dnnl_primitive_desc_t *out,
                                               dnnl_engine_t engine,
                                               const merit__md md[4],
                                               dnnl_primitive_desc_t hint,
                                               dnnl_primitive_attr_t attr)
{
    dnnl_inner_product_desc_t d;
    dnnl_status_t status =
        dnnl_inner_product_backward_weights_desc_init(&d, md[0], md[1], md[2], md[3]);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t merit__pd_pool_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     int training, dnnl_alg_kind_t algorithm,
                                     merit__md source, merit__md destination,
                                     merit__window window, dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    dnnl_pooling_desc_t d;
    dnnl_status_t status = dnnl_pooling_forward_desc_init(
        &d, training ? dnnl_forward_training : dnnl_forward_inference, algorithm,
        source, destination, w.strides, w.kernel, w.pad, w.pad);
    return pd_create(out, status, &d, engine, NULL, attr);
}

dnnl_status_t merit__pd_pool_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      dnnl_alg_kind_t algorithm, merit__md source,
                                      merit__md destination, merit__window window,
                                      dnnl_primitive_desc_t hint,
                                      dnnl_primitive_attr_t attr)
{
    window_dims w = dims_of(window);
    dnnl_pooling_desc_t d;
    dnnl_status_t status = dnnl_pooling_backward_desc_init(
        &d, algorithm, source, destination, w.strides, w.kernel, w.pad, w.pad);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t merit__pd_relu_forward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                     merit__md md, dnnl_primitive_attr_t attr)
{
    dnnl_eltwise_desc_t d;
    dnnl_status_t status = dnnl_eltwise_forward_desc_init(
        &d, dnnl_forward_training, dnnl_eltwise_relu_use_dst_for_bwd, md, 0, 0);
    return pd_create(out, status, &d, engine, NULL, attr);
}

dnnl_status_t merit__pd_relu_backward(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      merit__md md, dnnl_primitive_desc_t hint,
                                      dnnl_primitive_attr_t attr)
{
    dnnl_eltwise_desc_t d;
    dnnl_status_t status = dnnl_eltwise_backward_desc_init(
        &d, dnnl_eltwise_relu_use_dst_for_bwd, md, md, 0, 0);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t merit__pd_batchnorm_forward(dnnl_primitive_desc_t *out,
                                          dnnl_engine_t engine, int training,
                                          merit__md md, float epsilon,
                                          dnnl_primitive_attr_t attr)
{
    unsigned flags = dnnl_use_scale | dnnl_use_shift;
    dnnl_batch_normalization_desc_t d;
    dnnl_status_t status = dnnl_batch_normalization_forward_desc_init(
        &d, training ? dnnl_forward_training : dnnl_forward_inference, md, epsilon,
        training ? flags : flags | dnnl_use_global_stats);
    return pd_create(out, status, &d, engine, NULL, attr);
}

dnnl_status_t merit__pd_batchnorm_backward(dnnl_primitive_desc_t *out,
                                           dnnl_engine_t engine, merit__md md,
                                           float epsilon, dnnl_primitive_desc_t hint,
                                           dnnl_primitive_attr_t attr)
{
    dnnl_batch_normalization_desc_t d;
    dnnl_status_t status = dnnl_batch_normalization_backward_desc_init(
        &d, dnnl_backward, md, md, epsilon, dnnl_use_scale | dnnl_use_shift);
    return pd_create(out, status, &d, engine, hint, attr);
}

dnnl_status_t merit__pd_binary(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                               dnnl_alg_kind_t algorithm, merit__md a, merit__md b,
                               merit__md destination, dnnl_primitive_attr_t attr)
{
    dnnl_binary_desc_t d;
    dnnl_status_t status = dnnl_binary_desc_init(&d, algorithm, a, b, destination);
    return pd_create(out, status, &d, engine, NULL, attr);
}

#endif

dnnl_status_t merit__attr_append_relu(dnnl_primitive_attr_t attr)
{
    dnnl_post_ops_t operations = NULL;
    dnnl_status_t status = dnnl_post_ops_create(&operations);
    if (status != dnnl_success) {
        return status;
    }
#if DNNL_VERSION_MAJOR >= 3
    status = dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_relu, 0, 0);
#else
    status = dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0);
#endif
    if (status == dnnl_success) {
        status = dnnl_primitive_attr_set_post_ops(attr, operations);
    }
    dnnl_post_ops_destroy(operations);
    return status;
}
