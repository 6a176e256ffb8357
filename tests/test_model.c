/* Models: saved, loaded, refused, and run on data.
 * `test_model FILE` writes the model of the tests, as tests/reference keeps it for each
 * version of the format. */
#include "base/alloc.h"
#include "base/fail.h"
#include "base/random.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "safetensors_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
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

static float random_number(uint32_t use, uint32_t index)
{
    uint32_t words[4];
    merit__random(words, 11, use, index, 0, 0);
    return 2 * merit__uniform(words[0]) - 1;
}

static void make_scores(void)
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

static void make_net(void)
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
static merit_dataset *make_data(int64_t n, int64_t c, int64_t h, int64_t w)
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
static void compute_logits(float *logits, int64_t slice)
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

static int make_sample(void **state)
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

static int free_sample(void **state)
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

static void assert_contains(const char *message, const char *part)
{
    if (strstr(message, part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", message, part);
    }
    assert_null(strchr(message, '\n'));
}

static merit_model *load(const char *path)
{
    merit_error err = {0};
    merit_model *model = NULL;
    if (merit_model_load(&model, path, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return model;
}

// The file at sample.path must be refused, with the file and `part` in the message.
static void assert_refused(const char *part)
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

static void test_save_and_load(void **state)
{
    (void)state;
    char hash[65];
    int64_t shape[3] = {0};
    assert_int_equal(merit__model_save(sample.path, &sample.parts, hash, NULL),
                     MERIT_OK);
    merit_model *model = load(sample.path);
    const struct {
        const char *key, *value;
    } metadata[] = {
        {"format", "merit-model"},
        {"format_version", "1.1"},
        {"merit", merit_version()},
        {"net", merit_net_spec(sample.net)},
        {"input", "2x6x6"},
        {"answers", "[\"cat\",\"dog\",\"na\xc3\xafve \\\"tree\\\"\",\"don't know\"]"},
        {"link", "softmax"},
        {"rule", "decode"},
        {"temperature", "0.3333333333333333"},
        {"loss", "affine-labels(scale=0.5)"},
        {"slice", "8"},
        {"exact", "1"},
        {"provenance", "{\"seed\":1,\"data\":[\"a\",{\"n\":37}]}"},
        {"sha256", hash},
    };
    for (size_t i = 0; i < sizeof metadata / sizeof metadata[0]; i++) {
        assert_string_equal(merit_model_metadata(model, metadata[i].key),
                            metadata[i].value);
    }
    assert_null(merit_model_metadata(model, "nothing"));
    assert_null(merit_model_metadata(model, "scores"));
    assert_int_equal(merit_model_rule(model), MERIT_RULE_DECODE);
    assert_true(merit_model_temperature(model) == 1.0 / 3);
    merit_model_shape(model, &shape[0], &shape[1], &shape[2]);
    assert_int_equal(shape[0], 2);
    assert_int_equal(shape[1], 6);
    assert_int_equal(shape[2], 6);
    const merit_scores *scores = merit_model_scores(model);
    assert_int_equal(merit_scores_n_answers(scores), A);
    assert_memory_equal(merit_scores_values(scores), merit_scores_values(sample.scores),
                        K * A * sizeof(double));
    assert_string_equal(merit_scores_name(scores, 2), "na\xc3\xafve \"tree\"");
    assert_string_equal(merit_scores_name(scores, 3), "don't know");

    merit__inference inference;
    merit__model_inference(&inference, model);
    assert_ptr_equal(inference.engine, &merit__engine_dnnl);
    assert_int_equal(inference.slice, SLICE);
    assert_int_equal(inference.exact, 1);
    assert_int_equal(inference.net->n_arena, sample.net->n_arena);
    assert_memory_equal(inference.parameters, sample.parameters,
                        (size_t)sample.net->n_arena * sizeof(float));
    assert_memory_equal(inference.normalisation->mean, sample.mean, sizeof sample.mean);
    assert_memory_equal(inference.normalisation->deviation, sample.deviation,
                        sizeof sample.deviation);
    merit_model_free(model);
    merit_model_free(NULL);
}

// A run directory stands for its best model, and a net without layers is a net.
static void test_directory_and_empty_net(void **state)
{
    (void)state;
    merit_error err;
    merit_model_free(load(sample.directory));

    merit_net *net = NULL;
    merit_model *model = NULL;
    assert_int_equal(merit_net_create(&net, "", 2, 6, 6, K, &err), MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    merit__model_parts parts = sample.parts;
    parts.net = net;
    parts.parameters = parameters;
    parts.rule = MERIT_RULE_BAYES;
    parts.decode = NULL;
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_OK);
    model = load(sample.path);
    assert_int_equal(merit_model_rule(model), MERIT_RULE_BAYES);
    merit_model_free(model);
    merit_net_free(net);
    merit__free(parameters);

    assert_int_equal(unlink(sample.path), 0);
    assert_int_equal(mkdir(sample.path, 0700), 0);
    assert_int_equal(merit_model_load(&model, sample.path, &err), MERIT_EIO);
    assert_contains(err.message, "best.safetensors: cannot open: No such file");
    assert_int_equal(rmdir(sample.path), 0);
    assert_int_equal(merit_model_load(&model, sample.path, &err), MERIT_EIO);
    assert_int_equal(merit_model_load(&model, NULL, &err), MERIT_EINVAL);
    assert_int_equal(merit_model_load(NULL, sample.path, &err), MERIT_EINVAL);
}

static void test_logits(void **state)
{
    (void)state;
    merit_error err;
    merit__inference inference;
    float logits[N * K];
    merit_model *model = load(sample.original);
    merit__model_inference(&inference, model);
    inference.engine = &merit__engine_reference;
    for (int64_t n_threads = 0; n_threads <= 4; n_threads++) {
        memset(logits, 255, sizeof logits);
        assert_int_equal(merit__infer(&inference, sample.data, n_threads, logits, &err),
                         MERIT_OK);
        assert_memory_equal(logits, sample.logits, sizeof logits);
    }
    // Each row depends on its example only: not on the slice, not on its neighbours.
    compute_logits(logits, 1);
    assert_memory_equal(logits, sample.logits, sizeof logits);
    compute_logits(logits, N);
    assert_memory_equal(logits, sample.logits, sizeof logits);
    const int64_t last = N - 2;
    merit_dataset *one = NULL;
    assert_int_equal(merit_dataset_subset(&one, sample.data, &last, 1, &err), MERIT_OK);
    assert_int_equal(merit__infer(&inference, one, 3, logits, &err), MERIT_OK);
    assert_memory_equal(logits, sample.logits + last * K, K * sizeof(float));
    merit_dataset_free(one);
    merit_model_free(model);
}

// A model that an earlier version wrote is read, and answers what it answered then.
static void test_model_of_version_1_0(void **state)
{
    (void)state;
    static const float expected[K] = {-0.01285607F, -0.3262157F, -0.475168F};
    float logits[N * K];
    merit__inference inference;
    merit_model *model =
        load(MERIT_SOURCE_DIR "/tests/reference/model-1.0.safetensors");
    assert_string_equal(merit_model_metadata(model, "format_version"), "1.0");
    assert_int_equal(merit_model_rule(model), MERIT_RULE_DECODE);
    assert_int_equal(merit_model_link(model).kind, MERIT_LINK_SOFTMAX);
    assert_int_equal(merit_scores_n_answers(merit_model_scores(model)), A);
    merit__model_inference(&inference, model);
    inference.engine = &merit__engine_reference;
    assert_int_equal(merit__infer(&inference, sample.data, 1, logits, NULL), MERIT_OK);
    for (int k = 0; k < K; k++) {
        assert_true(fabsf(logits[k] - expected[k]) < 1e-4F);
    }
    merit_model_free(model);
}

// What the loss makes of the outputs is saved, and deciding goes by it.
static void test_link(void **state)
{
    (void)state;
    static const merit_link links[] = {
        {.kind = MERIT_LINK_SOFTMAX},
        {.kind = MERIT_LINK_G_SOFTMAX, .cost = 100.0 / 3},
        {.kind = MERIT_LINK_SCORES},
        {.kind = MERIT_LINK_LOGISTIC_SCORES},
    };
    static const float logits[K] = {0.25F, -1, 0.5F};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        merit__model_parts parts = sample.parts;
        merit_decision *decision = NULL;
        int32_t found = -1, expected = -1;
        double claim = NAN, claimed = NAN;
        const merit_decision_options options = {
            .rule = MERIT_RULE_BAYES, .temperature = 1.0 / 3, .link = links[i]};
        const merit_decision_results a = {.answers = &found, .expected = &claim};
        const merit_decision_results b = {.answers = &expected, .expected = &claimed};
        parts.rule = MERIT_RULE_BAYES;
        parts.link = links[i];
        assert_int_equal(merit__model_save(sample.path, &parts, NULL, NULL), MERIT_OK);
        merit_model *model = load(sample.path);
        assert_int_equal(merit_model_link(model).kind, links[i].kind);
        assert_true(merit_model_link(model).cost == links[i].cost);
        merit_status status =
            merit_decision_create(&decision, sample.scores, &options, NULL);
        assert_int_equal(status, MERIT_OK);
        assert_int_equal(merit_decision_apply(decision, logits, 1, &b, NULL), MERIT_OK);
        status = merit_model_decide(model, MERIT_RULE_AUTO, logits, 1, &a, NULL);
        assert_int_equal(status, MERIT_OK);
        assert_int_equal(found, expected);
        assert_true(claim == claimed);
        merit_decision_free(decision);
        merit_model_free(model);
    }
}

// oneDNN: the same bits for any number of threads, and close to the reference.
static void test_logits_of_onednn(void **state)
{
    (void)state;
    merit_error err;
    float logits[N * K];
    float again[N * K];
    merit_model *model = load(sample.original);
    assert_int_equal(merit_model_logits(model, sample.data, 1, logits, &err), MERIT_OK);
    for (int i = 0; i < N * K; i++) {
        assert_true(fabsf(logits[i] - sample.logits[i]) < 1e-4F);
    }
    for (int64_t n_threads = 0; n_threads <= 4; n_threads++) {
        memset(again, 255, sizeof again);
        assert_int_equal(merit_model_logits(model, sample.data, n_threads, again, &err),
                         MERIT_OK);
        assert_memory_equal(again, logits, sizeof again);
    }
    merit__inference inference;
    merit__model_inference(&inference, model);
    assert_int_equal(merit__infer(&inference, sample.data, 2, again, &err), MERIT_OK);
    assert_memory_equal(again, logits, sizeof again);
    merit_model_free(model);
}

static void test_data_of_another_shape(void **state)
{
    (void)state;
    merit_error err;
    float logits[N * K];
    merit_model *model = load(sample.original);
    merit_dataset *data = make_data(2, 1, 6, 6);
    assert_int_equal(merit_model_logits(model, data, 1, logits, &err), MERIT_EFORMAT);
    assert_contains(err.message, "data.npy");
    assert_contains(err.message, "examples of 1x6x6, the model reads 2x6x6");
    assert_int_equal(merit_model_logits(model, sample.data, -1, logits, &err),
                     MERIT_EINVAL);
    assert_int_equal(merit_model_logits(NULL, sample.data, 1, logits, &err),
                     MERIT_EINVAL);
    assert_int_equal(merit_model_logits(model, NULL, 1, logits, &err), MERIT_EINVAL);
    assert_int_equal(merit_model_logits(model, sample.data, 1, NULL, &err),
                     MERIT_EINVAL);
    merit_dataset_free(data);
    merit_model_free(model);
}

// An engine that cannot run the slice with the last example.
static merit_status broken_forward(merit__plan *plan, const float *arena,
                                   const float *x, merit__slice_key key, float *logits,
                                   merit_error *err)
{
    const float *end = x + (plan->options.n - 1) * N_PIXELS;
    if (memcmp(end - N_PIXELS, end, N_PIXELS * sizeof *x) == 0) { // padded
        return merit__fail(err, MERIT_EBACKEND, "the last slice is broken");
    }
    return merit__engine_reference.forward(plan, arena, x, key, logits, err);
}

static void test_engine_that_fails(void **state)
{
    (void)state;
    float logits[N * K];
    merit__engine engine = merit__engine_reference;
    engine.forward = broken_forward;
    merit__inference inference = {
        &engine, sample.net, sample.parameters, &sample.normalisation, SLICE, 1};
    for (int64_t n_threads = 1; n_threads <= 4; n_threads++) {
        merit_error err = {0};
        assert_int_equal(merit__infer(&inference, sample.data, n_threads, logits, &err),
                         MERIT_EBACKEND);
        assert_int_equal(err.code, MERIT_EBACKEND);
        assert_string_equal(err.message, "the last slice is broken");
        assert_int_equal(merit__infer(&inference, sample.data, n_threads, logits, NULL),
                         MERIT_EBACKEND);
    }
}

static void test_decide(void **state)
{
    (void)state;
    static const merit_rule rules[] = {MERIT_RULE_AUTO, MERIT_RULE_ARGMAX,
                                       MERIT_RULE_BAYES, MERIT_RULE_DECODE};
    merit_model *model = load(sample.original);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int32_t answers[2][N];
        double expected[2][N];
        merit_decision *decision = NULL;
        const merit_decision_options options = {
            .rule = rules[i] == MERIT_RULE_AUTO ? MERIT_RULE_DECODE : rules[i],
            .temperature = 1.0 / 3,
            .decode = sample.decode,
        };
        merit_decision_results own = {answers[0], expected[0], NULL};
        merit_decision_results direct = {answers[1], expected[1], NULL};
        assert_int_equal(
            merit_model_decide(model, rules[i], sample.logits, N, &own, NULL),
            MERIT_OK);
        assert_int_equal(
            merit_decision_create(&decision, sample.scores, &options, NULL), MERIT_OK);
        assert_int_equal(
            merit_decision_apply(decision, sample.logits, N, &direct, NULL), MERIT_OK);
        assert_memory_equal(answers[0], answers[1], sizeof answers[0]);
        assert_memory_equal(expected[0], expected[1], sizeof expected[0]);
        merit_decision_free(decision);
    }
    merit_model_free(model);

    merit_error err;
    merit__model_parts parts = sample.parts;
    parts.rule = MERIT_RULE_ARGMAX;
    parts.decode = NULL;
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, NULL), MERIT_OK);
    model = load(sample.path);
    assert_int_equal(merit_model_decide(model, MERIT_RULE_DECODE, sample.logits, N,
                                        &(merit_decision_results){0}, &err),
                     MERIT_EINVAL);
    assert_contains(err.message, "decode");
    assert_int_equal(merit_model_decide(NULL, MERIT_RULE_AUTO, sample.logits, N,
                                        &(merit_decision_results){0}, &err),
                     MERIT_EINVAL);
    merit_model_free(model);
}

// Writes the sample with one entry of the metadata changed, or removed when NULL, and
// the right checksum.
static void write_with_metadata(const char *key, const char *value)
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

static void test_metadata(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value; // value NULL: removed
        const char *message;     // NULL: the file is good
    } cases[] = {
        {"anything", "else", NULL},
        {"format", NULL, "\"format\" is missing"},
        {"format", "", "\"format\" is missing"},
        {"format", "pt", "\"format\" is \"pt\", expected merit-model"},
        {"format", "merit-checkpoint", "is a checkpoint, not a model"},
        {"format_version", NULL, "\"format_version\" is missing"},
        {"format_version", "1", "\"format_version\" is \"1\""},
        {"format_version", "1.x", "\"format_version\" is \"1.x\""},
        {"format_version", "1.0.0", "\"format_version\" is \"1.0.0\""},
        {"format_version", "-1.0", "\"format_version\" is \"-1.0\""},
        {"format_version", "99999999999.0", "\"format_version\" is \"99999999999.0\""},
        {"format_version", "0.9", "(\"format_version\" 0.9), this is merit"},
        {"format_version", "2.0", "(\"format_version\" 2.0), this is merit"},
        {"format_version", "1.7", NULL},
        {"merit", NULL, "\"merit\" is missing"},
        {"merit", "3.1.0", NULL},
        {"net", NULL, "\"net\" is missing"},
        {"net", "conv 4", "\"net\": "},
        {"net", "conv 4 3, teleport", "\"net\": "},
        {"net", "conv 4 9, pool 9", "\"net\": "},
        {"net", "conv 4 3 stride 0", "\"net\": "},
        {"net", "conv 4 3 stride -1", "\"net\": "},
        {"net", "conv 4 99999999999999999999", "\"net\": "},
        {"net", "relu", "tensor \"2.weight\" is missing"},
        {"net", "conv 8 3, batchnorm, relu, pool 2, dense 5, relu",
         "tensor \"1.weight\" has the shape [4,2,3,3], expected [8,2,3,3]"},
        {"net", "conv 4 3, batchnorm, relu, pool 2, dense 6, relu",
         "tensor \"5.weight\" has the shape [5,36], expected [6,36]"},
        {"net", "conv 4 3, batchnorm, relu, pool 2, dense 5, batchnorm",
         "tensor \"6.scale\" is missing"},
        {"net", "dense 2000000000", "tensor \"1.weight\" has the shape"},
        {"net", "conv 2000000000 3",
         "\"net\": layer 1 (conv 2000000000 3): its output is"},
        {"net", "dense 2000000000, dense 2000000000",
         "\"net\": layer 2 (dense 2000000000): it brings the net to"},
        {"input", NULL, "\"input\" is missing"},
        {"input", "6x6", "\"input\" is \"6x6\""},
        {"input", "2x6x6x1", "\"input\" is \"2x6x6x1\""},
        {"input", "2x6x", "\"input\" is \"2x6x\""},
        {"input", "2 x 6 x 6", "\"input\" is \"2 x 6 x 6\""},
        {"input", "0x6x6", "\"input\" is \"0x6x6\""},
        {"input", "2x-6x6", "\"input\" is \"2x-6x6\""},
        {"input", "2x6x2147483648", "\"input\" is \"2x6x2147483648\""},
        {"input", "65536x65536x65536", "the examples are 65536x65536x65536"},
        {"input", "2x6x65537", "tensor \"5.weight\" has the shape"},
        {"input", "1x6x6", "tensor \"1.weight\" has the shape"},
        {"input", "2x8x8", "tensor \"5.weight\" has the shape"},
        {"answers", NULL, "\"answers\" is missing in the metadata"},
        {"answers", "", "\"answers\" is missing in the metadata"},
        {"answers", "a b c d", "\"answers\": byte"},
        {"answers", "{\"a\":1}", "\"answers\": byte 0: expected an array"},
        {"answers", "[\"a\",\"b\",\"c\",\"d\"", "\"answers\": byte"},
        {"answers", "[\"a\",\"b\",\"c\",[\"d\"]]", "\"answers\": byte 13: more than 1"},
        {"answers", "[\"a\",\"b\",3,\"d\"]", "\"answers\": entry 2 is not a string"},
        {"answers", "[\"a\",\"b\",\"c\",null]", "\"answers\": entry 3 is not a string"},
        {"answers", "[\"a\",\"b\",\"c\",\"d\\u0000\"]", "\"answers\": byte"},
        {"answers", "[\"a\",\"b\",\"c\",\"\\ud800\"]", "\"answers\": byte"},
        {"answers", "[]", "\"scores\" has the shape [3,4], expected [classes,0]"},
        {"answers", "[\"a\",\"b\",\"c\"]",
         "\"scores\" has the shape [3,4], expected [classes,3]: \"answers\" has 3"},
        {"answers", "[\"a\",\"b\",\"c\",\"d\",\"e\"]", "expected [classes,5]"},
        {"answers", "[\"a\",\"b\",\"c\",\"b\"]",
         "answers 1 and 3 are both named \"b\""},
        {"answers", "[\"a\",\"b\",\"c\",\"\"]", "name of answer 3 is empty"},
        {"answers", "[\"a\", \"b\", \"c\", \"a\\nb\"]", NULL},
        {"scores", "not looked at", NULL},
        {"rule", NULL, "\"rule\" is missing"},
        {"rule", "auto", "\"rule\" is \"auto\""},
        {"rule", "Bayes", "\"rule\" is \"Bayes\""},
        {"rule", "bayes", NULL},
        {"temperature", NULL, "\"temperature\" is missing"},
        {"temperature", "0", "\"temperature\" is \"0\""},
        {"temperature", "-1", "\"temperature\" is \"-1\""},
        {"temperature", "nan", "\"temperature\" is \"nan\""},
        {"temperature", "inf", "\"temperature\" is \"inf\""},
        {"temperature", "1e300", "\"temperature\" is \"1e300\""},
        {"temperature", "1,5", "\"temperature\" is \"1,5\""},
        {"temperature", "1\x1b[31m", "\"temperature\" is \"1\\x1b[31m\""},
        {"temperature", "0.005", NULL},
        {"temperature", "200", NULL},
        {"link", NULL, NULL}, // as files of version 1.0
        {"link", "softmax", NULL},
        {"link", "", "\"link\" is \"\", expected softmax, g-softmax(cost=C), scores"},
        {"link", "sparsemax", "\"link\" is \"sparsemax\", expected softmax, g-soft"},
        {"link", "g-softmax(cost=0)", "\"link\" is \"g-softmax(cost=0)\""},
        {"link", "g-softmax(cost=0.01)",
         "\"link\": g-softmax needs a table whose kernel exp(-C/2) is positive semi"},
        {"link", "g-softmax(cost=100)",
         "\"rule\" is \"decode\", expected argmax or bayes with this link"},
        {"link", "scores", "\"rule\" is \"decode\", expected argmax or bayes"},
        {"loss", NULL, "\"loss\" is missing"},
        {"loss", "", "\"loss\" is missing"},
        {"slice", NULL, "\"slice\" is missing"},
        {"slice", "0", "\"slice\" is \"0\""},
        {"slice", "-8", "\"slice\" is \"-8\""},
        {"slice", "8.5", "\"slice\" is \"8.5\""},
        {"slice", "65537", "\"slice\" is \"65537\""},
        {"slice", "9223372036854775808", "\"slice\" is \"9223372036854775808\""},
        {"exact", NULL, "\"exact\" is missing"},
        {"exact", "2", "\"exact\" is \"2\""},
        {"exact", "true", "\"exact\" is \"true\""},
        {"provenance", NULL, "\"provenance\" is missing"},
        {"provenance", "trained today", "\"provenance\": byte"},
        {"provenance", "[1,2]", "\"provenance\": byte 0: expected an object"},
        {"provenance", "{\"a\":1,\"a\":2}", "\"provenance\": byte"},
        {"provenance", "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
         "\"provenance\": byte 20: more than 16 levels"},
        {"sha256", NULL, "did not write"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_with_metadata(cases[i].key, cases[i].value);
        if (cases[i].message != NULL) {
            assert_refused(cases[i].message);
        } else {
            merit_model_free(load(sample.path));
        }
    }
}

// "dropout 0.125, dropout 0.125, ...", which the caller frees.
static char *repeat_layer(int n_layers)
{
    static const char layer[] = "dropout 0.125, ";
    const size_t n_bytes = sizeof layer - 1;
    char *spec = malloc((size_t)n_layers * n_bytes + 1);
    for (int i = 0; i < n_layers; i++) {
        memcpy(spec + (size_t)i * n_bytes, layer, sizeof layer);
    }
    spec[(size_t)n_layers * n_bytes - 2] = '\0';
    return spec;
}

// A limit that the file exceeds is a fault of the file, memory is not the reason.
static void test_net_of_too_many_layers(void **state)
{
    (void)state;
    char *spec = repeat_layer(10000);
    write_with_metadata("net", spec);
    free(spec);
    assert_refused("\"net\": the net has more than 10000 layers");
}

// Whatever can be trained can be saved, and whatever is saved can be loaded.
static void test_large_net_and_large_examples(void **state)
{
    (void)state;
    merit_error err;
    merit_net *net = NULL;
    char *spec = repeat_layer(9999);
    assert_int_equal(merit_net_create(&net, spec, 1, 1, 70000, K, &err), MERIT_OK);
    float *parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    merit__normalisation normalisation = {1, sample.mean, sample.deviation};
    merit__model_parts parts = sample.parts;
    parts.net = net;
    parts.parameters = parameters;
    parts.normalisation = &normalisation;
    assert_int_equal(merit__model_check(net, sample.scores, "{}", NULL, &err),
                     MERIT_OK);
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_OK);
    merit_model *model = load(sample.path);
    assert_string_equal(merit_model_metadata(model, "net"), spec);
    assert_string_equal(merit_model_metadata(model, "input"), "1x1x70000");
    merit_model_free(model);
    merit_net_free(net);
    merit__free(parameters);
    free(spec);
}

// A table [n_truths,n_answers] in which no row, no column and no name is like another.
static merit_scores *make_table(int64_t n_truths, int64_t n_answers, int name_bytes)
{
    merit_error err = {0};
    merit_scores *scores = NULL;
    double *values = malloc((size_t)(n_truths * n_answers) * sizeof *values);
    char(*names)[256] = malloc((size_t)n_answers * sizeof *names);
    const char **list = malloc((size_t)n_answers * sizeof *list);
    for (int64_t i = 0; i < n_truths * n_answers; i++) {
        values[i] = (double)(i * 7919 % 1000003) / 7;
    }
    for (int64_t k = 0; k < n_answers; k++) {
        snprintf(names[k], sizeof names[k], "%0*jd", name_bytes, (intmax_t)k);
        list[k] = names[k];
    }
    if (merit_scores_create(&scores, n_truths, n_answers, values, list, &err) !=
        MERIT_OK) {
        fail_msg("%s", err.message);
    }
    free(values);
    free(names);
    free(list);
    return scores;
}

// A model of the table with a net that has no layer but the last, without parameters in
// the first place; the caller frees net and parameters.
static merit__model_parts parts_of_table(const merit_scores *scores)
{
    merit_net *net = NULL;
    assert_int_equal(
        merit_net_create(&net, "", 2, 1, 1, merit_scores_n_truths(scores), NULL),
        MERIT_OK);
    merit__model_parts parts = sample.parts;
    parts.net = net;
    parts.parameters = merit__alloc_array((size_t)net->n_arena, sizeof(float));
    parts.scores = scores;
    parts.rule = MERIT_RULE_BAYES;
    parts.decode = NULL;
    return parts;
}

static void free_parts(merit__model_parts *parts)
{
    merit_net_free((merit_net *)parts->net);
    merit__free((float *)parts->parameters);
}

static void assert_same_table(const merit_scores *a, const merit_scores *b)
{
    int64_t n_truths = merit_scores_n_truths(a);
    int64_t n_answers = merit_scores_n_answers(a);
    assert_int_equal(merit_scores_n_truths(b), n_truths);
    assert_int_equal(merit_scores_n_answers(b), n_answers);
    assert_memory_equal(merit_scores_values(a), merit_scores_values(b),
                        (size_t)(n_truths * n_answers) * sizeof(double));
    for (int64_t k = 0; k < n_answers; k++) {
        assert_string_equal(merit_scores_name(a, k), merit_scores_name(b, k));
    }
}

static void test_large_tables(void **state)
{
    (void)state;
    static const struct {
        int64_t n_truths, n_answers;
        int name_bytes;
    } cases[] = {{2000, 2001, 12}, {2, 20000, 40}, {3, 3900, 255}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        merit_error err = {0};
        merit_scores *scores =
            make_table(cases[i].n_truths, cases[i].n_answers, cases[i].name_bytes);
        merit__model_parts parts = parts_of_table(scores);
        assert_int_equal(merit__model_check(parts.net, scores, "{}", NULL, &err),
                         MERIT_OK);
        assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_OK);
        merit_model *model = load(sample.path);
        assert_same_table(merit_model_scores(model), scores);
        merit_model_free(model);
        free_parts(&parts);
        merit_scores_free(scores);
    }
}

// Renames a tensor of the sample, or gives it another type or shape of as many bytes.
static void write_with_tensor(const char *name, const char *new_name, const char *dtype,
                              const char *shape)
{
    raw_file raw;
    raw_read(&raw, sample.original);
    json_t *header = json_loadb(raw.header, raw.n_header, 0, NULL);
    json_t *renamed = json_object();
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(header, key, value)
    {
        int is_it = strcmp(key, name) == 0;
        if (is_it && dtype != NULL) {
            json_object_set_new(value, "dtype", json_string(dtype));
            json_object_set_new(value, "shape", json_loads(shape, 0, NULL));
        }
        json_object_set(renamed, is_it ? new_name : key, value);
    }
    raw_set_header(&raw, renamed);
    raw_write(sample.path, &raw);
    json_decref(renamed);
    json_decref(header);
    raw_free(&raw);
}

static void test_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *name, *new_name, *dtype, *shape, *message;
    } cases[] = {
        {"1.weight", "1.weights", NULL, NULL, "tensor \"1.weight\" is missing"},
        {"2.variance", "2.var", NULL, NULL, "tensor \"2.variance\" is missing"},
        {"7.bias", "8.bias", NULL, NULL, "tensor \"7.bias\" is missing"},
        {"normalisation.mean", "x", NULL, NULL, "\"normalisation.mean\" is missing"},
        {"normalisation.deviation", "x", NULL, NULL,
         "\"normalisation.deviation\" is missing"},
        {"decode", "x", NULL, NULL, "tensor \"decode\" is missing"},
        {"scores", "x", NULL, NULL, "tensor \"scores\" is missing"},
        {"scores", "scores", "I64", "[3,4]", "\"scores\" is of type I64, expected F64"},
        {"scores", "scores", "F64", "[12]",
         "\"scores\" has the shape [12], expected [classes,4]: \"answers\" has 4 "
         "names"},
        {"scores", "scores", "F64", "[3,4,1]", "\"scores\" has the shape [3,4,1]"},
        {"scores", "scores", "F64", "[4,3]", "\"scores\" has the shape [4,3]"},
        {"scores", "scores", "F32", "[6,4]", "\"scores\" is of type F32, expected F64"},
        {"1.weight", "1.weight", "F32", "[2,4,3,3]",
         "\"1.weight\" has the shape [2,4,3,3], expected [4,2,3,3]"},
        {"1.weight", "1.weight", "F32", "[72]", "\"1.weight\" has the shape [72]"},
        {"1.bias", "1.bias", "F32", "[4,1]", "\"1.bias\" has the shape [4,1]"},
        {"1.bias", "1.bias", "F64", "[2]", "\"1.bias\" has the shape [2]"},
        {"1.bias", "1.bias", "U8", "[16]", "\"1.bias\" has the shape [16]"},
        {"decode", "decode", "I64", "[3,4]", "\"decode\" is of type I64, expected F64"},
        {"decode", "decode", "F64", "[4,3]", "\"decode\" has the shape [4,3]"},
        {"decode", "decode", "F64", "[12]", "\"decode\" has the shape [12]"},
        {"normalisation.mean", "normalisation.mean", "F32", "[1,2]",
         "\"normalisation.mean\" has the shape [1,2], expected [2]"},
        {"decode", "decode", "U8", "[1,1,1,1,1,1,1,96]",
         "has the shape [1,1,1,1,1,1,1,9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_with_tensor(cases[i].name, cases[i].new_name, cases[i].dtype,
                          cases[i].shape);
        assert_refused(cases[i].message);
    }
}

// Writes as much of a model file as it takes to be refused for its table.
static void write_table(int64_t n_truths, int64_t n_answers, const double *values,
                        const char *answers)
{
    const merit__tensor_view tensor = {
        .name = "scores",
        .dtype = "F64",
        .n_dims = 2,
        .dims = {n_truths, n_answers},
        .data = values,
        .n_bytes = (size_t)(n_truths * n_answers) * sizeof *values,
    };
    const merit__metadata_entry metadata[] = {
        {"format", "merit-model"},
        {"format_version", "1.0"},
        {"merit", "0.1.0"},
        {"answers", answers},
    };
    assert_int_equal(merit__safetensors_save(sample.path, &tensor, 1, metadata,
                                             sizeof metadata / sizeof metadata[0], NULL,
                                             NULL),
                     MERIT_OK);
}

static void test_tables_of_any_shape(void **state)
{
    (void)state;
    enum { MANY = 20001, NAME_BYTES = 8 }; // "12345",
    static double values[2 * MANY];
    static char answers[MANY * NAME_BYTES + 3];
    write_table(1, 1, values, "[\"a\"]");
    assert_refused("\"scores\": score table: expected 2 <= K <= A");
    write_table(3, 2, values, "[\"a\",\"b\"]");
    assert_refused("\"scores\": score table: expected 2 <= K <= A");
    values[2] = 1e16;
    write_table(2, 2, values, "[\"a\",\"b\"]");
    assert_refused("\"scores\": score table: expected numbers of size up to 1e+15");
    values[2] = 1;
    write_table(2, 2, values, "[\"a\",\"b\"]");
    assert_refused("\"input\" is missing"); // the table is good
    for (int k = 0; k < MANY; k++) {
        snprintf(answers + k * NAME_BYTES, NAME_BYTES + 1, "%c\"%05d\"",
                 k == 0 ? '[' : ',', k);
    }
    strcat(answers, "]");
    write_table(2, MANY, values, answers);
    assert_refused("the limit is 20000 answers");
}

// Likewise, for a tree of 3 classes. One of its tensors has n values instead.
static void write_tree(const char *name, int64_t n, const void *values)
{
    static const int64_t classes[] = {3}, parents[] = {-1, 0, 1, 1, 0},
                         nodes[] = {2, 3, 4};
    static const double places[] = {0, 0.25, 0.5, 0.5, 0.5};
    merit__tensor_view tensors[] = {
        {.name = "tree.classes", .dtype = "I64", .dims = {1}, .data = classes},
        {.name = "tree.parents", .dtype = "I64", .dims = {5}, .data = parents},
        {.name = "tree.places", .dtype = "F64", .dims = {5}, .data = places},
        {.name = "tree.nodes", .dtype = "I64", .dims = {3}, .data = nodes},
        {.name = "tree.names", .dtype = "U8", .dims = {6}, .data = "a\0b\0c"},
    };
    const merit__metadata_entry metadata[] = {
        {"format", "merit-model"}, {"format_version", "1.0"}, {"merit", "0.1.0"}};
    enum { N_TENSORS = sizeof tensors / sizeof tensors[0] };
    for (int i = 0; i < N_TENSORS; i++) {
        if (name != NULL && strcmp(tensors[i].name, name) == 0) {
            tensors[i].dims[0] = n;
            tensors[i].data = values;
        }
        tensors[i].n_dims = 1;
        tensors[i].n_bytes =
            (size_t)tensors[i].dims[0] * (tensors[i].dtype[0] == 'U' ? 1 : 8);
    }
    assert_int_equal(merit__safetensors_save(sample.path, tensors, N_TENSORS, metadata,
                                             3, NULL, NULL),
                     MERIT_OK);
}

static void test_trees_of_any_shape(void **state)
{
    (void)state;
    static const int64_t numbers[] = {-1, 0, 1, 3, 0, 7};
    static const double places[] = {0, 0.25, 0.125, 0.5, 0.5};
    write_tree(NULL, 0, NULL);
    assert_refused("\"input\" is missing"); // the tree is good
    write_tree("tree.classes", 2, numbers);
    assert_refused("\"tree.classes\" has 2 values, expected 1");
    write_tree("tree.classes", 1, numbers);
    assert_refused("a tree of 5 nodes with -1 classes");
    write_tree("tree.places", 4, places);
    assert_refused("\"tree.places\" has 4 values, expected 5");
    write_tree("tree.places", 5, places);
    assert_refused("\"tree\": ");
    write_tree("tree.parents", 5, numbers);
    assert_refused("\"tree\": ");
    write_tree("tree.nodes", 3, numbers);
    assert_refused("answer 0 of a tree is node -1");
    write_tree("tree.names", 5, "a\0b\0c");
    assert_refused("\"tree.names\" has 3 names, expected 3");
    write_tree("tree.names", 4, "a\0b");
    assert_refused("\"tree.names\" has 2 names, expected 3");
}

// What does not fit into a file is known before training and refused by saving, and
// what is said to fit does fit.
static void test_header_limit(void **state)
{
    (void)state;
    enum { SHORTEST = 180000, LONGEST = 240000, STEP = 4000, GROWTH = 8000 };
    merit_error err = {0};
    merit_scores *scores = make_table(2, 4000, 200);
    merit__model_parts parts = parts_of_table(scores);
    char *provenance = malloc(LONGEST + 1);
    char *grown = malloc(LONGEST + GROWTH + 1);
    memset(provenance, ' ', LONGEST + 1);
    memset(grown, ' ', LONGEST + GROWTH + 1);
    memcpy(provenance, "{}", 2);
    memcpy(grown, "{}", 2);
    int n_fit = 0;
    for (size_t n = SHORTEST; n < LONGEST; n += STEP) {
        merit_status status = MERIT_OK;
        provenance[n] = '\0';
        grown[n + GROWTH] = '\0';
        parts.provenance = grown;
        status = merit__model_check(parts.net, scores, provenance, NULL, &err);
        if (status == MERIT_OK) {
            n_fit++;
            assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err),
                             MERIT_OK);
        } else {
            assert_int_equal(status, MERIT_ENOMEM);
            assert_contains(err.message, "the limit is 1048576; the names of 4000 "
                                         "answers are a text of 812001 bytes");
        }
        provenance[n] = ' ';
        grown[n + GROWTH] = ' ';
    }
    assert_in_range(n_fit, 2, 13);
    grown[LONGEST + GROWTH] = '\0';
    unlink(sample.path);
    assert_int_equal(merit__model_save(sample.path, &parts, NULL, &err), MERIT_ENOMEM);
    assert_contains(err.message, "the limit is 1048576");
    assert_int_equal(access(sample.path, F_OK), -1);
    free(provenance);
    free(grown);
    free_parts(&parts);
    merit_scores_free(scores);
}

// Writes the sample with value `index` of a tensor of type F32 changed.
static void write_with_value(const char *name, int64_t index, float value)
{
    raw_file raw;
    raw_read(&raw, sample.original);
    json_t *header = json_loadb(raw.header, raw.n_header, 0, NULL);
    json_t *offsets = json_object_get(json_object_get(header, name), "data_offsets");
    json_int_t at = json_integer_value(json_array_get(offsets, 0)) + 4 * index;
    memcpy(raw.data + at, &value, sizeof value);
    raw_set_header(&raw, header);
    raw_write(sample.path, &raw);
    json_decref(header);
    raw_free(&raw);
}

static void test_values(void **state)
{
    (void)state;
    write_with_value("2.variance", 3, -1e-3F);
    assert_refused("tensor \"2.variance\", value 3 is -0.001, expected a number of 0");
    write_with_value("normalisation.deviation", 1, 0);
    assert_refused(
        "\"normalisation.deviation\", value 1 is 0, expected a number above");
    write_with_value("normalisation.deviation", 0, -1);
    assert_refused("\"normalisation.deviation\", value 0 is -1");
    write_with_value("5.weight", 100, NAN);
    assert_refused("tensor \"5.weight\", value 100 is not finite");
    write_with_value("normalisation.mean", 0, -INFINITY);
    assert_refused("tensor \"normalisation.mean\", value 0 is not finite");
    write_with_value("2.variance", 3, 0);
    merit_model_free(load(sample.path));
    write_with_value("2.mean", 3, -5);
    merit_model_free(load(sample.path));
}

// Metadata with random changes and the right checksum: refused or a model that runs.
static void test_mutations(void **state)
{
    (void)state;
    static const char *const keys[] = {"net",         "input", "answers", "rule",
                                       "temperature", "slice", "exact",   "provenance"};
    static const char bytes[] = "0123456789-.,xe()\t\n #\"{}[]";
    enum { N_KEYS = sizeof keys / sizeof keys[0] };
    int n_loaded = 0;
    int n_refused = 0;
    merit_model *model = load(sample.original);
    for (uint32_t i = 0; i < 600; i++) {
        uint32_t words[4];
        char value[512];
        merit__random(words, 3, 0, i, 0, 0);
        const char *key = keys[i % N_KEYS];
        snprintf(value, sizeof value, "%s", merit_model_metadata(model, key));
        value[merit__below(words[0], (uint32_t)strlen(value))] =
            bytes[merit__below(words[1], sizeof bytes - 1)];
        write_with_metadata(key, value);
        merit_error err = {0};
        merit_model *changed = NULL;
        merit_status status = merit_model_load(&changed, sample.path, &err);
        assert_int_equal(err.code, status);
        if (status == MERIT_OK) {
            int64_t shape[3];
            float logits[N * K];
            merit_model_shape(changed, &shape[0], &shape[1], &shape[2]);
            merit__inference inference;
            merit__model_inference(&inference, changed);
            inference.engine = &merit__engine_reference;
            assert_int_equal(inference.net->n_classes, K);
            status = merit__infer(&inference, sample.data, 1, logits, &err);
            assert_true(status == MERIT_OK || status == MERIT_EFORMAT);
            n_loaded++;
        } else {
            assert_true(status == MERIT_EMODEL || status == MERIT_ENOMEM);
            assert_null(changed);
            n_refused++;
        }
        merit_model_free(changed);
    }
    merit_model_free(model);
    assert_true(n_loaded > 50);
    assert_true(n_refused > 200);
}

static void assert_not_saved(const merit__model_parts *parts, merit_status code,
                             const char *message)
{
    merit_error err;
    unlink(sample.path);
    assert_int_equal(merit__model_save(sample.path, parts, NULL, &err), code);
    assert_contains(err.message, message);
    assert_int_equal(access(sample.path, F_OK), -1);
}

static void test_what_is_not_saved(void **state)
{
    (void)state;
    merit__model_parts parts = sample.parts;
    parts.rule = MERIT_RULE_AUTO;
    assert_not_saved(&parts, MERIT_EINVAL, "rule \"auto\"");
    parts = sample.parts;
    parts.decode = NULL;
    assert_not_saved(&parts, MERIT_EINVAL, "needs a decode matrix");
    parts = sample.parts;
    parts.link.kind = MERIT_LINK_SCORES;
    assert_not_saved(&parts, MERIT_EINVAL, "decode is for softmax outputs alone");
    static const double temperatures[] = {0, -1, 0.004, 201, INFINITY, NAN};
    for (size_t i = 0; i < sizeof temperatures / sizeof temperatures[0]; i++) {
        parts = sample.parts;
        parts.temperature = temperatures[i];
        assert_not_saved(&parts, MERIT_EINVAL, "the temperature");
    }
    parts = sample.parts;
    parts.slice = 0;
    assert_not_saved(&parts, MERIT_EINVAL, "a slice of 0 examples");
    merit__normalisation three = {3, sample.mean, sample.deviation};
    parts = sample.parts;
    parts.normalisation = &three;
    assert_not_saved(&parts, MERIT_EINVAL, "do not fit");
}

// Training diverged: the model that was there stays.
static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    merit_error err;
    size_t n_floats = (size_t)sample.net->n_arena;
    size_t n_before = 0;
    size_t n_after = 0;
    float *parameters = malloc(n_floats * sizeof *parameters);
    memcpy(parameters, sample.parameters, n_floats * sizeof *parameters);
    assert_string_equal(sample.net->tensors[6].name, "5.weight");
    parameters[sample.net->tensors[6].offset + 7] = NAN;
    merit__model_parts parts = sample.parts;
    parts.parameters = parameters;
    unsigned char *before = bytes_read(sample.original, &n_before);
    assert_int_equal(merit__model_save(sample.original, &parts, NULL, &err),
                     MERIT_ENUMERIC);
    assert_contains(err.message, "tensor \"5.weight\", value 7 is not finite");
    unsigned char *after = bytes_read(sample.original, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    free(before);
    free(after);
    free(parameters);
}

// Runs `step` with the n-th allocation failing, for n = 1 until it is not reached.
// Returns how many failed, each with ENOMEM and a message.
static long fail_allocations(merit_status (*step)(merit_error *err))
{
    for (long n = 1;; n++) {
        merit_error err = {0};
        merit__alloc_fail_at(n, 0);
        merit_status status = step(&err);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(err.code, status);
        if (status == MERIT_OK) {
            return n - 1;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        assert_true(err.message[0] != '\0');
    }
}

static merit_status step_save(merit_error *err)
{
    return merit__model_save(sample.path, &sample.parts, NULL, err);
}

static merit_status step_check(merit_error *err)
{
    return merit__model_check(sample.net, sample.scores, "{}", NULL, err);
}

static merit_status step_load(merit_error *err)
{
    merit_model *model = (merit_model *)&sample; // must become NULL
    merit_status status = merit_model_load(&model, sample.original, err);
    assert_true((model != NULL) == (status == MERIT_OK));
    merit_model_free(model);
    return status;
}

static merit_status step_infer(merit_error *err)
{
    float logits[N * K];
    const merit__inference inference = {
        .engine = &merit__engine_reference,
        .net = sample.net,
        .parameters = sample.parameters,
        .normalisation = &sample.normalisation,
        .slice = SLICE,
    };
    return merit__infer(&inference, sample.data, 2, logits, err);
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(fail_allocations(step_save) >= 6);
    assert_true(fail_allocations(step_check) >= 2);
    assert_true(fail_allocations(step_load) >= 20);
    assert_true(fail_allocations(step_infer) >= 6);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        merit_error err;
        make_sample(NULL);
        merit_status status = merit__model_save(argv[1], &sample.parts, NULL, &err);
        printf("logits of the first example: {%.7gF, %.7gF, %.7gF}\n",
               (double)sample.logits[0], (double)sample.logits[1],
               (double)sample.logits[2]);
        free_sample(NULL);
        return status == MERIT_OK ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_directory_and_empty_net),
        cmocka_unit_test(test_logits),
        cmocka_unit_test(test_model_of_version_1_0),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_logits_of_onednn),
        cmocka_unit_test(test_data_of_another_shape),
        cmocka_unit_test(test_engine_that_fails),
        cmocka_unit_test(test_decide),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_net_of_too_many_layers),
        cmocka_unit_test(test_large_net_and_large_examples),
        cmocka_unit_test(test_large_tables),
        cmocka_unit_test(test_tables_of_any_shape),
        cmocka_unit_test(test_trees_of_any_shape),
        cmocka_unit_test(test_header_limit),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_what_is_not_saved),
        cmocka_unit_test(test_numbers_that_are_not_finite),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
