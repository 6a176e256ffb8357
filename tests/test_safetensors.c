/* The safetensors container: what is written is read again, and what is not written.
 * `test_safetensors FILE` writes the sample file, for tests/test_safetensors.py. */
#include "base/alloc.h"
#include "safetensors_fixtures.h"

#include <math.h>

static void test_round_trip(void **state)
{
    (void)state;
    char hash[65];
    merit_error err;
    merit__safetensors *file = NULL;
    assert_int_equal(save_sample(path, hash), MERIT_OK);
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_OK);
    for (size_t i = 0; i < N_TENSORS; i++) {
        const merit__tensor_view *saved = &sample_tensors[i];
        const merit__tensor_view *view = merit__safetensors_tensor(file, saved->name);
        assert_non_null(view);
        assert_string_equal(view->name, saved->name);
        assert_string_equal(view->dtype, saved->dtype);
        assert_int_equal(view->n_dims, saved->n_dims);
        assert_memory_equal(view->dims, saved->dims, sizeof view->dims);
        assert_int_equal(view->n_bytes, saved->n_bytes);
        assert_memory_equal(view->data, saved->data, saved->n_bytes);
        assert_int_equal((uintptr_t)view->data % 64, 0);
    }
    for (size_t i = 0; i < N_METADATA; i++) {
        assert_string_equal(merit__safetensors_metadata(file, sample_metadata[i].key),
                            sample_metadata[i].value);
    }
    assert_string_equal(merit__safetensors_metadata(file, "sha256"), hash);
    assert_null(merit__safetensors_metadata(file, "nothing"));
    assert_null(merit__safetensors_tensor(file, "2.weight"));
    assert_null(merit__safetensors_tensor(file, "__metadata__"));
    merit__safetensors_drop_tensors(file);
    assert_null(merit__safetensors_tensor(file, "1.weight"));
    assert_string_equal(merit__safetensors_metadata(file, "format"), "merit-test");
    merit__safetensors_free(file);
    merit__safetensors_free(NULL);
}

static void test_expect(void **state)
{
    (void)state;
    merit_error err;
    merit__safetensors *file = NULL;
    const merit__tensor_view *view = NULL;
    assert_int_equal(save_sample(path, NULL), MERIT_OK);
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_OK);
    assert_int_equal(merit__safetensors_expect(&view, file, "1.weight", "F32", 6, &err),
                     MERIT_OK);
    assert_ptr_equal(view, merit__safetensors_tensor(file, "1.weight"));
    assert_int_equal(merit__safetensors_expect(&view, file, "a step", "I64", 1, &err),
                     MERIT_OK);

    assert_int_equal(merit__safetensors_expect(&view, file, "1.bias", "F32", 2, &err),
                     MERIT_EMODEL);
    assert_null(view);
    assert_contains(err.message, "\"1.bias\" is missing");
    assert_int_equal(merit__safetensors_expect(&view, file, "bytes", "F32", 5, &err),
                     MERIT_EMODEL);
    assert_contains(err.message, "\"bytes\" is of type U8, expected F32");
    assert_int_equal(merit__safetensors_expect(&view, file, "1.weight", "F32", 7, &err),
                     MERIT_EMODEL);
    assert_contains(err.message, "\"1.weight\" has 6 values, expected 7");
    merit__safetensors_free(file);
}

static void test_no_tensors_no_metadata(void **state)
{
    (void)state;
    merit_error err;
    merit__safetensors *file = NULL;
    assert_int_equal(merit__safetensors_save(path, NULL, 0, NULL, 0, NULL, &err),
                     MERIT_OK);
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_OK);
    assert_non_null(merit__safetensors_metadata(file, "sha256"));
    merit__safetensors_free(file);
}

// The layout that any reader relies on, and the same bytes for the same arguments.
static void test_bytes(void **state)
{
    (void)state;
    char other[128];
    char hash[65];
    char hash_again[65];
    char own_hash[HASH_DIGITS + 1];
    snprintf(other, sizeof other, "%s/other name", directory);
    assert_int_equal(save_sample(path, hash), MERIT_OK);
    merit__metadata_entry reversed[N_METADATA];
    for (size_t i = 0; i < N_METADATA; i++) {
        reversed[i] = sample_metadata[N_METADATA - 1 - i];
    }
    assert_int_equal(merit__safetensors_save(other, sample_tensors, N_TENSORS, reversed,
                                             N_METADATA, hash_again, NULL),
                     MERIT_OK);
    assert_string_equal(hash, hash_again);
    size_t n = 0;
    size_t n_other = 0;
    unsigned char *bytes = bytes_read(path, &n);
    unsigned char *bytes_other = bytes_read(other, &n_other);
    assert_int_equal(n, n_other);
    assert_memory_equal(bytes, bytes_other, n);
    free(bytes);
    free(bytes_other);

    raw_file raw;
    raw_read(&raw, path);
    assert_int_equal((8 + raw.n_header) % 64, 0);
    assert_int_equal(raw.header[0], '{');
    assert_int_equal(raw.n_data, 24 + 5 + 16 + 8);
    assert_memory_equal(raw.data, weights, 24);
    assert_memory_equal(raw.data + 24, bytes_5, 5);
    assert_memory_equal(raw.data + 29, decode, 16);
    json_t *header = json_loadb(raw.header, raw.n_header, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(raw_hash(own_hash, header, &raw), 0);
    assert_string_equal(own_hash, hash);
    json_decref(header);
    raw_free(&raw);
}

static void test_hash_tells_contents_apart(void **state)
{
    (void)state;
    char hash[65];
    char changed_hash[65];
    assert_int_equal(save_sample(path, hash), MERIT_OK);
    for (int change = 0; change < 6; change++) {
        merit__tensor_view tensors[N_TENSORS];
        merit__metadata_entry metadata[N_METADATA];
        unsigned char other_bytes[5];
        memcpy(tensors, sample_tensors, sizeof tensors);
        memcpy(metadata, sample_metadata, sizeof metadata);
        memcpy(other_bytes, bytes_5, sizeof other_bytes);
        other_bytes[4] ^= 1;
        switch (change) {
        case 0:
            tensors[1].data = other_bytes;
            break;
        case 1:
            tensors[0].name = "1.weighs";
            break;
        case 2:
            tensors[0].dims[0] = 3;
            tensors[0].dims[1] = 2;
            break;
        case 3:
            metadata[0].value = "conv 32 3, rely";
            break;
        case 4:
            metadata[1].key = "formats";
            break;
        default: // the end of a key moves into the value
            metadata[0] = (merit__metadata_entry){"netc", "onv 32 3, relu"};
            break;
        }
        assert_int_equal(merit__safetensors_save(path, tensors, N_TENSORS, metadata,
                                                 N_METADATA, changed_hash, NULL),
                         MERIT_OK);
        assert_string_not_equal(hash, changed_hash);
    }
}

// Saves sample tensors with one number replaced; what was there before must stay.
static void assert_number_refused(size_t tensor, const void *data, const char *message)
{
    merit_error err;
    size_t n = 0;
    size_t n_after = 0;
    clear_directory();
    assert_int_equal(save_sample(path, NULL), MERIT_OK);
    unsigned char *before = bytes_read(path, &n);
    merit__tensor_view tensors[N_TENSORS];
    memcpy(tensors, sample_tensors, sizeof tensors);
    tensors[tensor].data = data;
    assert_int_equal(
        merit__safetensors_save(path, tensors, N_TENSORS, NULL, 0, NULL, &err),
        MERIT_ENUMERIC);
    assert_contains(err.message, message);
    unsigned char *after = bytes_read(path, &n_after);
    assert_int_equal(n, n_after);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
    assert_int_equal(clear_directory(), 1);
}

static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    float floats[6] = {0, 1, 2, 3, 4, 5};
    double doubles[2] = {0, -INFINITY};
    floats[5] = NAN;
    assert_number_refused(0, floats, "tensor \"1.weight\", value 5 is not finite");
    floats[0] = INFINITY;
    assert_number_refused(0, floats, "tensor \"1.weight\", value 0 is not finite");
    assert_number_refused(2, doubles, "tensor \"decode\", value 1 is not finite");

    assert_int_equal(save_sample(path, NULL), MERIT_OK);
    raw_file raw;
    raw_read(&raw, path);
    memcpy(raw.data + 4, &floats[5], sizeof(float));
    assert_int_equal(raw_seal(&raw), 0);
    raw_write(path, &raw);
    assert_refused("tensor \"1.weight\", value 1 is not finite");
    raw_free(&raw);
}

static void assert_save_refused(const merit__tensor_view *tensors, size_t n_tensors,
                                const merit__metadata_entry *metadata,
                                size_t n_metadata, merit_status code,
                                const char *message)
{
    merit_error err;
    assert_int_equal(merit__safetensors_save(path, tensors, n_tensors, metadata,
                                             n_metadata, NULL, &err),
                     code);
    assert_contains(err.message, message);
    assert_int_equal(clear_directory(), 0);
}

static void test_what_is_not_saved(void **state)
{
    (void)state;
    static const struct {
        merit__tensor_view tensor;
        const char *message;
    } tensors[] = {
        {{"w", "F32", 2, {2, 3}, weights, 20}, "tensor \"w\": name, type"},
        {{"w", "F16", 2, {2, 3}, weights, 12}, "tensor \"w\": name, type"},
        {{"w", "F32", 2, {0, 3}, weights, 0}, "tensor \"w\": name, type"},
        {{"w", "F32", 2, {-2, -3}, weights, 24}, "tensor \"w\": name, type"},
        {{"w", "F32", 9, {1, 1, 1, 1, 1, 1, 1, 6}, weights, 24}, "tensor \"w\": name"},
        {{"w", "F32", -1, {0}, weights, 4}, "tensor \"w\": name, type"},
        {{"__metadata__", "F32", 1, {6}, weights, 24}, "tensor \"__metadata__\": name"},
        {{"\xff", "F32", 1, {6}, weights, 24}, "not UTF-8: \\xff"},
    };
    clear_directory();
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        assert_save_refused(&tensors[i].tensor, 1, NULL, 0, MERIT_EINVAL,
                            tensors[i].message);
    }
    const merit__tensor_view twins[] = {sample_tensors[0], sample_tensors[0]};
    assert_save_refused(twins, 2, NULL, 0, MERIT_EINVAL, "the name \"1.weight\"");

    static const struct {
        merit__metadata_entry entries[2];
        const char *message;
    } metadata[] = {
        {{{"a", "1"}, {"a", "2"}}, "\"a\" is given twice"},
        {{{"sha256", "1"}, {"a", "2"}}, "\"sha256\" is given twice"},
        {{{"a", "\xc0\xaf"}, {"b", "2"}}, "a: not UTF-8"},
        {{{"\xed\xa0\x80", "1"}, {"b", "2"}}, "a key of metadata: not UTF-8"},
    };
    for (size_t i = 0; i < sizeof metadata / sizeof metadata[0]; i++) {
        assert_save_refused(NULL, 0, metadata[i].entries, 2, MERIT_EINVAL,
                            metadata[i].message);
    }
    char *text = malloc((1 << 20) + 1);
    memset(text, 'x', 1 << 20);
    text[1 << 20] = '\0';
    const merit__metadata_entry large = {"scores", text};
    assert_save_refused(NULL, 0, &large, 1, MERIT_ENOMEM, "the limit is 1048576");
    free(text);
}

// The largest header that is written can be read.
static void test_largest_header(void **state)
{
    (void)state;
    merit_error err;
    merit__safetensors *file = NULL;
    char *text = malloc(1 << 20);
    memset(text, 'x', 1 << 20);
    text[(1 << 20) - 200] = '\0';
    const merit__metadata_entry large = {"scores", text};
    assert_int_equal(merit__safetensors_save(path, NULL, 0, &large, 1, NULL, &err),
                     MERIT_OK);
    assert_int_equal(merit__safetensors_load(&file, path, &err), MERIT_OK);
    assert_string_equal(merit__safetensors_metadata(file, "scores"), text);
    merit__safetensors_free(file);
    free(text);
}

// Allocations of Jansson: which one fails (0: none), counted from 1.
static long jansson_fail_at;
static long jansson_count;

static void *jansson_malloc(size_t n)
{
    return ++jansson_count == jansson_fail_at ? NULL : malloc(n);
}

static void set_jansson_failure(long n)
{
    jansson_count = 0;
    jansson_fail_at = n;
}

static void set_merit_failure(long n)
{
    merit__alloc_fail_at(n, 0);
}

// Saves with the n-th allocation failing, for n = 1 until it is not reached any more.
// The file that was there stays. Returns how many failed.
static long fail_saving(void (*set)(long n))
{
    for (long n = 1;; n++) {
        merit_error err = {0};
        size_t n_before = 0;
        size_t n_after = 0;
        clear_directory();
        assert_int_equal(merit__safetensors_save(path, NULL, 0, NULL, 0, NULL, NULL),
                         MERIT_OK);
        unsigned char *before = bytes_read(path, &n_before);
        set(n);
        merit_status status = merit__safetensors_save(
            path, sample_tensors, N_TENSORS, sample_metadata, N_METADATA, NULL, &err);
        set(0);
        unsigned char *after = bytes_read(path, &n_after);
        int same = n_before == n_after && memcmp(before, after, n_before) == 0;
        free(before);
        free(after);
        assert_int_equal(clear_directory(), 1);
        if (status == MERIT_OK) {
            return n - 1;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        assert_int_equal(err.code, status);
        assert_true(same);
    }
}

static void test_no_memory_to_save(void **state)
{
    (void)state;
    assert_true(fail_saving(set_merit_failure) >= 5);
    json_set_alloc_funcs(jansson_malloc, free);
    assert_true(fail_saving(set_jansson_failure) >= 60);
    json_set_alloc_funcs(malloc, free);
}

static void test_no_memory_to_load(void **state)
{
    (void)state;
    merit__safetensors *file = NULL;
    merit_status status = MERIT_ENOMEM;
    long n = 0;
    assert_int_equal(save_sample(path, NULL), MERIT_OK);
    while (status == MERIT_ENOMEM) {
        merit_error err = {0};
        assert_null(file);
        merit__alloc_fail_at(++n, 0);
        status = merit__safetensors_load(&file, path, &err);
        merit__alloc_fail_at(0, 0);
        assert_int_equal(err.code, status);
    }
    assert_int_equal(status, MERIT_OK);
    assert_true(n > 6);
    merit__safetensors_free(file);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        return save_sample(argv[1], NULL) == MERIT_OK ? 0 : 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_expect),
        cmocka_unit_test(test_no_tensors_no_metadata),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_hash_tells_contents_apart),
        cmocka_unit_test(test_numbers_that_are_not_finite),
        cmocka_unit_test(test_what_is_not_saved),
        cmocka_unit_test(test_largest_header),
        cmocka_unit_test(test_no_memory_to_save),
        cmocka_unit_test(test_no_memory_to_load),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
