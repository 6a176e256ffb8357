/* Files that are no good models are refused, with what is wrong in the message. */
#include "model/safetensors.h"
#include "model_fixtures.h"

#include <math.h>

// What is changed in the metadata, and what is said of it.
static const struct {
    const char *key, *value; // value NULL: removed
    const char *message;     // NULL: the file is good
} metadata_cases[] = {
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
    {"net", "conv 2000000000 3", "\"net\": layer 1 (conv 2000000000 3): its output is"},
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
    {"answers", "[\"a\",\"b\",\"c\",\"b\"]", "answers 1 and 3 are both named \"b\""},
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

static void test_metadata(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof metadata_cases / sizeof metadata_cases[0]; i++) {
        write_with_metadata(metadata_cases[i].key, metadata_cases[i].value);
        if (metadata_cases[i].message != NULL) {
            assert_refused(metadata_cases[i].message);
        } else {
            merit_model_free(load(sample.path));
        }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_tables_of_any_shape),
        cmocka_unit_test(test_trees_of_any_shape),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, make_sample, free_sample);
}
