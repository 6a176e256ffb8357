/* Data sets: subsets, splits, fingerprints, notes, and memory that runs out. */
#include "dataset_files.h"

#include "base/alloc.h"

#include <math.h>

static void test_subset(void **state)
{
    (void)state;
    static const int64_t index[] = {8, 0, 3, 3};
    static const int64_t inner[] = {3, 0};
    static const int64_t wrong[] = {0, 9}, negative[] = {-1};
    merit_error err = {.code = 0};
    merit_dataset *subset = NULL;
    merit_dataset *part = NULL;
    merit_dataset *data = load_counting(9);
    assert_int_equal(merit_dataset_subset(&subset, data, index, 4, &err), MERIT_OK);
    assert_int_equal(merit_dataset_subset(&part, data, wrong, 2, &err), MERIT_EINVAL);
    assert_null(part);
    assert_string_equal(err.message, "index 1 of a subset is 9, expected 0 to 8");
    assert_int_equal(merit_dataset_subset(&part, data, negative, 1, &err),
                     MERIT_EINVAL);
    assert_int_equal(merit_dataset_subset(&part, data, index, 0, &err), MERIT_EINVAL);
    assert_int_equal(merit_dataset_subset(&part, data, NULL, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_dataset_subset(&part, NULL, index, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_dataset_subset(NULL, data, index, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_dataset_subset(&part, subset, inner, 2, &err), MERIT_OK);
    merit_dataset_free(data); // the subsets live on
    expect_shape(subset, 4, 1, 2, 3);
    for (int i = 0; i < 4; i++) {
        float wanted[6];
        for (int j = 0; j < 6; j++) {
            wanted[j] = (float)(6 * index[i] + j);
        }
        expect_features("subset", subset, i, wanted, 6);
        assert_int_equal(merit_dataset_labels(subset)[i], index[i] % 3);
    }
    merit_dataset_free(subset);
    static const float example_3[6] = {18, 19, 20, 21, 22, 23};
    static const float example_8[6] = {48, 49, 50, 51, 52, 53};
    expect_shape(part, 2, 1, 2, 3);
    expect_features("part", part, 0, example_3, 6);
    expect_features("part", part, 1, example_8, 6);
    assert_int_equal(merit_dataset_labels(part)[0], 0);
    assert_int_equal(merit_dataset_labels(part)[1], 2);
    assert_string_equal(merit_dataset_path(part), images);
    merit_dataset_free(part);
}

// The number of example i of a set from load_counting: its first byte / 6 (n <= 42).
static int64_t number_of(const merit_dataset *data, int64_t i)
{
    float features[6];
    get_features(data, i, features);
    return (int64_t)features[0] / 6;
}

// Disjoint, complete, in order; returns the examples of the second part as bits.
static uint64_t check_split(const merit_dataset *data, double fraction, uint64_t seed,
                            int64_t n_wanted)
{
    merit_dataset *parts[2] = {NULL, NULL};
    merit_error err = {.code = 0};
    uint64_t members[2] = {0, 0};
    assert_int_equal(
        merit_dataset_split(&parts[0], &parts[1], data, fraction, seed, &err),
        MERIT_OK);
    assert_int_equal(merit_dataset_n(parts[1]), n_wanted);
    for (int p = 0; p < 2; p++) {
        int64_t before = -1;
        for (int64_t i = 0; i < merit_dataset_n(parts[p]); i++) {
            int64_t number = number_of(parts[p], i);
            assert_true(number > before);
            assert_int_equal(merit_dataset_labels(parts[p])[i], number % 3);
            members[p] |= UINT64_C(1) << number;
            before = number;
        }
        merit_dataset_free(parts[p]);
    }
    assert_true((members[0] & members[1]) == 0);
    assert_true((members[0] | members[1]) ==
                (UINT64_C(1) << merit_dataset_n(data)) - 1);
    return members[1];
}

static void test_split(void **state)
{
    (void)state;
    merit_dataset *data = load_counting(40);
    static const struct {
        double fraction;
        int64_t n;
    } shares[] = {{0.1, 4},  {0.25, 10}, {0.5, 20},
                  {0.9, 36}, {1e-9, 1},  {0.999999, 39}};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            uint64_t members = check_split(data, shares[i].fraction, seed, shares[i].n);
            assert_true(members ==
                        check_split(data, shares[i].fraction, seed, shares[i].n));
        }
    }
    // Seeds differ, and each example is cut off about equally often: 500 of 2000 times,
    // 6 standard deviations are 116.
    int count[40] = {0};
    uint64_t before = 0;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        uint64_t members = check_split(data, 0.25, seed, 10);
        assert_true(members != before);
        before = members;
        for (int i = 0; i < 40; i++) {
            count[i] += (int)(members >> i & 1);
        }
    }
    for (int i = 0; i < 40; i++) {
        assert_in_range(count[i], 500 - 116, 500 + 116);
    }
    merit_dataset_free(data);
}

static void test_split_refusals(void **state)
{
    (void)state;
    merit_dataset *data = load_counting(2);
    merit_dataset *one = load_counting(1);
    static const double fractions[] = {0, 1, -0.5, 2, NAN, INFINITY};
    merit_error err = {.code = 0};
    merit_dataset *a = data;
    merit_dataset *b = data;
    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++) {
        assert_int_equal(merit_dataset_split(&a, &b, data, fractions[i], 1, &err),
                         MERIT_EINVAL);
        assert_null(a);
        assert_null(b);
    }
    assert_int_equal(merit_dataset_split(&a, &b, one, 0.5, 1, &err), MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "1 example cannot be split"));
    assert_int_equal(merit_dataset_split(NULL, &b, data, 0.5, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_dataset_split(&a, NULL, data, 0.5, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_dataset_split(&a, &b, NULL, 0.5, 1, &err), MERIT_EINVAL);
    check_split(data, 0.5, 1, 1);
    merit_dataset_free(data);
    merit_dataset_free(one);
}

// Loads what `file` holds with labels and returns its fingerprint.
static void get_fingerprint(char hex[65], const char *path, const bytes *file,
                            const char *labels_path)
{
    const merit_dataset_options options = {.labels = labels_path,
                                           .no_labels = labels_path == NULL};
    write_data(path, file->at, file->n);
    merit_dataset *data = load(path, &options);
    merit_dataset_fingerprint(data, hex);
    assert_int_equal(strlen(hex), 64);
    assert_int_equal(strspn(hex, "0123456789abcdef"), 64);
    merit_dataset_free(data);
}

static void test_fingerprint(void **state)
{
    (void)state;
    static bytes file, packed;
    char path[PATH_BYTES];
    char same[65], other[65];
    make_images(&file, 5);
    write_labels(labels, 5);
    get_fingerprint(same, images, &file, labels);
    // The SHA-256 of "merit data 1\n" and what follows it, by another program.
    assert_string_equal(
        same, "2d8925d8e8fcae74a3202a37738ff96ca9414ce846f245b84e6f19f2defe19f3");

    // Neither the path nor gzip nor the format matters.
    add_gzip(&packed, file.at, file.n);
    get_fingerprint(other, data_path(path, "elsewhere.gz"), &packed, labels);
    assert_string_equal(other, same);
    start_npy(&packed, 1, "{'descr':'|u1','fortran_order':False,'shape':(5,1,2,3)}");
    add_bytes_to(&packed, file.at + 16, 30);
    get_fingerprint(other, data_path(path, "elsewhere.npy"), &packed, labels);
    assert_string_equal(other, same);

    // Each byte of the features matters, each label, and having labels.
    for (size_t i = 16; i < file.n; i++) {
        file.at[i] ^= 1;
        get_fingerprint(other, images, &file, labels);
        assert_string_not_equal(other, same);
        file.at[i] ^= 1;
    }
    get_fingerprint(other, images, &file, NULL);
    assert_string_not_equal(other, same);
    static const uint32_t five = 5;
    start_idx(&packed, 0x08, &five, 1);
    add_bytes_to(&packed, "\0\1\2\0\2", 5);
    write_data(labels, packed.at, packed.n);
    get_fingerprint(other, images, &file, labels);
    assert_string_not_equal(other, same);

    // So does the shape: 3 x 2 is not 2 x 3.
    write_labels(labels, 5);
    file.at[11] = 3;
    file.at[15] = 2;
    get_fingerprint(other, images, &file, labels);
    assert_string_not_equal(other, same);
}

static void test_fingerprint_of_parts(void **state)
{
    (void)state;
    static const int64_t forward[3] = {0, 1, 2}, backward[3] = {2, 1, 0};
    merit_dataset *data = load_counting(3);
    merit_dataset *part = NULL;
    char same[65], other[65];
    merit_dataset_fingerprint(data, same);
    assert_int_equal(merit_dataset_subset(&part, data, forward, 3, NULL), MERIT_OK);
    merit_dataset_fingerprint(part, other);
    assert_string_equal(other, same);
    merit_dataset_free(part);
    assert_int_equal(merit_dataset_subset(&part, data, backward, 3, NULL), MERIT_OK);
    merit_dataset_fingerprint(part, other);
    assert_string_not_equal(other, same);
    merit_dataset_free(part);
    assert_int_equal(merit_dataset_subset(&part, data, forward, 2, NULL), MERIT_OK);
    merit_dataset_fingerprint(part, other);
    assert_string_not_equal(other, same);
    merit_dataset_free(part);
    merit_dataset_free(data);
}

// I16: such data runs, and is warned about.
static void test_notes(void **state)
{
    (void)state;
    static bytes file;
    static const int64_t pairs[][2] = {{0, 3}, {0, 1}, {1, 1}, {2, 2}};
    static const int n_notes[] = {1, 0, 2, 2};
    merit_dataset *data = load_counting(9);
    assert_int_equal(merit_dataset_n_notes(data), 0);
    assert_null(merit_dataset_note(data, 0));
    for (int i = 0; i < 4; i++) {
        merit_dataset *part = NULL;
        assert_int_equal(merit_dataset_subset(&part, data, pairs[i], 2, NULL),
                         MERIT_OK);
        assert_int_equal(merit_dataset_n_notes(part), n_notes[i]);
        merit_dataset_free(part);
    }
    merit_dataset_free(data);

    static const uint32_t dims[3] = {5, 1, 1};
    start_idx(&file, 0x08, dims, 3);
    add_bytes_to(&file, "\7\7\7\7\7", 5);
    write_data(images, file.at, file.n);
    start_idx(&file, 0x08, dims, 1);
    add_bytes_to(&file, "\4\4\4\4\4", 5);
    write_data(labels, file.at, file.n);
    const merit_dataset_options options = {.labels = labels};
    data = load(images, &options);
    assert_int_equal(merit_dataset_n_notes(data), 2);
    assert_string_equal(merit_dataset_note(data, 0),
                        "All 5 labels are 4: there is nothing to tell apart.");
    assert_string_equal(merit_dataset_note(data, 1),
                        "All 5 examples have the same features (1 values): nothing can "
                        "be learned from them.");
    assert_null(merit_dataset_note(data, 2));
    assert_null(merit_dataset_note(data, -1));
    merit_dataset_free(data);
}

static merit_status load_and_split(merit_error *err)
{
    merit_dataset *data = NULL;
    merit_dataset *train = NULL;
    merit_dataset *validation = NULL;
    merit__normalisation normalisation = {.mean = NULL};
    char path[PATH_BYTES];
    data_path(path, "z-images-idx3-ubyte.gz");
    merit_status status = merit_dataset_load(&data, path, NULL, err);
    if (status == MERIT_OK) {
        status = merit_dataset_split(&train, &validation, data, 0.3, 1, err);
        assert_int_equal(status == MERIT_OK, train != NULL);
        assert_int_equal(status == MERIT_OK, validation != NULL);
    }
    if (status == MERIT_OK) {
        status = merit__normalisation_measure(&normalisation, train, err);
        assert_int_equal(status == MERIT_OK, normalisation.mean != NULL);
    }
    merit__normalisation_dispose(&normalisation);
    merit_dataset_free(train);
    merit_dataset_free(validation);
    merit_dataset_free(data);
    return status;
}

static merit_status load_columns(merit_error *err)
{
    merit_array array;
    char path[PATH_BYTES];
    merit_status status = merit_array_load(&array, data_path(path, "columns.npy"), err);
    assert_int_equal(status == MERIT_OK, array.values != NULL);
    merit_array_dispose(&array);
    return status;
}

static merit_status save_array(merit_error *err)
{
    static const float value = 1;
    static const int64_t dim = 1;
    char path[PATH_BYTES];
    return merit_array_save(data_path(path, "saved.npy"), &value, &dim, 1, err);
}

static int next_descriptor(void)
{
    int fd = dup(STDIN_FILENO);
    close(fd);
    return fd;
}

// Fails each allocation in turn, alone and with all later ones: always ENOMEM, never a
// leak of memory (the sanitizer looks) or of a file, and in the end it works.
static void test_failing_allocations(void **state)
{
    (void)state;
    static bytes file, packed;
    char path[PATH_BYTES];
    make_images(&file, 100);
    packed.n = 0;
    add_gzip(&packed, file.at, file.n);
    write_data(data_path(path, "z-images-idx3-ubyte.gz"), packed.at, packed.n);
    write_labels(data_path(path, "z-labels-idx1-ubyte"), 100);
    start_npy(&file, 1, "{'descr':'>i2','fortran_order':True,'shape':(2,3)}");
    add_bytes_to(&file, "\0\1\0\2\0\3\0\4\0\5\0\6", 12);
    write_data(data_path(path, "columns.npy"), file.at, file.n);
    merit_status (*const actions[])(merit_error *) = {load_and_split, load_columns,
                                                      save_array};
    int fd = next_descriptor();
    for (size_t i = 0; i < 6; i++) {
        merit_status status = MERIT_ENOMEM;
        long n_failed = 0;
        while (status != MERIT_OK) {
            merit_error err = {.code = 0};
            merit__alloc_fail_at(++n_failed, (int)(i % 2));
            status = actions[i / 2](&err);
            merit__alloc_fail_at(0, 0);
            if (status != MERIT_OK) {
                assert_int_equal(status, MERIT_ENOMEM);
                assert_int_equal(err.code, MERIT_ENOMEM);
                assert_true(err.message[0] != '\0');
            }
        }
        assert_true(n_failed > 1);
    }
    assert_int_equal(next_descriptor(), fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subset),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_refusals),
        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_fingerprint_of_parts),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, set_up, remove_data_folder);
}
