#include "report/xml.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/utf8.h"
#include "report/decimal.h"

enum { MAX_TEXT_BYTES = 1024 };

/* Room for n more bytes and the end. */
static int reserve(merit__xml *xml, size_t n)
{
    if (xml->out_of_memory || merit__grow_array((void **)&xml->bytes, &xml->capacity,
                                                xml->n + n + 1, 1) != 0) {
        xml->out_of_memory = 1;
        return -1;
    }
    return 0;
}

static void append(merit__xml *xml, const char *bytes, size_t n)
{
    if (reserve(xml, n) == 0) {
        memcpy(xml->bytes + xml->n, bytes, n);
        xml->n += n;
        xml->bytes[xml->n] = '\0';
    }
}

void merit__xml_add(merit__xml *xml, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n >= 0 && reserve(xml, (size_t)n) == 0) {
        vsnprintf(xml->bytes + xml->n, (size_t)n + 1, format, again);
        xml->n += (size_t)n;
    }
    va_end(again);
    va_end(arguments);
}

/* What stands for a character in XML; NULL for itself. */
static const char *escape_of(uint32_t point)
{
    switch (point) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case 0xfffe: // no characters of XML
    case 0xffff:
        return "&#xfffd;";
    default:
        return NULL;
    }
}

static size_t count_characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

void merit__xml_text(merit__xml *xml, const char *text, size_t n_characters)
{
    char shown[MAX_TEXT_BYTES]; // valid UTF-8
    uint32_t point = 0;
    merit__printable(shown, sizeof shown, text);
    int is_cut = count_characters(shown) > n_characters;
    size_t n_left = is_cut ? n_characters - 1 : n_characters;
    for (const char *at = shown; *at != '\0' && n_left > 0; n_left--) {
        size_t n = merit__utf8_bytes(at, &point);
        const char *escape = escape_of(point);
        append(xml, escape != NULL ? escape : at, escape != NULL ? strlen(escape) : n);
        at += n;
    }
    if (is_cut) {
        append(xml, "\xe2\x80\xa6", 3);
    }
}

void merit__xml_attribute(merit__xml *xml, const char *name, const char *text,
                          size_t n_characters)
{
    merit__xml_add(xml, " %s=\"", name);
    merit__xml_text(xml, text, n_characters);
    merit__xml_add(xml, "\"");
}

/* Adds the digits of a power of ten, raised. */
static void add_exponent(merit__xml *xml, const char *digits)
{
    static const char *const raised[] = {
        "\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",     "\xe2\x81\xb4",
        "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7", "\xe2\x81\xb8", "\xe2\x81\xb9"};
    merit__xml_add(xml,
                   "\xc3\x97"
                   "10%s",
                   digits[0] == '-' ? "\xe2\x81\xbb" : "");
    for (digits++; digits[0] == '0' && digits[1] != '\0'; digits++) {
    }
    for (; *digits != '\0'; digits++) {
        merit__xml_add(xml, "%s", raised[*digits - '0']);
    }
}

void merit__xml_number(merit__xml *xml, double value, int decimals)
{
    const char *minus = "\xe2\x88\x92";
    if (isnan(value)) {
        merit__xml_add(xml, "\xe2\x80\x93");
        return;
    }
    if (isinf(value)) {
        merit__xml_add(xml, "%s\xe2\x88\x9e", value < 0 ? minus : "");
        return;
    }
    merit__decimal number = merit__decimal_of(value, decimals);
    const char *text = number.text + (number.text[0] == '-');
    size_t n = strcspn(text, "e");
    merit__xml_add(xml, "%s%.*s", number.text[0] == '-' ? minus : "", (int)n, text);
    if (text[n] == 'e') {
        add_exponent(xml, text + n + 1);
    }
}
