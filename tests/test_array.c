/* Arrays: what is saved is what is loaded, and what NumPy would write. */
#include "data_files.h"

#include "merit/data.h"

static void test_array_save(void **state)
{
    (void)state;
    static const float values[6] = {0, -1.5f, 3e-39f, 1e38f, -0.0f, 7};
    static const int64_t shapes[][4] = {{6}, {2, 3}, {3, 1, 2}, {1, 1, 6, 1}};
    merit_error err = {.code = 0};
    char path[PATH_BYTES];
    data_path(path, "array.npy");
    for (int64_t n_dims = 0; n_dims <= 4; n_dims++) {
        const int64_t *dims = n_dims > 0 ? shapes[n_dims - 1] : NULL;
        merit_array array;
        assert_int_equal(merit_array_save(path, values, dims, n_dims, &err), MERIT_OK);
        assert_int_equal(merit_array_load(&array, path, &err), MERIT_OK);
        assert_int_equal(array.n_dims, n_dims);
        for (int64_t d = 0; d < n_dims; d++) {
            assert_int_equal(array.dims[d], dims[d]);
        }
        assert_memory_equal(array.values, values, n_dims > 0 ? sizeof values : 4);
        merit_array_dispose(&array);
    }
    static const int64_t negative[2] = {2, -1};
    static const int64_t huge[2] = {INT64_MAX, 2};
    assert_int_equal(merit_array_save(path, values, negative, 2, &err), MERIT_EINVAL);
    assert_int_equal(merit_array_save(path, values, huge, 2, &err), MERIT_EINVAL);
    assert_int_equal(merit_array_save(path, values, shapes[0], 9, &err), MERIT_EINVAL);
    assert_int_equal(merit_array_save(path, values, NULL, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_array_save(path, NULL, shapes[0], 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_array_save(NULL, values, shapes[0], 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_array_save("", values, shapes[0], 1, &err), MERIT_EINVAL);
    data_path(path, "no-such-folder/array.npy");
    assert_int_equal(merit_array_save(path, values, shapes[0], 1, &err), MERIT_EIO);
    assert_int_equal(merit_array_load(NULL, path, &err), MERIT_EINVAL);
    merit_array array = {.n_dims = 3};
    assert_int_equal(merit_array_load(&array, path, &err), MERIT_EIO);
    assert_int_equal(array.n_dims, 0);
    assert_int_equal(merit_labels_load(&array, NULL, &err), MERIT_EINVAL);
    merit_array_dispose(NULL);
}

// The very bytes that NumPy writes for the same array.
static void test_array_bytes(void **state)
{
    (void)state;
    static const float values[6] = {0, 1, 2, 3, 4, 5};
    static const int64_t dims[2] = {2, 3};
    static const char text[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    unsigned char wanted[128 + sizeof values];
    unsigned char found[sizeof wanted + 1];
    memset(wanted, ' ', 128);
    memcpy(wanted, "\x93NUMPY\1\0v\0", 10);
    memcpy(wanted + 10, text, sizeof text - 1);
    wanted[127] = '\n';
    memcpy(wanted + 128, values, sizeof values);
    char path[PATH_BYTES];
    data_path(path, "array.npy");
    assert_int_equal(merit_array_save(path, values, dims, 2, NULL), MERIT_OK);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found, file), sizeof wanted);
    fclose(file);
    assert_memory_equal(found, wanted, sizeof wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_save),
        cmocka_unit_test(test_array_bytes),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_folder);
}
