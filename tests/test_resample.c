/* Resampling against the float64 reference of tests/reference/resample.py. */
#include "data_files.h"

#include "data/resample.h"

#include <math.h>

static const double tolerance = 0.01; // of 255

// The sum that resample.py makes its pictures with.
static uint8_t pixel(int64_t y, int64_t x)
{
    return (uint8_t)((y * 37 + x * 101 + y * x * 13 + y * y / 7 + x * x / 5) % 256);
}

static void make_picture(merit__raster *picture, int64_t height, int64_t width,
                         int64_t channels, int n_bits)
{
    *picture = (merit__raster){.width = width,
                               .height = height,
                               .channels = channels,
                               .n_bits = n_bits,
                               .orientation = 1};
    int64_t n = height * width * channels;
    assert_int_equal(
        merit__raster_make_room(picture, (size_t)n * (size_t)n_bits / 8, NULL),
        MERIT_OK);
    for (int64_t i = 0; i < n; i++) {
        int64_t y = i / channels / width, x = i / channels % width, c = i % channels;
        uint8_t value = (uint8_t)(pixel(y, x) + 40 * c);
        if (n_bits == 8) {
            ((uint8_t *)picture->values)[i] = value;
        } else {
            ((uint16_t *)picture->values)[i] = (uint16_t)(257 * value);
        }
    }
}

// How far the values are from the text of the reference, and how many were compared.
static double compare(const float *values, char *text, int64_t n, int64_t *n_compared)
{
    double worst = 0;
    char *rest = NULL, *word = strtok_r(text, " \n", &rest);
    for (int64_t i = 0; i < n; i++, word = strtok_r(NULL, " \n", &rest)) {
        assert_non_null(word);
        if (strcmp(word, "-") != 0) {
            worst = fmax(worst, fabs((double)values[i] - strtod(word, NULL)));
            (*n_compared)++;
        }
    }
    return worst;
}

static void test_reference(void **state)
{
    (void)state;
    static char line[1 << 16];
    int n_lines = 0;
    int64_t n_compared = 0;
    merit__resampler *resampler = NULL;
    FILE *file = fopen(MERIT_SOURCE_DIR "/tests/reference/resample.tsv", "r");
    assert_non_null(file);
    assert_int_equal(merit__resampler_create(&resampler, NULL), MERIT_OK);
    while (fgets(line, sizeof line, file) != NULL) {
        long h, w, to_h, to_w;
        char fit[16];
        int at = 0;
        assert_int_equal(sscanf(line, "%ld\t%ld\t%15s\t%ld\t%ld\t%n", &h, &w, fit,
                                &to_h, &to_w, &at),
                         5);
        merit__raster picture;
        merit_error err = {0};
        float out[1024];
        merit__frame frame = {.channels = 1, .height = to_h, .width = to_w};
        frame.fit = strcmp(fit, "crop") == 0 ? MERIT_FIT_CROP : MERIT_FIT_STRETCH;
        assert_true(to_h * to_w <= 1024);
        make_picture(&picture, h, w, 1, 8);
        if (merit__resample(resampler, out, &picture, &frame, &err) != MERIT_OK) {
            fail_msg("%s", err.message);
        }
        double worst = compare(out, line + at, to_h * to_w, &n_compared);
        if (!(worst < tolerance)) {
            fail_msg("%ldx%ld %s to %ldx%ld: off by %g", h, w, fit, to_h, to_w, worst);
        }
        merit__raster_dispose(&picture);
        n_lines++;
    }
    fclose(file);
    merit__resampler_free(resampler);
    assert_int_equal(n_lines, 8);
    assert_true(n_compared > 1000);
}

static void resample(float *out, const merit__raster *picture,
                     const merit__frame *frame)
{
    merit_error err = {0};
    merit__resampler *resampler = NULL;
    assert_int_equal(merit__resampler_create(&resampler, NULL), MERIT_OK);
    if (merit__resample(resampler, out, picture, frame, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit__resampler_free(resampler);
}

static void test_sixteen_bits_are_the_same_on_their_scale(void **state)
{
    (void)state;
    merit__raster narrow, wide;
    float a[7 * 9], b[7 * 9];
    const merit__frame frame = {.channels = 1, .height = 7, .width = 9};
    make_picture(&narrow, 40, 31, 1, 8);
    make_picture(&wide, 40, 31, 1, 16);
    resample(a, &narrow, &frame);
    resample(b, &wide, &frame);
    for (int i = 0; i < 7 * 9; i++) {
        assert_true(fabsf(b[i] / 257 - a[i]) < 1e-3f);
    }
    merit__raster_dispose(&narrow);
    merit__raster_dispose(&wide);
}

static void test_channels(void **state)
{
    (void)state;
    enum { H = 5, W = 4, N = H * W };
    merit__raster grey, colour;
    float one[3 * N], three[3 * N];
    const merit__frame as_colour = {.channels = 3, .height = H, .width = W};
    const merit__frame as_grey = {.channels = 1, .height = H, .width = W};
    make_picture(&grey, H, W, 1, 8);
    make_picture(&colour, H, W, 3, 8);
    resample(one, &grey, &as_colour);
    resample(three, &colour, &as_colour);
    for (int i = 0; i < N; i++) {
        uint8_t value = pixel(i / W, i % W);
        for (int c = 0; c < 3; c++) {
            assert_true(one[c * N + i] == value);
            assert_true(three[c * N + i] == (uint8_t)(value + 40 * c));
        }
    }
    resample(one, &colour, &as_grey);
    for (int i = 0; i < N; i++) {
        float wanted =
            0.299f * three[i] + 0.587f * three[N + i] + 0.114f * three[2 * N + i];
        assert_true(fabsf(one[i] - wanted) < 1e-4f);
    }
    merit__raster_dispose(&grey);
    merit__raster_dispose(&colour);
}

/* The smallest, the longest and the most unlike shapes; a constant stays a constant. */
static void test_extremes(void **state)
{
    (void)state;
    static const int64_t sizes[][4] = {
        {1, 1, 28, 28},   {1, 1, 1, 5},    {2, 3, 64, 64},   {1, 500, 28, 28},
        {500, 1, 28, 28}, {28, 28, 1, 1},  {16384, 3, 8, 8}, {3, 16384, 8, 8},
        {257, 255, 8, 8}, {29, 28, 28, 28}};
    static float out[64 * 64];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int fit = MERIT_FIT_CROP; fit <= MERIT_FIT_STRETCH; fit++) {
            const int64_t *s = sizes[i];
            merit__raster picture;
            merit__frame frame = {
                .channels = 1, .height = s[2], .width = s[3], .fit = (merit_fit)fit};
            make_picture(&picture, s[0], s[1], 1, 8);
            memset(picture.values, 93, (size_t)(s[0] * s[1]));
            resample(out, &picture, &frame);
            for (int64_t j = 0; j < s[2] * s[3]; j++) {
                if (!(fabsf(out[j] - 93) < 1e-3f)) {
                    fail_msg("%dx%d: %g, expected 93", (int)s[0], (int)s[1],
                             (double)out[j]);
                }
            }
            merit__raster_dispose(&picture);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_sixteen_bits_are_the_same_on_their_scale),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
