#include "net/dnnl/dnnl_plan.h"

#include <string.h>

#include "base/alloc.h"

merit_status merit__dnnl_fail(dnnl_status_t status, const char *call, merit_error *err)
{
    if (status == dnnl_out_of_memory) {
        return merit__fail(err, MERIT_ENOMEM, "oneDNN: out of memory");
    }
    return merit__fail(err, MERIT_EBACKEND, "oneDNN: status %d from %.100s",
                       (int)status, call);
}

/* Keeps `item` so that the plan destroys it. */
static merit_status own(merit__dnnl_owned *owned, void *item, merit_error *err)
{
    if (merit__grow_array((void **)&owned->item, &owned->capacity, owned->n + 1,
                          sizeof *owned->item) != 0) {
        return merit__fail_memory(err, sizeof *owned->item, "a plan");
    }
    owned->item[owned->n++] = item;
    return MERIT_OK;
}

merit_status merit__dnnl_attr(dnnl_primitive_attr_t *out, int relu, merit_error *err)
{
    *out = NULL;
    MERIT__DNNL(dnnl_primitive_attr_create(out));
    dnnl_status_t status =
        dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && relu) {
        status = merit__attr_append_relu(*out);
    }
    if (status != dnnl_success) {
        dnnl_primitive_attr_destroy(*out);
        *out = NULL;
        return merit__dnnl_fail(status, "attributes", err);
    }
    return MERIT_OK;
}

merit__md merit__dnnl_query(dnnl_primitive_desc_t pd, dnnl_query_t what, int index)
{
    return dnnl_primitive_desc_query_md(pd, what, index);
}

int merit__dnnl_is_reference(dnnl_primitive_desc_t pd)
{
    const char *name = NULL;
    return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) ==
               dnnl_success &&
           strncmp(name, "ref", 3) == 0;
}

merit_status merit__dnnl_primitive(merit__dnnl_plan *plan, dnnl_primitive_desc_t pd,
                                   dnnl_primitive_t *out, merit_error *err)
{
    *out = NULL;
    merit_status status = own(&plan->pds, pd, err);
    if (status != MERIT_OK) {
        dnnl_primitive_desc_destroy(pd);
        return status;
    }
    MERIT__DNNL(dnnl_primitive_create(out, pd));
    status = own(&plan->primitives, *out, err);
    if (status != MERIT_OK) {
        dnnl_primitive_destroy(*out);
        return status;
    }
    size_t n_bytes =
        dnnl_memory_desc_get_size(merit__dnnl_query(pd, dnnl_query_scratchpad_md, 0));
    if (n_bytes > plan->scratchpad_bytes) {
        plan->scratchpad_bytes = n_bytes;
    }
    return MERIT_OK;
}

merit_status merit__dnnl_md(merit__dnnl_plan *plan, int n_dims, const int64_t *dims,
                            dnnl_format_tag_t tag, merit__md *out, merit_error *err)
{
    MERIT__DNNL(merit__md_create(out, n_dims, dims, tag));
    merit_status status = own(&plan->mds, (void *)(uintptr_t)*out, err);
    if (status != MERIT_OK) {
        merit__md_destroy(*out);
    }
    return status;
}

static merit_status memory_create(merit__dnnl_plan *plan, merit__md md, void *data,
                                  dnnl_memory_t *out, merit_error *err)
{
    MERIT__DNNL(dnnl_memory_create(out, md, plan->engine, data));
    merit_status status = own(&plan->memories, *out, err);
    if (status != MERIT_OK) {
        dnnl_memory_destroy(*out);
    }
    return status;
}

merit_status merit__dnnl_tensor_create(merit__dnnl_plan *plan, merit__md md,
                                       merit__dnnl_tensor *out, merit_error *err)
{
    size_t n_bytes = dnnl_memory_desc_get_size(md);
    float *data = merit__alloc_array(n_bytes, 1);
    if (data == NULL) {
        return merit__fail_memory(err, n_bytes, "activations");
    }
    merit_status status = own(&plan->buffers, data, err);
    if (status != MERIT_OK) {
        merit__free(data);
        return status;
    }
    out->md = md;
    out->data = data;
    return memory_create(plan, md, data, &out->memory, err);
}

merit_status merit__dnnl_view(merit__dnnl_plan *plan, const merit__dnnl_tensor *tensor,
                              merit__md md, dnnl_memory_t *out, merit_error *err)
{
    return memory_create(plan, md, tensor->data, out, err);
}

merit_status merit__dnnl_bind(merit__dnnl_plan *plan, merit__md md,
                              enum merit__dnnl_array array, int64_t offset,
                              dnnl_memory_t *out, merit_error *err)
{
    MERIT__PASS(memory_create(plan, md, DNNL_MEMORY_NONE, out, err));
    if (merit__grow_array((void **)&plan->bindings.binding, &plan->bindings.capacity,
                          plan->bindings.n + 1, sizeof *plan->bindings.binding) != 0) {
        return merit__fail_memory(err, sizeof *plan->bindings.binding, "a plan");
    }
    plan->bindings.binding[plan->bindings.n++] =
        (merit__dnnl_binding){.memory = *out, .array = array, .offset = offset};
    return MERIT_OK;
}

static merit_status step_push(merit__dnnl_steps *steps, const merit__dnnl_step *step,
                              merit_error *err)
{
    if (merit__grow_array((void **)&steps->step, &steps->capacity, steps->n + 1,
                          sizeof *steps->step) != 0) {
        return merit__fail_memory(err, sizeof *steps->step, "a plan");
    }
    steps->step[steps->n++] = *step;
    return MERIT_OK;
}

merit_status merit__dnnl_step_add(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                  dnnl_primitive_t primitive, int n_args,
                                  const dnnl_exec_arg_t *args, merit_error *err)
{
    merit__dnnl_step step = {.primitive = primitive, .n_args = n_args + 1};
    for (int i = 0; i < n_args; i++) {
        step.args[i] = args[i];
    }
    // One buffer serves all primitives; how large it must be is known at the end.
    const_dnnl_primitive_desc_t pd = NULL;
    MERIT__DNNL(dnnl_primitive_get_primitive_desc(primitive, &pd));
    merit__md md = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    if (dnnl_memory_desc_get_size(md) == 0) {
        step.n_args = n_args;
    } else {
        dnnl_memory_t scratchpad = NULL;
        MERIT__PASS(merit__dnnl_bind(plan, md, MERIT__SCRATCHPAD, 0, &scratchpad, err));
        step.args[n_args] =
            (dnnl_exec_arg_t){.arg = DNNL_ARG_SCRATCHPAD, .memory = scratchpad};
    }
    return step_push(steps, &step, err);
}

merit_status merit__dnnl_call_add(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                  void (*run)(merit__dnnl_plan *, const void *),
                                  const void *context, merit_error *err)
{
    (void)plan;
    return step_push(steps, &(merit__dnnl_step){.run = run, .context = context}, err);
}

/* A copy of what lies in the same layout on both sides. */
typedef struct plain_copy {
    const float *from;
    float *to;
    size_t n_bytes;
} plain_copy;

static void copy(merit__dnnl_plan *plan, const void *context)
{
    (void)plan;
    const plain_copy *c = context;
    memcpy(c->to, c->from, c->n_bytes);
}

/* oneDNN's reorder between equal layouts is half as fast as memcpy. */
static merit_status copy_add(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                             const merit__dnnl_tensor *from,
                             const merit__dnnl_tensor *to, merit_error *err)
{
    plain_copy *c = merit__alloc_array(1, sizeof *c);
    if (c == NULL) {
        return merit__fail_memory(err, sizeof *c, "a plan");
    }
    merit_status status = own(&plan->buffers, c, err);
    if (status != MERIT_OK) {
        merit__free(c);
        return status;
    }
    *c = (plain_copy){from->data, to->data, dnnl_memory_desc_get_size(from->md)};
    return merit__dnnl_call_add(plan, steps, copy, c, err);
}

merit_status merit__dnnl_reorder(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                                 const merit__dnnl_tensor *from,
                                 const merit__dnnl_tensor *to, merit_error *err)
{
    if (from->data != NULL && to->data != NULL &&
        dnnl_memory_desc_equal(from->md, to->md)) {
        return copy_add(plan, steps, from, to, err);
    }
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_primitive_desc_t pd;
    dnnl_status_t made = dnnl_reorder_primitive_desc_create(&pd, from->md, plan->engine,
                                                            to->md, plan->engine, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    return merit__dnnl_step_add(
        plan, steps, primitive, 2,
        (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from->memory}, {DNNL_ARG_TO, to->memory}},
        err);
}

merit_status merit__dnnl_adapt(merit__dnnl_plan *plan, merit__dnnl_steps *steps,
                               const merit__dnnl_tensor *tensor, merit__md md,
                               merit__dnnl_tensor *out, merit_error *err)
{
    if (dnnl_memory_desc_equal(tensor->md, md)) {
        *out = *tensor;
        return MERIT_OK;
    }
    MERIT__PASS(merit__dnnl_tensor_create(plan, md, out, err));
    return merit__dnnl_reorder(plan, steps, tensor, out, err);
}

merit_status merit__dnnl_gradient_open(merit__dnnl_plan *plan, int64_t index,
                                       merit__md md, merit__dnnl_tensor *out,
                                       merit_error *err)
{
    const merit__dnnl_node *node = &plan->nodes[index];
    if (!node->gradient_written && dnnl_memory_desc_equal(node->gradient.md, md)) {
        *out = node->gradient;
        return MERIT_OK;
    }
    return merit__dnnl_tensor_create(plan, md, out, err);
}

/* node->gradient += more, both in the node's layout. */
static merit_status gradient_add(merit__dnnl_plan *plan, merit__dnnl_node *node,
                                 const merit__dnnl_tensor *more, merit_error *err)
{
    dnnl_primitive_attr_t attr;
    MERIT__PASS(merit__dnnl_attr(&attr, 0, err));
    dnnl_primitive_desc_t pd;
    dnnl_status_t made =
        merit__pd_binary(&pd, plan->engine, dnnl_binary_add, node->gradient.md,
                         more->md, node->gradient.md, attr);
    dnnl_primitive_attr_destroy(attr);
    MERIT__DNNL(made);
    dnnl_primitive_t primitive;
    MERIT__PASS(merit__dnnl_primitive(plan, pd, &primitive, err));
    return merit__dnnl_step_add(plan, &plan->backward, primitive, 3,
                                (dnnl_exec_arg_t[]){
                                    {DNNL_ARG_SRC_0, node->gradient.memory},
                                    {DNNL_ARG_SRC_1, more->memory},
                                    {DNNL_ARG_DST, node->gradient.memory},
                                },
                                err);
}

merit_status merit__dnnl_gradient_close(merit__dnnl_plan *plan, int64_t index,
                                        const merit__dnnl_tensor *written,
                                        merit_error *err)
{
    merit__dnnl_node *node = &plan->nodes[index];
    int first = !node->gradient_written;
    node->gradient_written = 1;
    if (first) {
        if (written->memory == node->gradient.memory) {
            return MERIT_OK;
        }
        return merit__dnnl_reorder(plan, &plan->backward, written, &node->gradient,
                                   err);
    }
    merit__dnnl_tensor same_layout;
    MERIT__PASS(merit__dnnl_adapt(plan, &plan->backward, written, node->gradient.md,
                                  &same_layout, err));
    return gradient_add(plan, node, &same_layout, err);
}

void merit__dnnl_segment(merit__dnnl_plan *plan, int64_t index, merit__md md)
{
    const merit__dnnl_plan *like = (const merit__dnnl_plan *)plan->base.options.like;
    if (like != NULL) {
        plan->segment_md[index] = like->segment_md[index];
        plan->base.segments[index] = like->base.segments[index];
        plan->base.n_arena = like->base.n_arena;
        return;
    }
    int64_t n_bytes = (int64_t)dnnl_memory_desc_get_size(md);
    plan->segment_md[index] = md;
    plan->base.segments[index] =
        (merit__segment){.offset = plan->base.n_arena,
                         .n = n_bytes / (int64_t)sizeof(float),
                         .kind = plan->base.net->tensors[index].kind};
    plan->base.n_arena += (plan->base.segments[index].n + 15) / 16 * 16;
}

merit_status merit__dnnl_segment_bind(merit__dnnl_plan *plan, int64_t index,
                                      enum merit__dnnl_array array,
                                      merit__dnnl_tensor *out, merit_error *err)
{
    *out = (merit__dnnl_tensor){.md = plan->segment_md[index]};
    return merit__dnnl_bind(plan, out->md, array, plan->base.segments[index].offset,
                            &out->memory, err);
}

merit_status merit__dnnl_weights_bind(merit__dnnl_plan *plan, int64_t index,
                                      enum merit__dnnl_array array,
                                      merit__dnnl_tensor *weights,
                                      merit__dnnl_tensor *bias, merit_error *err)
{
    MERIT__PASS(merit__dnnl_segment_bind(plan, index, array, weights, err));
    return merit__dnnl_segment_bind(plan, index + 1, array, bias, err);
}
