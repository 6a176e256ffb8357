/* The text of a table, cut into records and fields: lines of fields between tabs,
 * commas, semicolons or runs of blanks, RFC 4180 quotes, '#' comment lines. */
#ifndef MERIT_SCORES_SCORES_TEXT_H
#define MERIT_SCORES_SCORES_TEXT_H

#include "merit/error.h"

enum { MERIT__TEXT_MAX_LINE_BYTES = 1 << 20, MERIT__TEXT_MAX_FIELD_BYTES = 1 << 16 };

typedef struct merit__text {
    const char *at; // the next byte
    const char *end;
    const char *record;    // the first byte of the current record
    int64_t line;          // of `at`, from 1
    int64_t record_line;   // of `record`
    int in_record;         // whether a field follows
    int has_decimal_comma; // numbers may be written 1,5; then commas separate nothing
    int64_t comma_line;    // where the first number with a comma is; 0: none so far
    int64_t point_line;    // likewise with a point
    char delimiter;        // '\t', ',', ';', or ' ' for runs of spaces and tabs
    char origin[80];       // for messages
    char *unquoted;        // the last quoted field
    size_t unquoted_capacity;
} merit__text;

/* Borrowed until the next call with the same text; not terminated. */
typedef struct merit__field {
    const char *bytes;
    size_t n;
    int64_t line; // where it begins
} merit__field;

/* Begins to read; borrows bytes[0..n). EFORMAT for what is not UTF-8 text with line
 * feeds: UTF-16, gzip, a 0 byte, carriage returns alone. A byte order mark is skipped.
 * The delimiter is that of blanks. */
merit_status merit__text_open(merit__text *text, const char *bytes, size_t n,
                              const char *origin, merit_error *err);
void merit__text_close(merit__text *text);

/* Goes to the next line that is neither blank nor a comment; *found is 0 at the end. */
merit_status merit__text_next_record(merit__text *text, int *found, merit_error *err);

/* Goes back to a record that was found before. */
void merit__text_seek(merit__text *text, const char *record, int64_t line);

/* Takes the delimiter that the current record uses: tab before semicolon before comma
 * (unless that is for decimals) before blanks. */
void merit__text_detect_delimiter(merit__text *text);

/* A field as a number. Returns 0; or -1, also for a point where there were commas
 * before, or the opposite. */
int merit__text_number(merit__text *text, merit__field field, double *out);

/* What to do about a field that is no number: "; ..." for a comma where points are
 * expected, or both; else "". */
const char *merit__text_number_hint(const merit__text *text, merit__field field);

/* The delimiter in words, for messages. */
const char *merit__text_delimiter_name(const merit__text *text);

/* The next field of the record; *found is 0 at its end. EFORMAT for a quote that is
 * not closed (naming the line where it opens) or is followed by text, and for a
 * carriage return within a line; ENOMEM for a line above the limit. */
merit_status merit__text_next_field(merit__text *text, merit__field *field, int *found,
                                    merit_error *err);

#endif
