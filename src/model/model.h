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
    merit_link link;
    double temperature;
    const double *decode;      // [K,A] or NULL
    const char *loss;          // spec
    int64_t slice;             // examples in a slice
    int32_t exact;             // as merit__plan_options
    const merit_dataset *data; // for what is asked about sequences; NULL: nothing
    const char *provenance;    // JSON
    const char *fit;           // how pictures are fitted, "crop" or "stretch"; or NULL
    const char *table;         // merit_dataset_schema of the data, or NULL
} merit__model_parts;

/* Writes a model file; hash (NULL allowed) gets its SHA-256. */
merit_status merit__model_save(const char *path, const merit__model_parts *parts,
                               char hash[65], merit_error *err);

/* Whether a model file can hold this net, the names in this table, this provenance
 * and what is known of the columns of data (NULL: nothing):
 * ENOMEM names the limit and what takes the room. To ask before training; there is room
 * for a loss, and for a provenance that grows, of 16 kB together. */
merit_status merit__model_check(const merit_net *net, const merit_scores *scores,
                                const char *provenance, const char *table,
                                merit_error *err);

/* What computes logits: a net, its canonical parameters, how to run it. Borrowed. */
typedef struct merit__inference {
    const merit__engine *engine;
    const merit_net *net;
    const float *parameters; // [net->n_arena]
    const merit__normalisation *normalisation;
    int64_t slice; // examples in a slice
    int32_t exact; // as merit__plan_options
} merit__inference;

/* EINVAL unless the net reads what the data hold, and answers what they ask. */
merit_status merit__check_task(const merit_net *net, const merit_dataset *data,
                               merit_error *err);

/* Runs a loaded model with oneDNN; the caller may change the engine. */
void merit__model_inference(merit__inference *out, const merit_model *model);

/* logits [N,K] of all examples of `data`, on n_threads threads of its own (0: all
 * processors). The last slice is padded, so each row depends on nothing but its
 * example, and never on the number of threads. EFORMAT when the examples have another
 * shape than the net reads. */
merit_status merit__infer(const merit__inference *inference, const merit_dataset *data,
                          int64_t n_threads, float *logits, merit_error *err);

/* What is inferred, on how many threads. */
typedef struct merit__inferred {
    const merit_dataset *data;
    int64_t n_threads; // 0: all processors
} merit__inferred;

/* The same for the examples index [n], logits [n,K]. */
merit_status merit__infer_some(const merit__inference *inference,
                               const merit__inferred *of, const int64_t *index,
                               int64_t n, float *logits, merit_error *err);

/* How many of n examples are inferred at once: all, unless their logits take more than
 * 64 MB. */
int64_t merit__infer_block(int64_t n, int64_t n_classes);

/* The same for all examples in order, block by block: logits [block,K] is where they
 * are for `visit`. */
merit_status merit__infer_blocks(const merit__inference *inference,
                                 const merit__inferred *of, float *logits,
                                 merit_model_visit *visit, void *payload,
                                 merit_error *err);

#endif
