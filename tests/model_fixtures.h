/* A model with everything that a model is made of, its file, and files like it with
 * something changed. */
#ifndef MERIT_TESTS_MODEL_FIXTURES_H
#define MERIT_TESTS_MODEL_FIXTURES_H

#include "base/alloc.h"
#include "base/random.h"
#include "model/model.h"
#include "safetensors_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

enum { N = 37, K = 3, A = 4, SLICE = 8, N_PIXELS = 2 * 6 * 6 };

static const char net_spec[] = "conv 4 3, batchnorm, relu, pool 2, dense 5, relu";

// Everything that a model is made of, and files; made once, never changed by a test.
static struct {
    char directory[64];
    char path[96];     // written by the tests
    char original[96]; // the model
    merit_scores *scores;
    merit_net *net;
    float *parameters;
    float mean[2], deviation[2];
    merit__normalisation normalisation;
    double decode[K * A];
    merit__model_parts parts;
    merit_dataset *data;
    float logits[N * K]; // by the reference engine, on one thread
} sample;

static inline float random_number(uint32_t use, uint32_t index)
{
    uint32_t words[4];
    merit__random(words, 11, use, index, 0, 0);
    return 2 * merit__uniform(words[0]) - 1;
}

static inline void make_scores(void)
{
    static const double values[K * A] = {2,  1,       -1, 0.1, //
                                         1,  1.0 / 3, 0,  0.1, //
                                         -1, 0,       2,  0.1};
    static const char *const names[A] = {"cat", "dog", "na\xc3\xafve \"tree\"",
                                         "don't know"};
    assert_int_equal(merit_scores_create(&sample.scores, K, A, values, names, NULL),
                     MERIT_OK);
    for (int i = 0; i < K * A; i++) {
        sample.decode[i] = 0.5 * values[i];
    }
}

static inline void make_net(void)
{
    assert_int_equal(merit_net_create(&sample.net, net_spec, 2, 6, 6, K, NULL),
                     MERIT_OK);
    sample.parameters = merit__alloc_array((size_t)sample.net->n_arena, sizeof(float));
    merit__net_init(sample.net, 5, sample.parameters);
    for (int64_t t = 0; t < sample.net->n_tensors; t++) {
        const merit__tensor *tensor = &sample.net->tensors[t];
        for (int64_t i = 0; i < tensor->n && tensor->n_dims == 1; i++) {
            sample.parameters[tensor->offset + i] +=
                0.5F * random_number((uint32_t)t, (uint32_t)i);
        }
    }
    for (int c = 0; c < 2; c++) {
        sample.mean[c] = 0.25F * (float)c;
        sample.deviation[c] = 0.5F + (float)c;
    }
    sample.normalisation = (merit__normalisation){2, sample.mean, sample.deviation};
}

// N examples of C x H x W, through a file as a user would.
static inline merit_dataset *make_data(int64_t n, int64_t c, int64_t h, int64_t w)
{
    merit_dataset *data = NULL;
    char path[128];
    const int64_t dims[4] = {n, c, h, w};
    float *values = malloc((size_t)(n * c * h * w) * sizeof *values);
    for (int64_t i = 0; i < n * c * h * w; i++) {
        values[i] = random_number(100, (uint32_t)i);
    }
    snprintf(path, sizeof path, "%s/data.npy", sample.directory);
    assert_int_equal(merit_array_save(path, values, dims, 4, NULL), MERIT_OK);
    const merit_dataset_options options = {.no_labels = 1};
    assert_int_equal(merit_dataset_load(&data, path, &options, NULL), MERIT_OK);
    free(values);
    return data;
}

// Logits by plans of `slice` examples, one after the other: what merit__infer is to do.
static inline void compute_logits(float *logits, int64_t slice)
{
    const merit__engine *engine = &merit__engine_reference;
    const merit__plan_options options = {.n = slice};
    merit__plan *plan = NULL;
    assert_int_equal(engine->create(&plan, sample.net, &options, NULL), MERIT_OK);
    float *arena = merit__alloc_array((size_t)plan->n_arena, sizeof *arena);
    float *x = merit__alloc_array((size_t)slice, N_PIXELS * sizeof *x);
    float *out = merit__alloc_array((size_t)slice, K * sizeof *out);
    assert_int_equal(engine->import(plan, sample.parameters, arena, NULL), MERIT_OK);
    assert_int_equal(engine->prepare(plan, arena, NULL), MERIT_OK);
    for (int64_t first = 0; first < N; first += slice) {
        int64_t index[N];
        int64_t n = N - first < slice ? N - first : slice;
        for (int64_t i = 0; i < slice; i++) {
            index[i] = first + i < N ? first + i : N - 1;
        }
        assert_int_equal(merit__batch_fill(x, sample.data, index, slice,
                                           &sample.normalisation, NULL, 0, 0, NULL),
                         MERIT_OK);
        assert_int_equal(
            engine->forward(plan, arena, x, (merit__slice_key){0}, out, NULL),
            MERIT_OK);
        memcpy(logits + first * K, out, (size_t)(n * K) * sizeof *out);
    }
    engine->destroy(plan);
    merit__free(arena);
    merit__free(x);
    merit__free(out);
}

static inline int make_sample(void **state)
{
    (void)state;
    snprintf(sample.directory, sizeof sample.directory, "/tmp/merit-model-XXXXXX");
    if (mkdtemp(sample.directory) == NULL) {
        return -1;
    }
    snprintf(sample.path, sizeof sample.path, "%s/file", sample.directory);
    snprintf(sample.original, sizeof sample.original, "%s/best.safetensors",
             sample.directory);
    make_scores();
    make_net();
    sample.data = make_data(N, 2, 6, 6);
    sample.parts = (merit__model_parts){
        .net = sample.net,
        .parameters = sample.parameters,
        .scores = sample.scores,
        .normalisation = &sample.normalisation,
        .rule = MERIT_RULE_DECODE,
        .temperature = 1.0 / 3,
        .decode = sample.decode,
        .loss = "affine-labels(scale=0.5)",
        .slice = SLICE,
        .exact = 1,
        .provenance = "{\"seed\":1,\"data\":[\"a\",{\"n\":37}]}",
    };
    compute_logits(sample.logits, SLICE);
    return merit__model_save(sample.original, &sample.parts, NULL, NULL) == MERIT_OK
               ? 0
               : -1;
}

static inline int free_sample(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/data.npy", sample.directory);
    unlink(path);
    unlink(sample.path);
    unlink(sample.original);
    merit_dataset_free(sample.data);
    merit_net_free(sample.net);
    merit_scores_free(sample.scores);
    merit__free(sample.parameters);
    return rmdir(sample.directory);
}

static inline void assert_contains(const char *message, const char *part)
{
    if (strstr(message, part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", message, part);
    }
    assert_null(strchr(message, '\n'));
}

static inline merit_model *load(const char *path)
{
    merit_error err = {0};
    merit_model *model = NULL;
    if (merit_model_load(&model, path, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return model;
}

// The file at sample.path must be refused, with the file and `part` in the message.
static inline void assert_refused(const char *part)
{
    merit_error err = {0};
    merit_model *model = NULL;
    merit_status status = merit_model_load(&model, sample.path, &err);
    if (status != MERIT_EMODEL) {
        fail_msg("%s: status %d (%s), not refused", part, (int)status, err.message);
    }
    assert_null(model);
    assert_contains(err.message, sample.path);
    assert_contains(err.message, part);
    assert_int_equal(merit_model_load(&model, sample.path, NULL), MERIT_EMODEL);
}

// Writes the sample with one entry of the metadata changed, or removed when NULL, and
// the right checksum.
static inline void write_with_metadata(const char *key, const char *value)
{
    raw_file raw;
    raw_read(&raw, sample.original);
    json_t *header = json_loadb(raw.header, raw.n_header, 0, NULL);
    json_t *metadata = json_object_get(header, "__metadata__");
    if (value == NULL) {
        json_object_del(metadata, key);
    } else {
        json_object_set_new(metadata, key, json_string(value));
    }
    raw_set_header(&raw, header);
    raw_write(sample.path, &raw);
    json_decref(header);
    raw_free(&raw);
}

#endif
