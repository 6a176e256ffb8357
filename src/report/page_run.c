/* The page of a run. */
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "merit/report.h"
#include "report/claims_chart.h"
#include "report/costs.h"
#include "report/examined.h"
#include "report/mistakes.h"
#include "report/page.h"
#include "report/page_details.h"
#include "report/page_result.h"
#include "report/page_table.h"
#include "report/page_training.h"
#include "report/reliability.h"

/* The model that the run kept; *out is NULL where it has none yet. */
static merit_status load_model(merit_model **out, const merit_run *run,
                               merit_error *err)
{
    struct stat info;
    *out = NULL;
    char *path = merit__path_join(run->path, "best.safetensors");
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run->path), "a path");
    }
    merit_status status =
        stat(path, &info) != 0 ? MERIT_OK : merit_model_load(out, path, err);
    merit__free(path);
    return status;
}

static merit_status add_claims(merit__xml *xml, const merit__examined *examined,
                               merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__page_section(xml, "trust", "Whether its claims can be trusted");
    merit__xml_add(xml, "<div class=\"row\">\n");
    MERIT_TRY(merit__claims_chart_add(xml, examined, err));
    if (examined->believed != NULL) {
        merit__reliability_add(xml, examined);
    } else {
        merit__xml_add(xml,
                       "<p class=\"grow\">What it was trained for is not to "
                       "believe: its outputs are no beliefs that could be held against "
                       "facts.</p>\n");
    }
    merit__xml_add(xml, "</div>\n");
    merit__page_section_end(xml);
fail:
    return status;
}

/* All sections; model and examined may be NULL. */
static merit_status add_sections(merit__xml *xml, const merit_runs *runs,
                                 const merit_model *model,
                                 const merit__examined *examined,
                                 const merit_report_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_run *run = merit_runs_at(runs, 0);
    const merit_scores *scores = model != NULL ? merit_model_scores(model) : run->table;
    char name[MERIT__PAGE_PATH_BYTES];
    merit__page_open(xml, merit__page_file_name(name, run->path));
    merit__page_result_add(xml, run, examined);
    if (examined != NULL) {
        MERIT_TRY(merit__costs_add(xml, examined, err));
        if (!options->no_pictures) {
            MERIT_TRY(merit__mistakes_add(xml, examined, err));
        }
        MERIT_TRY(add_claims(xml, examined, err));
    }
    MERIT_TRY(merit__page_training_add(xml, runs, err));
    if (scores != NULL) {
        MERIT_TRY(merit__page_table_add(xml, scores, err));
    }
    MERIT_TRY(merit__page_details_add(xml, run, model, examined, err));
    merit__page_close(xml);
    if (xml->out_of_memory) {
        MERIT_TRY(merit__fail_memory(err, xml->n, "a page"));
    }
fail:
    return status;
}

merit_status merit_report_run(char **text, size_t *n_bytes, const char *run,
                              const merit_report_options *options, merit_error *err)
{
    static const merit_report_options defaults = {0};
    merit_status status = MERIT_OK;
    merit_runs *runs = NULL;
    merit_model *model = NULL;
    merit__examined examined = {0};
    merit__xml xml = {0};
    options = options != NULL ? options : &defaults;
    *text = NULL;
    *n_bytes = 0;
    MERIT_TRY(merit_runs_load(&runs, &run, 1, err));
    MERIT_TRY(load_model(&model, merit_runs_at(runs, 0), err));
    if (options->data != NULL && model == NULL) {
        MERIT_TRY(
            merit__fail(err, MERIT_EMODEL,
                        "%.100s: its training has not produced a model yet, which "
                        "could answer the examples",
                        run));
    }
    if (options->data != NULL) {
        MERIT_TRY(merit__examined_make(&examined, model, options->data, options->rule,
                                       options->n_threads, err));
    }
    MERIT_TRY(add_sections(&xml, runs, model, options->data != NULL ? &examined : NULL,
                           options, err));
    *text = xml.bytes;
    *n_bytes = xml.n;
    xml.bytes = NULL;
fail:
    merit__free(xml.bytes);
    merit__examined_dispose(&examined);
    merit_model_free(model);
    merit_runs_free(runs);
    return status;
}
