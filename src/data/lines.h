/* The lines of a stream, and the fields of a line. */
#ifndef MERIT_DATA_LINES_H
#define MERIT_DATA_LINES_H

#include "data/stream.h"

typedef struct merit__lines {
    merit__stream *stream; // borrowed
    char *buffer;          // [n_capacity]
    size_t n_capacity;
    size_t at, end; // what is not handed out yet
    int is_ended;
    int64_t number;     // of the line that was handed out last, from 1
    int64_t n_inside;   // line ends within the record that was handed out last
    size_t limit_bytes; // of a line or record; 0: 1 MB
    const char *hint;   // what raises the limit, for its message; NULL: nothing
} merit__lines;

/* The next line without its end (\n or \r\n), valid until the next call; *text is NULL
 * after the last one. A byte order mark before the first line is passed over. ENOMEM
 * when a line is longer than 1 MB. The caller frees lines->buffer. */
merit_status merit__lines_next(merit__lines *lines, const char **text, size_t *n,
                               merit_error *err);

/* The next record: a line, which goes on behind line ends that stand between quotes
 * (RFC 4180). lines->number is that of its first line. EFORMAT when a quote is not
 * closed. Otherwise as above; use one of the two for a whole file. */
merit_status merit__lines_next_record(merit__lines *lines, char separator,
                                      const char **text, size_t *n, merit_error *err);

/* What separates the fields of the first line of a text, where quotes are passed over:
 * a tab, a semicolon, a comma (unless that is for decimals), or else `lone`. */
char merit__separator_of(const char *text, size_t n, char lone, int has_decimal_comma);

/* Takes the next field from *text, up to end, without blanks and quotes around it, and
 * moves *text behind its separator, of which a blank stands for a run of them; *text is
 * NULL after the last field. */
void merit__take_field(const char **text, const char *end, char separator,
                       const char **field, size_t *n);

#endif
