/* XML text, piece by piece. */
#ifndef MERIT_REPORT_XML_H
#define MERIT_REPORT_XML_H

#include <stddef.h>

/* A growing text; zeros are an empty one. When memory is short it says so, and nothing
 * is added any more. */
typedef struct merit__xml {
    char *bytes; // terminated; free with merit__free
    size_t n, capacity;
    int out_of_memory;
} merit__xml;

/* Adds markup. No %f and the like, which depend on the locale: see report/decimal.h. */
void merit__xml_add(merit__xml *xml, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds text that is not ours: escaped, so that it is text wherever it stands, and cut
 * to n_characters, with an ellipsis. Control characters and bytes that are not UTF-8
 * are shown as codes. */
void merit__xml_text(merit__xml *xml, const char *text, size_t n_characters);

/* Adds ` name="text"`, the text escaped and cut likewise; `name` is ours. */
void merit__xml_attribute(merit__xml *xml, const char *name, const char *text,
                          size_t n_characters);

/* Adds a number with so many decimals, the true sign for minus and raised powers of
 * ten; a dash for NaN. */
void merit__xml_number(merit__xml *xml, double value, int decimals);

#endif
