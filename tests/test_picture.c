/* Pictures of every kind become the values of tests/bad/pictures/GOOD.tsv, which
 * make_pictures.py computes from what it writes into the files. */
#include "data_files.h"

#include "base/alloc.h"
#include "base/file.h"
#include "data/exif.h"
#include "data/raster.h"
#include "data/resample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#define FOLDER MERIT_SOURCE_DIR "/tests/bad/pictures/"

static merit_status read_picture(merit__raster *picture, const char *name,
                                 merit_error *err)
{
    char path[PATH_BYTES];
    char *text = NULL;
    size_t n_bytes = 0;
    snprintf(path, sizeof path, FOLDER "%s", name);
    merit_status status = merit__file_read(&text, &n_bytes, path, 1 << 20, err);
    if (status == MERIT_OK) {
        status =
            merit__raster_read(picture, (const unsigned char *)text, n_bytes, 0, err);
    }
    merit__free(text);
    return status;
}

// Turned upright, channel by channel.
static void get_values(float *out, const merit__raster *picture, int64_t channels,
                       int64_t height, int64_t width)
{
    merit_error err = {0};
    merit__resampler *resampler = NULL;
    const merit__frame frame = {.channels = channels, .height = height, .width = width};
    int is_transposed = picture->orientation >= 5;
    assert_int_equal(is_transposed ? picture->width : picture->height, height);
    assert_int_equal(is_transposed ? picture->height : picture->width, width);
    assert_int_equal(merit__resampler_create(&resampler, NULL), MERIT_OK);
    if (merit__resample(resampler, out, picture, &frame, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit__resampler_free(resampler);
}

static void test_good_pictures(void **state)
{
    (void)state;
    static char line[1 << 16];
    static float values[1 << 14];
    int n_lines = 0;
    FILE *file = fopen(FOLDER "GOOD.tsv", "r");
    assert_non_null(file);
    merit__raster picture = {.values = NULL};
    while (fgets(line, sizeof line, file) != NULL) {
        char name[100];
        long c, h, w, n_bits, most, at_text;
        int at = 0;
        merit_error err = {0};
        assert_int_equal(sscanf(line, "%99s\t%ld\t%ld\t%ld\t%ld\t%ld\t%n", name, &c, &h,
                                &w, &n_bits, &most, &at),
                         6);
        at_text = at;
        if (read_picture(&picture, name, &err) != MERIT_OK) {
            fail_msg("%s: %s", name, err.message);
        }
        assert_int_equal(picture.channels, c);
        assert_int_equal(picture.n_bits, n_bits);
        assert_int_equal(picture.has_trailing, strstr(name, "trailing") != NULL);
        get_values(values, &picture, c, h, w);
        char *rest = line + at_text;
        for (long i = 0; i < c * h * w; i++) {
            long wanted = strtol(rest, &rest, 10);
            if (!(fabsf(values[i] - (float)wanted) <= (float)most)) {
                fail_msg("%s: value %ld is %g, expected %ld", name, i,
                         (double)values[i], wanted);
            }
        }
        n_lines++;
    }
    fclose(file);
    merit__raster_dispose(&picture);
    assert_true(n_lines > 35);
}

/* The header alone says the same as all of it, and is enough. */
static void test_headers(void **state)
{
    (void)state;
    static const char *const names[] = {"good-rgba16.png", "good-colour.jpg",
                                        "good-turned-6.jpg", "good-palette-trns.png"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        merit__raster whole = {.values = NULL}, head = {.values = NULL};
        char path[PATH_BYTES];
        char *text = NULL;
        size_t n = 0;
        snprintf(path, sizeof path, FOLDER "%s", names[i]);
        assert_int_equal(merit__file_read(&text, &n, path, 1 << 20, NULL), MERIT_OK);
        const unsigned char *b = (const unsigned char *)text;
        assert_int_equal(merit__raster_read(&whole, b, n, 0, NULL), MERIT_OK);
        assert_int_equal(merit__raster_read(&head, b, n, 1, NULL), MERIT_OK);
        assert_int_equal(head.width, whole.width);
        assert_int_equal(head.height, whole.height);
        assert_int_equal(head.channels, whole.channels);
        assert_int_equal(head.n_bits, whole.n_bits);
        assert_int_equal(head.orientation, whole.orientation);
        assert_null(head.values);
        merit__raster_dispose(&whole);
        merit__free(text);
    }
}

/* What is cut off somewhere is refused, wherever that is. */
static void test_every_truncation(void **state)
{
    (void)state;
    static const char *const names[] = {
        "good-colour.jpg",           "good-20-scans.jpg", "good-turned-8.jpg",
        "good-rgb16-interlaced.png", "good-rgb-trns.png", "good-turned-late-6.png"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        merit__raster picture = {.values = NULL};
        char path[PATH_BYTES];
        char *text = NULL;
        size_t n_bytes = 0;
        snprintf(path, sizeof path, FOLDER "%s", names[i]);
        assert_int_equal(merit__file_read(&text, &n_bytes, path, 1 << 20, NULL),
                         MERIT_OK);
        for (size_t n = 0; n < n_bytes; n++) {
            merit_error err = {0};
            // On the heap and no longer than that, so that a sanitizer sees what reads
            // beyond.
            unsigned char *part = malloc(n > 0 ? n : 1);
            assert_non_null(part);
            memcpy(part, text, n);
            if (merit__raster_read(&picture, part, n, 0, &err) == MERIT_OK) {
                fail_msg("%s: the first %zu of %zu bytes are taken", names[i], n,
                         n_bytes);
            }
            assert_true(err.message[0] != '\0');
            free(part);
        }
        merit__raster_dispose(&picture);
        merit__free(text);
    }
}

/* A JPEG in a way that few programs write: arithmetic coding, or colours as they are
 * (RGB). */
static void write_jpeg(unsigned char **out, unsigned long *n_bytes, int is_arithmetic,
                       J_COLOR_SPACE space)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    JSAMPLE row[8 * 3];
    JSAMPROW rows[1] = {row};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, out, n_bytes);
    jpeg.image_width = jpeg.image_height = 8;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, space);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.arith_code = is_arithmetic;
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++) {
            row[3 * x] = 200;
            row[3 * x + 1] = 100;
            row[3 * x + 2] = 50;
        }
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
}

static void test_unusual_jpegs(void **state)
{
    (void)state;
    static const int wanted[] = {200, 100, 50};
    for (int i = 0; i < 3; i++) {
        unsigned char *coded = NULL;
        unsigned long n_bytes = 0;
        float values[3 * 64];
        merit_error err = {0};
        merit__raster picture = {.values = NULL};
        write_jpeg(&coded, &n_bytes, i == 1, i == 2 ? JCS_RGB : JCS_YCbCr);
        if (merit__raster_read(&picture, coded, n_bytes, 0, &err) != MERIT_OK) {
            fail_msg("%d: %s", i, err.message);
        }
        get_values(values, &picture, 3, 8, 8);
        for (int v = 0; v < 3 * 64; v++) {
            assert_true(fabsf(values[v] - (float)wanted[v / 64]) <= 2);
        }
        merit__raster_dispose(&picture);
        free(coded);
    }
}

static void test_exif(void **state)
{
    (void)state;
    static const unsigned char little[] =
        "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0";
    static const unsigned char big[] =
        "MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x08\0\0";
    static const unsigned char far[] = "II*\0\xff\xff\xff\x7f";
    static const unsigned char longer[] =
        "II*\0\x08\0\0\0\xff\xff\x0f\1\3\0\1\0\0\0\6\0";
    assert_int_equal(merit__exif_orientation(little, sizeof little - 1), 6);
    assert_int_equal(merit__exif_orientation(big, sizeof big - 1), 8);
    assert_int_equal(merit__exif_orientation(far, sizeof far - 1), 1);
    assert_int_equal(merit__exif_orientation(longer, sizeof longer - 1), 1);
    for (size_t n = 0; n + 1 < sizeof little - 3; n++) { // cut before the value
        assert_int_equal(merit__exif_orientation(little, n), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_pictures),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_unusual_jpegs),
        cmocka_unit_test(test_exif),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
