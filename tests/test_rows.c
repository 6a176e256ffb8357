/* Rows of a file, part by part. */
#include "data_files.h"

#include "merit/rows.h"

#include "base/alloc.h"

static const char *const classes[] = {"a", "b", "c"};
static const double good[] = {0.25, 0.5, 0.25, 1, 0, 0, 0, 0.125, 0.875};

#define NPY(order) "{'descr': '<f8', 'fortran_order': " order ", 'shape': (3, 3), }\n"

/* The good rows as .npy. */
static size_t make_npy(unsigned char *out, int is_column_order)
{
    const char *text = is_column_order ? NPY("True") : NPY("False");
    double values[9];
    size_t n = strlen(text);
    memcpy(out, "\x93NUMPY\1\0", 8);
    out[8] = (unsigned char)n;
    out[9] = 0;
    memcpy(out + 10, text, n);
    for (size_t i = 0; i < 9; i++) {
        values[i] = is_column_order ? good[i % 3 * 3 + i / 3] : good[i];
    }
    memcpy(out + 10 + n, values, sizeof values);
    return 10 + n + sizeof values;
}

typedef struct file {
    const char *name;
    int has_ids, has_names;
} file;

static const file files[] = {
    {"rows.npy", 0, 0},    {"columns.npy", 0, 0}, {"columns.npy.gz", 0, 0},
    {"named.tsv", 1, 1},   {"plain.txt", 0, 0},
};

static void write_file(const char *name, const void *data, size_t n)
{
    char path[PATH_BYTES];
    data_path(path, name);
    size_t n_name = strlen(name);
    if (n_name > 3 && strcmp(name + n_name - 3, ".gz") == 0) {
        gzFile out = gzopen(path, "wb");
        assert_non_null(out);
        assert_int_equal(gzwrite(out, data, (unsigned)n), (int)n);
        assert_int_equal(gzclose(out), Z_OK);
        return;
    }
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static int make_files(void **state)
{
    static const char named[] = "c\tid\tb\ta\n.25\tx\t.5\t.25\n\n0\ty\t0\t1\n"
                                "# a remark\n8.75e-1\tz\t.125\t0\n";
    static const char plain[] = "0.25 0.5 0.25\n 1 0 0 \n0 0.125 0.875";
    unsigned char data[512];
    if (make_data_folder(state) != 0) {
        return -1;
    }
    write_file("rows.npy", data, make_npy(data, 0));
    size_t n = make_npy(data, 1);
    write_file("columns.npy", data, n);
    write_file("columns.npy.gz", data, n);
    write_file("named.tsv", named, sizeof named - 1);
    write_file("plain.txt", plain, sizeof plain - 1);
    return 0;
}

static merit_status read_all(const char *name, int64_t n_at_once, double *values,
                             int64_t *n_rows, merit_error *err)
{
    char path[PATH_BYTES];
    merit_rows_options options = {
        .kind = MERIT_ROWS_PROBABILITIES, .n_classes = 3, .classes = classes};
    merit_rows *rows = NULL;
    int64_t n = n_at_once;
    *n_rows = 0;
    merit_status status = merit_rows_open(&rows, data_path(path, name), &options, err);
    while (status == MERIT_OK && n == n_at_once) {
        status = merit_rows_read(rows, values + 3 * *n_rows, n_at_once, &n, err);
        *n_rows += n;
    }
    if (status == MERIT_OK) {
        assert_int_equal(merit_rows_n_read(rows), *n_rows);
        assert_int_equal(merit_rows_read(rows, values, n_at_once, &n, err), MERIT_OK);
        assert_int_equal(n, 0);
    }
    merit_rows_close(rows);
    return status;
}

/* The same rows from every format, however many are read at once. */
static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        for (int64_t n_at_once = 1; n_at_once <= 5; n_at_once++) {
            double values[3 * 8] = {0};
            int64_t n = 0;
            merit_error err;
            if (read_all(files[i].name, n_at_once, values, &n, &err) != MERIT_OK) {
                fail_msg("%s", err.message);
            }
            assert_int_equal(n, 3);
            assert_memory_equal(values, good, sizeof good);
        }
    }
}

static void test_ids_and_names(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        merit_rows *rows = NULL;
        double values[9];
        int64_t n = 0;
        data_path(path, files[i].name);
        assert_int_equal(merit_rows_open(&rows, path, NULL, NULL), MERIT_OK);
        assert_int_equal(merit_rows_n_columns(rows), 3);
        assert_int_equal(merit_rows_n(rows), strstr(path, ".npy") != NULL ? 3 : -1);
        assert_int_equal(merit_rows_read(rows, values, 2, &n, NULL), MERIT_OK);
        assert_int_equal(n, 2);
        if (files[i].has_ids) {
            assert_string_equal(merit_rows_id(rows, 0), "x");
            assert_string_equal(merit_rows_id(rows, 1), "y");
            assert_int_equal(merit_rows_read(rows, values, 2, &n, NULL), MERIT_OK);
            assert_string_equal(merit_rows_id(rows, 0), "z");
        } else {
            assert_null(merit_rows_id(rows, 0));
        }
        if (files[i].has_names) { // without classes in the order of the file
            assert_string_equal(merit_rows_name(rows, 0), "c");
            assert_string_equal(merit_rows_name(rows, 2), "a");
            assert_true(values[0] == 0.875 && values[2] == 0);
        } else {
            assert_null(merit_rows_name(rows, 0));
        }
        merit_rows_close(rows);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        double values[3 * 8];
        int64_t n = 0;
        merit__alloc_fail_at(0, 0);
        assert_int_equal(read_all(files[i].name, 2, values, &n, NULL), MERIT_OK);
        const long n_allocations = merit__alloc_count();
        assert_true(n_allocations > 1);
        for (long at = 1; at <= n_allocations; at++) {
            merit_error err = {.code = 0};
            merit__alloc_fail_at(at, (int)(at % 2));
            assert_int_equal(read_all(files[i].name, 2, values, &n, &err),
                             MERIT_ENOMEM);
            merit__alloc_fail_at(0, 0);
            assert_int_equal(err.code, MERIT_ENOMEM);
        }
    }
}

/* What separates fields is not looked for in quotes; a quote within a field is none. */
static void test_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"id,\"big; small\",\"a\tb\"\nx,1,2\n", "big; small"},
        {"\xef\xbb\xbf\"id\",\"a;b\",c\nx,1,2\n", "a;b"},
        {"id;5\" nails;c\nx;1;2\n", "5\" nails"},
    };
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        merit_rows *rows = NULL;
        merit_error err;
        write_file("quotes.txt", cases[i].text, strlen(cases[i].text));
        if (merit_rows_open(&rows, data_path(path, "quotes.txt"), NULL, &err) !=
            MERIT_OK) {
            fail_msg("%s", err.message);
        }
        assert_int_equal(merit_rows_n_columns(rows), 2);
        assert_string_equal(merit_rows_name(rows, 0), cases[i].name);
        merit_rows_close(rows);
    }
}

static void test_wrong_calls(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_rows *rows = NULL;
    double values[9];
    int64_t n = 0;
    const merit_rows_options wrong[] = {
        {.kind = (merit_rows_kind)3}, {.n_classes = -1}, {.classes = classes}};
    data_path(path, "rows.npy");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(merit_rows_open(&rows, path, &wrong[i], NULL), MERIT_EINVAL);
        assert_null(rows);
    }
    assert_int_equal(merit_rows_open(NULL, path, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_rows_open(&rows, NULL, NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_rows_open(&rows, "", NULL, NULL), MERIT_EINVAL);
    assert_int_equal(merit_rows_open(&rows, data_path(path, "none"), NULL, NULL),
                     MERIT_EIO);
    assert_int_equal(merit_rows_open(&rows, data_path(path, "rows.npy"), NULL, NULL),
                     MERIT_OK);
    assert_int_equal(merit_rows_read(rows, values, 0, &n, NULL), MERIT_EINVAL);
    assert_int_equal(merit_rows_read(rows, NULL, 1, &n, NULL), MERIT_EINVAL);
    assert_int_equal(merit_rows_read(NULL, values, 1, &n, NULL), MERIT_EINVAL);
    merit_rows_close(rows);
    merit_rows_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_ids_and_names),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_wrong_calls),
    };
    return cmocka_run_group_tests(tests, make_files, remove_data_folder);
}
