/* Pictures in files as a data set: who decodes them when must not show, classes have
 * names, and without memory there is an answer. */
#include "dataset_files.h"

#include "base/alloc.h"
#include "data/dataset.h"
#include "data/gallery_inspection.h"
#include "data/listing.h"
#include "data/loading.h"
#include "data/manifest.h"
#include "model/model.h"

#include <math.h>
#include <pthread.h>
#include <sys/stat.h>

#define GOOD MERIT_SOURCE_DIR "/tests/bad/pictures/"

// More pictures than there are slots of the look-ahead, so that these are used again.
enum { N = 96, SIDE = 6, VALUES = SIDE * SIDE };

static char folder[PATH_BYTES];

static void copy_file(const char *from, const char *to)
{
    static char content[1 << 16];
    FILE *file = fopen(from, "rb");
    assert_non_null(file);
    size_t n = fread(content, 1, sizeof content, file);
    fclose(file);
    write_data(to, content, n);
}

static void name_file(char *out, int i)
{
    snprintf(out, PATH_BYTES, "%.300s/%s/%02d.png", folder, i % 2 == 0 ? "even" : "odd",
             i);
}

// Two classes with pictures of many kinds, resized to 6 x 6.
static int make_folder(void **state)
{
    static const char *const kinds[] = {"grey8",    "grey-alpha8", "grey-trns",
                                        "turned-6", "grey4",       "palette-grey"};
    char path[PATH_BYTES], from[PATH_BYTES];
    if (make_data_folder(state) != 0) {
        return -1;
    }
    data_path(folder, "pictures");
    mkdir(folder, 0777);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.300s/%s", folder, i == 0 ? "even" : "odd");
        mkdir(path, 0777);
    }
    for (int i = 0; i < N; i++) {
        snprintf(from, sizeof from, GOOD "good-%s.png", kinds[i % 6]);
        name_file(path, i);
        copy_file(from, path);
    }
    return 0;
}

static int remove_folder(void **state)
{
    char path[PATH_BYTES];
    for (int i = 0; i < N; i++) {
        name_file(path, i);
        unlink(path);
    }
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%.300s/%s", folder, i == 0 ? "even" : "odd");
        rmdir(path);
    }
    rmdir(folder);
    return remove_data_folder(state);
}

static merit_dataset *load_folder(int64_t memory_bytes)
{
    const merit_dataset_options options = {
        .height = SIDE, .width = SIDE, .n_threads = 2, .memory_bytes = memory_bytes};
    return load(folder, &options);
}

static void test_what_is_kept_does_not_show(void **state)
{
    (void)state;
    float wanted[VALUES], found[VALUES];
    merit_dataset *whole = load_folder(0);
    expect_shape(whole, N, 1, SIDE, SIDE);
    assert_int_equal(whole->storage->gallery->n_kept, N);
    for (int64_t kept = 0; kept < N; kept += 31) {
        merit_dataset *part = load_folder(kept > 0 ? kept * VALUES : 1);
        assert_int_equal(part->storage->gallery->n_kept, kept);
        for (int64_t i = 0; i < N; i++) {
            get_features(whole, i, wanted);
            get_features(part, i, found);
            assert_memory_equal(wanted, found, sizeof wanted);
        }
        merit__normalisation a, b;
        assert_int_equal(merit__normalisation_measure(&a, whole, NULL), MERIT_OK);
        assert_int_equal(merit__normalisation_measure(&b, part, NULL), MERIT_OK);
        assert_memory_equal(a.mean, b.mean, sizeof *a.mean);
        assert_memory_equal(a.deviation, b.deviation, sizeof *a.deviation);
        merit__normalisation_dispose(&a);
        merit__normalisation_dispose(&b);
        merit_dataset_free(part);
    }
    merit_dataset_free(whole);
}

/* The statistics are those of the values. */
static void test_normalisation(void **state)
{
    (void)state;
    float values[VALUES];
    double sum = 0, square = 0;
    merit__normalisation found;
    merit_dataset *data = load_folder(1);
    for (int64_t i = 0; i < N; i++) {
        get_features(data, i, values);
        for (int j = 0; j < VALUES; j++) {
            sum += (double)values[j];
            square += (double)values[j] * (double)values[j];
        }
    }
    double mean = sum / (N * VALUES), variance = square / (N * VALUES) - mean * mean;
    assert_int_equal(merit__normalisation_measure(&found, data, NULL), MERIT_OK);
    assert_true(fabs((double)found.mean[0] - mean) < 1e-4);
    assert_true(fabs((double)found.deviation[0] - sqrt(variance)) < 1e-4);
    merit__normalisation_dispose(&found);
    merit_dataset_free(data);
}

/* Threads that read while others decode ahead, in an order that comes round and round.
 */
typedef struct reader {
    const merit_dataset *data;
    float (*wanted)[VALUES];
    int64_t first;
    int n_wrong;
    pthread_t thread;
} reader;

static void *read_all(void *argument)
{
    reader *r = argument;
    float zero = 0, one = 1;
    const merit__normalisation nothing = {1, &zero, &one};
    for (int64_t step = 0; step < 20 * N; step++) {
        float found[VALUES];
        int64_t index[6];
        for (int64_t i = 0; i < 6; i++) {
            index[i] = (r->first + step + 5 * i) % N;
        }
        merit__dataset_announce(r->data, index, 0, 6);
        merit_status status =
            merit__batch_fill(found, r->data, index, 1, &nothing, NULL, 0, 0, NULL);
        r->n_wrong +=
            status != MERIT_OK || memcmp(found, r->wanted[index[0]], sizeof found) != 0;
    }
    return NULL;
}

static void test_many_threads_read_what_is_decoded_ahead(void **state)
{
    (void)state;
    enum { READERS = 4 };
    static float wanted[N][VALUES];
    reader readers[READERS];
    merit_dataset *data = load_folder(3 * VALUES);
    for (int64_t i = 0; i < N; i++) {
        get_features(data, i, wanted[i]);
    }
    for (int i = 0; i < READERS; i++) {
        readers[i] = (reader){.data = data, .wanted = wanted, .first = 5 * i};
        assert_int_equal(
            pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
    }
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_int_equal(readers[i].n_wrong, 0);
    }
    assert_true(merit_dataset_waited(data) > 0);
    merit_dataset_free(data);
}

/* A picture that somebody looks at stays where it is, however many others are decoded
 * ahead meanwhile; given back, its place is used again. */
static void test_what_is_lent_stays(void **state)
{
    (void)state;
    unsigned char wanted[VALUES];
    merit__loan held, other;
    merit_dataset *data = load_folder(1);
    merit__gallery *gallery = data->storage->gallery;
    for (int64_t round = 0; round < 2; round++) {
        const int64_t first = round;
        merit__gallery_announce(gallery, &first, 1);
        assert_int_equal(merit__gallery_borrow(gallery, first, &held, NULL), MERIT_OK);
        assert_true(held.slot >= 0);
        memcpy(wanted, held.values, sizeof wanted);
        for (int64_t place = 2; place < N; place++) {
            merit__gallery_announce(gallery, &place, 1);
            assert_int_equal(merit__gallery_borrow(gallery, place, &other, NULL),
                             MERIT_OK);
            assert_true(other.slot != held.slot);
            merit__gallery_return(gallery, &other);
        }
        assert_memory_equal(wanted, held.values, sizeof wanted);
        merit__gallery_return(gallery, &held);
    }
    merit_dataset_free(data);
}

/* Logits of pictures that do not fit in memory are those of pictures that do, and their
 * pictures are decoded ahead of the threads that compute. */
static void test_inference_decodes_ahead(void **state)
{
    (void)state;
    enum { K = 3 };
    float logits[2][N * K], zero = 0, one = 1;
    const merit__normalisation nothing = {1, &zero, &one};
    merit_net *net = NULL;
    for (int i = 0; i < 2; i++) {
        merit_dataset *data = load_folder(i == 0 ? 0 : 1);
        int64_t c, h, w;
        merit_dataset_shape(data, &c, &h, &w);
        if (net == NULL) {
            assert_int_equal(merit_net_create(&net, "", c, h, w, K, NULL), MERIT_OK);
        }
        float *parameters = calloc((size_t)net->n_arena, sizeof *parameters);
        merit__net_init(net, 1, parameters);
        const merit__inference inference = {.engine = &merit__engine_reference,
                                            .net = net,
                                            .parameters = parameters,
                                            .normalisation = &nothing,
                                            .slice = 4};
        assert_int_equal(merit__infer(&inference, data, 2, logits[i], NULL), MERIT_OK);
        assert_true((data->storage->gallery->ahead != NULL) == (i == 1));
        free(parameters);
        merit_dataset_free(data);
    }
    assert_memory_equal(logits[0], logits[1], sizeof logits[0]);
    merit_net_free(net);
}

static void test_a_file_that_is_gone_or_another(void **state)
{
    (void)state;
    char path[PATH_BYTES], kept[PATH_BYTES];
    float values[VALUES], zero = 0, one = 1;
    const merit__normalisation nothing = {1, &zero, &one};
    merit_error err = {0};
    merit_dataset *data = load_folder(1);
    const int64_t first = 0;
    name_file(path, 0);
    data_path(kept, "kept");
    rename(path, kept);
    assert_int_equal(
        merit__batch_fill(values, data, &first, 1, &nothing, NULL, 0, 0, &err),
        MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "even/00.png: is gone"));
    assert_int_equal(symlink(kept, path), 0); // with the right content, but a link
    assert_int_equal(
        merit__batch_fill(values, data, &first, 1, &nothing, NULL, 0, 0, &err),
        MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "even/00.png: is a symbolic link"));
    unlink(path);
    copy_file(GOOD "good-grey2.png", path);
    merit__dataset_announce(data, &first, 0,
                            1); // fails ahead, and then where it matters
    assert_int_equal(
        merit__batch_fill(values, data, &first, 1, &nothing, NULL, 0, 0, &err),
        MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "even/00.png: has changed"));
    rename(kept, path);
    assert_int_equal(
        merit__batch_fill(values, data, &first, 1, &nothing, NULL, 0, 0, &err),
        MERIT_OK);
    merit_dataset_free(data);
}

static void test_classes_are_renumbered_by_name(void **state)
{
    (void)state;
    static const char *const more[] = {"odd", "prime", "even"};
    static const char *const others[] = {"odd", "round"};
    merit_error err = {0};
    merit_dataset *data = load_folder(0);
    assert_string_equal(merit_dataset_class_name(data, 0), "even");
    assert_string_equal(merit_dataset_class_name(data, 1), "odd");
    assert_null(merit_dataset_class_name(data, 2));
    assert_int_equal(merit_dataset_match(data, others, 2, 0, &err), MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "not in the score table: even"));
    assert_int_equal(merit_dataset_labels(data)[0], 0);
    assert_int_equal(merit_dataset_match(data, more, 3, 1, &err), MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "no examples of 1 classes"));
    assert_int_equal(merit_dataset_match(data, more, 3, 0, &err), MERIT_OK);
    assert_int_equal(merit_dataset_n_classes(data), 3);
    assert_int_equal(merit_dataset_labels(data)[0], 2);
    assert_int_equal(merit_dataset_labels(data)[N - 1], 0);
    merit_dataset *train = NULL, *held = NULL;
    assert_int_equal(merit_dataset_split(&train, &held, data, 0.25, 1, &err), MERIT_OK);
    assert_string_equal(merit_dataset_class_name(held, 1), "prime");
    assert_int_equal(merit_dataset_n_classes(held), 3);
    merit_dataset_free(train);
    merit_dataset_free(held);
    merit_dataset_free(data);
}

/* What loading told. */
typedef struct told {
    int64_t n, n_done;
    double seconds_left;
} told;

static void count_events(const merit_dataset_event *event, void *payload)
{
    told *t = payload;
    t->n++;
    t->n_done = event->n_done;
    t->seconds_left = event->seconds_left;
}

static void test_progress_is_told_now_and_then(void **state)
{
    (void)state;
    told t = {.n = 0};
    const merit_dataset_options options = {.report = count_events, .payload = &t};
    const merit_dataset_options silent = {.report = NULL};
    merit__loading loading = merit__loading_begin(&options, "waiting", 30);
    merit__loading quiet = merit__loading_begin(&silent, "waiting", 30);
    merit__loading_at(NULL, 1);
    merit__loading_at(&quiet, 1);
    loading.started -= 10; // as if ten seconds had passed
    loading.told -= 10;
    merit__loading_at(&loading, 10);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.n_done, 10);
    assert_true(fabs(t.seconds_left - 20) < 1);
    merit__loading_at(&loading, 11); // too soon
    assert_int_equal(t.n, 1);
    loading = merit__loading_begin(&options, "waiting", 0);
    loading.told -= 10;
    merit__loading_at(&loading, 7);
    assert_int_equal(t.n, 2);
    assert_true(t.seconds_left < 0); // nobody knows
}

/* A file that disappears after it was listed is a bad picture, which may be left out.
 */
static void test_a_file_that_is_gone_before_it_is_read(void **state)
{
    (void)state;
    char path[PATH_BYTES], kept[PATH_BYTES];
    for (int is_left_out = 0; is_left_out < 2; is_left_out++) {
        const merit_dataset_options options = {.bad_share = is_left_out ? 0.5 : 0,
                                               .n_threads = 2};
        merit__listing listing = {.folder = -1};
        merit__inspection found = {.kept = NULL};
        merit__gallery *gallery = NULL;
        merit_error err = {0};
        assert_int_equal(merit__listing_read(&listing, folder,
                                             MERIT__FOLDER_OF_PICTURES, &options, &err),
                         MERIT_OK);
        assert_int_equal(merit__gallery_create(&gallery, folder, &err), MERIT_OK);
        gallery->names = listing.names;
        gallery->folder = listing.folder;
        gallery->n = (int64_t)listing.names.n;
        gallery->n_threads = 2;
        gallery->file = merit__alloc_array(N, sizeof *gallery->file);
        listing.names = (merit__paths){.n = 0};
        listing.folder = -1;
        name_file(path, 0);
        rename(path, data_path(kept, "kept"));
        merit_status status = merit__inspection_run(&found, gallery, &options, &err);
        rename(kept, path);
        assert_int_equal(status, is_left_out ? MERIT_OK : MERIT_EFORMAT);
        assert_int_equal(found.bad.n, 1);
        assert_non_null(strstr(found.bad.error[0].message,
                               "even/00.png: is gone since the folder was read"));
        merit__inspection_dispose(&found);
        merit__gallery_free(gallery);
        merit__listing_dispose(&listing);
    }
}

static void expect_difference(const char *now, const char *before, const char *wanted)
{
    char found[200];
    merit__manifest_compare(found, sizeof found, now, before);
    assert_string_equal(found, wanted);
}

static void test_manifests(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    merit_dataset *data = load_folder(0);
    assert_int_equal(merit__manifest_print(&text, &n, data, NULL), MERIT_OK);
    assert_int_equal(strlen(text), n);
    assert_non_null(strstr(text, "\t0\teven/00.png\n"));
    expect_difference(text, text, "");
    merit__free(text);
#define A "00112233445566778899aabbccddeeff\t0\ta.png\n"
#define B "00112233445566778899aabbccddeefe\t0\tb.png\n"
#define C "00112233445566778899aabbccddeefd\t1\tc.png\n"
    expect_difference(A B C, A C, "b.png is new");
    expect_difference(A C, A B C, "b.png is gone or comes at another place");
    expect_difference(A B, A B C, "c.png is gone or comes at another place");
    expect_difference(A B C, A B, "c.png is new");
    expect_difference(A "00112233445566778899aabbccddee00\t0\tb.png\n" C, A B C,
                      "b.png has changed");
    expect_difference(A "00112233445566778899aabbccddeefe\t1\tb.png\n" C, A B C,
                      "b.png has another label");
    merit_dataset_free(data);
}

/* The n-th allocation fails, for every n: an error and nothing lost, or a data set. */
static void test_allocation_failures(void **state)
{
    (void)state;
    const merit_dataset_options options = {.height = SIDE,
                                           .width = SIDE,
                                           .n_threads = 1,
                                           .first = 3,
                                           .memory_bytes = VALUES};
    int n_failures = 0, succeeded = 0;
    for (long n = 1; n < 2000 && !succeeded; n++) {
        merit_error err = {0};
        merit_dataset *data = NULL;
        merit__alloc_fail_at(n, 0);
        merit_status status = merit_dataset_load(&data, folder, &options, &err);
        int was_reached = merit__alloc_count() >= n;
        merit__alloc_fail_at(0, 0);
        assert_true(status == MERIT_OK ? data != NULL : data == NULL);
        assert_true(status == MERIT_OK || status == MERIT_ENOMEM);
        n_failures += status != MERIT_OK;
        succeeded = !was_reached;
        merit_dataset_free(data);
    }
    assert_true(succeeded);
    assert_true(n_failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept_does_not_show),
        cmocka_unit_test(test_normalisation),
        cmocka_unit_test(test_many_threads_read_what_is_decoded_ahead),
        cmocka_unit_test(test_what_is_lent_stays),
        cmocka_unit_test(test_inference_decodes_ahead),
        cmocka_unit_test(test_a_file_that_is_gone_or_another),
        cmocka_unit_test(test_a_file_that_is_gone_before_it_is_read),
        cmocka_unit_test(test_classes_are_renumbered_by_name),
        cmocka_unit_test(test_progress_is_told_now_and_then),
        cmocka_unit_test(test_manifests),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
