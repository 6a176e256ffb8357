/* A plan of oneDNN primitives, and the tools the layers build it with.
 *
 * Building appends steps to three lists, which running walks:
 *
 *     prepare   once per change of the parameters: weights in the layout that
 *               backward data wants, where it is another one
 *     forward   reorders where two layers want different layouts, then the layer
 *     backward  layers from last to first
 *
 * Node i + 1 is the output of layer i, node 0 the examples. Everything that a plan
 * makes, it owns and destroys in one place, so that building needs no clean-up. */
#ifndef MERIT_NET_DNNL_PLAN_H
#define MERIT_NET_DNNL_PLAN_H

#include "base/fail.h"
#include "net/dnnl/dnnl_compat.h"
#include "net/engine.h"

typedef struct merit__dnnl_plan merit__dnnl_plan;

/* A tensor: where it is and how it lies there. */
typedef struct merit__dnnl_tensor {
    merit__md md;
    dnnl_memory_t memory;
    float *data; // NULL for memories bound to a caller's array
} merit__dnnl_tensor;

/* The output of a layer and the gradient that flows back to it. */
typedef struct merit__dnnl_node {
    merit__dnnl_tensor value;
    merit__dnnl_tensor gradient;
    int n_consumers;
    int gradient_written; // while building backward: somebody has written it
    int relu_deferred;    // the pooling layer after it applies this relu's mask
    int needs_gradient;   // some layer before it has parameters
} merit__dnnl_node;

/* A primitive with its arguments, or a function of ours. */
enum { MERIT__DNNL_ARGS = 12 };
typedef struct merit__dnnl_step {
    dnnl_primitive_t primitive;
    int n_args;
    dnnl_exec_arg_t args[MERIT__DNNL_ARGS];
    void (*run)(merit__dnnl_plan *plan, const void *context);
    const void *context;
} merit__dnnl_step;

typedef struct merit__dnnl_steps {
    merit__dnnl_step *step;
    size_t n, capacity;
} merit__dnnl_steps;

/* The caller's arrays that memories are bound to at each call. */
enum merit__dnnl_array {
    MERIT__PARAMETERS,
    MERIT__GRADIENT,
    MERIT__EXAMPLES,
    MERIT__SCRATCHPAD, // the plan's own, shared by all primitives
    MERIT__N_ARRAYS
};

typedef struct merit__dnnl_binding {
    dnnl_memory_t memory;
    enum merit__dnnl_array array;
    int64_t offset; // floats
} merit__dnnl_binding;

/* Things of one kind that the plan owns. */
typedef struct merit__dnnl_owned {
    void **item;
    size_t n, capacity;
} merit__dnnl_owned;

/* What backward of a layer needs to know of forward. */
typedef struct merit__dnnl_layer {
    dnnl_primitive_desc_t forward; // borrowed from the plan
    merit__dnnl_tensor source;     // as the primitive reads it
    merit__dnnl_tensor workspace;  // of max pooling; mean and variance of batch norm
    merit__dnnl_tensor workspace2;
    dnnl_alg_kind_t algorithm;
    float *mask; // dropout, canonical order
    merit__dnnl_tensor mask_tensor;
    int is_folded; // of convolutions: see dnnl_conv.c
    int64_t block; // of sequences: channels that lie together in a position
} merit__dnnl_layer;

struct merit__dnnl_plan {
    merit__plan base;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    merit__dnnl_node *nodes;   // [n_layers + 1]
    merit__dnnl_layer *layers; // [n_layers]
    merit__md *segment_md;     // [n_segments] how each tensor lies in the arena
    merit__dnnl_steps prepare, forward, backward;
    struct {
        merit__dnnl_binding *binding;
        size_t n, capacity;
    } bindings;
    const void *bound[MERIT__N_ARRAYS]; // what they are bound to now
    merit__dnnl_owned mds, pds, primitives, memories, buffers;
    size_t scratchpad_bytes; // the largest that any primitive wants
    merit__slice_key key;    // of the slice being run
    int64_t *lengths;        // [n] of its sequences, owned; NULL: they are none
    merit__dnnl_tensor logits, dlogits; // [n,T,K] of a net with per-position
};

/* The name in an error when a call of oneDNN fails; needs `plan` and `err`. */
#define MERIT__DNNL(call)                                                              \
    do {                                                                               \
        dnnl_status_t dnnl_status_ = (call);                                           \
        if (dnnl_status_ != dnnl_success) {                                            \
            return merit__dnnl_fail(dnnl_status_, #call, err);                         \
        }                                                                              \
    } while (0)

/* As MERIT_TRY, for functions that have nothing to clean up. */
#define MERIT__PASS(call)                                                              \
    do {                                                                               \
        merit_status pass_status_ = (call);                                            \
        if (pass_status_ != MERIT_OK) {                                                \
            return pass_status_;                                                       \
        }                                                                              \
    } while (0)

merit_status merit__dnnl_fail(dnnl_status_t status, const char *call, merit_error *err);

/* Attributes with the scratchpad in the caller's hands, optionally with a relu after
 * the operation. The caller destroys them. */
merit_status merit__dnnl_attr(dnnl_primitive_attr_t *out, int relu, merit_error *err);

/* Gives a primitive descriptor to the plan and makes its primitive. */
merit_status merit__dnnl_primitive(merit__dnnl_plan *plan, dnnl_primitive_desc_t pd,
                                   dnnl_primitive_t *out, merit_error *err);

/* An f32 descriptor that the plan owns. */
merit_status merit__dnnl_md(merit__dnnl_plan *plan, int n_dims, const int64_t *dims,
                            dnnl_format_tag_t tag, merit__md *out, merit_error *err);

/* The descriptor of one argument of a primitive, borrowed from its pd. */
merit__md merit__dnnl_query(dnnl_primitive_desc_t pd, dnnl_query_t what, int index);

/* Whether oneDNN computes this by its plain loops, for want of anything better. */
int merit__dnnl_is_reference(dnnl_primitive_desc_t pd);

/* A tensor with its own memory. */
merit_status merit__dnnl_tensor_create(merit__dnnl_plan *plan, merit__md md,
                                       merit__dnnl_tensor *out, merit_error *err);

/* The same bytes seen through another descriptor of the same size. */
merit_status merit__dnnl_view(merit__dnnl_plan *plan, const merit__dnnl_tensor *tensor,
                              merit__md md, dnnl_memory_t *out, merit_error *err);

/* A memory that each call binds to a caller's array, from `offset` floats on. */
merit_status merit__dnnl_bind(merit__dnnl_plan *plan, merit__md md,
                              enum merit__dnnl_array array, int64_t offset,
                              dnnl_memory_t *out, merit_error *err);

/* Appends a step: a primitive with n_args pairs (argument, memory). */
merit_status merit__dnnl_step_add(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                  dnnl_primitive_t primitive, int n_args,
                                  const dnnl_exec_arg_t *args, merit_error *err);

/* Appends a step: a function of ours. */
merit_status merit__dnnl_call_add(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                  void (*run)(merit__dnnl_plan *, const void *),
                                  const void *context, merit_error *err);

/* Appends a step that copies `from` to `to`, whatever their layouts. */
merit_status merit__dnnl_reorder(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                 const merit__dnnl_tensor *from,
                                 const merit__dnnl_tensor *to, merit_error *err);

/* `tensor` in layout `md`: itself, or a copy made by a reorder step. */
merit_status merit__dnnl_adapt(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                               const merit__dnnl_tensor *tensor, merit__md md,
                               merit__dnnl_tensor *out, merit_error *err);

/* Where a layer's backward writes the gradient of node `index` in layout `md`; closing
 * it stores or adds what was written, since a node may have several consumers. */
merit_status merit__dnnl_gradient_open(merit__dnnl_plan *plan, int64_t index,
                                       merit__md md, merit__dnnl_tensor *out,
                                       merit_error *err);
merit_status merit__dnnl_gradient_close(merit__dnnl_plan *plan, int64_t index,
                                        const merit__dnnl_tensor *written,
                                        merit_error *err);

/* Gives net tensor `index` the next place in the arena, laid out as `md`, or the place
 * and the layout that it has in the plan that this one is to be like. */
void merit__dnnl_segment(merit__dnnl_plan *plan, int64_t index, merit__md md);

/* A memory over tensor `index` of the parameters, or of the gradient. */
merit_status merit__dnnl_segment_bind(merit__dnnl_plan *plan, int64_t index,
                                      enum merit__dnnl_array array,
                                      merit__dnnl_tensor *out, merit_error *err);

/* The same for the weights and the bias of a convolution or dense layer, which are
 * tensor `index` and the one after it. */
merit_status merit__dnnl_weights_bind(merit__dnnl_plan *plan, int64_t index,
                                      enum merit__dnnl_array array,
                                      merit__dnnl_tensor *weights,
                                      merit__dnnl_tensor *bias, merit_error *err);

/* The layers. Forward sets the value of node index + 1; relu: a relu follows and is to
 * be fused where that can be. */
merit_status merit__dnnl_conv_forward(merit__dnnl_plan *plan, int64_t index, int relu,
                                      merit_error *err);
merit_status merit__dnnl_conv_backward(merit__dnnl_plan *plan, int64_t index,
                                       merit_error *err);
merit_status merit__dnnl_dense_forward(merit__dnnl_plan *plan, int64_t index, int relu,
                                       merit_error *err);
merit_status merit__dnnl_dense_backward(merit__dnnl_plan *plan, int64_t index,
                                        merit_error *err);
merit_status merit__dnnl_pool_forward(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err);
merit_status merit__dnnl_pool_backward(merit__dnnl_plan *plan, int64_t index,
                                       merit_error *err);
merit_status merit__dnnl_batchnorm_forward(merit__dnnl_plan *plan, int64_t index,
                                           merit_error *err);
merit_status merit__dnnl_batchnorm_backward(merit__dnnl_plan *plan, int64_t index,
                                            merit_error *err);
merit_status merit__dnnl_relu_forward(merit__dnnl_plan *plan, int64_t index, int fused,
                                      merit_error *err);
merit_status merit__dnnl_relu_backward(merit__dnnl_plan *plan, int64_t index,
                                       merit_error *err);
merit_status merit__dnnl_dropout_forward(merit__dnnl_plan *plan, int64_t index,
                                         merit_error *err);
merit_status merit__dnnl_dropout_backward(merit__dnnl_plan *plan, int64_t index,
                                          merit_error *err);
merit_status merit__dnnl_add_forward(merit__dnnl_plan *plan, int64_t index,
                                     merit_error *err);
merit_status merit__dnnl_add_backward(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err);

merit_status merit__dnnl_embedding_forward(merit__dnnl_plan *plan, int64_t index,
                                           merit_error *err);
merit_status merit__dnnl_embedding_backward(merit__dnnl_plan *plan, int64_t index,
                                            merit_error *err);

/* The mean over the positions before the end of each sequence. */
merit_status merit__dnnl_sequence_mean_forward(merit__dnnl_plan *plan, int64_t index,
                                               merit_error *err);
merit_status merit__dnnl_sequence_mean_backward(merit__dnnl_plan *plan, int64_t index,
                                                merit_error *err);

/* A dense layer of sequences, whose rows know nothing of each other. */
merit_status merit__dnnl_row_forward(merit__dnnl_plan *plan, int64_t index,
                                     merit_error *err);
merit_status merit__dnnl_row_backward(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err);

/* In a net of sequences: puts 0 behind their ends, into the output of layer `index`, or
 * into its gradient. Nothing in other nets. */
merit_status merit__dnnl_cut_value(merit__dnnl_plan *plan, int64_t index,
                                   merit_error *err);
merit_status merit__dnnl_cut_gradient(merit__dnnl_plan *plan, int64_t index,
                                      merit_error *err);

/* Multiplies the gradient of node `index` by (its value > 0), in place. */
merit_status merit__dnnl_relu_mask(merit__dnnl_plan *plan, int64_t index,
                                   merit_error *err);

#endif
