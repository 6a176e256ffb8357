/* Zip archives: which member is meant, reading it in parts, and without memory. */
#include "data_files.h"

#include "base/alloc.h"
#include "data/stream.h"
#include "merit/data.h"

enum { CONTENT_BYTES = 102 }; // of the array X in the good archives

static const char *bad(char out[PATH_BYTES], const char *name)
{
    snprintf(out, PATH_BYTES, "%s/tests/bad/archives/%s", MERIT_SOURCE_DIR, name);
    return out;
}

// An archive of members with these names, which have no content.
static merit__archive named(const char *const *names)
{
    merit__archive archive = {.members = NULL};
    size_t place = 0;
    for (; *names != NULL; names++) {
        assert_int_equal(
            merit__name_set_add(&archive.names, *names, strlen(*names), &place, NULL),
            MERIT_OK);
    }
    return archive;
}

typedef struct choice {
    const char *names[6];
    merit__member_wish wish;
    const char *chosen; // NULL: refused
    const char *labels; // of what was chosen, or NULL
} choice;

static const choice choices[] = {
    {{"a"}, {MERIT__PART_ANY, NULL, NULL}, "a", NULL},
    {{"a", "b"}, {MERIT__PART_ANY, NULL, NULL}, NULL, NULL},
    {{"X", "y"}, {MERIT__PART_ANY, NULL, NULL}, NULL, NULL},
    {{"y", "X"}, {MERIT__PART_FEATURES, NULL, NULL}, "X", "y"},
    {{"y", "X"}, {MERIT__PART_LABELS, NULL, NULL}, "y", NULL},
    {{"y", "x", "ids"}, {MERIT__PART_FEATURES, NULL, NULL}, "x", "y"},
    {{"X", "Y"}, {MERIT__PART_FEATURES, NULL, NULL}, "X", "Y"},
    {{"X", "x"}, {MERIT__PART_FEATURES, NULL, NULL}, NULL, NULL},
    {{"a", "b"}, {MERIT__PART_FEATURES, "b", NULL}, "b", NULL},
    {{"a", "b"}, {MERIT__PART_FEATURES, "b.npy", NULL}, "b", NULL},
    {{"a", "b"}, {MERIT__PART_FEATURES, "c", NULL}, NULL, NULL},
    {{"a", "b"}, {MERIT__PART_FEATURES, NULL, "a"}, "b", NULL},
    {{"a", "b", "c"}, {MERIT__PART_FEATURES, NULL, "a"}, NULL, NULL},
    {{"X_train", "y_train"}, {MERIT__PART_FEATURES, NULL, NULL}, "X_train", "y_train"},
    {{"X_train", "y_test"}, {MERIT__PART_FEATURES, NULL, NULL}, "X_train", NULL},
    {{"train_X", "train_y"}, {MERIT__PART_FEATURES, NULL, NULL}, "train_X", "train_y"},
    {{"my_images", "my_labels"},
     {MERIT__PART_FEATURES, NULL, NULL},
     "my_images",
     "my_labels"},
    {{"Xylose", "y"}, {MERIT__PART_FEATURES, NULL, NULL}, NULL, NULL},
    {{"maX", "may"}, {MERIT__PART_FEATURES, NULL, NULL}, NULL, NULL},
    {{"X_1", "y_1", "X_2", "y_2"}, {MERIT__PART_FEATURES, NULL, NULL}, NULL, NULL},
    {{"X_1", "y_1", "X_2", "y_2"}, {MERIT__PART_FEATURES, "X_2", NULL}, "X_2", "y_2"},
    {{"arr_0", "arr_1"}, {MERIT__PART_FEATURES, NULL, NULL}, "arr_0", "arr_1"},
    {{"arr_0", "arr_1", "arr_2"}, {MERIT__PART_FEATURES, NULL, NULL}, "arr_0", "arr_1"},
    {{"data", "target"}, {MERIT__PART_FEATURES, NULL, NULL}, "data", "target"},
    {{"data", "target"}, {MERIT__PART_LABELS, NULL, NULL}, "target", NULL},
    {{"folder/", "folder/t.csv"}, {MERIT__PART_ANY, NULL, NULL}, "folder/t.csv", NULL},
    {{"folder/"}, {MERIT__PART_ANY, NULL, NULL}, NULL, NULL},
    {{"xl/a.xml", "[Content_Types].xml"},
     {MERIT__PART_FEATURES, NULL, NULL},
     NULL,
     NULL},
};

static void test_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const choice *c = &choices[i];
        merit__archive archive = named(c->names);
        merit_error err = {.code = 0};
        size_t place = 0;
        merit_status status =
            merit__member_choose(&place, &archive, &c->wish, "file", &err);
        if (c->chosen == NULL) {
            if (status == MERIT_OK || err.message[0] == '\0') {
                fail_msg("choice %zu: status %d", i, (int)status);
            }
        } else {
            int64_t labels = merit__member_labels(&archive, place);
            const merit__paths *names = &archive.names.names;
            if (status != MERIT_OK ||
                strcmp(merit__paths_get(names, place), c->chosen) != 0 ||
                (labels >= 0) != (c->labels != NULL) ||
                (labels >= 0 &&
                 strcmp(merit__paths_get(names, (size_t)labels), c->labels) != 0)) {
                fail_msg("choice %zu: \"%s\", labels at %d; %s", i,
                         merit__paths_get(names, place), (int)labels, err.message);
            }
        }
        merit__archive_dispose(&archive);
    }
}

// All bytes of the member X, in parts of n_part; returns how many.
static size_t read_in_parts(const char *path, size_t n_part, unsigned char *out,
                            size_t n_room)
{
    merit_error err = {.code = 0};
    merit__stream *stream = NULL;
    size_t n = 0, n_read = 1;
    merit__member_wish wish = {.name = "X"};
    if (merit__stream_open_member(&stream, path, &wish, UINT64_MAX, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    int is_exact = 1;
    assert_int_equal(merit__stream_most(stream, &is_exact), CONTENT_BYTES);
    assert_false(is_exact);
    assert_false(merit__stream_can_read_at(stream));
    assert_string_equal(merit__stream_member(stream), "X");
    assert_string_equal(merit__stream_labels(stream), "y");
    while (n_read > 0) {
        size_t n_wanted = n_room - n < n_part ? n_room - n : n_part;
        if (merit__stream_read(stream, out + n, n_wanted, &n_read, &err) != MERIT_OK) {
            fail_msg("%s", err.message);
        }
        n += n_read;
        assert_int_equal(merit__stream_offset(stream), n);
    }
    merit__stream_close(stream);
    return n;
}

static void test_parts(void **state)
{
    (void)state;
    static const char *const names[] = {"good.npz", "deflated.npz", "descriptor.npz",
                                        "zip64-sizes.npz", "zip64-end.npz"};
    unsigned char first[200], other[200];
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t n_part = 1; n_part < 200; n_part += 7) {
            unsigned char *out = i == 0 && n_part == 1 ? first : other;
            assert_int_equal(read_in_parts(bad(path, names[i]), n_part, out, 200), CONTENT_BYTES);
            assert_memory_equal(first, i == 0 && n_part == 1 ? first : other, CONTENT_BYTES);
        }
    }
    assert_memory_equal(first, "\x93NUMPY", 6);
}

static void test_limit(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    unsigned char out[200];
    merit_error err = {.code = 0};
    merit__stream *stream = NULL;
    size_t n = 0;
    merit__member_wish wish = {.name = "X"};
    assert_int_equal(
        merit__stream_open_member(&stream, bad(path, "deflated.npz"), &wish, 100, &err),
        MERIT_OK);
    assert_int_equal(merit__stream_read(stream, out, sizeof out, &n, &err),
                     MERIT_ENOMEM);
    assert_non_null(strstr(err.message, "limit of 100 bytes after decompression"));
    merit__stream_close(stream);
}

static void test_without_memory(void **state)
{
    (void)state;
    static const char *const names[] = {"good.npz", "deflated.npz", "name-twice.npz",
                                        "crc.npz", "zip64-end.npz"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int is_sticky = 0; is_sticky < 2; is_sticky++) {
            merit_status status = MERIT_ENOMEM;
            long n = 0;
            while (status == MERIT_ENOMEM) {
                merit_dataset *data = NULL;
                merit_archive *archive = NULL;
                merit_error err = {.code = 0};
                merit__alloc_fail_at(++n, is_sticky);
                status = merit_dataset_load(&data, bad(path, names[i]), NULL, &err);
                if (status != MERIT_ENOMEM) {
                    merit_status listed = merit_archive_open(&archive, path, &err);
                    status = listed == MERIT_ENOMEM ? listed : status;
                }
                merit__alloc_fail_at(0, 0);
                assert_true(status == MERIT_OK || err.message[0] != '\0');
                merit_dataset_free(data);
                merit_archive_free(archive);
                assert_true(n < 500);
            }
            assert_true(n > 10);
            if ((status == MERIT_OK) != (i != 2 && i != 3)) {
                fail_msg("%s, allocation %ld: status %d", names[i], n, (int)status);
            }
        }
    }
}

static void test_no_archive(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_archive *archive = NULL;
    merit_error err = {.code = 0};
    snprintf(path, sizeof path, "%s/tests/bad/data/good.idx", MERIT_SOURCE_DIR);
    assert_int_equal(merit_archive_open(&archive, path, &err), MERIT_OK);
    assert_null(archive);
    assert_int_equal(merit_archive_open(&archive, "/there/is/none", &err), MERIT_EIO);
    assert_int_equal(merit_archive_open(NULL, path, &err), MERIT_EINVAL);
    assert_int_equal(merit_archive_open(&archive, NULL, &err), MERIT_EINVAL);
    merit_archive_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),    cmocka_unit_test(test_parts),
        cmocka_unit_test(test_limit),      cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_no_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
