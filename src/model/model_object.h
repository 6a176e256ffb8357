/* A model in memory, and what its file must keep to. */
#ifndef MERIT_MODEL_MODEL_OBJECT_H
#define MERIT_MODEL_MODEL_OBJECT_H

#include "model/model.h"
#include "model/safetensors.h"

// The layout of model files: another major number is another language, a higher minor
// number adds what older readers may ignore.
enum { MERIT__MODEL_MAJOR = 1, MERIT__MODEL_MINOR = 1 };

enum { MERIT__MODEL_SLICE_LIMIT = 65536 }; // examples in a slice

// Ten times what merit_temperature_fit may find, each way.
#define MERIT__MODEL_TEMPERATURE_LOW 0.005
#define MERIT__MODEL_TEMPERATURE_HIGH 200.0

struct merit_model {
    merit__safetensors *file; // the metadata; its tensors are dropped after loading
    merit_scores *scores;
    merit_net *net;
    float *parameters; // canonical arena [net->n_arena]
    merit__normalisation normalisation;
    merit_rule rule; // never AUTO
    merit_link link;
    double temperature;
    double *decode; // [K,A] or NULL
    int64_t slice;
    int32_t exact;
};

/* An entry of the metadata that must be there and not be empty. */
merit_status merit__model_entry(const char **out, const merit_model *model,
                                const char *key, merit_error *err);

/* Passes on why another module refused what the file says under `key`: EMODEL, also for
 * one of our limits; ENOMEM only when errno tells that an allocation failed. The caller
 * sets errno to 0 before it asks that module. */
merit_status merit__model_refuse(const merit_model *model, const char *key,
                                 merit_status reason, const merit_error *why,
                                 merit_error *err);

/* The score table is the tensor "scores" F64 [K,A] and the metadata entry "answers",
 * the A names as a JSON array of strings. This is the text of the entry; the caller
 * frees it with merit__free. */
merit_status merit__model_answers_text(char **out, const merit_scores *scores,
                                       merit_error *err);

/* Makes model->scores out of model->file, both parts verified. */
merit_status merit__model_load_scores(merit_model *model, merit_error *err);

enum { MERIT__DIMS_TEXT_BYTES = 96 };

/* A shape for a message: "[32,1,3,3]". */
void merit__dims_text(char out[MERIT__DIMS_TEXT_BYTES], const int64_t *dims,
                      int64_t n_dims);

/* Copies parameters, normalisation and decode matrix out of model->file, verified
 * against net, table and rule, which are there already. EMODEL names the tensor. */
merit_status merit__model_load_tensors(merit_model *model, merit_error *err);

#endif
