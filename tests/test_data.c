/* Reading data files: what comes out is what was written, in every type, byte order and
 * shape, with its labels, and under every option. */
#include "dataset_files.h"

/* Every type of number: 1, 2, -3 or 253, and one that needs all its bytes, as they
 * stand in a big-endian file. */
typedef struct number_type {
    unsigned char idx; // type code, 0: not an IDX type
    const char *npy;
    size_t n_bytes;
    const char *numbers; // [4] big-endian
    float values[4];
} number_type;

static const number_type number_types[] = {
    {0x08, "u1", 1, "\1\2\xfd\xff", {1, 2, 253, 255}},
    {0, "b1", 1, "\1\0\0\1", {1, 0, 0, 1}},
    {0x09, "i1", 1, "\1\2\xfd\x80", {1, 2, -3, -128}},
    {0x0b, "i2", 2, "\0\1\0\2\xff\xfd\x12\x34", {1, 2, -3, 4660}},
    {0, "u2", 2, "\0\1\0\2\xff\xfd\x12\x34", {1, 2, 65533, 4660}},
    {0x0c,
     "i4",
     4,
     "\0\0\0\1\0\0\0\2\xff\xff\xff\xfd\x12\x34\x56\x00",
     {1, 2, -3, 305419776}},
    {0,
     "u4",
     4,
     "\0\0\0\1\0\0\0\2\xff\xff\xff\0\x12\x34\x56\x00",
     {1, 2, 4294967040.0f, 305419776}},
    {0,
     "i8",
     8,
     "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\xff\xff\xff\xff\xff\xff\xff\xfd"
     "\x12\x34\x56\0\0\0\0\0",
     {1, 2, -3, 1311767949471645696.0f}},
    {0,
     "u8",
     8,
     "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\xff\xff\xff\0\0\0\0\0"
     "\x12\x34\x56\0\0\0\0\0",
     {1, 2, 18446742974197923840.0f, 1311767949471645696.0f}},
    {0x0d,
     "f4",
     4,
     "\x3f\x80\0\0\x40\0\0\0\xc0\x40\0\0\x3d\xcc\xcc\xcd",
     {1, 2, -3, 0.1f}},
    {0x0e,
     "f8",
     8,
     "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\xc0\x08\0\0\0\0\0\0"
     "\x3f\xb9\x99\x99\x99\x99\x99\x9a",
     {1, 2, -3, 0.1f}},
};

enum { N_TYPES = sizeof number_types / sizeof number_types[0] };

static void test_idx_types(void **state)
{
    (void)state;
    static bytes file;
    for (size_t i = 0; i < N_TYPES; i++) {
        const number_type *type = &number_types[i];
        if (type->idx == 0) {
            continue;
        }
        static const struct {
            unsigned char n_dims;
            uint32_t dims[4];
            int64_t shape[3];
        } shapes[] = {
            {2, {1, 4}, {4, 1, 1}},
            {3, {1, 2, 2}, {1, 2, 2}},
            {4, {1, 4, 1, 1}, {4, 1, 1}},
            {4, {1, 1, 1, 4}, {1, 1, 4}},
        };
        for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++) {
            const int64_t *shape = shapes[j].shape;
            start_idx(&file, type->idx, shapes[j].dims, shapes[j].n_dims);
            add_bytes_to(&file, type->numbers, 4 * type->n_bytes);
            write_data(images, file.at, file.n);
            merit_dataset *data = load(images, NULL);
            expect_shape(data, 1, shape[0], shape[1], shape[2]);
            expect_features(type->npy, data, 0, type->values, 4);
            assert_null(merit_dataset_labels(data));
            assert_int_equal(merit_dataset_n_classes(data), 0);
            assert_string_equal(merit_dataset_path(data), images);
            assert_string_equal(merit_dataset_labels_path(data), "");
            merit_dataset_free(data);
        }
    }
}

// Appends the numbers of a type in either byte order.
static void add_numbers(bytes *file, const number_type *type, int is_little)
{
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < type->n_bytes; j++) {
            size_t at = is_little ? type->n_bytes - 1 - j : j;
            add_bytes_to(file, type->numbers + i * type->n_bytes + at, 1);
        }
    }
}

static void test_npy_types(void **state)
{
    (void)state;
    static bytes file;
    char header[128];
    for (size_t i = 0; i < N_TYPES; i++) {
        const number_type *type = &number_types[i];
        for (int is_little = 0; is_little < 2; is_little++) {
            char order = type->n_bytes == 1 ? '|' : is_little ? '<' : '>';
            snprintf(header, sizeof header,
                     "{'descr': '%c%s', 'fortran_order': False, 'shape': (2, 2), }\n",
                     order, type->npy);
            start_npy(&file, 1, header);
            add_numbers(&file, type, is_little);
            write_data(images, file.at, file.n);
            merit_dataset *data = load(images, NULL);
            expect_shape(data, 2, 2, 1, 1);
            expect_features(type->npy, data, 0, type->values, 2);
            expect_features(type->npy, data, 1, type->values + 2, 2);
            merit_dataset_free(data);

            merit_array array;
            assert_int_equal(merit_array_load(&array, images, NULL), MERIT_OK);
            assert_int_equal(array.n_dims, 2);
            assert_int_equal(array.dims[0], 2);
            assert_int_equal(array.dims[1], 2);
            assert_memory_equal(array.values, type->values, sizeof type->values);
            assert_null(array.labels);
            merit_array_dispose(&array);
            assert_null(array.values);
        }
    }
}

// What may be written in the header in more than one way.
static void test_npy_headers(void **state)
{
    (void)state;
    static bytes file;
    static const char *const headers[] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2), }          \n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2)}",
        "{\"shape\": (2, 1, 2,), \"fortran_order\": False, \"descr\": \"<u1\"}\n",
        "{'fortran_order':False,'descr':'>u1','shape':(2,1,2)}\n\n",
        "  { 'shape' : ( 2 , 1 , 2 ) , 'descr' : '|u1' , 'fortran_order' : False , } ",
    };
    static const float values[4] = {7, 8, 9, 10};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        for (unsigned char version = 1; version <= 3; version++) {
            start_npy(&file, version, headers[i]);
            add_bytes_to(&file, "\7\x08\x09\x0a", 4);
            write_data(images, file.at, file.n);
            merit_dataset *data = load(images, NULL);
            expect_shape(data, 2, 1, 1, 2);
            expect_features(headers[i], data, 0, values, 2);
            expect_features(headers[i], data, 1, values + 2, 2);
            merit_dataset_free(data);
        }
    }
}

// Column order: value (i, c, y, x) lies at i + 3 (c + 2 (y + 4 x)).
static void test_npy_column_order(void **state)
{
    (void)state;
    static bytes file;
    static const char *const types[] = {"|u1", "<u2"};
    char header[128];
    for (int t = 0; t < 2; t++) {
        snprintf(header, sizeof header,
                 "{'descr': '%s', 'fortran_order': True, 'shape': (3, 2, 4, 5), }\n",
                 types[t]);
        start_npy(&file, 1, header);
        for (unsigned char i = 0; i < 120; i++) {
            add_bytes_to(&file, &i, 1);
            add_bytes_to(&file, "\0", (size_t)t);
        }
        write_data(images, file.at, file.n);
        for (int64_t first = 0; first < 3; first += 2) {
            const merit_dataset_options options = {.first = first};
            merit_dataset *data = load(images, &options);
            int64_t n = first > 0 ? first : 3;
            expect_shape(data, n, 2, 4, 5);
            for (int i = 0; i < n; i++) {
                float wanted[40];
                for (int j = 0; j < 40; j++) {
                    int c = j / 20, y = j / 5 % 4, x = j % 5;
                    wanted[j] = (float)(i + 3 * (c + 2 * (y + 4 * x)));
                }
                expect_features(types[t], data, i, wanted, 40);
            }
            merit_dataset_free(data);
        }
    }
}

static void test_labels(void **state)
{
    (void)state;
    static bytes file;
    static const char *const headers[] = {
        "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n",
    };
    static const int32_t whole[3] = {5, 0, INT32_MAX};
    static const float floats[3] = {5, 0, 2147483520};
    make_images(&file, 3);
    write_data(images, file.at, file.n);
    for (int i = 0; i < 2; i++) {
        start_npy(&file, 1, headers[i]);
        add_bytes_to(&file, i == 0 ? (const void *)whole : floats, 12);
        write_data(labels, file.at, file.n);
        const merit_dataset_options options = {.labels = labels};
        merit_dataset *data = load(images, &options);
        int32_t last = i == 0 ? INT32_MAX : 2147483520;
        assert_int_equal(merit_dataset_labels(data)[0], 5);
        assert_int_equal(merit_dataset_labels(data)[1], 0);
        assert_int_equal(merit_dataset_labels(data)[2], last);
        assert_true(merit_dataset_n_classes(data) == (int64_t)last + 1);
        assert_string_equal(merit_dataset_labels_path(data), labels);
        merit_dataset_free(data);

        merit_array array;
        assert_int_equal(merit_labels_load(&array, labels, NULL), MERIT_OK);
        assert_int_equal(array.n_dims, 1);
        assert_int_equal(array.dims[0], 3);
        assert_int_equal(array.labels[2], last);
        assert_null(array.values);
        merit_array_dispose(&array);
    }
    // Many labels, more than are converted at once.
    merit_array array;
    write_labels(labels, 100000);
    assert_int_equal(merit_labels_load(&array, labels, NULL), MERIT_OK);
    for (int32_t i = 0; i < 100000; i++) {
        assert_int_equal(array.labels[i], i % 3);
    }
    merit_array_dispose(&array);
}

// images-idx3 -> labels-idx1, with the same ending .gz or the other.
static void test_labels_beside(void **state)
{
    (void)state;
    static bytes file;
    static const struct {
        const char *images, *labels;
        int is_found;
    } pairs[] = {
        {"a-images-idx3-ubyte", "a-labels-idx1-ubyte", 1},
        {"b-images-idx3-ubyte.gz", "b-labels-idx1-ubyte.gz", 1},
        {"c-images-idx3-ubyte", "c-labels-idx1-ubyte.gz", 1},
        {"d-images-idx3-ubyte.gz", "d-labels-idx1-ubyte", 1},
        {"e-images.idx3-ubyte", "e-labels.idx1-ubyte", 1},
        {"f-images-idx3-ubyte", "f-labels-idx3-ubyte", 0},
        {"g-pictures-idx3-ubyte", "g-labels-idx1-ubyte", 0},
        {"h-images.npy", "h-labels.npy", 0},
    };
    char path[PATH_BYTES];
    char beside[PATH_BYTES];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        make_images(&file, 4);
        write_data(data_path(path, pairs[i].images), file.at, file.n);
        write_labels(data_path(beside, pairs[i].labels), 4);
        merit_dataset *data = load(path, NULL);
        assert_string_equal(merit_dataset_labels_path(data),
                            pairs[i].is_found ? beside : "");
        assert_int_equal(merit_dataset_labels(data) != NULL, pairs[i].is_found);
        merit_dataset_free(data);

        const merit_dataset_options without = {.no_labels = 1};
        data = load(path, &without);
        assert_null(merit_dataset_labels(data));
        merit_dataset_free(data);
    }
    // Of two, the one with the same ending.
    make_images(&file, 4);
    write_data(data_path(path, "a-images-idx3-ubyte"), file.at, file.n);
    write_labels(data_path(beside, "a-labels-idx1-ubyte.gz"), 3);
    merit_dataset_free(load(path, NULL));
    // What is found has to fit.
    unlink(data_path(beside, "a-labels-idx1-ubyte"));
    expect_failure(path, NULL, MERIT_EFORMAT,
                   "a-labels-idx1-ubyte.gz: has 3 labels, but ");
}

static void test_options(void **state)
{
    (void)state;
    static bytes file;
    merit_dataset_options options = {.first = -1};
    merit_error err;
    make_images(&file, 4);
    write_data(images, file.at, file.n);
    expect_failure(images, &options, MERIT_EINVAL, "first is -1");
    options = (merit_dataset_options){.max_bytes = -5};
    expect_failure(images, &options, MERIT_EINVAL, "max_bytes is -5");
    options = (merit_dataset_options){.labels = labels, .no_labels = 1};
    expect_failure(images, &options, MERIT_EINVAL, "choose one");
    options = (merit_dataset_options){.labels = ""};
    expect_failure(images, &options, MERIT_EINVAL, "path of the labels is empty");
    expect_failure(NULL, NULL, MERIT_EINVAL, "no file of examples");
    expect_failure("", NULL, MERIT_EINVAL, "no file of examples");
    assert_int_equal(merit_dataset_load(NULL, images, NULL, &err), MERIT_EINVAL);
    merit_dataset_free(NULL);

    // 24 bytes are needed, and 16 of header when they are read through gzip.
    options = (merit_dataset_options){.max_bytes = 23};
    expect_failure(images, &options, MERIT_ENOMEM,
                   "needs 24 bytes of memory, the limit is 23");
    options.max_bytes = 40;
    merit_dataset_free(load(images, &options));
    static bytes packed;
    add_gzip(&packed, file.at, file.n);
    write_data(images, packed.at, packed.n);
    merit_dataset_free(load(images, &options));
    options.max_bytes = 39;
    expect_failure(images, &options, MERIT_ENOMEM, "more than the limit of 39 bytes");
}

static void test_trailing_and_nonfinite(void **state)
{
    (void)state;
    static bytes file, packed;
    static const uint32_t dims[2] = {2, 3};
    merit_dataset_options options = {.allow_trailing = 1};
    make_images(&file, 2);
    add_bytes_to(&file, "and more", 8);
    write_data(images, file.at, file.n);
    merit_dataset *data = load(images, &options);
    expect_shape(data, 2, 1, 2, 3);
    merit_dataset_free(data);
    packed.n = 0;
    add_gzip(&packed, file.at, file.n);
    write_data(images, packed.at, packed.n);
    merit_dataset_free(load(images, &options));
    expect_failure(images, NULL, MERIT_EFORMAT, "the file has more bytes after them");

    static const float cleaned[2][3] = {{1, 0, 2}, {0, 0, 0x1p-126f}};
    start_idx(&file, 0x0d, dims, 2);
    add_bytes_to(&file, "\x3f\x80\0\0\x7f\xc0\0\0\x40\0\0\0", 12);
    add_bytes_to(&file, "\x7f\x80\0\0\xff\x80\0\0\0\x80\0\0", 12);
    write_data(images, file.at, file.n);
    options = (merit_dataset_options){.nonfinite_zero = 1};
    data = load(images, &options);
    expect_features("nonfinite", data, 0, cleaned[0], 3);
    expect_features("nonfinite", data, 1, cleaned[1], 3);
    merit_dataset_free(data);
}

// The first examples and their labels; what is cut off is still checked.
static void test_first(void **state)
{
    (void)state;
    static bytes file, packed;
    for (int is_gzip = 0; is_gzip < 2; is_gzip++) {
        make_images(&file, 9);
        packed.n = 0;
        add_gzip(&packed, file.at, file.n);
        write_data(images, is_gzip ? packed.at : file.at, is_gzip ? packed.n : file.n);
        write_labels(labels, 9);
        for (int64_t first = 1; first <= 12; first++) {
            const merit_dataset_options options = {.labels = labels, .first = first};
            merit_dataset *data = load(images, &options);
            int64_t n = first < 9 ? first : 9;
            expect_shape(data, n, 1, 2, 3);
            for (int i = 0; i < n; i++) {
                float wanted[6];
                for (int j = 0; j < 6; j++) {
                    wanted[j] = (float)(6 * i + j);
                }
                expect_features("first", data, i, wanted, 6);
                assert_int_equal(merit_dataset_labels(data)[i], i % 3);
            }
            assert_int_equal(merit_dataset_n_classes(data), n < 3 ? n : 3);
            merit_dataset_free(data);
        }
        const merit_dataset_options options = {.labels = labels, .first = 2};
        write_labels(labels, 8);
        expect_failure(images, &options, MERIT_EFORMAT, "has 8 labels, but ");
    }
    packed.at[packed.n - 5] ^= 1;
    write_data(images, packed.at, packed.n);
    const merit_dataset_options options = {.first = 2};
    expect_failure(images, &options, MERIT_EFORMAT, "incorrect data check");
}

// More than is read at once, of unknown length: memory grows on the way.
static void test_long_gzip(void **state)
{
    (void)state;
    static bytes file, packed;
    static const uint32_t dims[2] = {4000, 50};
    start_idx(&file, 0x0b, dims, 2);
    for (uint32_t i = 0; i < 200000; i++) {
        const unsigned char number[2] = {(unsigned char)(i >> 10),
                                         (unsigned char)(i >> 2)};
        add_bytes_to(&file, number, sizeof number);
    }
    add_gzip(&packed, file.at, file.n);
    write_data(images, packed.at, packed.n);
    merit_dataset *data = load(images, NULL);
    expect_shape(data, 4000, 50, 1, 1);
    for (int i = 0; i < 4000; i++) {
        float wanted[50];
        for (int j = 0; j < 50; j++) {
            int number = (50 * i + j) >> 2;
            wanted[j] = (float)(number < 32768 ? number : number - 65536);
        }
        expect_features("long", data, i, wanted, 50);
    }
    merit_dataset_free(data);
}

// The real thing, where it is installed.
static void test_fashion_mnist(void **state)
{
    (void)state;
    static const char path[] =
        "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
    if (access(path, R_OK) != 0) {
        skip();
    }
    merit_dataset *data = load(path, NULL);
    expect_shape(data, 10000, 1, 28, 28);
    assert_int_equal(merit_dataset_n_classes(data), 10);
    assert_int_equal(merit_dataset_n_notes(data), 0);
    int count[10] = {0};
    for (int i = 0; i < 10000; i++) {
        count[merit_dataset_labels(data)[i]]++;
    }
    for (int k = 0; k < 10; k++) {
        assert_int_equal(count[k], 1000);
    }
    merit_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx_types),
        cmocka_unit_test(test_npy_types),
        cmocka_unit_test(test_npy_headers),
        cmocka_unit_test(test_npy_column_order),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_labels_beside),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_trailing_and_nonfinite),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_long_gzip),
        cmocka_unit_test(test_fashion_mnist),
    };
    return cmocka_run_group_tests(tests, set_up, remove_data_folder);
}
