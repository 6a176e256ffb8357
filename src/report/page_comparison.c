/* The page of a comparison. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "merit/compare.h"
#include "merit/report.h"
#include "report/chart.h"
#include "report/page.h"
#include "report/page_details.h"
#include "report/page_losses.h"
#include "report/page_table.h"

enum { CURVES_SHOWN = 6 };

// The runs whose curves are drawn: the first finished one of each of the best losses.
typedef struct shown_runs {
    char *paths[CURVES_SHOWN]; // owned
    const char *names[CURVES_SHOWN];
    int64_t n;
    merit_runs *runs; // owned
} shown_runs;

static void dispose(shown_runs *shown)
{
    for (int64_t i = 0; i < shown->n; i++) {
        merit__free(shown->paths[i]);
    }
    merit_runs_free(shown->runs);
}

static const merit_compare_run *first_done(const merit_compare_loss *loss)
{
    for (int64_t s = 0; s < loss->n_runs; s++) {
        if (loss->runs[s].state == MERIT_COMPARE_DONE) {
            return &loss->runs[s];
        }
    }
    return NULL;
}

static merit_status load_runs(shown_runs *shown, const char *directory,
                              const merit_comparison *comparison, merit_error *err)
{
    merit_status status = MERIT_OK;
    int64_t n_done = merit_comparison_facts(comparison)->n_done;
    for (int64_t i = 0; i < n_done && shown->n < CURVES_SHOWN; i++) {
        const merit_compare_loss *loss = merit_comparison_loss(comparison, i);
        const merit_compare_run *run = first_done(loss);
        if (run == NULL) {
            continue;
        }
        char *path = merit__path_join(directory, run->name);
        if (path == NULL) {
            return merit__fail_memory(err, strlen(directory), "a path");
        }
        shown->names[shown->n] = loss->loss;
        shown->paths[shown->n++] = path;
    }
    if (shown->n > 0) {
        MERIT_TRY(merit_runs_load(&shown->runs, (const char *const *)shown->paths,
                                  shown->n, err));
    }
    for (int64_t i = 0; i < shown->n; i++) {
        MERIT_TRY(merit_runs_rename(shown->runs, i, shown->names[i], err));
    }
fail:
    return status;
}

static merit_status add_curves(merit__xml *xml, const shown_runs *shown,
                               int64_t n_losses, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__page_section(xml, "curves", "How they learned");
    merit__page_figure(xml, "Learning curves", MERIT__PAGE_WIDTH);
    MERIT_TRY(merit__curves_add(xml, shown->runs, "learning", 0, err));
    merit__page_figure_end(
        xml, n_losses > shown->n ? "The losses that earned most, with the first seed: "
                                   "score on each run's own validation examples."
                                 : "The first seed of each loss: score on the run's "
                                   "own validation examples.");
    merit__page_section_end(xml);
fail:
    return status;
}

static merit_status add_sections(merit__xml *xml, const char *directory,
                                 const merit_comparison *comparison,
                                 const shown_runs *shown, merit_error *err)
{
    merit_status status = MERIT_OK;
    char name[MERIT__PAGE_PATH_BYTES];
    merit__page_file_name(name, directory);
    merit__page_open(xml, name);
    merit__page_verdict_add(xml, comparison, name);
    MERIT_TRY(merit__page_losses_add(xml, comparison, err));
    if (shown->n > 0) {
        const merit_run *first = merit_runs_at(shown->runs, 0);
        MERIT_TRY(
            add_curves(xml, shown, merit_comparison_facts(comparison)->n_losses, err));
        if (first->table != NULL) {
            MERIT_TRY(merit__page_table_add(xml, first->table, err));
        }
    }
    merit__page_section(xml, "details", "How it was made");
    merit__page_each_run_add(xml, comparison);
    MERIT_TRY(merit__page_config_add(xml, directory, "comparison.json", err));
    merit__page_section_end(xml);
    merit__page_close(xml);
    if (xml->out_of_memory) {
        MERIT_TRY(merit__fail_memory(err, xml->n, "a page"));
    }
fail:
    return status;
}

merit_status merit_report_comparison(char **text, size_t *n_bytes,
                                     const char *directory, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_comparison *comparison = NULL;
    shown_runs shown = {0};
    merit__xml xml = {0};
    *text = NULL;
    *n_bytes = 0;
    MERIT_TRY(merit_comparison_load(&comparison, directory, err));
    MERIT_TRY(load_runs(&shown, directory, comparison, err));
    MERIT_TRY(add_sections(&xml, directory, comparison, &shown, err));
    *text = xml.bytes;
    *n_bytes = xml.n;
    xml.bytes = NULL;
fail:
    merit__free(xml.bytes);
    dispose(&shown);
    merit_comparison_free(comparison);
    return status;
}
