#include "data/npy_header.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

#include <string.h>

enum { STRING_BYTES = 32 };
enum { MAGIC_BYTES = 6, START_BYTES = 8, LENGTH_BYTES_MAX = 4, TEXT_BYTES_MAX = 65536 };

typedef struct parser {
    const char *text;
    size_t n, at;
    size_t offset;
    const char *name;
    merit_error *err;
    merit__layout *out;
    char descr[STRING_BYTES];
} parser;

static merit_status fail_expected(const parser *p, const char *what)
{
    if (p->at >= p->n) {
        return merit__fail(p->err, MERIT_EFORMAT,
                           "%s, byte %zu: .npy header: expected %s, found its end",
                           p->name, p->offset + p->at, what);
    }
    return merit__fail(p->err, MERIT_EFORMAT,
                       "%s, byte %zu: .npy header: expected %s, found \"%c\"", p->name,
                       p->offset + p->at, what, p->text[p->at]);
}

static void skip_blanks(parser *p)
{
    while (p->at < p->n && (p->text[p->at] == ' ' || p->text[p->at] == '\n')) {
        p->at++;
    }
}

// Takes a character after blanks, if it is the next one.
static int take(parser *p, char wanted)
{
    skip_blanks(p);
    if (p->at < p->n && p->text[p->at] == wanted) {
        p->at++;
        return 1;
    }
    return 0;
}

// Takes a word in the same way.
static int take_word(parser *p, const char *word)
{
    size_t n_word = strlen(word);
    skip_blanks(p);
    if (n_word > p->n - p->at || memcmp(p->text + p->at, word, n_word) != 0) {
        return 0;
    }
    p->at += n_word;
    return 1;
}

// A quoted string of plain characters: no escapes, no quotes within.
static merit_status parse_string(parser *p, char out[STRING_BYTES], const char *what)
{
    char quote = take(p, '\'') ? '\'' : '"';
    if (quote == '"' && !take(p, '"')) {
        return fail_expected(p, what);
    }
    for (size_t i = 0; i < STRING_BYTES && p->at < p->n; i++, p->at++) {
        char c = p->text[p->at];
        if (c == quote) {
            out[i] = '\0';
            p->at++;
            return MERIT_OK;
        }
        if (c < ' ' || c > '~' || c == '\\') {
            break;
        }
        out[i] = c;
    }
    return fail_expected(p, "a short string in quotes");
}

// What to do about a type of number that is not read.
static const char *remedy(const char *type)
{
    return type[0] == 'U' || type[0] == 'S'
               ? "; write labels as numbers, or as a text with a label to a line"
           : type[0] == 'f' ? "; save x.astype(\"float32\")"
                            : "";
}

static merit_status parse_descr(parser *p)
{
    static const char allowed[] = "b1, i1, i2, i4, i8, u1, u2, u4, u8, f4, f8";
    if (take(p, '[') || take(p, '(')) {
        return merit__fail(p->err, MERIT_EUNSUPPORTED,
                           "%s: structured arrays are not supported, only %s", p->name,
                           allowed);
    }
    merit_status status = parse_string(p, p->descr, "the type of number as a string");
    if (status != MERIT_OK) {
        return status;
    }
    const char *type = p->descr + strspn(p->descr, "<>|=");
    if (type[0] == 'O') {
        return merit__fail(p->err, MERIT_EUNSUPPORTED,
                           "%s: object arrays are not supported (pickle can run code); "
                           "save numbers",
                           p->name);
    }
    if (strchr("<>|", p->descr[0]) != NULL && type == p->descr + 1 && type[0] != '\0' &&
        type[1] >= '0' && type[1] <= '9' && type[2] == '\0') {
        p->out->element = merit__element_find(type[0], (size_t)(type[1] - '0'));
    }
    // '|' says that there is no byte order, which only single bytes can say.
    if (p->out->element == NULL ||
        (p->descr[0] == '|' && p->out->element->n_bytes > 1)) {
        return merit__fail(
            p->err, MERIT_EUNSUPPORTED,
            "%s: numbers of type \"%s\" are not supported, only %s with < "
            "or >%s",
            p->name, p->descr, allowed, remedy(type));
    }
    p->out->is_big_endian = p->descr[0] == '>';
    return MERIT_OK;
}

static merit_status parse_order(parser *p)
{
    p->out->is_column_order = take_word(p, "True");
    if (!p->out->is_column_order && !take_word(p, "False")) {
        return fail_expected(p, "True or False");
    }
    return MERIT_OK;
}

static merit_status parse_dimension(parser *p)
{
    size_t n_digits = 0;
    while (p->at + n_digits < p->n && p->text[p->at + n_digits] >= '0' &&
           p->text[p->at + n_digits] <= '9') {
        n_digits++;
    }
    const char *digits = p->text + p->at;
    if (n_digits == 0 || (n_digits > 1 && digits[0] == '0')) {
        return fail_expected(p, "a dimension in plain digits");
    }
    if (p->out->n_dims == MERIT__DIMS_MAX) {
        return merit__fail(p->err, MERIT_EUNSUPPORTED,
                           "%s: the array has more than %d dimensions", p->name,
                           MERIT__DIMS_MAX);
    }
    int64_t *dim = &p->out->dims[p->out->n_dims++];
    if (merit__parse_integer(digits, n_digits, 0, INT64_MAX, dim) != 0) {
        return merit__fail(p->err, MERIT_EFORMAT,
                           "%s, byte %zu: .npy header: the dimension overflows",
                           p->name, p->offset + p->at);
    }
    p->at += n_digits;
    return MERIT_OK;
}

// "()", "(3,)", "(3, 4)", "(3, 4,)"; "(3)" would be a number in Python.
static merit_status parse_shape(parser *p)
{
    if (!take(p, '(')) {
        return fail_expected(p, "\"(\"");
    }
    while (!take(p, ')')) {
        merit_status status = parse_dimension(p);
        if (status != MERIT_OK) {
            return status;
        }
        int is_separated = take(p, ',');
        skip_blanks(p);
        int is_last = p->at < p->n && p->text[p->at] == ')';
        if (!is_separated && (!is_last || p->out->n_dims == 1)) {
            return fail_expected(p, "\",\"");
        }
    }
    return MERIT_OK;
}

static const struct {
    const char *name;
    merit_status (*parse)(parser *p);
} keys[] = {
    {"descr", parse_descr},
    {"fortran_order", parse_order},
    {"shape", parse_shape},
};

enum { N_KEYS = sizeof keys / sizeof keys[0] };

// One "key: value"; *seen has a bit for each key.
static merit_status parse_entry(parser *p, unsigned *seen)
{
    char key[STRING_BYTES];
    merit_status status = parse_string(p, key, "a key in quotes");
    if (status != MERIT_OK) {
        return status;
    }
    unsigned k = 0;
    while (k < N_KEYS && strcmp(key, keys[k].name) != 0) {
        k++;
    }
    if (k == N_KEYS || (*seen & 1u << k) != 0) {
        return merit__fail(p->err, MERIT_EFORMAT,
                           "%s, byte %zu: .npy header: %s key \"%s\"", p->name,
                           p->offset + p->at, k == N_KEYS ? "unknown" : "second", key);
    }
    *seen |= 1u << k;
    if (!take(p, ':')) {
        return fail_expected(p, "\":\"");
    }
    return keys[k].parse(p);
}

static merit_status parse_dictionary(parser *p)
{
    unsigned seen = 0;
    if (!take(p, '{')) {
        return fail_expected(p, "\"{\"");
    }
    while (!take(p, '}')) {
        merit_status status = parse_entry(p, &seen);
        if (status != MERIT_OK) {
            return status;
        }
        int is_separated = take(p, ',');
        skip_blanks(p);
        if (!is_separated && (p->at >= p->n || p->text[p->at] != '}')) {
            return fail_expected(p, "\",\" or \"}\"");
        }
    }
    for (unsigned k = 0; k < N_KEYS; k++) {
        if ((seen & 1u << k) == 0) {
            return merit__fail(p->err, MERIT_EFORMAT,
                               "%s: .npy header: the key \"%s\" is missing", p->name,
                               keys[k].name);
        }
    }
    skip_blanks(p);
    return p->at == p->n ? MERIT_OK : fail_expected(p, "nothing after \"}\"");
}

merit_status merit__npy_header_parse(merit__layout *out, const char *text, size_t n,
                                     size_t offset, const char *name, merit_error *err)
{
    parser p = {
        .text = text, .n = n, .offset = offset, .name = name, .err = err, .out = out};
    *out = (merit__layout){.n_dims = 0};
    return parse_dictionary(&p);
}

/* .npy, one array of NumPy; the length is little-endian.
 *
 *     byte 0          6       7       8              8 + L
 *          +----------+-------+-------+--------------+------ ... ------+--------+
 *          | 93 NUMPY | major | minor | n, L bytes   | n bytes of text | values |
 *          +----------+-------+-------+--------------+------ ... ------+--------+
 *     L is 2 in version 1, 4 in versions 2 and 3.
 */
static const unsigned char magic[MAGIC_BYTES] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

int merit__npy_probe(const unsigned char *head, size_t n_bytes)
{
    return memcmp(head, magic, n_bytes < MAGIC_BYTES ? n_bytes : MAGIC_BYTES) == 0;
}

// Reads the beginning up to the text of *n_text bytes.
static merit_status read_start(size_t *n_text, merit__stream *stream, merit_error *err)
{
    const char *name = merit__stream_name(stream);
    unsigned char start[START_BYTES + LENGTH_BYTES_MAX] = {0};
    size_t n_read = 0;
    size_t n_more = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__stream_read(stream, start, START_BYTES, &n_read, err));
    size_t n_length = n_read < START_BYTES || start[MAGIC_BYTES] == 1 ? 2 : 4;
    if (n_read == START_BYTES && (start[MAGIC_BYTES] < 1 || start[MAGIC_BYTES] > 3)) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "%s, byte 6: .npy version %u, expected 1, 2 or 3", name,
                           start[MAGIC_BYTES]);
    }
    MERIT_TRY(merit__stream_read(stream, start + START_BYTES, n_length, &n_more, err));
    if (n_more < n_length) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the header needs at least %zu bytes, has %zu", name,
                           START_BYTES + n_length, n_read + n_more);
    }
    const unsigned char *length = start + START_BYTES;
    *n_text = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 |
              (size_t)length[3] << 24;

fail:
    return status;
}

merit_status merit__npy_header_read(merit__layout *layout, merit__stream *stream,
                                    merit_error *err)
{
    const char *name = merit__stream_name(stream);
    size_t n_text = 0;
    size_t n_read = 0;
    char *text = NULL;
    merit_status status = MERIT_OK;
    MERIT_TRY(read_start(&n_text, stream, err));
    if (n_text == 0 || n_text > TEXT_BYTES_MAX) {
        return merit__fail(
            err, MERIT_EFORMAT,
            "%s, byte %d: the header says it has %zu bytes more, expected "
            "1 to %d",
            name, START_BYTES, n_text, TEXT_BYTES_MAX);
    }
    size_t offset = (size_t)merit__stream_offset(stream);
    text = merit__alloc_array(n_text, 1);
    if (text == NULL) {
        return merit__fail_memory(err, n_text, name);
    }
    MERIT_TRY(merit__stream_read(stream, text, n_text, &n_read, err));
    if (n_read < n_text) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s, byte %d: the header says it has %zu bytes more, the "
                             "file has %zu",
                             name, START_BYTES, n_text, n_read);
        goto fail;
    }
    MERIT_TRY(merit__npy_header_parse(layout, text, n_text, offset, name, err));

fail:
    merit__free(text);
    return status;
}
