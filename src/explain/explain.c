#include "merit/explain.h"

#include <locale.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "explain/explain_parts.h"

const char *merit_explain_verdict_name(merit_explain_verdict verdict)
{
    static const char *const names[] = {
        "too-early", "healthy",   "collapsed", "stuck",       "slow-start",
        "rate-low",  "rate-high", "diverged",  "overfitting", "nothing-learned"};
    size_t i = (size_t)verdict;
    return i < sizeof names / sizeof *names ? names[i] : "unknown";
}

static merit_status explain_candidates(merit_explanation *e, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_run *run = e->run;
    size_t n = (size_t)run->n_candidates;
    e->candidates = merit__alloc_array(n, sizeof *e->candidates);
    if (e->candidates == NULL) {
        MERIT_TRY(merit__fail_memory(err, n * sizeof *e->candidates, "an explanation"));
    }
    e->n_candidates = run->n_candidates;
    for (int64_t i = 0; i < run->n_candidates; i++) {
        MERIT_TRY(merit__explain_measure(&e->candidates[i], run, i, err));
        e->candidates[i].shown.verdict = merit__explain_judge(&e->candidates[i], run);
    }
    e->kept = run->kept != NULL ? &e->candidates[run->kept->candidate] : NULL;
    e->verdict = e->kept != NULL ? e->kept->shown.verdict : MERIT_VERDICT_TOO_EARLY;
    e->verdict = run->has_diverged ? MERIT_VERDICT_DIVERGED : e->verdict;
fail:
    return status;
}

/* Writes the findings, with a decimal point in every locale. */
static void write_findings(merit_explanation *e)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    merit__explain_findings(e);
    uselocale(before);
    if (plain != (locale_t)0) {
        freelocale(plain);
    }
    for (size_t i = 0; i < e->n_findings; i++) {
        e->findings[i].text = e->texts[i];
    }
}

merit_status merit_explain(merit_explanation **out, const merit_run *run,
                           merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = NULL;
    merit_explanation *e = merit__alloc_array(1, sizeof *e);
    if (e == NULL) {
        return merit__fail_memory(err, sizeof *e, "an explanation");
    }
    e->run = run;
    MERIT_TRY(explain_candidates(e, err));
    write_findings(e);
    if (e->no_memory) {
        MERIT_TRY(merit__fail_memory(err, 4096, "an explanation"));
    }
    *out = e;
    e = NULL;
fail:
    merit_explanation_free(e);
    return status;
}

void merit_explanation_free(merit_explanation *e)
{
    if (e == NULL) {
        return;
    }
    for (int64_t i = 0; i < e->n_candidates; i++) {
        merit__free(e->candidates[i].missing);
        merit__free(e->candidates[i].lost);
    }
    for (size_t i = 0; i < e->n_findings; i++) {
        merit__free(e->texts[i]);
    }
    merit__free(e->candidates);
    merit__free(e->findings);
    merit__free(e->texts);
    merit__free(e);
}

merit_explain_verdict merit_explanation_verdict(const merit_explanation *explanation)
{
    return explanation->verdict;
}

int64_t merit_explanation_n_findings(const merit_explanation *explanation)
{
    return (int64_t)explanation->n_findings;
}

const merit_finding *merit_explanation_finding(const merit_explanation *explanation,
                                               int64_t index)
{
    return &explanation->findings[index];
}

int64_t merit_explanation_n_candidates(const merit_explanation *explanation)
{
    return explanation->n_candidates;
}

const merit_explain_candidate *
merit_explanation_candidate(const merit_explanation *explanation, int64_t index)
{
    return &explanation->candidates[index].shown;
}

const merit_explain_candidate *
merit_explanation_kept(const merit_explanation *explanation)
{
    return explanation->kept == NULL ? NULL : &explanation->kept->shown;
}
