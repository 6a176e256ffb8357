/* The engine on oneDNN: builds a plan's steps once, runs them for every slice. */
#include "net/dnnl/dnnl_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

/* OpenMP's; not every compiler has an omp.h for the libgomp that oneDNN runs on. */
void omp_set_num_threads(int n);

static void owned_destroy(merit__dnnl_owned *owned, void (*destroy)(void *))
{
    for (size_t i = 0; i < owned->n; i++) {
        destroy(owned->item[i]);
    }
    merit__free(owned->item);
}

static void destroy_primitive(void *item)
{
    dnnl_primitive_destroy(item);
}

static void destroy_pd(void *item)
{
    dnnl_primitive_desc_destroy(item);
}

static void destroy_memory(void *item)
{
    dnnl_memory_destroy(item);
}

static void destroy_md(void *item)
{
    merit__md_destroy(item);
}

static void plan_destroy(merit__plan *base)
{
    merit__dnnl_plan *plan = (merit__dnnl_plan *)base;
    if (plan == NULL) {
        return;
    }
    owned_destroy(&plan->primitives, destroy_primitive);
    owned_destroy(&plan->pds, destroy_pd);
    owned_destroy(&plan->memories, destroy_memory);
    owned_destroy(&plan->mds, destroy_md);
    owned_destroy(&plan->buffers, merit__free);
    merit__free(plan->prepare.step);
    merit__free(plan->forward.step);
    merit__free(plan->backward.step);
    merit__free(plan->bindings.binding);
    merit__free((void *)(uintptr_t)plan->bound[MERIT__SCRATCHPAD]);
    dnnl_stream_destroy(plan->stream);
    dnnl_engine_destroy(plan->engine);
    merit__free(plan->nodes);
    merit__free(plan->layers);
    merit__free(plan->segment_md);
    merit__free(plan->lengths);
    merit__free(base->segments);
    merit__free(plan);
}

/* Points every memory of `array` at it. */
static merit_status bind(merit__dnnl_plan *plan, enum merit__dnnl_array array,
                         const float *data, merit_error *err)
{
    if (plan->bound[array] == data) {
        return MERIT_OK;
    }
    for (size_t i = 0; i < plan->bindings.n; i++) {
        const merit__dnnl_binding *b = &plan->bindings.binding[i];
        if (b->array == array) {
            // oneDNN's handles are not const; primitives only read their inputs.
            void *handle = (void *)(uintptr_t)(data + b->offset);
            MERIT__DNNL(dnnl_memory_set_data_handle(b->memory, handle));
        }
    }
    plan->bound[array] = data;
    return MERIT_OK;
}

static merit_status run(merit__dnnl_plan *plan, const merit__dnnl_steps *steps,
                        merit_error *err)
{
    for (size_t i = 0; i < steps->n; i++) {
        const merit__dnnl_step *step = &steps->step[i];
        if (step->run != NULL) {
            step->run(plan, step->context);
        } else {
            MERIT__DNNL(dnnl_primitive_execute(step->primitive, plan->stream,
                                               step->n_args, step->args));
        }
    }
    return MERIT_OK;
}

/* How often each node is read, and whether a gradient must reach it. */
static void count_consumers(merit__dnnl_plan *plan)
{
    const merit_net *net = plan->base.net;
    for (int64_t i = 0; i < net->n_layers; i++) {
        plan->nodes[i].n_consumers++;
        if (net->layers[i].kind == MERIT__ADD) {
            plan->nodes[net->layers[i].from + 1].n_consumers++;
        }
        plan->nodes[i + 1].needs_gradient =
            plan->nodes[i].needs_gradient || net->layers[i].tensor >= 0;
    }
    plan->nodes[net->n_layers].n_consumers++; // the caller
}

/* Whether layer i is followed by a relu that alone reads it. */
static int relu_follows(const merit__dnnl_plan *plan, int64_t i)
{
    const merit_net *net = plan->base.net;
    return i + 1 < net->n_layers && net->layers[i + 1].kind == MERIT__RELU &&
           plan->nodes[i + 1].n_consumers == 1;
}

static merit_status build_forward(merit__dnnl_plan *plan, merit_error *err)
{
    const merit_net *net = plan->base.net;
    int fused = 0;
    for (int64_t i = 0; i < net->n_layers; i++) {
        int relu = relu_follows(plan, i);
        int fused_here = 0;
        switch (net->layers[i].kind) {
        case MERIT__CONV:
            MERIT__PASS(merit__dnnl_conv_forward(plan, i, relu, err));
            fused_here = relu;
            break;
        case MERIT__DENSE:
            MERIT__PASS(plan->lengths != NULL
                            ? merit__dnnl_row_forward(plan, i, err)
                            : merit__dnnl_dense_forward(plan, i, relu, err));
            fused_here = relu && plan->lengths == NULL;
            break;
        case MERIT__RELU:
            MERIT__PASS(merit__dnnl_relu_forward(plan, i, fused, err));
            break;
        case MERIT__MAXPOOL:
        case MERIT__AVGPOOL:
        case MERIT__GLOBALPOOL:
            MERIT__PASS(plan->lengths != NULL
                            ? merit__dnnl_sequence_mean_forward(plan, i, err)
                            : merit__dnnl_pool_forward(plan, i, err));
            break;
        case MERIT__BATCHNORM:
            MERIT__PASS(merit__dnnl_batchnorm_forward(plan, i, err));
            break;
        case MERIT__DROPOUT:
            MERIT__PASS(merit__dnnl_dropout_forward(plan, i, err));
            break;
        case MERIT__ADD:
            MERIT__PASS(merit__dnnl_add_forward(plan, i, err));
            break;
        case MERIT__EMBEDDING:
            MERIT__PASS(merit__dnnl_embedding_forward(plan, i, err));
            break;
        }
        fused = fused_here;
    }
    return MERIT_OK;
}

/* Gradients lie as the values do; a node that shares its value with the one before it
 * (a relu in place) shares its gradient too. */
static merit_status create_gradients(merit__dnnl_plan *plan, merit_error *err)
{
    const merit_net *net = plan->base.net;
    for (int64_t i = 1; i <= net->n_layers; i++) {
        merit__dnnl_node *node = &plan->nodes[i];
        const merit__dnnl_node *before = &plan->nodes[i - 1];
        if (i > 1 && node->value.memory == before->value.memory) {
            node->gradient = before->gradient;
            node->relu_deferred =
                net->layers[i - 1].kind == MERIT__RELU && i < net->n_layers &&
                net->layers[i].kind == MERIT__MAXPOOL && node->n_consumers == 1;
        } else {
            MERIT__PASS(
                merit__dnnl_tensor_create(plan, node->value.md, &node->gradient, err));
        }
    }
    return MERIT_OK;
}

static merit_status build_backward(merit__dnnl_plan *plan, merit_error *err)
{
    const merit_net *net = plan->base.net;
    plan->nodes[net->n_layers].gradient_written = 1;
    for (int64_t i = net->n_layers - 1; i >= 0; i--) {
        switch (net->layers[i].kind) {
        case MERIT__CONV:
            MERIT__PASS(merit__dnnl_conv_backward(plan, i, err));
            break;
        case MERIT__DENSE:
            MERIT__PASS(plan->lengths != NULL
                            ? merit__dnnl_row_backward(plan, i, err)
                            : merit__dnnl_dense_backward(plan, i, err));
            break;
        case MERIT__RELU:
            MERIT__PASS(merit__dnnl_relu_backward(plan, i, err));
            break;
        case MERIT__MAXPOOL:
        case MERIT__AVGPOOL:
        case MERIT__GLOBALPOOL:
            MERIT__PASS(plan->lengths != NULL
                            ? merit__dnnl_sequence_mean_backward(plan, i, err)
                            : merit__dnnl_pool_backward(plan, i, err));
            break;
        case MERIT__BATCHNORM:
            MERIT__PASS(merit__dnnl_batchnorm_backward(plan, i, err));
            break;
        case MERIT__DROPOUT:
            MERIT__PASS(merit__dnnl_dropout_backward(plan, i, err));
            break;
        case MERIT__ADD:
            MERIT__PASS(merit__dnnl_add_backward(plan, i, err));
            break;
        case MERIT__EMBEDDING:
            MERIT__PASS(merit__dnnl_embedding_backward(plan, i, err));
            break;
        }
    }
    return MERIT_OK;
}

/* The rows of logits in canonical order, [n,T,K], at the end of forward. */
static merit_status build_logits(merit__dnnl_plan *plan, merit_error *err)
{
    const merit_net *net = plan->base.net;
    const merit__dnnl_tensor *last = &plan->nodes[net->n_layers].value;
    int64_t dims[4] = {plan->base.options.n, net->n_classes, 1, net->n_positions};
    plan->logits = *last;
    if (net->n_positions == 1) {
        return MERIT_OK;
    }
    merit__md md;
    MERIT__PASS(merit__dnnl_md(plan, 4, dims, dnnl_nhwc, &md, err));
    return merit__dnnl_adapt(plan, &plan->forward, last, md, &plan->logits, err);
}

/* Their gradient at the beginning of backward. */
static merit_status build_dlogits(merit__dnnl_plan *plan, merit_error *err)
{
    const merit__dnnl_tensor *last = &plan->nodes[plan->base.net->n_layers].gradient;
    plan->dlogits = *last;
    if (dnnl_memory_desc_equal(plan->logits.md, last->md)) {
        return MERIT_OK;
    }
    MERIT__PASS(merit__dnnl_tensor_create(plan, plan->logits.md, &plan->dlogits, err));
    return merit__dnnl_reorder(plan, &plan->backward, &plan->dlogits, last, err);
}

static merit_status build(merit__dnnl_plan *plan, merit_error *err)
{
    const merit_net *net = plan->base.net;
    MERIT__DNNL(dnnl_engine_create(&plan->engine, dnnl_cpu, 0));
    MERIT__DNNL(
        dnnl_stream_create(&plan->stream, plan->engine, dnnl_stream_default_flags));
    int64_t dims[4] = {plan->base.options.n, net->in.c, net->in.h, net->in.w};
    merit__dnnl_tensor *examples = &plan->nodes[0].value;
    MERIT__PASS(merit__dnnl_md(plan, 4, dims, dnnl_nchw, &examples->md, err));
    MERIT__PASS(merit__dnnl_bind(plan, examples->md, MERIT__EXAMPLES, 0,
                                 &examples->memory, err));
    count_consumers(plan);
    MERIT__PASS(build_forward(plan, err));
    MERIT__PASS(build_logits(plan, err));
    if (plan->base.options.training) {
        MERIT__PASS(create_gradients(plan, err));
        MERIT__PASS(build_dlogits(plan, err));
        MERIT__PASS(build_backward(plan, err));
    }
    float *scratchpad = merit__alloc_array(plan->scratchpad_bytes + 1, 1);
    if (scratchpad == NULL) {
        return merit__fail_memory(err, plan->scratchpad_bytes, "the scratchpad");
    }
    merit_status status = bind(plan, MERIT__SCRATCHPAD, scratchpad, err);
    plan->bound[MERIT__SCRATCHPAD] = scratchpad; // the plan's, also after a failure
    return status;
}

static merit_status plan_create(merit__plan **out, const merit_net *net,
                                const merit__plan_options *options, merit_error *err)
{
    *out = NULL;
    // Primitives made for several threads hang inside another OpenMP region; this is a
    // setting of the calling thread alone.
    omp_set_num_threads(1);
    merit__dnnl_plan *plan = merit__alloc_array(1, sizeof *plan);
    if (plan == NULL) {
        return merit__fail_memory(err, sizeof *plan, "a plan");
    }
    plan->base = (merit__plan){.engine = &merit__engine_dnnl,
                               .net = net,
                               .options = *options,
                               .n_segments = net->n_tensors};
    size_t n_layers = (size_t)net->n_layers, n_tensors = (size_t)net->n_tensors;
    plan->nodes = merit__alloc_array(n_layers + 1, sizeof *plan->nodes);
    plan->layers = merit__alloc_array(n_layers, sizeof *plan->layers);
    plan->segment_md = merit__alloc_array(n_tensors, sizeof *plan->segment_md);
    plan->base.segments = merit__alloc_array(n_tensors, sizeof *plan->base.segments);
    merit_status status = MERIT_OK;
    if (plan->nodes == NULL || plan->layers == NULL || plan->segment_md == NULL ||
        plan->base.segments == NULL) {
        status = merit__fail_memory(err, n_layers * sizeof *plan->nodes, "a plan");
    } else if (merit__net_is_sequential(net) &&
               (plan->lengths = merit__alloc_array((size_t)options->n,
                                                   sizeof *plan->lengths)) == NULL) {
        status = merit__fail_memory(err, (size_t)options->n * sizeof *plan->lengths,
                                    "a plan");
    } else {
        status = build(plan, err);
    }
    if (status != MERIT_OK) {
        plan_destroy(&plan->base);
        return status;
    }
    *out = &plan->base;
    return MERIT_OK;
}

/* Copies one tensor between canonical order and the arena's layout. */
static merit_status convert(const merit__dnnl_plan *plan, int64_t index,
                            float *canonical, float *arena, int to_arena,
                            merit_error *err)
{
    static const dnnl_format_tag_t plain[5] = {dnnl_format_tag_undef, dnnl_a, dnnl_ab,
                                               dnnl_abc, dnnl_abcd};
    merit__md arena_md = plan->segment_md[index];
    const merit__tensor *tensor = &plan->base.net->tensors[index];
    int n_dims = (int)tensor->n_dims;
    int64_t dims[4];
    memcpy(dims, tensor->dims, sizeof dims);
    if (n_dims == 4 && plan->layers[tensor->layer].is_folded) {
        dims[2] = tensor->dims[3]; // 1 x k, used as k x 1
        dims[3] = tensor->dims[2];
    }
    merit__md md = NULL;
    dnnl_memory_t from = NULL, to = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_status_t status = merit__md_create(&md, n_dims, dims, plain[n_dims]);
    merit__md from_md = to_arena ? md : arena_md, to_md = to_arena ? arena_md : md;
    if (status == dnnl_success) {
        status = dnnl_memory_create(&from, from_md, plan->engine,
                                    to_arena ? canonical : arena);
    }
    if (status == dnnl_success) {
        status =
            dnnl_memory_create(&to, to_md, plan->engine, to_arena ? arena : canonical);
    }
    if (status == dnnl_success) {
        status = dnnl_reorder_primitive_desc_create(&pd, from_md, plan->engine, to_md,
                                                    plan->engine, NULL);
    }
    if (status == dnnl_success) {
        status = dnnl_primitive_create(&primitive, pd);
    }
    if (status == dnnl_success) {
        status = dnnl_primitive_execute(
            primitive, plan->stream, 2,
            (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(pd);
    dnnl_memory_destroy(to);
    dnnl_memory_destroy(from);
    merit__md_destroy(md);
    MERIT__DNNL(status);
    return MERIT_OK;
}

static merit_status plan_convert(merit__plan *base, float *canonical, float *arena,
                                 int to_arena, merit_error *err)
{
    omp_set_num_threads(1);
    for (int64_t i = 0; i < base->n_segments; i++) {
        MERIT__PASS(convert((merit__dnnl_plan *)base, i,
                            canonical + base->net->tensors[i].offset,
                            arena + base->segments[i].offset, to_arena, err));
    }
    return MERIT_OK;
}

/* Zeroes what lies between the tensors of an arena. */
static void clear_gaps(const merit__plan *base, float *arena)
{
    for (int64_t i = 0; i < base->n_segments; i++) {
        int64_t end = base->segments[i].offset + base->segments[i].n;
        int64_t next =
            i + 1 < base->n_segments ? base->segments[i + 1].offset : base->n_arena;
        memset(arena + end, 0, (size_t)(next - end) * sizeof *arena);
    }
}

static merit_status plan_import(merit__plan *plan, const float *canonical, float *arena,
                                merit_error *err)
{
    clear_gaps(plan, arena);
    return plan_convert(plan, (float *)(uintptr_t)canonical, arena, 1, err);
}

static merit_status plan_export(merit__plan *plan, const float *arena, float *canonical,
                                merit_error *err)
{
    return plan_convert(plan, canonical, (float *)(uintptr_t)arena, 0, err);
}

static size_t n_logits(const merit__plan *base)
{
    return (size_t)(base->options.n * base->net->n_positions * base->net->n_classes);
}

static merit_status plan_import_tensor(merit__plan *plan, int64_t tensor,
                                       const float *values, float *arena,
                                       merit_error *err)
{
    return convert((merit__dnnl_plan *)plan, tensor, (float *)(uintptr_t)values,
                   arena + plan->segments[tensor].offset, 1, err);
}

static merit_status plan_export_tensor(merit__plan *plan, int64_t tensor,
                                       const float *arena, float *values,
                                       merit_error *err)
{
    return convert((merit__dnnl_plan *)plan, tensor, values,
                   (float *)(uintptr_t)arena + plan->segments[tensor].offset, 0, err);
}

static merit_status plan_prepare(merit__plan *base, const float *arena,
                                 merit_error *err)
{
    merit__dnnl_plan *plan = (merit__dnnl_plan *)base;
    omp_set_num_threads(1);
    MERIT__PASS(bind(plan, MERIT__PARAMETERS, arena, err));
    return run(plan, &plan->prepare, err);
}

static merit_status plan_forward(merit__plan *base, const float *arena, const float *x,
                                 merit__slice_key key, float *logits, merit_error *err)
{
    merit__dnnl_plan *plan = (merit__dnnl_plan *)base;
    plan->key = key;
    MERIT__PASS(bind(plan, MERIT__PARAMETERS, arena, err));
    MERIT__PASS(bind(plan, MERIT__EXAMPLES, x, err));
    for (int64_t e = 0; plan->lengths != NULL && e < base->options.n; e++) {
        int64_t T = base->net->in.w;
        plan->lengths[e] = merit__sequence_length(x + e * T, T);
    }
    MERIT__PASS(run(plan, &plan->forward, err));
    memcpy(logits, plan->logits.data, n_logits(base) * sizeof *logits);
    return MERIT_OK;
}

static merit_status plan_backward(merit__plan *base, const float *arena, const float *x,
                                  const float *dlogits, float *gradient,
                                  merit_error *err)
{
    merit__dnnl_plan *plan = (merit__dnnl_plan *)base;
    MERIT__PASS(bind(plan, MERIT__PARAMETERS, arena, err));
    MERIT__PASS(bind(plan, MERIT__EXAMPLES, x, err));
    MERIT__PASS(bind(plan, MERIT__GRADIENT, gradient, err));
    clear_gaps(base, gradient);
    memcpy(plan->dlogits.data, dlogits, n_logits(base) * sizeof *dlogits);
    return run(plan, &plan->backward, err);
}

static void describe(char *out, size_t out_bytes)
{
    const dnnl_version_t *version = dnnl_version();
    snprintf(out, out_bytes, "oneDNN %d.%d.%d, instruction set 0x%x", version->major,
             version->minor, version->patch, (unsigned)dnnl_get_effective_cpu_isa());
}

const merit__engine merit__engine_dnnl = {
    .name = "dnnl",
    .describe = describe,
    .create = plan_create,
    .destroy = plan_destroy,
    .import = plan_import,
    .export = plan_export,
    .import_tensor = plan_import_tensor,
    .export_tensor = plan_export_tensor,
    .prepare = plan_prepare,
    .forward = plan_forward,
    .backward = plan_backward,
};
