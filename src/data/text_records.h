/* The records of a text of fields: a table, a list of pictures. */
#ifndef MERIT_DATA_TEXT_RECORDS_H
#define MERIT_DATA_TEXT_RECORDS_H

#include "data/lines.h"

typedef struct merit__text_records {
    merit__lines lines;
    const char *name;      // of the file, for messages; borrowed
    char lone;             // the separator where there is no tab, semicolon or comma
    int has_decimal_comma; // a comma stands within numbers
    char separator;        // since the first record
} merit__text_records;

/* The first record, after lines of # and blank ones; finds the separator. *text is NULL
 * when there is none. EFORMAT for a quote that is not closed, a byte 0, line ends of
 * old Macintoshes; ENOMEM. The caller frees records->lines.buffer. */
merit_status merit__text_records_first(merit__text_records *records, const char **text,
                                       size_t *n, merit_error *err);

/* The next record that has something; records->lines.number is that of its line. As
 * above. */
merit_status merit__text_records_next(merit__text_records *records, const char **text,
                                      size_t *n, merit_error *err);

#endif
