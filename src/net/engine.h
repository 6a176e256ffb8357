/* The contract of a compute engine: a plan runs one slice of a net, forward and
 * backward, on the calling thread.
 *
 * A plan keeps parameters in an arena of its own layout (the optimiser works on any
 * layout, element by element; padding stays 0), so nothing is reordered per step
 * except what backward needs. Gradients have the same layout. */
#ifndef MERIT_NET_ENGINE_H
#define MERIT_NET_ENGINE_H

#include "net/layers.h"

typedef struct merit__plan merit__plan;

typedef struct merit__plan_options {
    int64_t n;        // examples in a slice
    int32_t training; // 0: forward only, running statistics, no dropout
    int32_t exact;    // 1: direct convolutions only, no Winograd
    const merit__plan *like; // not NULL: lay the arena out as this plan does, whose net
                             // is the same for rows of another length; borrowed
    int64_t unit; // a divisor of the lengths of rows of all plans that are alike; 0:
                  // there is one length
} merit__plan_options;

/* Where one tensor lies in the plan's arena; as many as the net has tensors, in the
 * same order. */
typedef struct merit__segment {
    int64_t offset, n; // floats, padding included; offset is a multiple of 16
    enum merit__tensor_kind kind;
} merit__segment;

/* What random numbers of a slice depend on. */
typedef struct merit__slice_key {
    uint64_t seed;
    uint32_t step;  // optimiser step since the start
    uint32_t slice; // within the minibatch
} merit__slice_key;

/* An engine: one const object per engine. */
typedef struct merit__engine {
    const char *name;
    /* What decides about the bits besides the plan: version and instruction set. */
    void (*describe)(char *out, size_t out_bytes);
    merit_status (*create)(merit__plan **out, const merit_net *net,
                           const merit__plan_options *options, merit_error *err);
    void (*destroy)(merit__plan *plan);

    /* Canonical arena -> plan's arena and back. */
    merit_status (*import)(merit__plan *plan, const float *canonical, float *arena,
                           merit_error *err);
    merit_status (*export)(merit__plan *plan, const float *arena, float *canonical,
                           merit_error *err);

    /* The same of one tensor alone. */
    merit_status (*import_tensor)(merit__plan *plan, int64_t tensor, const float *values,
                                  float *arena, merit_error *err);
    merit_status (*export_tensor)(merit__plan *plan, int64_t tensor, const float *arena,
                                  float *values, merit_error *err);

    /* Called before the first forward and after every change of the arena. */
    merit_status (*prepare)(merit__plan *plan, const float *arena, merit_error *err);

    /* x [n,C,H,W] -> logits [n,K], or [n,T,K] with per-position. x must stay until
     * backward. */
    merit_status (*forward)(merit__plan *plan, const float *arena, const float *x,
                            merit__slice_key key, float *logits, merit_error *err);

    /* After forward of the same slice: d loss / d parameters into gradient (whole arena
     * written, not added). In STATISTIC segments it leaves what this slice observed
     * (batch mean; unbiased batch variance). */
    merit_status (*backward)(merit__plan *plan, const float *arena, const float *x,
                             const float *dlogits, float *gradient, merit_error *err);
} merit__engine;

/* What every plan begins with. */
struct merit__plan {
    const merit__engine *engine;
    const merit_net *net; // borrowed, must outlive the plan
    merit__plan_options options;
    int64_t n_arena; // floats
    int64_t n_segments;
    merit__segment *segments;
};

extern const merit__engine merit__engine_dnnl;      // oneDNN
extern const merit__engine merit__engine_reference; // plain C, the specification

#endif
