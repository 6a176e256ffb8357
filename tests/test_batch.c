/* Batches: normalisation against a plain computation, and what augmentation may do. */
#include "data_files.h"

#include "data/batch.h"
#include "merit/data.h"

#include <float.h>
#include <math.h>

enum { C = 2, H = 5, W = 7, PLANE = H * W, F = C * PLANE, N = 12 };

static unsigned char pixels[N][F];

static merit_dataset *load(const bytes *file)
{
    char path[PATH_BYTES];
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    data_path(path, "examples");
    write_data(path, file->at, file->n);
    if (merit_dataset_load(&data, path, NULL, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

/* The pixels as a data set of bytes, or of floats with 0.5 added. */
static merit_dataset *load_pixels(int is_float)
{
    static bytes file;
    char header[128];
    snprintf(header, sizeof header,
             "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d, %d, %d)}",
             is_float ? "<f4" : "|u1", N, C, H, W);
    start_npy(&file, 1, header);
    for (int i = 0; i < N * F; i++) {
        float value = (float)pixels[i / F][i % F] + 0.5f;
        add_bytes_to(&file, is_float ? (const void *)&value : &pixels[i / F][i % F],
                     is_float ? sizeof value : 1);
    }
    return load(&file);
}

/* floats [n_rows, n_columns]: each column is a channel of 1 x 1. */
static merit_dataset *load_columns(const float *values, int n_rows, int n_columns)
{
    static bytes file;
    char header[128];
    snprintf(header, sizeof header,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d)}", n_rows,
             n_columns);
    start_npy(&file, 1, header);
    add_bytes_to(&file, values, (size_t)(n_rows * n_columns) * sizeof *values);
    return load(&file);
}

static int set_up(void **state)
{
    uint32_t random = 3;
    for (int i = 0; i < N * F; i++) {
        random = random * 1664525u + 1013904223u;
        pixels[i / F][i % F] = (unsigned char)(random >> 24);
    }
    return make_data_folder(state);
}

static merit__normalisation measure(const merit_dataset *data)
{
    merit__normalisation normalisation;
    merit_error err = {.code = 0};
    assert_int_equal(merit__normalisation_measure(&normalisation, data, &err),
                     MERIT_OK);
    return normalisation;
}

// In long double, by the textbook, over the examples index[0..n).
static void expect_measured(const merit__normalisation *found, const int64_t *index,
                            int n, long double offset)
{
    assert_int_equal(found->n_channels, C);
    for (int c = 0; c < C; c++) {
        long double sum = 0;
        long double squares = 0;
        for (int i = 0; i < n * PLANE; i++) {
            sum += pixels[index[i / PLANE]][c * PLANE + i % PLANE] + offset;
        }
        long double mean = sum / (n * PLANE);
        for (int i = 0; i < n * PLANE; i++) {
            long double distance =
                pixels[index[i / PLANE]][c * PLANE + i % PLANE] + offset - mean;
            squares += distance * distance;
        }
        assert_float_equal(found->mean[c], (float)mean, 1e-5f);
        assert_float_equal(found->deviation[c], (float)sqrtl(squares / (n * PLANE)),
                           1e-5f);
    }
}

static void test_normalisation(void **state)
{
    (void)state;
    static const int64_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const int64_t some[3] = {11, 2, 5};
    for (int is_float = 0; is_float < 2; is_float++) {
        merit_dataset *data = load_pixels(is_float);
        merit_dataset *part = NULL;
        merit__normalisation found = measure(data);
        expect_measured(&found, all, N, is_float ? 0.5L : 0);
        merit__normalisation_dispose(&found);
        assert_null(found.mean);
        assert_null(found.deviation);
        assert_int_equal(merit_dataset_subset(&part, data, some, 3, NULL), MERIT_OK);
        found = measure(part);
        expect_measured(&found, some, 3, is_float ? 0.5L : 0);
        merit__normalisation_dispose(&found);
        merit_dataset_free(part);
        merit_dataset_free(data);
    }
}

// Columns that are hard: constant, nearly constant far from 0, huge, tiny, one outlier.
static void test_hard_columns(void **state)
{
    (void)state;
    static const float values[4][6] = {
        {0.1f, 1000000, 1e37f, 1e-40f, 1e30f, 7},
        {0.1f, 1000001, -1e37f, 0, 1, 7},
        {0.1f, 1000000, 1e37f, 0, 2, 7},
        {0.1f, 1000001, -1e37f, 0, 3, 7},
    };
    static const float means[6] = {0.1f, 1000000.5f, 0, 0.25e-40f, 0.25e30f, 7};
    static const float deviations[6] = {FLT_MAX, 0.5f,          1e37f,
                                        FLT_MAX, 0.4330127e30f, FLT_MAX};
    merit_dataset *data = load_columns(values[0], 4, 6);
    merit__normalisation found = measure(data);
    assert_int_equal(found.n_channels, 6);
    for (int c = 0; c < 6; c++) {
        float scale = fabsf(means[c]) + 1e-38f;
        assert_float_equal(found.mean[c] / scale, means[c] / scale, 1e-6f);
        assert_float_equal(found.deviation[c] / deviations[c], 1, 1e-6f);
    }
    assert_true(found.mean[0] == 0.1f); // to the bit, so that it becomes 0
    float x[24];
    static const int64_t index[4] = {0, 1, 2, 3};
    assert_int_equal(merit__batch_fill(x, data, index, 4, &found, NULL, 0, 0, NULL),
                     MERIT_OK);
    for (int i = 0; i < 24; i++) {
        assert_true(isfinite(x[i]));
    }
    assert_true(x[0] == 0 && x[5] == 0);
    merit__normalisation_dispose(&found);
    merit_dataset_free(data);
}

// x = (value - mean) / deviation to the bit, for every width around the blocks of the
// implementation, in any order of the examples.
static void test_fill(void **state)
{
    (void)state;
    static const int64_t index[3] = {2, 0, 2};
    float mean = 3.7f;
    float deviation = 11.3f;
    const merit__normalisation normalisation = {1, &mean, &deviation};
    static bytes file;
    for (uint32_t width = 1; width <= 50; width++) {
        const uint32_t dims[3] = {3, 1, width};
        float x[3 * 50 + 1];
        start_idx(&file, 0x08, dims, 3);
        for (uint32_t i = 0; i < 3 * width; i++) {
            file.at[file.n++] = pixels[0][i % F];
        }
        merit_dataset *data = load(&file);
        x[3 * width] = 12345;
        assert_int_equal(
            merit__batch_fill(x, data, index, 3, &normalisation, NULL, 0, 0, NULL),
            MERIT_OK);
        for (uint32_t i = 0; i < 3 * width; i++) {
            uint32_t at = (uint32_t)index[i / width] * width + i % width;
            assert_true(x[i] == ((float)pixels[0][at % F] - mean) / deviation);
        }
        assert_true(x[3 * width] == 12345);
        merit_dataset_free(data);
    }
}

static void fill_all(float x[N][F], const merit_dataset *data,
                     const merit__normalisation *normalisation,
                     const merit__augmentation *augmentation, uint64_t seed,
                     uint32_t epoch)
{
    static const int64_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    assert_int_equal(merit__batch_fill(x[0], data, all, N, normalisation, augmentation,
                                       seed, epoch, NULL),
                     MERIT_OK);
}

// The example moved by (dy, dx) after an optional flip; the mean, 0, moves in.
static void move(float out[F], const float in[F], int dy, int dx, int is_flipped)
{
    for (int i = 0; i < F; i++) {
        int c = i / PLANE;
        int y = i % PLANE / W - dy;
        int x = i % W - dx;
        int from = is_flipped ? W - 1 - x : x;
        int is_inside = y >= 0 && y < H && x >= 0 && x < W;
        out[i] = is_inside ? in[c * PLANE + y * W + from] : 0;
    }
}

static void test_no_augmentation(void **state)
{
    (void)state;
    static const merit__augmentation nothing[] = {{0, 0, 0}, {-3, 0, 0}};
    static float plain[N][F], augmented[N][F];
    for (int is_float = 0; is_float < 2; is_float++) {
        merit_dataset *data = load_pixels(is_float);
        merit__normalisation normalisation = measure(data);
        fill_all(plain, data, &normalisation, NULL, 1, 1);
        for (int i = 0; i < 2; i++) {
            fill_all(augmented, data, &normalisation, &nothing[i], 1, 1);
            assert_memory_equal(augmented, plain, sizeof plain);
        }
        merit__normalisation_dispose(&normalisation);
        merit_dataset_free(data);
    }
}

// Every augmented example is the plain one flipped or not, then moved by at most the
// shift, all channels alike; every such move happens, about equally often.
static void test_moves(void **state)
{
    (void)state;
    static const merit__augmentation kinds[] = {{0, 1, 0}, {1, 0, 0}, {2, 0, 0}, {2, 1, 0}};
    static float plain[N][F], augmented[N][F];
    enum { EPOCHS = 250 };
    merit_dataset *data = load_pixels(0);
    merit__normalisation normalisation = measure(data);
    fill_all(plain, data, &normalisation, NULL, 0, 0);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        int shift = (int)kinds[k].shift;
        int n_side = 2 * shift + 1;
        int n_moves = n_side * n_side * (kinds[k].flip ? 2 : 1);
        int count[50] = {0};
        for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
            fill_all(augmented, data, &normalisation, &kinds[k], 5, epoch);
            for (int i = 0; i < N; i++) {
                int m = 0;
                float moved[F];
                for (; m < n_moves; m++) {
                    move(moved, plain[i], m / n_side % n_side - shift,
                         m % n_side - shift, m / (n_side * n_side));
                    if (memcmp(moved, augmented[i], sizeof moved) == 0) {
                        break;
                    }
                }
                assert_true(m < n_moves);
                count[m]++;
            }
        }
        double expected = (double)(N * EPOCHS) / n_moves;
        for (int m = 0; m < n_moves; m++) {
            assert_true(fabs(count[m] - expected) < 6 * sqrt(expected));
        }
    }
    merit__normalisation_dispose(&normalisation);
    merit_dataset_free(data);
}

// A shift beyond the image leaves the mean, and nothing is written outside.
static void test_large_shift(void **state)
{
    (void)state;
    static const int64_t shifts[] = {H, W, 1000, INT64_MAX};
    static float plain[N][F], augmented[N][F];
    merit_dataset *data = load_pixels(1);
    merit__normalisation normalisation = measure(data);
    fill_all(plain, data, &normalisation, NULL, 0, 0);
    for (size_t s = 0; s < sizeof shifts / sizeof shifts[0]; s++) {
        const merit__augmentation augmentation = {shifts[s], 1, 0};
        for (uint32_t epoch = 0; epoch < 50; epoch++) {
            fill_all(augmented, data, &normalisation, &augmentation, 5, epoch);
            for (int i = 0; i < N; i++) {
                int is_found = 0;
                float moved[F];
                for (int m = 0; m < 2 * (2 * H + 1) * (2 * W + 1) && !is_found; m++) {
                    move(moved, plain[i], m / 2 / (2 * W + 1) - H,
                         m / 2 % (2 * W + 1) - W, m % 2);
                    is_found = memcmp(moved, augmented[i], sizeof moved) == 0;
                }
                assert_true(is_found);
            }
        }
    }
    merit__normalisation_dispose(&normalisation);
    merit_dataset_free(data);
}

// The result depends on (seed, epoch, example), not on the batch around it.
static void test_key(void **state)
{
    (void)state;
    static const merit__augmentation augmentation = {2, 1, 0};
    static float first[N][F], again[N][F];
    merit_dataset *data = load_pixels(0);
    merit__normalisation normalisation = measure(data);
    fill_all(first, data, &normalisation, &augmentation, 7, 3);
    for (int64_t i = N - 1; i >= 0; i--) {
        assert_int_equal(merit__batch_fill(again[i], data, &i, 1, &normalisation,
                                           &augmentation, 7, 3, NULL),
                         MERIT_OK);
    }
    assert_memory_equal(again, first, sizeof first);
    fill_all(again, data, &normalisation, &augmentation, 8, 3);
    assert_memory_not_equal(again, first, sizeof first);
    fill_all(again, data, &normalisation, &augmentation, 7 + (UINT64_C(1) << 32), 3);
    assert_memory_not_equal(again, first, sizeof first);
    fill_all(again, data, &normalisation, &augmentation, 7, 4);
    assert_memory_not_equal(again, first, sizeof first);
    merit__normalisation_dispose(&normalisation);
    merit_dataset_free(data);
}

// Numbers without neighbours are no image: there is nothing to move.
static void test_columns_are_not_moved(void **state)
{
    (void)state;
    static const merit__augmentation augmentation = {3, 1, 0};
    static const float values[2][3] = {{1, 2, 3}, {4, 6, 8}};
    static const int64_t index[2] = {0, 1};
    float x[6];
    merit_dataset *data = load_columns(values[0], 2, 3);
    merit__normalisation normalisation = measure(data);
    for (uint32_t epoch = 0; epoch < 20; epoch++) {
        assert_int_equal(merit__batch_fill(x, data, index, 2, &normalisation,
                                           &augmentation, 1, epoch, NULL),
                         MERIT_OK);
        for (int i = 0; i < 6; i++) {
            assert_true(x[i] == (i < 3 ? -1.0f : 1.0f));
        }
    }
    merit__normalisation_dispose(&normalisation);
    merit_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalisation),
        cmocka_unit_test(test_hard_columns),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_no_augmentation),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_large_shift),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_columns_are_not_moved),
    };
    return cmocka_run_group_tests(tests, set_up, remove_data_folder);
}
