#include "data/table_columns.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

static int is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

int64_t merit__column_place(const char *text, int64_t n)
{
    int64_t place = 0;
    if (merit__parse_integer(text, strlen(text), -n, n, &place) != 0) {
        return -1;
    }
    return place > 0 ? place - 1 : place < 0 ? n + place : -1;
}

int merit__is_missing(const char *text, size_t n)
{
    static const char *const words[] = {"",    "NA",   "N/A",  "NaN", "nan",
                                        "NAN", "null", "NULL", "?"};
    for (size_t i = 0; n <= 4 && i < sizeof words / sizeof words[0]; i++) {
        if (is_word(text, n, words[i])) {
            return 1;
        }
    }
    return 0;
}

int merit__is_feature(double value)
{
    return fabs(value) <= 1e37;
}

int merit__is_number_or_missing(const char *text, size_t n, int has_decimal_comma)
{
    static const char *const words[] = {"inf", "-inf", "Inf", "-Inf"};
    double value = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(text, n, words[i])) {
            return 1; // of a row that will be refused
        }
    }
    return merit__is_missing(text, n) ||
           merit__parse_decimal(text, n, has_decimal_comma, &value) == 0 ||
           // A comma where none is expected: told with the row, not taken for a name.
           merit__parse_decimal(text, n, !has_decimal_comma, &value) == 0;
}

merit_status merit__add_field(merit__paths *names, const char *field, size_t n,
                              merit_error *err)
{
    merit_status status = merit__paths_add(names, field, n, err);
    if (status != MERIT_OK || memchr(field, '"', n) == NULL) {
        return status;
    }
    // Two quotes become one, in place.
    char *text = names->names + names->at[names->n - 1];
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        text[n_kept++] = text[i];
        i += text[i] == '"' && i + 1 < n && text[i + 1] == '"';
    }
    text[n_kept] = '\0';
    names->n_bytes -= n - n_kept;
    return MERIT_OK;
}
