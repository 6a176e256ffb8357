#include "net/net_presets.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "net/net_parse.h"
#include "net/net_text.h"

enum {
    KERNEL = 3,
    LAST_SIDE = 13,      // cnn pools until the shorter side is no longer than this
    CNN_WIDTH_MAX = 128, // channels
    STEM_SIDE = 48,      // resnet pools first until it is no longer than this
    RESNET_WIDTH = 16,   // channels of its first stage
    RESNET_STAGES = 3,
    RESNET_DEPTH_MAX = 200,
    CNN1D_WIDTH = 32, // channels of its first layer, half of those of the others
    CNN1D_TAPS = 7,
    CNN1D_LAST = 32 // cnn1d pools until signals are no longer than this
};

static const char prefix[] = "resnet-";

static merit_status out_of_memory(merit_error *err)
{
    return merit__fail(err, MERIT_ENOMEM, "not enough memory for the text of a net");
}

/* Convolutions of 32, 64, 128, 128, ... filters, each followed by pooling, until little
 * is left; then 128 hidden units. For 28 x 28 that is
 *     conv 32 3, relu, pool 2, conv 64 3, relu, pool 2, dense 128, relu */
static int write_cnn(merit__net_text *text, merit__shape in)
{
    int64_t side = in.h < in.w ? in.h : in.w, width = 32;
    int failed = 0, n_pools = 0;
    while (side >= KERNEL &&
           (n_pools == 0 || side > LAST_SIDE || (n_pools == 1 && side > KERNEL))) {
        failed |= merit__net_text_add(text, "conv %" PRId64 " 3, relu, ", width);
        failed |= merit__net_text_add(text, "pool 2, ");
        side /= 2;
        n_pools++;
        width = width < CNN_WIDTH_MAX ? 2 * width : CNN_WIDTH_MAX;
    }
    return failed | merit__net_text_add(text, "dense 128, relu");
}

/* Convolutions along the signal with pooling in between, until so little is left that a
 * dense layer can tell places apart, by which the bands of a spectrum are known. */
static int write_cnn1d(merit__net_text *text, merit__shape in)
{
    int64_t length = in.w, width = CNN1D_WIDTH;
    int failed = 0;
    do {
        failed |= merit__net_text_add(text, "conv1d %" PRId64 " %d, relu, ", width,
                                      CNN1D_TAPS);
        if (length >= 2) {
            failed |= merit__net_text_add(text, "pool 2, ");
            length /= 2;
        }
        width = 2 * CNN1D_WIDTH;
    } while (length > CNN1D_LAST);
    return failed | merit__net_text_add(text, "dense 128, relu");
}

/* Residual convolutions whose reach doubles: six with 5 taps see 253 letters. The relu
 * comes first in a block (He et al. 2016, arXiv 1603.05027), so that a block can add
 * what is negative. */
#define LETTERS                                                                        \
    "embedding 64, "                                                                   \
    "residual(relu, conv1d 64 5), residual(relu, conv1d 64 5 dilation 2), "            \
    "residual(relu, conv1d 64 5 dilation 4), residual(relu, conv1d 64 5 dilation 8), " \
    "residual(relu, conv1d 64 5 dilation 16), "                                        \
    "residual(relu, conv1d 64 5 dilation 32), relu"

const char *merit__net_letters(int is_per_position)
{
    return is_per_position ? LETTERS ", per-position" : LETTERS ", globalpool";
}

static int write_block(merit__net_text *text, int64_t width)
{
    return merit__net_text_add(text,
                               "residual(conv %" PRId64 " 3, batchnorm, relu, "
                               "conv %" PRId64 " 3, batchnorm), relu, ",
                               width, width);
}

/* He, Zhang, Ren, Sun 2016, section 4.2: three stages of 16, 32 and 64 channels with
 * n = (N - 2) / 6 blocks of two convolutions each. Where the paper halves the picture
 * within a block, whose shortcut must then change the shape too, a convolution with
 * stride 2 stands between the stages here. */
static int write_resnet(merit__net_text *text, merit__shape in, int64_t n_blocks)
{
    int64_t side = in.h < in.w ? in.h : in.w, width = RESNET_WIDTH;
    int failed =
        merit__net_text_add(text, "conv %" PRId64 " 3, batchnorm, relu, ", width);
    for (; side > STEM_SIDE; side /= 2) {
        failed |= merit__net_text_add(text, "pool 2, ");
    }
    for (int stage = 0; stage < RESNET_STAGES; stage++) {
        if (stage > 0) {
            width *= 2;
            failed |= merit__net_text_add(
                text, "conv %" PRId64 " 3 stride 2, batchnorm, relu, ", width);
        }
        for (int64_t i = 0; i < n_blocks; i++) {
            failed |= write_block(text, width);
        }
    }
    return failed | merit__net_text_add(text, "globalpool");
}

merit_status merit__net_expand(char **out, const char *spec, merit__shape in,
                               merit_error *err)
{
    merit__net_text text = {0};
    int failed = 0;
    int64_t depth = 0;
    *out = NULL;
    if (strcmp(spec, "cnn") == 0) {
        failed = write_cnn(&text, in);
    } else if (strcmp(spec, "cnn1d") == 0 && in.h != 1) {
        char shape[MERIT__SHAPE_TEXT_BYTES];
        return merit__fail(err, MERIT_EINVAL,
                           "net \"cnn1d\": it reads signals, C x 1 x T numbers; the "
                           "examples are %s",
                           merit__shape_text(shape, in));
    } else if (strcmp(spec, "cnn1d") == 0) {
        failed = write_cnn1d(&text, in);
    } else if (strcmp(spec, "linear") == 0) {
        failed = merit__net_text_add(&text, "%s", "");
    } else if (strcmp(spec, "mlp") == 0) {
        failed = merit__net_text_add(&text, "dense 128, relu, dense 64, relu");
    } else if (strncmp(spec, prefix, sizeof prefix - 1) == 0) {
        const char *number = spec + sizeof prefix - 1;
        if (merit__parse_integer(number, strlen(number), 8, RESNET_DEPTH_MAX, &depth) !=
                0 ||
            (depth - 2) % 6 != 0) {
            char shown[40];
            return merit__fail(
                err, MERIT_EINVAL,
                "net \"%s\": there are resnet-8, resnet-14, resnet-20 and "
                "so on in steps of 6 up to resnet-200",
                merit__printable(shown, sizeof shown, spec));
        }
        failed = write_resnet(&text, in, (depth - 2) / 6);
    } else {
        failed = merit__net_text_add(&text, "%s", spec);
    }
    if (failed) {
        merit__free(text.bytes);
        return out_of_memory(err);
    }
    *out = text.bytes;
    return MERIT_OK;
}
