/* Writes images of an IDX file as JPEGs, enlarged, into a folder for each label:
 *
 *     write_jpegs IMAGES FOLDER N SIDE */
#include "merit/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <jpeglib.h>

enum { QUALITY = 90, SIDE_MAX = 1024 };

static void check(int is_good, const char *what)
{
    if (!is_good) {
        fprintf(stderr, "write_jpegs: %s\n", what);
        exit(1);
    }
}

// Nearest pixels: what is shown hardly matters, how much there is to decode does.
static void write_jpeg(const char *path, const float *values, int64_t height,
                       int64_t width, int64_t side)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    check(file != NULL, path);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)side;
    jpeg.image_height = (JDIMENSION)side;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, QUALITY, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int64_t y = 0; y < side; y++) {
        static JSAMPLE row[3 * SIDE_MAX];
        JSAMPROW rows[1] = {row};
        for (int64_t x = 0; x < side; x++) {
            float value = values[y * height / side * width + x * width / side];
            row[3 * x] = (JSAMPLE)value;
            row[3 * x + 1] = (JSAMPLE)(value * 0.8f);
            row[3 * x + 2] = (JSAMPLE)(value * 0.6f);
        }
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    check(fclose(file) == 0, path);
}

int main(int argc, char **argv)
{
    merit_error err = {0};
    merit_dataset *data = NULL;
    check(argc == 5, "usage: write_jpegs IMAGES FOLDER N SIDE");
    long n = atol(argv[3]), side = atol(argv[4]);
    check(side >= 1 && side <= SIDE_MAX, "SIDE is 1 to 1024");
    check(merit_dataset_load(&data, argv[1], NULL, &err) == MERIT_OK, err.message);
    const int32_t *labels = merit_dataset_labels(data);
    int64_t c, h, w;
    merit_dataset_shape(data, &c, &h, &w);
    check(labels != NULL && c == 1, "images without labels, or in colour");
    float *values = malloc((size_t)(h * w) * sizeof *values);
    check(values != NULL, "no memory");
    mkdir(argv[2], 0777);
    for (long i = 0; i < n && i < merit_dataset_n(data); i++) {
        char path[4096];
        snprintf(path, sizeof path, "%.3900s/%d", argv[2], (int)labels[i]);
        mkdir(path, 0777);
        snprintf(path, sizeof path, "%.3900s/%d/%05ld.jpg", argv[2], (int)labels[i], i);
        check(merit_dataset_example(data, i, values, &err) == MERIT_OK, err.message);
        write_jpeg(path, values, h, w, side);
    }
    free(values);
    merit_dataset_free(data);
    return 0;
}
