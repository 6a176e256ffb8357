/* Sentences: what a finding is written with. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/shell.h"
#include "base/utf8.h"
#include "explain/explain_parts.h"

static void append(merit_explanation *e, const char *format, va_list arguments)
{
    char piece[1024];
    char **text = &e->texts[e->n_findings - 1];
    size_t n = *text == NULL ? 0 : strlen(*text);
    int n_piece = vsnprintf(piece, sizeof piece, format, arguments);
    size_t n_more = strlen(piece);
    char *longer = n_piece < 0 ? NULL : merit__alloc_array(n + n_more + 1, 1);
    if (longer == NULL) {
        e->no_memory = 1;
        return;
    }
    memcpy(longer, *text == NULL ? "" : *text, n);
    memcpy(longer + n, piece, n_more);
    merit__free(*text);
    *text = longer;
}

void merit__explain_find(merit_explanation *e, const char *id, merit_severity severity,
                         const char *format, ...)
{
    if (e->no_memory ||
        merit__grow_array((void **)&e->findings, &e->findings_capacity,
                          e->n_findings + 1, sizeof *e->findings) != 0 ||
        merit__grow_array((void **)&e->texts, &e->texts_capacity, e->n_findings + 1,
                          sizeof *e->texts) != 0) {
        e->no_memory = 1;
        return;
    }
    e->texts[e->n_findings] = NULL;
    e->findings[e->n_findings++] = (merit_finding){.id = id, .severity = severity};
    va_list arguments;
    va_start(arguments, format);
    append(e, format, arguments);
    va_end(arguments);
}

void merit__explain_add(merit_explanation *e, const char *format, ...)
{
    if (e->no_memory) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    append(e, format, arguments);
    va_end(arguments);
}

void merit__explain_add_name(merit_explanation *e, int64_t answer)
{
    const size_t most = 60; // bytes
    const char *name = merit_scores_name(e->run->table, answer);
    size_t n = 0, next;
    uint32_t point;
    while (name[n] != '\0' && (next = merit__utf8_bytes(name + n, &point)) > 0 &&
           n + next <= most) {
        n += next;
    }
    merit__explain_add(e, "%.*s%s", (int)n, name, name[n] == '\0' ? "" : "...");
}

void merit__explain_add_path(merit_explanation *e, const char *file)
{
    const size_t most = 1000; // that are written at once
    char *path = merit__path_join(e->run->path, file);
    char *word = path == NULL ? NULL : merit__shell_path(path);
    e->no_memory = e->no_memory || word == NULL;
    for (size_t at = 0, n = word == NULL ? 0 : strlen(word); at < n; at += most) {
        merit__explain_add(e, "%.*s", (int)most, word + at);
    }
    merit__free(word);
    merit__free(path);
}

void merit__explain_add_names(merit_explanation *e, const int64_t *index, int64_t n)
{
    enum { MOST = 12 };
    int64_t n_named = n <= MOST ? n : MOST - 1;
    for (int64_t i = 0; i < n_named; i++) {
        merit__explain_add(e, "%s", i == 0 ? "" : i + 1 == n ? " and " : ", ");
        merit__explain_add_name(e, index[i]);
    }
    if (n_named < n) {
        merit__explain_add(e, " and %" PRId64 " more", n - n_named);
    }
}

void merit__explain_add_share(merit_explanation *e, double share)
{
    double percent = 100 * share;
    if (percent > 0 && percent < 0.001) {
        merit__explain_add(e, "less than 0.001 %%");
    } else {
        merit__explain_add(e, percent < 10 ? "%.2g %%" : "%.0f %%", percent);
    }
}

void merit__explain_add_count(merit_explanation *e, double count)
{
    if (!(count < 1e9)) {
        merit__explain_add(e, "about 10^%.0f", floor(log10(count)));
    } else if (count >= 1e6) {
        merit__explain_add(e, "about %.0f million", count / 1e6);
    } else if (count >= 1000) {
        double unit = pow(10, floor(log10(count)) - 1); // two digits are known at best
        int64_t n = (int64_t)(round(count / unit) * unit);
        merit__explain_add(e, "about %" PRId64 ",%03" PRId64, n / 1000, n % 1000);
    } else {
        merit__explain_add(e, "%.0f", fmax(1, count));
    }
}
