#include "net/net_parse.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/suggest.h"

enum { TAKES_STRIDE = 1, TAKES_PAD = 2, TAKES_RATE = 4, TAKES_DILATION = 8 };

/* How a layer is written. */
typedef struct layer_rule {
    const char *name;
    const char *usage;
    enum merit__layer_kind kind;
    int n_counts; // whole numbers from 1 after the name
    int takes;    // TAKES_*
} layer_rule;

static const layer_rule rules[] = {
    {"conv", "conv C k [stride s] [pad p]", MERIT__CONV, 2, TAKES_STRIDE | TAKES_PAD},
    {"conv1d", "conv1d C k [dilation d]", MERIT__CONV, 2, TAKES_DILATION},
    {"dense", "dense F", MERIT__DENSE, 1, 0},
    {"relu", "relu", MERIT__RELU, 0, 0},
    {"pool", "pool k [stride s]", MERIT__MAXPOOL, 1, TAKES_STRIDE},
    {"avgpool", "avgpool k [stride s]", MERIT__AVGPOOL, 1, TAKES_STRIDE},
    {"globalpool", "globalpool", MERIT__GLOBALPOOL, 0, 0},
    {"batchnorm", "batchnorm", MERIT__BATCHNORM, 0, 0},
    {"dropout", "dropout p", MERIT__DROPOUT, 0, TAKES_RATE},
    {"residual", "residual(layers)", MERIT__ADD, 0, 0},
    {"embedding", "embedding C", MERIT__EMBEDDING, 1, 0},
};
enum { N_RULES = sizeof(rules) / sizeof(rules[0]) };

/* What these layers are called elsewhere, for "did you mean". */
static const struct {
    const char *name, *here;
} synonyms[] = {
    {"maxpool", "pool"},  {"maxpool2d", "pool"},
    {"conv2d", "conv"},   {"linear", "dense"},
    {"fc", "dense"},      {"bn", "batchnorm"},
    {"skip", "residual"}, {"globalavgpool", "globalpool"},
};
enum { N_SYNONYMS = sizeof(synonyms) / sizeof(synonyms[0]) };

enum { MAX_WORDS = 8, WORD_BYTES = 32 };

/* The words of a layer. A longer one than fits ends in "...", which is no name and no
 * number. */
typedef struct word_list {
    char word[MAX_WORDS][WORD_BYTES];
    int n; // MAX_WORDS + 1 when there are more
} word_list;

/* What the words said; -1 where nothing was said. */
typedef struct layer_arguments {
    int64_t counts[2];
    int64_t stride, pad, dilation;
    double rate;
} layer_arguments;

/* A layer being read. */
typedef struct layer_reading {
    merit__layer *layer;
    int64_t number;
    const layer_rule *rule;
    word_list words;
    merit_error *err;
} layer_reading;

void merit__layer_set_text(merit__layer *layer, const char *item, size_t n)
{
    if (n >= sizeof(layer->text)) {
        n = sizeof(layer->text) - 1;
        while (n > 0 && ((unsigned char)item[n] & 0xC0) == 0x80) {
            n--;
        }
    }
    memset(layer->text, 0, sizeof(layer->text));
    memcpy(layer->text, item, n);
}

merit_status merit__layer_fail(const merit__layer *layer, int64_t number,
                               merit_error *err, merit_status code, const char *format,
                               ...)
{
    char detail[sizeof(err->message)];
    va_list list;
    va_start(list, format);
    vsnprintf(detail, sizeof(detail), format, list);
    va_end(list);
    return merit__fail(err, code, "layer %" PRId64 " (%s): %s", number, layer->text,
                       detail);
}

const char *merit__shape_text(char out[MERIT__SHAPE_TEXT_BYTES], merit__shape shape)
{
    snprintf(out, MERIT__SHAPE_TEXT_BYTES, "%" PRId64 "x%" PRId64 "x%" PRId64, shape.c,
             shape.h, shape.w);
    return out;
}

int64_t merit__shape_volume(merit__shape shape)
{
    if (shape.c < 1 || shape.h < 1 || shape.w < 1 || shape.c > MERIT__MAX_DIM ||
        shape.h > MERIT__MAX_DIM || shape.w > MERIT__MAX_DIM ||
        shape.c * shape.h > MERIT__MAX_DIM ||
        shape.c * shape.h * shape.w > MERIT__MAX_DIM) {
        return -1;
    }
    return shape.c * shape.h * shape.w;
}

static void copy_word(char out[WORD_BYTES], const char *word, size_t n)
{
    static const char mark[] = "...";
    if (n < WORD_BYTES) {
        memcpy(out, word, n);
        out[n] = '\0';
    } else {
        memcpy(out, word, WORD_BYTES - sizeof(mark));
        memcpy(out + WORD_BYTES - sizeof(mark), mark, sizeof(mark));
    }
}

static void split_words(word_list *words, const char *item, size_t n)
{
    static const char spaces[] = " \t\n\v\f\r";
    words->n = 0;
    size_t at = 0;
    while (at < n && words->n <= MAX_WORDS) {
        size_t start = at;
        while (at < n && strchr(spaces, item[at]) == NULL) {
            at++;
        }
        if (at > start && words->n < MAX_WORDS) {
            copy_word(words->word[words->n], item + start, at - start);
        }
        words->n += at > start;
        at++;
    }
}

static const char *known_name(const void *context, size_t i)
{
    (void)context;
    return i < N_RULES ? rules[i].name : synonyms[i - N_RULES].name;
}

/* The layer that `name` was probably meant to be, or NULL. */
static const char *nearest_layer(const char *name)
{
    const char *nearest = merit__suggest(name, known_name, NULL, N_RULES + N_SYNONYMS);
    for (size_t i = 0; nearest != NULL && i < N_SYNONYMS; i++) {
        if (strcmp(nearest, synonyms[i].name) == 0) {
            return synonyms[i].here;
        }
    }
    return nearest;
}

static const char *option_name(const void *context, size_t i)
{
    const layer_rule *rule = context;
    return rule->takes & TAKES_DILATION ? "dilation" : i == 0 ? "stride" : "pad";
}

static merit_status find_rule(layer_reading *reading)
{
    const char *name = reading->words.word[0];
    for (int i = 0; i < N_RULES; i++) {
        if (strcmp(rules[i].name, name) == 0) {
            reading->rule = &rules[i];
            return MERIT_OK;
        }
    }
    const char *nearest = nearest_layer(name);
    if (nearest != NULL) {
        return merit__layer_fail(
            reading->layer, reading->number, reading->err, MERIT_EINVAL,
            "there is no layer \"%s\"; did you mean %s?", name, nearest);
    }
    return merit__layer_fail(reading->layer, reading->number, reading->err,
                             MERIT_EINVAL,
                             "there is no layer \"%s\"; there are conv, conv1d, dense, "
                             "relu, pool, avgpool, globalpool, batchnorm, dropout, "
                             "residual, embedding, per-position",
                             name);
}

static merit_status fail_usage(const layer_reading *reading)
{
    return merit__layer_fail(reading->layer, reading->number, reading->err,
                             MERIT_EINVAL, "expected %s", reading->rule->usage);
}

static merit_status read_count(const layer_reading *reading, int word, int64_t low,
                               int64_t *out)
{
    const char *text = reading->words.word[word];
    if (merit__parse_integer(text, strlen(text), low, MERIT__MAX_DIM, out) != 0) {
        return merit__layer_fail(reading->layer, reading->number, reading->err,
                                 MERIT_EINVAL,
                                 "\"%s\" is not a whole number from %" PRId64 " to %d",
                                 text, low, MERIT__MAX_DIM);
    }
    return MERIT_OK;
}

static merit_status read_rate(const layer_reading *reading, int word, double *out)
{
    const char *text = reading->words.word[word];
    if (merit__parse_double(text, strlen(text), out) != 0 || !(*out >= 0) ||
        *out >= 1) {
        return merit__layer_fail(reading->layer, reading->number, reading->err,
                                 MERIT_EINVAL,
                                 "the share to drop is at least 0 and less than 1, "
                                 "not \"%s\"",
                                 text);
    }
    *out = *out == 0 ? 0 : *out; // no -0 in the canonical text
    return MERIT_OK;
}

/* Reads "stride s", "pad p" or "dilation d" at a word. */
static merit_status read_option(const layer_reading *reading, int word,
                                layer_arguments *arguments)
{
    const char *name = reading->words.word[word];
    int takes = reading->rule->takes;
    int is_stride = strcmp(name, "stride") == 0 && (takes & TAKES_STRIDE);
    int is_pad = strcmp(name, "pad") == 0 && (takes & TAKES_PAD);
    int is_dilation = strcmp(name, "dilation") == 0 && (takes & TAKES_DILATION);
    if (!is_stride && !is_pad && !is_dilation) {
        size_t n_options =
            takes & TAKES_PAD ? 2 : (takes & (TAKES_STRIDE | TAKES_DILATION) ? 1 : 0);
        const char *nearest =
            merit__suggest(name, option_name, reading->rule, n_options);
        if (nearest == NULL) {
            return fail_usage(reading);
        }
        return merit__layer_fail(reading->layer, reading->number, reading->err,
                                 MERIT_EINVAL, "\"%s\" is unknown; did you mean %s?",
                                 name, nearest);
    }
    int64_t *value = is_stride ? &arguments->stride
                     : is_pad  ? &arguments->pad
                               : &arguments->dilation;
    if (word + 1 >= reading->words.n || *value >= 0) {
        return fail_usage(reading);
    }
    return read_count(reading, word + 1, is_pad ? 0 : 1, value);
}

static merit_status read_arguments(const layer_reading *reading,
                                   layer_arguments *arguments)
{
    merit_status status = MERIT_OK;
    const layer_rule *rule = reading->rule;
    int n_fixed = rule->n_counts + (rule->takes & TAKES_RATE ? 1 : 0);
    if (reading->words.n < 1 + n_fixed || reading->words.n > MAX_WORDS ||
        rule->kind == MERIT__ADD) {
        return fail_usage(reading);
    }
    for (int i = 0; i < rule->n_counts; i++) {
        MERIT_TRY(read_count(reading, 1 + i, 1, &arguments->counts[i]));
    }
    if (rule->takes & TAKES_RATE) {
        MERIT_TRY(read_rate(reading, 1, &arguments->rate));
    }
    for (int i = 1 + n_fixed; i < reading->words.n; i += 2) {
        MERIT_TRY(read_option(reading, i, arguments));
    }
fail:
    return status;
}

/* Sets kernel, stride and pad of a convolution or pooling, and the image it makes. */
static merit_status infer_window(const layer_reading *reading,
                                 const layer_arguments *arguments)
{
    merit__layer *layer = reading->layer;
    int64_t kernel = arguments->counts[layer->kind == MERIT__CONV ? 1 : 0];
    int64_t stride = layer->kind == MERIT__CONV ? 1 : kernel;
    layer->stride = arguments->stride < 0 ? stride : arguments->stride;
    layer->pad = layer->kind == MERIT__CONV ? (kernel - 1) / 2 : 0;
    layer->pad = arguments->pad < 0 ? layer->pad : arguments->pad;
    // A row is pooled along its length.
    int is_row = layer->kind != MERIT__CONV && layer->in.h == 1 && layer->in.w > 1;
    layer->kernel_h = is_row ? 1 : kernel;
    layer->kernel_w = kernel;
    if (layer->in.h < layer->kernel_h || layer->in.w < kernel) {
        return merit__layer_fail(layer, reading->number, reading->err, MERIT_EINVAL,
                                 "the image is %" PRId64 "x%" PRId64
                                 ", smaller than the kernel %" PRId64 "x%" PRId64,
                                 layer->in.h, layer->in.w, layer->kernel_h, kernel);
    }
    if (layer->pad >= kernel) {
        return merit__layer_fail(layer, reading->number, reading->err, MERIT_EINVAL,
                                 "the padding is %" PRId64
                                 ", it must be less than the kernel %" PRId64,
                                 layer->pad, kernel);
    }
    layer->out.h = (layer->in.h + 2 * layer->pad - layer->kernel_h) / layer->stride + 1;
    layer->out.w = (layer->in.w + 2 * layer->pad - kernel) / layer->stride + 1;
    return MERIT_OK;
}

/* The same for conv1d: the kernel covers (k - 1) d + 1 columns of a row. */
static merit_status infer_row_window(const layer_reading *reading,
                                     const layer_arguments *arguments)
{
    merit__layer *layer = reading->layer;
    int64_t kernel = arguments->counts[1];
    layer->stride = 1;
    layer->dilation = arguments->dilation < 0 ? 1 : arguments->dilation;
    layer->kernel_h = 1;
    layer->kernel_w = kernel;
    if ((kernel - 1) > MERIT__MAX_DIM / 4 / layer->dilation) {
        return merit__layer_fail(layer, reading->number, reading->err, MERIT_EINVAL,
                                 "the kernel covers more than %d columns",
                                 MERIT__MAX_DIM / 4);
    }
    layer->pad = (kernel - 1) * layer->dilation / 2;
    layer->out.w = layer->in.w + 2 * layer->pad - (kernel - 1) * layer->dilation;
    if (layer->out.w < 1) {
        return merit__layer_fail(
            layer, reading->number, reading->err, MERIT_EINVAL,
            "the rows have %" PRId64 " columns, too few for the kernel", layer->in.w);
    }
    return MERIT_OK;
}

/* Fills the layer and infers the shape of its output. */
static merit_status infer(const layer_reading *reading,
                          const layer_arguments *arguments)
{
    merit_status status = MERIT_OK;
    merit__layer *layer = reading->layer;
    layer->kind = reading->rule->kind;
    layer->rate = arguments->rate;
    layer->from = -1;
    layer->tensor = -1;
    layer->out = layer->in;
    layer->dilation = 1;
    if (reading->rule->takes & TAKES_DILATION) {
        MERIT_TRY(infer_row_window(reading, arguments));
    } else if (layer->kind == MERIT__CONV || layer->kind == MERIT__MAXPOOL ||
               layer->kind == MERIT__AVGPOOL) {
        MERIT_TRY(infer_window(reading, arguments));
    }
    if (layer->kind == MERIT__CONV || layer->kind == MERIT__EMBEDDING) {
        layer->out.c = arguments->counts[0];
    } else if (layer->kind == MERIT__DENSE) {
        layer->out = (merit__shape){arguments->counts[0], 1, 1};
    } else if (layer->kind == MERIT__GLOBALPOOL) {
        layer->kernel_h = layer->in.h;
        layer->kernel_w = layer->in.w;
        layer->stride = 1;
        layer->out = (merit__shape){layer->in.c, 1, 1};
    }
    if (merit__shape_volume(layer->out) < 0) {
        char shape[MERIT__SHAPE_TEXT_BYTES];
        return merit__layer_fail(layer, reading->number, reading->err, MERIT_ENOMEM,
                                 "its output is %s, more than the limit of %d numbers",
                                 merit__shape_text(shape, layer->out), MERIT__MAX_DIM);
    }
fail:
    return status;
}

/* The shortest text that means this layer. */
static void print_layer(char text[MERIT__LAYER_TEXT_BYTES], const merit__layer *layer,
                        const layer_rule *rule)
{
    char number[MERIT__NUMBER_BYTES];
    size_t size = MERIT__LAYER_TEXT_BYTES;
    size_t n = (size_t)snprintf(text, size, "%s", rule->name);
    int is_conv = layer->kind == MERIT__CONV && (rule->takes & TAKES_STRIDE);
    int is_row = (rule->takes & TAKES_DILATION) != 0;
    if (layer->kind == MERIT__CONV || layer->kind == MERIT__DENSE ||
        layer->kind == MERIT__EMBEDDING) {
        n += (size_t)snprintf(text + n, size - n, " %" PRId64, layer->out.c);
    }
    if (rule->takes & TAKES_STRIDE) {
        n += (size_t)snprintf(text + n, size - n, " %" PRId64, layer->kernel_w);
        if (layer->stride != (is_conv ? 1 : layer->kernel_w)) {
            n +=
                (size_t)snprintf(text + n, size - n, " stride %" PRId64, layer->stride);
        }
    }
    if (is_row) {
        n += (size_t)snprintf(text + n, size - n, " %" PRId64, layer->kernel_w);
    }
    if (is_row && layer->dilation > 1) {
        n +=
            (size_t)snprintf(text + n, size - n, " dilation %" PRId64, layer->dilation);
    }
    if (is_conv && layer->pad != (layer->kernel_h - 1) / 2) {
        n += (size_t)snprintf(text + n, size - n, " pad %" PRId64, layer->pad);
    }
    if (rule->takes & TAKES_RATE) {
        merit__print_double(number, layer->rate);
        snprintf(text + n, size - n, " %s", number);
    }
}

merit_status merit__layer_parse(merit__layer *layer, char text[MERIT__LAYER_TEXT_BYTES],
                                const char *item, size_t n, int64_t number,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    layer_reading reading = {.layer = layer, .number = number, .err = err};
    layer_arguments arguments = {.stride = -1, .pad = -1, .dilation = -1};
    merit__layer_set_text(layer, item, n);
    split_words(&reading.words, item, n);
    MERIT_TRY(find_rule(&reading));
    MERIT_TRY(read_arguments(&reading, &arguments));
    MERIT_TRY(infer(&reading, &arguments));
    print_layer(text, layer, reading.rule);
    merit__layer_set_text(layer, text, strlen(text));
fail:
    return status;
}
