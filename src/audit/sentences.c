#include "audit/sentences.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

void merit__say(merit__sentences *sentences, const char *format, ...)
{
    char piece[1024]; // some names of 71 bytes, and words
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof piece || sentences->failed ||
        merit__grow_array((void **)&sentences->text, &sentences->capacity,
                          sentences->n_bytes + (size_t)n + 1, 1) != 0) {
        sentences->failed = 1;
        return;
    }
    memcpy(sentences->text + sentences->n_bytes, piece, (size_t)n + 1);
    sentences->n_bytes += (size_t)n;
}

merit__spoken merit__speak_name(const merit_audit *audit, int64_t answer)
{
    const char *name = merit_scores_name(audit->scores, answer);
    const int has_space = strchr(name, ' ') != NULL;
    merit__spoken out = {""};
    size_t at = 0;
    if (has_space) {
        out.text[at++] = '"';
    }
    merit__printable(out.text + at, sizeof out.text - at - 1, name);
    if (has_space) {
        strcat(out.text, "\"");
    }
    return out;
}

static merit__spoken speak_all_digits(double value)
{
    merit__spoken out;
    char number[MERIT__NUMBER_BYTES];
    merit__print_double(number, value == 0 ? 0 : value); // never "-0"
    memcpy(out.text, number, sizeof number);
    return out;
}

merit__spoken merit__speak_score(double value)
{
    enum { MOST_CHARACTERS = 8 };
    const merit__spoken out = speak_all_digits(value);
    return strlen(out.text) <= MOST_CHARACTERS ? out : merit__speak_number(value);
}

merit__spoken merit__speak_times(double value)
{
    merit__spoken out;
    if (value >= 999999.5 && value < 1e12) {
        const double unit = value < 1e9 ? 1e6 : 1e9;
        snprintf(out.text, sizeof out.text, "%.32s %s",
                 speak_all_digits(nearbyint(value / unit * 10) / 10).text,
                 value < 1e9 ? "million" : "billion");
    } else if (value >= 1000 && value < 999999.5) {
        const int whole = (int)nearbyint(value);
        snprintf(out.text, sizeof out.text, "%d,%03d", whole / 1000, whole % 1000);
    } else {
        out = merit__speak_number(value);
    }
    return out;
}

merit__spoken merit__speak_number(double value)
{
    if (value != 0 && isfinite(value)) {
        // Rounded here, so that printing never asks the locale.
        const int digits = 3 - (int)floor(log10(fabs(value)));
        const double unit = pow(10, abs(digits));
        const double rounded = digits >= 0 ? nearbyint(value * unit) / unit
                                           : nearbyint(value / unit) * unit;
        value = isfinite(rounded) ? rounded : value;
    }
    return speak_all_digits(value);
}

void merit__say_names(merit__sentences *sentences, const merit_audit *audit,
                      const int64_t *items, int64_t n)
{
    enum { MOST = 6 };
    const int64_t n_named = n > MOST ? MOST - 1 : n;
    for (int64_t i = 0; i < n_named; i++) {
        const int is_last = i == n - 1;
        merit__say(sentences, "%s%s",
                   i == 0    ? ""
                   : is_last ? " and "
                             : ", ",
                   merit__speak_name(audit, items[i]).text);
    }
    if (n > n_named) {
        merit__say(sentences, " and %" PRId64 " more", n - n_named);
    }
}

merit_status merit__audit_find(merit_audit *audit, const char *id,
                               merit_severity severity, merit__sentences *sentences,
                               merit_error *err)
{
    const size_t n = (size_t)audit->facts.n_findings;
    if (sentences->failed ||
        merit__grow_array((void **)&audit->findings, &audit->finding_capacity, n + 1,
                          sizeof *audit->findings) != 0) {
        merit__free(sentences->text);
        return merit__fail_memory(err, (n + 1) * sizeof *audit->findings, "findings");
    }
    audit->findings[n] = (merit_finding){id, severity, sentences->text};
    audit->facts.n_findings++;
    audit->facts.findings = audit->findings;
    return MERIT_OK;
}
