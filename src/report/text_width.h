/* How wide text will be, before anyone has drawn it. */
#ifndef MERIT_REPORT_TEXT_WIDTH_H
#define MERIT_REPORT_TEXT_WIDTH_H

#include <stddef.h>

/* About the pixels of the first n_characters of a text in a font without serifs, rather
 * too many than too few; bytes that are no UTF-8 are shown as codes. */
double merit__text_width(const char *text, size_t n_characters, double font_size);

#endif
