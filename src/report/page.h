/* A page of HTML that needs nothing but itself: no script, no network, and a policy
 * that forbids both. Text that is not ours comes in by merit__xml_text and
 * merit__xml_attribute only, never into styles, addresses or comments. */
#ifndef MERIT_REPORT_PAGE_H
#define MERIT_REPORT_PAGE_H

#include <stdint.h>

#include "merit/audit.h"
#include "report/xml.h"

enum {
    MERIT__PAGE_PATH_BYTES = 256,
    MERIT__PAGE_WIDTH = 900 // in pixels; for pictures that are scrolled
};

/* From the doctype to <main>; `title` is not ours. */
void merit__page_open(merit__xml *xml, const char *title);

/* From </main> on. */
void merit__page_close(merit__xml *xml);

/* <section> with a heading; ours. */
void merit__page_section(merit__xml *xml, const char *id, const char *heading);

/* </section>. */
void merit__page_section_end(merit__xml *xml);

/* <figure> around a picture of that width in pixels: where the page is narrower, a
 * picture is drawn smaller, and one too wide for that is scrolled. `label` says of what
 * it is, ours. */
void merit__page_figure(merit__xml *xml, const char *label, double width);

/* </figure>, with a caption, ours; "" for none. */
void merit__page_figure_end(merit__xml *xml, const char *caption);

/* A name as it is written in running text: isolated from the direction of its
 * neighbours, cut. */
void merit__page_name(merit__xml *xml, const char *name);

/* The cell of a table with the name of its row; cut more. */
void merit__page_head_cell(merit__xml *xml, const char *name);

/* The last part of a path, for a page that may be sent to others; cut. Returns out. */
const char *merit__page_file_name(char out[MERIT__PAGE_PATH_BYTES], const char *path);

/* A finding, an item of a list of class "findings". */
void merit__page_finding(merit__xml *xml, merit_severity severity, const char *text);

/* 12345 as 12,345. */
void merit__page_count(merit__xml *xml, int64_t n);

/* A share as a percentage; a dash where it is not finite. */
void merit__page_percent(merit__xml *xml, double share, int decimals);

/* A score, with as many decimals as it needs of those for scores of `size`. */
void merit__page_score(merit__xml *xml, double score, double size);

/* A cell of a table, <td class="n">, with a number. */
void merit__page_cell(merit__xml *xml, double value, int decimals);

/* A bar as long as a share of its room; no more than 1. */
void merit__page_bar(merit__xml *xml, double share);

/* The decimals with which scores between low and high are told apart. */
int merit__page_decimals(double low, double high);

#endif
