/* What a model holds; training makes one, commands read it. */
#ifndef MERIT_MODEL_MODEL_H
#define MERIT_MODEL_MODEL_H

#include "data/batch.h"
#include "merit/model.h"
#include "net/engine.h"

typedef struct merit__model_parts {
    const merit_net *net;
    const float *parameters; // canonical arena [net->n_arena]
    const merit_scores *scores;
    const merit__normalisation *normalisation;
    merit_rule rule;
    double temperature;
    const double *decode;   // [K,A] or NULL
    const char *loss;       // spec
    int64_t slice;          // examples in a slice
    int32_t exact;          // as merit__plan_options
    const char *provenance; // JSON
} merit__model_parts;

/* Writes a model file; hash (NULL allowed) gets its SHA-256. */
merit_status merit__model_save(const char *path, const merit__model_parts *parts,
                               char hash[65], merit_error *err);

/* logits [N,K] of all examples of `data` with a net and canonical parameters: the last
 * slice is padded, so each row depends on nothing but its example. */
merit_status merit__net_logits(const merit_net *net, const float *parameters,
                               const merit__normalisation *normalisation, int64_t slice,
                               int32_t exact, const merit_dataset *data,
                               int64_t n_threads, float *logits, merit_error *err);

#endif
