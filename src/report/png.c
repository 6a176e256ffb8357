#include "report/png.h"

#include <spng.h>

#include "base/alloc.h"
#include "base/fail.h"

// The bytes of a PNG, as they come.
typedef struct bytes {
    unsigned char *at;
    size_t n, capacity;
    int out_of_memory;
} bytes;

static int take(spng_ctx *context, void *user, void *data, size_t n)
{
    bytes *out = user;
    const unsigned char *from = data;
    (void)context;
    if (merit__grow_array((void **)&out->at, &out->capacity, out->n + n, 1) != 0) {
        out->out_of_memory = 1;
        return SPNG_IO_ERROR;
    }
    for (size_t i = 0; i < n; i++) {
        out->at[out->n++] = from[i];
    }
    return 0;
}

static int encode(bytes *out, spng_ctx *context, const merit__picture *picture)
{
    struct spng_ihdr header = {.width = picture->width,
                               .height = picture->height,
                               .bit_depth = 8,
                               .color_type = picture->n_channels == 3
                                                 ? SPNG_COLOR_TYPE_TRUECOLOR
                                                 : SPNG_COLOR_TYPE_GRAYSCALE};
    size_t n = (size_t)picture->width * picture->height * picture->n_channels;
    int failed = spng_set_png_stream(context, take, out);
    failed = failed != 0 ? failed : spng_set_ihdr(context, &header);
    return failed != 0 ? failed
                       : spng_encode_image(context, picture->pixels, n, SPNG_FMT_PNG,
                                           SPNG_ENCODE_FINALIZE);
}

/* Three bytes are four characters of 6 bits; what is missing at the end is "=". */
static void add_base64(merit__xml *xml, const unsigned char *in, size_t n)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned second = i + 1 < n ? in[i + 1] : 0, third = i + 2 < n ? in[i + 2] : 0;
        unsigned group = (unsigned)in[i] << 16 | second << 8 | third;
        merit__xml_add(xml, "%c%c%c%c", digits[group >> 18], digits[group >> 12 & 63],
                       i + 1 < n ? digits[group >> 6 & 63] : '=',
                       i + 2 < n ? digits[group & 63] : '=');
    }
}

merit_status merit__png_add(merit__xml *xml, const merit__picture *picture,
                            merit_error *err)
{
    bytes out = {0};
    merit_status status = MERIT_OK;
    spng_ctx *context = spng_ctx_new(SPNG_CTX_ENCODER);
    int failed = context == NULL ? SPNG_EMEM : encode(&out, context, picture);
    spng_ctx_free(context);
    if (failed == SPNG_EMEM || out.out_of_memory) {
        MERIT_TRY(merit__fail_memory(err, out.n, "a picture"));
    } else if (failed != 0) {
        MERIT_TRY(
            merit__fail(err, MERIT_EBACKEND, "a picture: %s", spng_strerror(failed)));
    }
    merit__xml_add(xml, "data:image/png;base64,");
    add_base64(xml, out.at, out.n);
fail:
    merit__free(out.at);
    return status;
}
