#include "data/resample.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <string.h>

#include <zimg.h>

enum { N_KEPT = 8, ROW_FLOATS = 16 }; // rows of planes are multiples of 64 bytes

/* What a graph of zimg was built for. A stretch of the picture becomes all of it. */
typedef struct geometry {
    int64_t from_height, from_width;
    double top, left, height, width; // the stretch
    int64_t to_height, to_width;
} geometry;

typedef struct kept_graph {
    geometry of;
    zimg_filter_graph *graph;
    unsigned mask; // of rows in the input buffer
    size_t tmp_bytes;
} kept_graph;

struct merit__resampler {
    kept_graph kept[N_KEPT]; // the next one takes the place of the oldest
    size_t n_built;
    float *rows;  // the rows of the picture that zimg looks at
    float *plane; // the result before it is turned
    void *tmp;    // zimg's
    size_t rows_room, plane_room, tmp_room; // bytes
};

/* A row of one channel, or of the grey of three, as floats. */
typedef struct unpacking {
    const merit__raster *picture;
    int64_t channel; // -1: grey of three
    float *rows;
    size_t row_floats;
    unsigned mask;
} unpacking;

static size_t row_floats(int64_t width)
{
    return ((size_t)width + ROW_FLOATS - 1) / ROW_FLOATS * ROW_FLOATS;
}

merit_status merit__resampler_create(merit__resampler **out, merit_error *err)
{
    *out = merit__alloc_array(1, sizeof **out);
    return *out != NULL ? MERIT_OK
                        : merit__fail_memory(err, sizeof **out, "a resampler");
}

void merit__resampler_free(merit__resampler *resampler)
{
    if (resampler == NULL) {
        return;
    }
    for (int i = 0; i < N_KEPT; i++) {
        zimg_filter_graph_free(resampler->kept[i].graph);
    }
    merit__free(resampler->rows);
    merit__free(resampler->plane);
    merit__free(resampler->tmp);
    merit__free(resampler);
}

static merit_status make_room(void **memory, size_t *n_room, size_t n_bytes,
                              merit_error *err)
{
    if (n_bytes <= *n_room) {
        return MERIT_OK;
    }
    merit__free(*memory);
    *n_room = 0;
    *memory = merit__alloc_array(n_bytes, 1);
    if (*memory == NULL) {
        return merit__fail_memory(err, n_bytes, "resampling a picture");
    }
    *n_room = n_bytes;
    return MERIT_OK;
}

static float grey_of(float red, float green, float blue)
{
    return 0.299f * red + 0.587f * green + 0.114f * blue;
}

static void unpack_row(float *to, const merit__raster *picture, int64_t y,
                       int64_t channel)
{
    int64_t n = picture->channels, width = picture->width;
    int64_t c = channel < 0 ? 0 : channel;
    if (picture->n_bits == 8) {
        const uint8_t *from = (const uint8_t *)picture->values + y * width * n;
        for (int64_t x = 0; x < width; x++) {
            const uint8_t *v = from + x * n;
            to[x] = channel < 0 ? grey_of(v[0], v[1], v[2]) : v[c];
        }
    } else {
        const uint16_t *from = (const uint16_t *)picture->values + y * width * n;
        for (int64_t x = 0; x < width; x++) {
            const uint16_t *v = from + x * n;
            to[x] = channel < 0 ? grey_of(v[0], v[1], v[2]) : v[c];
        }
    }
}

// zimg asks for row i of the picture.
static int unpack(void *user, unsigned i, unsigned left, unsigned right)
{
    const unpacking *u = user;
    (void)left;
    (void)right;
    unpack_row(u->rows + (i & u->mask) * u->row_floats, u->picture, i, u->channel);
    return 0;
}

static merit_status fail_zimg(merit_error *err)
{
    char text[120] = "";
    zimg_error_code_e code = zimg_get_last_error(text, sizeof text);
    zimg_clear_last_error();
    return merit__fail(
        err, code == ZIMG_ERROR_OUT_OF_MEMORY ? MERIT_ENOMEM : MERIT_EUNSUPPORTED,
        "cannot be resized: %s", text);
}

static merit_status build(kept_graph *out, const geometry *g, merit_error *err)
{
    zimg_image_format from, to;
    zimg_graph_builder_params params;
    unsigned n_rows = 0;
    zimg_image_format_default(&from, ZIMG_API_VERSION);
    zimg_image_format_default(&to, ZIMG_API_VERSION);
    zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
    from.width = (unsigned)g->from_width;
    from.height = (unsigned)g->from_height;
    from.pixel_type = ZIMG_PIXEL_FLOAT;
    from.color_family = ZIMG_COLOR_GREY;
    from.active_region.left = g->left;
    from.active_region.top = g->top;
    from.active_region.width = g->width;
    from.active_region.height = g->height;
    to.width = (unsigned)g->to_width;
    to.height = (unsigned)g->to_height;
    to.pixel_type = ZIMG_PIXEL_FLOAT;
    to.color_family = ZIMG_COLOR_GREY;
    params.resample_filter = ZIMG_RESIZE_BILINEAR;
    params.cpu_type = ZIMG_CPU_AUTO;
    *out =
        (kept_graph){.of = *g, .graph = zimg_filter_graph_build(&from, &to, &params)};
    if (out->graph == NULL ||
        zimg_filter_graph_get_input_buffering(out->graph, &n_rows) != 0 ||
        zimg_filter_graph_get_tmp_size(out->graph, &out->tmp_bytes) != 0) {
        merit_status status = fail_zimg(err);
        zimg_filter_graph_free(out->graph);
        out->graph = NULL;
        return status;
    }
    out->mask = zimg_select_buffer_mask(n_rows);
    return MERIT_OK;
}

static int same_geometry(const geometry *a, const geometry *b)
{
    return a->from_height == b->from_height && a->from_width == b->from_width &&
           a->to_height == b->to_height && a->to_width == b->to_width &&
           memcmp(&a->top, &b->top, 4 * sizeof a->top) == 0;
}

static merit_status find_graph(const kept_graph **out, merit__resampler *resampler,
                               const geometry *g, merit_error *err)
{
    for (int i = 0; i < N_KEPT; i++) {
        *out = &resampler->kept[i];
        if ((*out)->graph != NULL && same_geometry(&(*out)->of, g)) {
            return MERIT_OK;
        }
    }
    kept_graph *place = &resampler->kept[resampler->n_built++ % N_KEPT];
    zimg_filter_graph_free(place->graph);
    place->graph = NULL;
    *out = place;
    return build(place, g, err);
}

// One channel through zimg into resampler->plane, rows of row_floats(g->to_width).
static merit_status run_graph(merit__resampler *resampler, const kept_graph *kept,
                              const merit__raster *picture, int64_t channel,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    const geometry *g = &kept->of;
    size_t n_from = row_floats(g->from_width), n_to = row_floats(g->to_width);
    size_t n_rows =
        kept->mask == ZIMG_BUFFER_MAX ? (size_t)g->from_height : (size_t)kept->mask + 1;
    MERIT_TRY(make_room((void **)&resampler->rows, &resampler->rows_room,
                        n_rows * n_from * sizeof(float), err));
    MERIT_TRY(make_room((void **)&resampler->plane, &resampler->plane_room,
                        (size_t)g->to_height * n_to * sizeof(float), err));
    MERIT_TRY(make_room(&resampler->tmp, &resampler->tmp_room, kept->tmp_bytes, err));
    unpacking u = {.picture = picture,
                   .channel = channel,
                   .rows = resampler->rows,
                   .row_floats = n_from,
                   .mask = kept->mask};
    zimg_image_buffer_const from = {.version = ZIMG_API_VERSION};
    zimg_image_buffer to = {.version = ZIMG_API_VERSION};
    from.plane[0].data = resampler->rows;
    from.plane[0].stride = (ptrdiff_t)(n_from * sizeof(float));
    from.plane[0].mask = kept->mask;
    to.plane[0].data = resampler->plane;
    to.plane[0].stride = (ptrdiff_t)(n_to * sizeof(float));
    to.plane[0].mask = ZIMG_BUFFER_MAX;
    if (zimg_filter_graph_process(kept->graph, &from, &to, resampler->tmp, unpack, &u,
                                  NULL, NULL) != 0) {
        status = fail_zimg(err);
    }
fail:
    return status;
}

// The picture's plane as it is, where nothing has to be resampled.
static merit_status copy_plane(merit__resampler *resampler,
                               const merit__raster *picture, int64_t channel,
                               merit_error *err)
{
    size_t n = row_floats(picture->width);
    merit_status status = make_room((void **)&resampler->plane, &resampler->plane_room,
                                    (size_t)picture->height * n * sizeof(float), err);
    for (int64_t y = 0; status == MERIT_OK && y < picture->height; y++) {
        unpack_row(resampler->plane + (size_t)y * n, picture, y, channel);
    }
    return status;
}

/* How the picture is turned: which row and column of the plane, of height h and width
 * w, goes to row y, column x of the upright picture, by orientation.
 *
 *     1  y, x             5  x, y
 *     2  y, w-1-x         6  h-1-x, y
 *     3  h-1-y, w-1-x     7  h-1-x, w-1-y
 *     4  h-1-y, x         8  x, w-1-y */
static void turn(float *out, const float *plane, const geometry *g, int orientation)
{
    int is_transposed = orientation >= 5;
    int64_t h = g->to_height, w = g->to_width;
    int64_t height = is_transposed ? w : h, width = is_transposed ? h : w;
    int flips_rows =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int flips_columns =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    size_t n = row_floats(w);
    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
            int64_t row = is_transposed ? x : y, column = is_transposed ? y : x;
            row = flips_rows ? h - 1 - row : row;
            column = flips_columns ? w - 1 - column : column;
            out[y * width + x] = plane[(size_t)row * n + (size_t)column];
        }
    }
}

// The stretch of the picture that has the frame's shape, in the middle of it.
static geometry find_geometry(const merit__raster *picture, const merit__frame *frame)
{
    int is_transposed = picture->orientation >= 5;
    geometry g = {
        .from_height = picture->height,
        .from_width = picture->width,
        .height = (double)picture->height,
        .width = (double)picture->width,
        .to_height = is_transposed ? frame->width : frame->height,
        .to_width = is_transposed ? frame->height : frame->width,
    };
    if (frame->fit == MERIT_FIT_CROP) {
        double h = (double)g.to_height, w = (double)g.to_width;
        if (g.width * h > g.height * w) {
            g.width = g.height * w / h;
        } else {
            g.height = g.width * h / w;
        }
        g.top = ((double)picture->height - g.height) / 2;
        g.left = ((double)picture->width - g.width) / 2;
    }
    return g;
}

static merit_status resample_plane(merit__resampler *resampler, float *out,
                                   const merit__raster *picture, const geometry *g,
                                   int64_t channel, merit_error *err)
{
    merit_status status = MERIT_OK;
    if (g->from_height == g->to_height && g->from_width == g->to_width) {
        MERIT_TRY(copy_plane(resampler, picture, channel, err));
    } else {
        const kept_graph *kept = NULL;
        MERIT_TRY(find_graph(&kept, resampler, g, err));
        MERIT_TRY(run_graph(resampler, kept, picture, channel, err));
    }
    turn(out, resampler->plane, g, picture->orientation);
fail:
    return status;
}

merit_status merit__resample(merit__resampler *resampler, float *out,
                             const merit__raster *picture, const merit__frame *frame,
                             merit_error *err)
{
    merit_status status = MERIT_OK;
    size_t n_plane = (size_t)(frame->height * frame->width);
    geometry g = find_geometry(picture, frame);
    if (frame->channels == 1) {
        return resample_plane(resampler, out, picture, &g,
                              picture->channels == 1 ? 0 : -1, err);
    }
    for (int64_t c = 0; c < frame->channels; c++) {
        float *plane = out + (size_t)c * n_plane;
        if (c > 0 && picture->channels == 1) {
            memcpy(plane, out, n_plane * sizeof *out);
        } else {
            MERIT_TRY(resample_plane(resampler, plane, picture, &g, c, err));
        }
    }
fail:
    return status;
}
