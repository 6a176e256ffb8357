/* Tables of examples: records, columns, classes; memory that runs out. */
#include "data_files.h"

#include "merit/data.h"

#include "base/alloc.h"
#include "data/lines.h"
#include "data/name_set.h"
#include "data/table.h"
#include "data/table_facts.h"

#include <math.h>

static void write_text(const char *name, const char *text, size_t n)
{
    char path[PATH_BYTES];
    FILE *out = fopen(data_path(path, name), "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static merit__lines open_lines(const char *name)
{
    char path[PATH_BYTES];
    merit__lines lines = {.stream = NULL};
    assert_int_equal(
        merit__stream_open(&lines.stream, data_path(path, name), UINT64_MAX, NULL),
        MERIT_OK);
    return lines;
}

static void close_lines(merit__lines *lines)
{
    merit__free(lines->buffer);
    merit__stream_close(lines->stream);
}

static void expect_record(merit__lines *lines, const char *wanted, int64_t number)
{
    const char *text = NULL;
    size_t n = 0;
    merit_error err = {.code = 0};
    assert_int_equal(merit__lines_next_record(lines, ',', &text, &n, &err), MERIT_OK);
    if (wanted == NULL) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(text, wanted, n);
    assert_int_equal(lines->number, number);
}

static void test_records(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf\"a\nb\",c\r\n\n5\" x,\"y\"\"\n\",  \"z\n\"\n"
        "it's,\"\"\nlast";
    write_text("records.csv", text, sizeof text - 1);
    merit__lines lines = open_lines("records.csv");
    expect_record(&lines, "\"a\nb\",c", 1);
    expect_record(&lines, "", 3);
    expect_record(&lines, "5\" x,\"y\"\"\n\",  \"z\n\"", 4);
    expect_record(&lines, "it's,\"\"", 7);
    expect_record(&lines, "last", 8);
    expect_record(&lines, NULL, 0);
    expect_record(&lines, NULL, 0);
    close_lines(&lines);
}

// Records across the ends of what is read at once, and quotes that straddle them.
static void test_long_records(void **state)
{
    (void)state;
    enum { N = 200000 };
    char *text = malloc(N + 64);
    assert_non_null(text);
    for (size_t n = 65530; n < 65542; n++) {
        memset(text, 'x', N);
        text[0] = '"';
        text[n] = '"';
        text[n + 1] = '"';
        text[n + 2] = '\n';
        text[N - 2] = '"';
        text[N - 1] = '\n';
        memcpy(text + N, "end", 3);
        write_text("long.csv", text, N + 3);
        merit__lines lines = open_lines("long.csv");
        char last = text[N - 1];
        text[N - 1] = '\0';
        expect_record(&lines, text, 1);
        text[N - 1] = last;
        expect_record(&lines, "end", 3);
        expect_record(&lines, NULL, 0);
        close_lines(&lines);
    }
    free(text);
}

static void test_names(void **state)
{
    (void)state;
    merit__name_set set = {.n_slots = 0};
    char name[16];
    size_t place = 0;
    assert_int_equal(merit__name_set_find(&set, "a", 1), -1);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 5000; i++) {
            int n = snprintf(name, sizeof name, "%zu", i);
            assert_int_equal(merit__name_set_add(&set, name, (size_t)n, &place, NULL),
                             MERIT_OK);
            assert_int_equal(place, i);
        }
    }
    assert_int_equal(set.names.n, 5000);
    assert_int_equal(merit__name_set_find(&set, "4999", 4), 4999);
    assert_int_equal(merit__name_set_find(&set, "4999", 3), 499);
    assert_int_equal(merit__name_set_find(&set, "5000", 4), -1);
    merit__name_set_dispose(&set);
}

static void test_libsvm_probe(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int is_libsvm;
    } cases[] = {
        {"1 1:2\n", 1},        {"+1 3:.5 7:1e-3\n", 1}, {"# x\n\n1\n2 4:1\n", 1},
        {"1:2 2:3\n", 1},      {"a b:c\n", 0},          {"1 2 3\n", 0},
        {"12:30 13:00x\n", 0}, {"a,1:2\n", 0},          {"", 0},
        {"name 1:2\r\n", 1},   {"1 1:\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(merit__libsvm_probe((const unsigned char *)cases[i].text,
                                             strlen(cases[i].text)),
                         cases[i].is_libsvm);
    }
}

static const char table[] = "id,a,label,b\nr1,1.5,dog,-2\n\"r,2\",NA,cat,4e2\n"
                            "r3,-0,dog,1e-320\n";

static void test_table(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    float values[2];
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    merit_dataset *part = NULL;
    const merit_dataset_options options = {.missing = MERIT_MISSING_MEAN};
    write_text("table.csv", table, sizeof table - 1);
    data_path(path, "table.csv");
    assert_int_equal(merit_dataset_load(&data, path, &options, &err), MERIT_OK);
    assert_int_equal(merit_dataset_n(data), 3);
    assert_int_equal(merit_dataset_n_classes(data), 2);
    assert_string_equal(merit_dataset_class_name(data, 0), "cat");
    assert_int_equal(merit_dataset_labels(data)[1], 0);
    assert_string_equal(merit_dataset_column(data, 1), "b");
    assert_null(merit_dataset_column(data, 2));
    assert_string_equal(
        merit_dataset_schema(data),
        "{\"columns\":[\"a\",\"b\"],\"n\":2,\"label\":\"label\",\"id\":\"id\","
        "\"missing\":\"mean\"}");
    assert_int_equal(merit_dataset_example(data, 1, values, &err), MERIT_OK);
    assert_true(isnan(values[0]) && values[1] > 399 && values[1] < 401);
    assert_int_equal(merit_dataset_example(data, 2, values, &err), MERIT_OK);
    assert_true(signbit(values[0]) && !(values[1] > 0));
    const int64_t last[] = {2, 1};
    assert_int_equal(merit_dataset_subset(&part, data, last, 2, &err), MERIT_OK);
    merit_dataset_free(data);
    assert_string_equal(merit_dataset_id(part, 0), "r3");
    assert_string_equal(merit_dataset_id(part, 1), "r,2");
    assert_string_equal(merit_dataset_class_name(part, 1), "dog");
    merit_dataset_free(part);
}

static void test_signals(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    int64_t shape[3];
    merit_dataset *data = NULL;
    const merit_dataset_options options = {.signals = 1};
    write_text("signals.tsv", "1\t2\t3\n4\t5\t6\n", 12);
    assert_int_equal(
        merit_dataset_load(&data, data_path(path, "signals.tsv"), &options, NULL),
        MERIT_OK);
    merit_dataset_shape(data, &shape[0], &shape[1], &shape[2]);
    assert_true(shape[0] == 1 && shape[1] == 1 && shape[2] == 3);
    merit_dataset_free(data);
}

static void test_damaged_schemas(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{\"n\":2}",
        "{\"columns\":null,\"n\":0,\"missing\":\"mean\"}",
        "{\"columns\":[\"a\"],\"n\":2,\"label\":null,\"id\":null,\"missing\":\"mean\"}",
        "{\"columns\":[1],\"n\":1,\"label\":null,\"id\":null,\"missing\":\"mean\"}",
        "{\"columns\":null,\"n\":1,\"label\":7,\"id\":null,\"missing\":\"mean\"}",
        "{\"columns\":null,\"n\":1,\"missing\":\"mean\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        merit__facts *facts = NULL;
        merit_error err = {.code = 0};
        assert_int_equal(merit__facts_parse(&facts, bad[i], &err), MERIT_EFORMAT);
        assert_null(facts);
    }
}

// Every allocation fails once; what is left is freed.
static void test_no_memory(void **state)
{
    (void)state;
    static const char sparse[] = "1 1:2\n2 3:4\n";
    char path[PATH_BYTES], sparse_path[PATH_BYTES];
    write_text("table.csv", table, sizeof table - 1);
    write_text("sparse.svm", sparse, sizeof sparse - 1);
    data_path(path, "table.csv");
    data_path(sparse_path, "sparse.svm");
    for (int i = 0; i < 3; i++) {
        const merit_dataset_options options = {
            .missing = MERIT_MISSING_MEAN,
            .labels = i == 1 ? path : NULL,
            .schema = i == 0 ? "{\"columns\":[\"b\"],\"n\":1,\"label\":\"label\","
                               "\"id\":\"id\",\"missing\":\"mean\"}"
                             : NULL};
        merit_status status = MERIT_ENOMEM;
        long n = 0;
        while (status != MERIT_OK) {
            merit_dataset *data = NULL;
            merit_error err = {.code = 0};
            merit__alloc_fail_at(++n, 0);
            status =
                merit_dataset_load(&data, i == 2 ? sparse_path : path, &options, &err);
            merit__alloc_fail_at(0, 0);
            assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
            assert_true((status == MERIT_OK) == (data != NULL));
            merit_dataset_free(data);
        }
        assert_true(n > 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),         cmocka_unit_test(test_long_records),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_libsvm_probe),
        cmocka_unit_test(test_table),           cmocka_unit_test(test_signals),
        cmocka_unit_test(test_damaged_schemas), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_folder);
}
