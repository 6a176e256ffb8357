#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "merit/error.h"
#include "report/chart_style.h"
#include "report/decimal.h"
#include "report/page_style.h"

enum {
    TITLE_CHARACTERS = 80,
    NAME_CHARACTERS = 40,  // in running text
    SHORT_CHARACTERS = 24, // in tables
    FINDING_CHARACTERS = 800,
    BAR_WIDTH = 72,
    FIT_WIDTH = 460
};

// Pictures come as data, styles stand in the page; nothing else is loaded or run.
static const char policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'";

void merit__page_open(merit__xml *xml, const char *title)
{
    merit__xml_add(xml,
                   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                   "<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, "
                   "initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"referrer\" content=\"no-referrer\">\n"
                   "<meta name=\"generator\" content=\"merit %s\">\n<title>",
                   policy, merit_version());
    merit__xml_text(xml, title, TITLE_CHARACTERS);
    merit__xml_add(xml, "</title>\n<style>\n");
    merit__page_style_add(xml);
    merit__chart_style_add(xml);
    merit__xml_add(xml, "</style>\n</head>\n<body>\n<main>\n");
}

void merit__page_close(merit__xml *xml)
{
    merit__xml_add(xml,
                   "<footer>Made by merit %s. The page is complete: it loads nothing "
                   "and runs nothing.</footer>\n</main>\n</body>\n</html>\n",
                   merit_version());
}

void merit__page_section(merit__xml *xml, const char *id, const char *heading)
{
    merit__xml_add(xml, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id,
                   id, heading);
}

void merit__page_section_end(merit__xml *xml)
{
    merit__xml_add(xml, "</section>\n");
}

void merit__page_figure(merit__xml *xml, const char *label, double width)
{
    if (width <= FIT_WIDTH) {
        merit__xml_add(xml, "<figure>\n<div class=\"fit\">\n");
    } else { // what scrolls must be within reach of the keyboard
        merit__xml_add(xml,
                       "<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
                       "aria-label=\"%s\">\n",
                       label);
    }
}

void merit__page_figure_end(merit__xml *xml, const char *caption)
{
    merit__xml_add(xml, "</div>\n");
    if (caption[0] != '\0') {
        merit__xml_add(xml, "<figcaption>%s</figcaption>\n", caption);
    }
    merit__xml_add(xml, "</figure>\n");
}

void merit__page_name(merit__xml *xml, const char *name)
{
    merit__xml_add(xml, "<bdi>");
    merit__xml_text(xml, name, NAME_CHARACTERS);
    merit__xml_add(xml, "</bdi>");
}

void merit__page_head_cell(merit__xml *xml, const char *name)
{
    merit__xml_add(xml, "<th scope=\"row\"><bdi>");
    merit__xml_text(xml, name, SHORT_CHARACTERS);
    merit__xml_add(xml, "</bdi></th>");
}

const char *merit__page_file_name(char out[MERIT__PAGE_PATH_BYTES], const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t from = end;
    while (from > 0 && path[from - 1] != '/') {
        from--;
    }
    from = from == end ? 0 : from; // "/" is all there is
    snprintf(out, MERIT__PAGE_PATH_BYTES, "%.*s",
             (int)(end - from < 255 ? end - from : 255), path + from);
    return out;
}

void merit__page_finding(merit__xml *xml, merit_severity severity, const char *text)
{
    static const char *const classes[] = {[MERIT_SEVERITY_NOTE] = "note",
                                          [MERIT_SEVERITY_WARNING] = "warning",
                                          [MERIT_SEVERITY_PROBLEM] = "problem",
                                          [MERIT_SEVERITY_REMEDY] = "remedy"};
    merit__xml_add(xml, "<li class=\"%s\"><b>%s</b>", classes[severity],
                   merit_severity_name(severity));
    merit__xml_text(xml, text, FINDING_CHARACTERS);
    merit__xml_add(xml, "</li>\n");
}

void merit__page_count(merit__xml *xml, int64_t n)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
    size_t n_digits = strlen(digits);
    merit__xml_add(xml, "%s", n < 0 ? "\xe2\x88\x92" : "");
    for (size_t i = 0; i < n_digits; i++) {
        merit__xml_add(xml, "%s%c", i > 0 && (n_digits - i) % 3 == 0 ? "," : "",
                       digits[i]);
    }
}

void merit__page_percent(merit__xml *xml, double share, int decimals)
{
    merit__xml_number(xml, 100 * share, decimals);
    merit__xml_add(xml, "%s", isfinite(share) ? "\xc2\xa0%" : "");
}

void merit__page_score(merit__xml *xml, double score, double size)
{
    int decimals = merit__page_decimals(0, size);
    double power = pow(10, decimals);
    while (decimals > 0 && fabs(remainder(round(score * power), 10)) < 0.5) {
        decimals--;
        power /= 10;
    }
    merit__xml_number(xml, score, decimals);
}

void merit__page_cell(merit__xml *xml, double value, int decimals)
{
    merit__xml_add(xml, "<td class=\"n\">");
    merit__xml_number(xml, value, decimals);
    merit__xml_add(xml, "</td>");
}

void merit__page_bar(merit__xml *xml, double share)
{
    double width = BAR_WIDTH * fmin(fmax(share, 0), 1);
    merit__xml_add(xml,
                   "<svg class=\"bar\" width=\"%d\" height=\"9\" aria-hidden=\"true\">"
                   "<title>bar</title><rect width=\"%s\" height=\"9\"/></svg>",
                   BAR_WIDTH, merit__decimal_of(width, 1).text);
}

int merit__page_decimals(double low, double high)
{
    double size = fmax(fabs(low), fabs(high));
    if (!(size > 0) || !isfinite(size)) {
        return 3;
    }
    return (int)fmin(fmax(3 - floor(log10(size)), 0), 6);
}
