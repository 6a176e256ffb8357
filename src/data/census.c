#include "data/census.h"

enum { OWN_SIZE_MAX = 256, DEFAULT_SIZE = 64 };

merit__census merit__census_take(const merit__gallery *gallery)
{
    merit__census c = {.lowest_height = INT64_MAX, .lowest_width = INT64_MAX};
    for (int64_t i = 0; i < gallery->n; i++) {
        const merit__picture_file *f = &gallery->file[i];
        if (f->is_bad) {
            continue;
        }
        c.n_good++;
        c.has_colour |= f->channels == 3;
        c.has_16 |= f->n_bits == 16;
        c.lowest_height = f->height < c.lowest_height ? f->height : c.lowest_height;
        c.highest_height = f->height > c.highest_height ? f->height : c.highest_height;
        c.lowest_width = f->width < c.lowest_width ? f->width : c.lowest_width;
        c.highest_width = f->width > c.highest_width ? f->width : c.highest_width;
    }
    return c;
}

static int is_one_size(const merit__census *c)
{
    return c->lowest_height == c->highest_height && c->lowest_width == c->highest_width;
}

void merit__census_choose_frame(merit__gallery *gallery,
                                const merit_dataset_options *options,
                                const merit__census *c)
{
    merit__frame *f = &gallery->frame;
    int keeps_size = is_one_size(c) && c->highest_height <= OWN_SIZE_MAX &&
                     c->highest_width <= OWN_SIZE_MAX;
    f->fit = options->fit;
    f->channels = options->channels > 0 ? options->channels : c->has_colour ? 3 : 1;
    f->height = options->height > 0 ? options->height
                : keeps_size        ? c->highest_height
                                    : DEFAULT_SIZE;
    f->width = options->width > 0 ? options->width
               : keeps_size       ? c->highest_width
                                  : DEFAULT_SIZE;
    gallery->n_bits = c->has_16 ? 16 : 8;
    gallery->example_bytes =
        (size_t)(f->channels * f->height * f->width * gallery->n_bits / 8);
}
