/* Safetensors files that are refused, with what is wrong in the message. */
#include "base/random.h"
#include "model/foreign_file.h"
#include "model/json_parse.h"
#include "safetensors_fixtures.h"

#include <sys/stat.h>

static void test_every_truncation(void **state)
{
    (void)state;
    assert_int_equal(save_sample(path, NULL), MERIT_OK);
    size_t n = 0;
    unsigned char *bytes = bytes_read(path, &n);
    for (size_t length = 0; length < n; length++) {
        bytes_write(path, bytes, length);
        assert_refused("truncated copy?");
    }
    bytes_write(path, bytes, n - 10);
    assert_refused("has 43 of 53 bytes of tensors");
    free(bytes);
}

static void test_every_bit(void **state)
{
    (void)state;
    assert_int_equal(save_sample(path, NULL), MERIT_OK);
    size_t n = 0;
    unsigned char *bytes = bytes_read(path, &n);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        bytes_write(path, bytes, n);
        merit__safetensors *file = NULL;
        merit_status status = merit__safetensors_load(&file, path, NULL);
        if (status != MERIT_EMODEL) {
            fail_msg("bit %zu of byte %zu flipped: status %d", bit % 8, bit / 8,
                     (int)status);
        }
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(bytes);
}

static void test_sections_swapped(void **state)
{
    (void)state;
    float one[4] = {1, 2, 3, 4};
    float two[4] = {5, 6, 7, 8};
    const merit__tensor_view tensors[] = {
        {.name = "one", .dtype = "F32", .n_dims = 1, .dims = {4}, one, sizeof one},
        {.name = "two", .dtype = "F32", .n_dims = 1, .dims = {4}, two, sizeof two},
    };
    assert_int_equal(merit__safetensors_save(path, tensors, 2, NULL, 0, NULL, NULL),
                     MERIT_OK);
    raw_file raw;
    raw_read(&raw, path);
    memcpy(raw.data, two, sizeof two);
    memcpy(raw.data + sizeof two, one, sizeof one);
    raw_write(path, &raw);
    assert_refused("damaged: sha256");
    raw_free(&raw);
}

// Headers that say something wrong although the checksum is right. FLOATS and METADATA
// stand for what the sample file below has; n_data bytes of tensors follow.
#define METADATA                                                                       \
    "\"__metadata__\":{\"format\":\"x\",\"sha256\":"                                   \
    "\"0000000000000000000000000000000000000000000000000000000000000000\"}"
#define TENSOR(dtype, shape, offsets)                                                  \
    "{" METADATA ",\"w\":{\"dtype\":" dtype ",\"shape\":" shape                        \
    ",\"data_offsets\":" offsets "}}"
#define TWO(first, second)                                                             \
    "{" METADATA ",\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":" first "}," \
    "\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":" second "}}"

static const struct {
    const char *header;
    size_t n_data;
    const char *message; // a part of it; NULL: the file is good
} headers[] = {
    {TENSOR("\"F32\"", "[2,2]", "[0,16]"), 16, NULL},
    {TENSOR("\"F32\"", "[2,2]", "[0,16]") "   ", 16, NULL},
    {TWO("[0,8]", "[8,16]"), 16, NULL},
    {"{" METADATA "}", 0, NULL},
    // sizes
    {TENSOR("\"F32\"", "[2147483648]", "[0,16]"), 16, "sizes from 1 to 2147483647"},
    {TENSOR("\"F32\"", "[4294967296]", "[0,16]"), 16, "sizes from 1"},
    {TENSOR("\"F32\"", "[4294967300]", "[0,16]"), 16, "sizes from 1"},
    {TENSOR("\"U8\"", "[9223372036854775807]", "[0,16]"), 16, "sizes from 1"},
    {TENSOR("\"U8\"", "[9223372036854775808]", "[0,16]"), 16, "not JSON"},
    {TENSOR("\"U8\"", "[18446744073709551615]", "[0,16]"), 16, "not JSON"},
    {TENSOR("\"F32\"", "[0]", "[0,0]"), 0, "sizes from 1"},
    {TENSOR("\"F32\"", "[-4]", "[0,16]"), 16, "at most 8 sizes"},
    {TENSOR("\"F32\"", "[4.0]", "[0,16]"), 16, "at most 8 sizes"},
    {TENSOR("\"F32\"", "[\"4\"]", "[0,16]"), 16, "at most 8 sizes"},
    {TENSOR("\"F32\"", "[true]", "[0,16]"), 16, "at most 8 sizes"},
    {TENSOR("\"F32\"", "4", "[0,16]"), 16, "at most 8 sizes"},
    {TENSOR("\"F32\"", "[1,1,1,1,1,1,1,1,4]", "[0,16]"), 16, "at most 8 sizes"},
    {TENSOR("\"F32\"", "[1073741824,1073741824,4]", "[0,0]"), 0, "sizes from 1"},
    {TENSOR("\"F32\"", "[2147483647,2147483647,2]", "[0,16]"), 16, "sizes from 1"},
    {TENSOR("\"F32\"", "[2147483647,2147483647]", "[0,16]"), 16,
     "expected [0,18446744056529682436]"},
    {TENSOR("\"U8\"", "[2147483647,2147483647]", "[0,16]"), 16,
     "expected [0,4611686014132420609]"},
    {TENSOR("\"F32\"", "[2,2]", "[0,17]"), 17, "expected [0,16], found [0,17]"},
    {TENSOR("\"F32\"", "[2,2]", "[0,12]"), 12, "expected [0,16], found [0,12]"},
    // places
    {TENSOR("\"F32\"", "[2,2]", "[0,16]"), 15, "has 15 of 16 bytes"},
    {TENSOR("\"F32\"", "[2,2]", "[0,16]"), 17, "1 bytes after the last tensor"},
    {TENSOR("\"F32\"", "[2,2]", "[4,20]"), 20, "found [4,20]"},
    {TENSOR("\"F32\"", "[2,2]", "[-16,0]"), 16, "data_offsets"},
    {TENSOR("\"F32\"", "[2,2]", "[16,0]"), 16, "data_offsets"},
    {TENSOR("\"F32\"", "[2,2]", "[0,16,16]"), 16, "data_offsets"},
    {TENSOR("\"F32\"", "[2,2]", "[0,16.0]"), 16, "data_offsets"},
    {TENSOR("\"F32\"", "[2,2]", "{}"), 16, "data_offsets"},
    {TENSOR("\"F32\"", "[2,2]", "[0,9223372036854775807]"), 16, "data_offsets"},
    {TWO("[0,8]", "[0,8]"), 8, "tensor \"b\", data_offsets: expected [8,16]"},
    {TWO("[0,8]", "[7,15]"), 15, "tensor \"b\", data_offsets: expected [8,16]"},
    {TWO("[0,8]", "[9,17]"), 17, "tensor \"b\", data_offsets: expected [8,16]"},
    {TWO("[0,8]", "[0,16]"), 16, "tensor \"b\", data_offsets: expected [8,16]"},
    {TWO("[8,16]", "[0,8]"), 16, "tensor \"a\", data_offsets: expected [0,8]"},
    {TWO("[0,8]", "[8,16]"), 8, "has 8 of 16 bytes"},
    {TWO("[0,8]", "[8,16]"), 300, "284 bytes after the last tensor"},
    // types and members
    {TENSOR("\"F16\"", "[2,2]", "[0,8]"), 8, "dtype F16"},
    {TENSOR("\"f32\"", "[2,2]", "[0,16]"), 16, "dtype f32"},
    {TENSOR("\"\"", "[2,2]", "[0,16]"), 16, "dtype"},
    {TENSOR("\"F32F32F32F32\"", "[2,2]", "[0,16]"), 16, "dtype"},
    {TENSOR("255", "[2,2]", "[0,16]"), 16, "dtype"},
    {TENSOR("null", "[2,2]", "[0,16]"), 16, "dtype"},
    {"{" METADATA ",\"w\":{\"dtype\":\"F32\",\"shape\":[4]}}", 16, "data_offsets only"},
    {"{" METADATA ",\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"offsets\":[0,16]}}", 16,
     "data_offsets"},
    {"{" METADATA ",\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],"
     "\"more\":1}}",
     16, "data_offsets only"},
    {"{" METADATA ",\"w\":7}", 0, "data_offsets only"},
    {"{" METADATA ",\"w\":[0,16]}", 16, "data_offsets only"},
    // metadata
    {"{}", 0, "did not write"},
    {"{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 16,
     "did not write"},
    {"{\"__metadata__\":{\"format\":\"pt\"}}", 0, "did not write"},
    {"{\"__metadata__\":\"pt\"}", 0, "__metadata__: expected an object"},
    {"{\"__metadata__\":{\"format\":1}}", 0, "\"format\": expected a string"},
    {"{\"__metadata__\":{\"a\\u001bb\":1}}", 0, "\"a\\x1bb\": expected a string"},
    {"{\"__metadata__\":{\"sha256\":\"0\"}}", 0, "the file says 0"},
    // JSON
    {"{" METADATA "," METADATA "}", 0, "duplicate"},
    {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 0, "duplicate"},
    {"{" METADATA ",\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
     "\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
     16, "duplicate"},
    {"{\"__metadata__\":{\"a\":\"\\u0000\"}}", 0, "not JSON"},
    {"{\"__metadata__\":{\"a\":\"\xff\"}}", 0, "not JSON"},
    {"{\"__metadata__\":{\"a\":\"\xc0\xaf\"}}", 0, "not JSON"},
    {"{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0, "not JSON"},
    {"{\"a\":1e999}", 0, "not JSON"},
    {"{\"a\":{\"b\":{\"c\":{}}}}", 0, "header, byte 15: more than 3 levels"},
    {"{\"a\":[[[]]]}", 0, "header, byte 7: more than 3 levels"},
    {"{", 4, "not JSON"},
    {"{]", 0, "not JSON"},
    {"{\"a", 0, "not JSON"},
    {"{} {}", 0, "not JSON"},
    {" {}", 0, "expected '{'"},
    {"[]", 0, "expected '{'"},
};

static void test_headers(void **state)
{
    (void)state;
    static unsigned char data[512];
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s", headers[i].header);
        raw_file raw = {text, strlen(text), data, headers[i].n_data};
        raw_seal(&raw);
        raw_write(path, &raw);
        if (headers[i].message != NULL) {
            assert_refused(headers[i].message);
            continue;
        }
        merit_error err = {0};
        merit__safetensors *file = NULL;
        if (merit__safetensors_load(&file, path, &err) != MERIT_OK) {
            fail_msg("%s: %s", headers[i].header, err.message);
        }
        merit__safetensors_free(file);
    }
}

static void test_header_length(void **state)
{
    (void)state;
    static const struct {
        uint64_t length;
        const char *message;
    } lengths[] = {
        {0, "expected '{'"},
        {1, "not JSON"},
        {(1 << 20) + 1, "the limit is 1048576"},
        {1 << 20, "truncated copy?"},
        {UINT64_C(1) << 31, "the limit is"},
        {UINT64_C(1) << 32, "the limit is"},
        {UINT64_C(1) << 63, "the limit is"},
        {UINT64_MAX, "the limit is"},
        {UINT64_MAX - 7, "the limit is"},
    };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        unsigned char bytes[64] = "";
        memcpy(bytes, &lengths[i].length, 8);
        bytes[8] = lengths[i].length == 0 ? 'x' : '{';
        bytes_write(path, bytes, sizeof bytes);
        assert_refused(lengths[i].message);
    }
}

// A header of n bytes in which `unit` is repeated after `start`.
static void write_repeated(const char *start, const char *unit, size_t n)
{
    char *header = malloc(n + 1);
    size_t n_used = strlen(start);
    memcpy(header, start, n_used);
    while (n_used + strlen(unit) <= n) {
        memcpy(header + n_used, unit, strlen(unit));
        n_used += strlen(unit);
    }
    raw_file raw = {header, n_used, (unsigned char *)header, 0};
    raw_write(path, &raw);
    free(header);
}

static void test_header_bombs(void **state)
{
    (void)state;
    const size_t million = 1000 * 1000;
    write_repeated("{\"a\":", "[", million);
    assert_refused("header, byte 7: more than 3 levels");
    write_repeated("", "{\"a\":", million);
    assert_refused("more than 3 levels");
    write_repeated("{\"a\":[", "{},", million);
    assert_refused("30005 objects and arrays");
    write_repeated("{\"a\":[", "1,", million);
    assert_refused("not JSON");
    write_repeated("{", "\"a\":1,", million);
    assert_refused("duplicate");
    write_repeated("{\"", "\\\"", million);
    assert_refused("not JSON");
}

// The most tensors that are allowed, and one more.
static void test_tensor_count(void **state)
{
    (void)state;
    enum { N = 10001 };
    static char names[N][16];
    static merit__tensor_view tensors[N];
    static const unsigned char byte = 7;
    merit_error err;
    merit__safetensors *file = NULL;
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        tensors[i] = (merit__tensor_view){
            .name = names[i], .dtype = "U8", .data = &byte, .n_bytes = 1};
    }
    assert_int_equal(merit__safetensors_save(path, tensors, N, NULL, 0, NULL, &err),
                     MERIT_ENOMEM);
    assert_contains(err.message, "10001 tensors, the limit is 10000");
    assert_int_equal(merit__safetensors_save(path, tensors, N - 1, NULL, 0, NULL, &err),
                     MERIT_OK);
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_OK);
    assert_non_null(merit__safetensors_tensor(file, "t9999"));
    merit__safetensors_free(file);

    raw_file raw;
    raw_read(&raw, path);
    json_t *header = json_loadb(raw.header, raw.n_header, 0, NULL);
    for (int i = 0; i < 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        json_object_set_new(header, name, json_integer(1));
    }
    raw_set_header(&raw, header);
    raw_write(path, &raw);
    assert_refused("10003 tensors, the limit is 10000");
    json_decref(header);
    raw_free(&raw);
}

// Deterministic choices: number `use` of case `index`, below n.
static uint32_t choose(uint32_t index, uint32_t use, size_t n)
{
    uint32_t words[4];
    merit__random(words, 20, 0, index, use, 0);
    return merit__below(words[0], (uint32_t)n);
}

// Replaces header[at .. at + n_old) by a text.
static void splice(raw_file *raw, size_t at, size_t n_old, const char *text)
{
    size_t n_new = strlen(text);
    char *header = calloc(raw->n_header + n_new + 1, 1);
    memcpy(header, raw->header, at);
    memcpy(header + at, text, n_new);
    memcpy(header + at + n_new, raw->header + at + n_old, raw->n_header - at - n_old);
    free(raw->header);
    raw->header = header;
    raw->n_header = raw->n_header - n_old + n_new;
}

// One change of the text of the header, of the data or of both.
static void mutate(raw_file *raw, uint32_t index)
{
    static const char *const texts[] = {
        "0",
        "1",
        "-1",
        "2147483648",
        "9223372036854775807",
        "1e9",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "null",
        "F64",
        "I64",
        "\\u0000",
        "[0,8]",
        "\"a\":\"b\",",
        "F32",
        "U8",
        "\n",
    };
    size_t at = choose(index, 1, raw->n_header);
    const char *text = texts[choose(index, 2, sizeof texts / sizeof texts[0])];
    switch (choose(index, 0, 6)) {
    case 0: // one byte becomes another
        raw->header[at] = (char)choose(index, 3, 256);
        break;
    case 1: // something comes in
        splice(raw, at, 0, text);
        break;
    case 2: // a few bytes go
        splice(raw, at,
               choose(index, 3, raw->n_header - at < 9 ? raw->n_header - at : 9), "");
        break;
    case 3: // a number becomes another
        while (at < raw->n_header && strchr("0123456789", raw->header[at]) == NULL) {
            at++;
        }
        splice(raw, at, at < raw->n_header, text);
        break;
    case 4: // the tensors become shorter
        raw->n_data -= choose(index, 3, raw->n_data);
        break;
    default: // a value of a tensor changes
        raw->data[choose(index, 3, raw->n_data)] ^= (unsigned char)(1 + at % 255);
        break;
    }
}

static void test_mutations_with_checksum(void **state)
{
    (void)state;
    int n_loaded = 0;
    int n_sealed = 0;
    int n_refused = 0;
    char original[128];
    snprintf(original, sizeof original, "%s/original", directory);
    assert_int_equal(save_sample(original, NULL), MERIT_OK);
    for (uint32_t index = 0; index < 3000; index++) {
        raw_file raw;
        raw_read(&raw, original);
        mutate(&raw, index);
        n_sealed += raw_seal(&raw) == 0;
        raw_write(path, &raw);
        raw_free(&raw);
        merit_error err = {0};
        merit__safetensors *file = NULL;
        merit_status status = merit__safetensors_load(&file, path, &err);
        assert_true(status == MERIT_OK || status == MERIT_EMODEL);
        assert_int_equal(err.code, status);
        n_loaded += status == MERIT_OK;
        n_refused += status == MERIT_EMODEL;
        merit__safetensors_free(file);
    }
    // Both happen often, and some are refused although their checksum is right.
    assert_true(n_loaded > 300);
    assert_true(n_refused > 300);
    assert_true(n_sealed > n_loaded);
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    merit_error err;
    merit__safetensors *file = NULL;
    clear_directory();
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_EIO);
    assert_contains(err.message, "No such file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused("a pipe or a device, expected a file");
    unlink(path);
    assert_int_equal(symlink("file", path), 0);
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_EIO);
    unlink(path);
    assert_int_equal(merit__safetensors_load(&file, directory, &err), MERIT_EMODEL);
    assert_contains(err.message, "a directory, expected a file");
    assert_int_equal(merit__safetensors_load(&file, "/dev/zero", &err), MERIT_EMODEL);
    assert_contains(err.message, "a pipe or a device");
    assert_int_equal(merit__safetensors_load(&file, "/dev/null", &err), MERIT_EMODEL);
    assert_null(file);
}

static void test_foreign_files(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *message;
    } files[] = {
        {"PK\003\004\024\001\001\001archive/data.pkl", "is a zip archive (PyTorch .pt"},
        {"\037\213\010\001\001\001\001\001\002\003compressed", "is gzip data"},
        {"\211HDF\r\n\032\n\001\001\001\001", "is an HDF5 file"},
        {"GGUF\003\001\001\001\001\001\001\001", "is a GGUF file"},
        {"\223NUMPY\001\001v\001{'descr': '<f4', }", "is a NumPy .npy file"},
        {"\200\002}q\001(U\005modelq\002", "is a Python pickle"},
        {"\010\007\022\007pytorch\032\0031.9:\244\001", "is an ONNX file"},
        {"{\"epochs\": 6, \"loss\": \"auto\"}", "is JSON text"},
        {"version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer"},
        {"<!doctype html><title>404</title>", "is a web page"},
        {"\177ELF\002\001\001\001\001\001\001", "is a program"},
        {"just some text, longer than a few bytes", "not a model of merit?"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        bytes_write(path, files[i].bytes, strlen(files[i].bytes));
        assert_refused(files[i].message);
    }
    assert_null(merit__foreign_file((const unsigned char *)"", 0));
}

static void test_json_limits(void **state)
{
    (void)state;
    static const struct {
        json_type type;
        const char *text;
        const char *message; // NULL: good
    } cases[] = {
        {JSON_OBJECT, "{}", NULL},
        {JSON_OBJECT, "{\"a\":[1]}", NULL},
        {JSON_OBJECT, "{\"a\":[],\"b\":{}}", NULL},
        {JSON_OBJECT, "{\"a\":\"[[[[\"}", NULL},
        {JSON_OBJECT, "{\"a\":\"\\\"[[[[\"}", NULL},
        {JSON_OBJECT, "{\"a\":\"\\\\\",\"b\":[[", "byte 15: more than 2 levels"},
        {JSON_OBJECT, "{\"a\":[[]]}", "byte 6: more than 2 levels"},
        {JSON_OBJECT, "{\"a\":[],\"b\":[],\"c\":[]}",
         "byte 19: more than 2 levels or 3 objects"},
        {JSON_OBJECT, "]]]][[[", "byte 6: more than 2 levels"},
        {JSON_OBJECT, "\"\\", "not JSON"},
        {JSON_OBJECT, "", "not JSON"},
        {JSON_OBJECT, "[1]", "expected an object"},
        {JSON_OBJECT, "{} x", "not JSON"},
        {JSON_OBJECT, "{\"a\":1,\"a\":2}", "duplicate"},
        {JSON_ARRAY, "[]", NULL},
        {JSON_ARRAY, "[1,{\"a\":\"b\"}]", NULL},
        {JSON_ARRAY, "[1,[[]]]", "byte 4: more than 2 levels"},
        {JSON_ARRAY, "[1", "not JSON"},
        {JSON_ARRAY, "{}", "expected an array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const merit__json_limits limits = {cases[i].type, 2, 3};
        merit_error err = {0};
        json_t *json = NULL;
        merit_status status = merit__json_parse(&json, cases[i].text,
                                                strlen(cases[i].text), &limits, &err);
        assert_int_equal(status, cases[i].message == NULL ? MERIT_OK : MERIT_EFORMAT);
        assert_contains(err.message, cases[i].message == NULL ? "" : cases[i].message);
        assert_true((json != NULL) == (status == MERIT_OK));
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_sections_swapped),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_header_bombs),
        cmocka_unit_test(test_tensor_count),
        cmocka_unit_test(test_mutations_with_checksum),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_json_limits),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
