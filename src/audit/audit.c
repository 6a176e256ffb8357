#include "merit/audit.h"

#include <inttypes.h>
#include <math.h>

#include "audit/audit_parts.h"
#include "audit/beliefs.h"
#include "base/alloc.h"
#include "base/fail.h"

// Eigenvalues take K^3 operations: some minutes at this size.
enum { MAX_ANSWERS = 4000, EXACT = 200, PROGRAMS = 1000 };

static merit_status check_options(const merit_audit_options *options, int64_t K,
                                  merit_error *err)
{
    double sum = 0;
    if (options->n_samples < 0 || options->n_exact < 0 || options->n_programs < 0 ||
        options->n_samples >= (int64_t)1 << 31) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_audit_create: a count is out of range");
    }
    for (int64_t i = 0; options->priors != NULL && i < K; i++) {
        if (!(options->priors[i] >= 0) || isinf(options->priors[i])) {
            return merit__fail(err, MERIT_EINVAL,
                               "priors[%" PRId64 "] is %g, expected a share >= 0", i,
                               options->priors[i]);
        }
        sum += options->priors[i];
    }
    if (options->priors != NULL && !(sum > 0 && isfinite(sum))) {
        return merit__fail(err, MERIT_EINVAL,
                           "the priors sum to %g, expected a sum > 0", sum);
    }
    return MERIT_OK;
}

static void settle_options(merit_audit *audit, const merit_audit_options *options)
{
    double sum = 0;
    audit->options = *options;
    if (options->n_samples == 0) {
        audit->options.n_samples = merit__belief_count(audit->K, audit->A);
    }
    if (options->n_exact == 0) {
        audit->options.n_exact = EXACT;
    }
    if (options->n_programs == 0) {
        audit->options.n_programs = PROGRAMS;
    }
    for (int64_t i = 0; i < audit->K; i++) {
        audit->priors[i] = options->priors == NULL ? 1 : options->priors[i];
        sum += audit->priors[i];
    }
    for (int64_t i = 0; i < audit->K; i++) {
        audit->priors[i] /= sum;
    }
}

static merit_status copy_scores(merit_audit *audit, const merit_scores *scores,
                                merit_error *err)
{
    if (merit_scores_values(scores) == NULL) {
        merit_status written = merit_scores_write_out(&audit->scores, scores, err);
        audit->S = written == MERIT_OK ? merit_scores_values(audit->scores) : NULL;
        return written;
    }
    const char **names = merit__alloc_array((size_t)audit->A, sizeof *names);
    if (names == NULL) {
        return merit__fail_memory(err, (size_t)audit->A * sizeof *names, "names");
    }
    for (int64_t k = 0; k < audit->A; k++) {
        names[k] = merit_scores_name(scores, k);
    }
    merit_status status = merit_scores_create(&audit->scores, audit->K, audit->A,
                                              merit_scores_values(scores), names, err);
    merit__free(names);
    if (status == MERIT_OK) {
        audit->S = merit_scores_values(audit->scores);
    }
    return status;
}

static merit_status allocate(merit_audit *audit, merit_error *err)
{
    const size_t K = (size_t)audit->K, A = (size_t)audit->A;
    audit->priors = merit__alloc_array(K, sizeof *audit->priors);
    audit->scaled = merit__alloc_array(K * A, sizeof *audit->scaled);
    audit->regret = merit__alloc_array(K * A, sizeof *audit->regret);
    audit->truths = merit__alloc_array(K, sizeof *audit->truths);
    audit->answers = merit__alloc_array(A, sizeof *audit->answers);
    audit->witnesses = merit__alloc_array(A, sizeof *audit->witnesses);
    audit->mixtures = merit__alloc_array(A, sizeof *audit->mixtures);
    audit->truth_twin = merit__alloc_array(K, sizeof *audit->truth_twin);
    audit->trap_component = merit__alloc_array(K, sizeof *audit->trap_component);
    if (audit->priors == NULL || audit->scaled == NULL || audit->regret == NULL ||
        audit->truths == NULL || audit->answers == NULL || audit->witnesses == NULL ||
        audit->mixtures == NULL || audit->truth_twin == NULL ||
        audit->trap_component == NULL) {
        return merit__fail_memory(err, 3 * K * A * sizeof(double), "an audit");
    }
    return MERIT_OK;
}

// The answers as far as they are not known.
static void begin_answers(merit_audit *audit)
{
    for (int64_t k = 0; k < audit->A; k++) {
        audit->answers[k] = (merit_audit_answer){.margin = NAN,
                                                 .raise = NAN,
                                                 .least_belief = NAN,
                                                 .sure_belief = NAN,
                                                 .most_belief = NAN,
                                                 .twin = k};
    }
}

static void publish(merit_audit *audit)
{
    merit_audit_facts *facts = &audit->facts;
    for (int64_t k = 0; k < audit->A; k++) {
        const merit_audit_answer *answer = &audit->answers[k];
        audit->answers[k].witness = audit->witnesses[k];
        audit->answers[k].mixture = audit->mixtures[k];
        facts->n_by_belief += answer->proof == MERIT_PROOF_BELIEF;
        facts->n_by_program += answer->proof == MERIT_PROOF_PROGRAM;
        facts->n_undecided += answer->proof == MERIT_PROOF_NONE;
    }
    facts->n_truths = audit->K;
    facts->n_answers = audit->A;
    facts->regret = audit->regret;
    facts->truths = audit->truths;
    facts->answers = audit->answers;
    facts->trap_component = audit->trap_component;
    facts->n_samples = audit->options.n_samples;
}

static merit_status run(merit_audit *audit, merit_error *err)
{
    merit_status status = MERIT_OK;
    begin_answers(audit);
    merit__audit_truths(audit);
    merit__audit_twins(audit);
    MERIT_TRY(merit__audit_regions(audit, err));
    MERIT_TRY(merit__audit_reach(audit, err));
    MERIT_TRY(merit__audit_spectra(audit, err));
    MERIT_TRY(merit__audit_geometry(audit, err));
    MERIT_TRY(merit__audit_training(audit, err));
    publish(audit);
    MERIT_TRY(merit__audit_findings(audit, err));

fail:
    return status;
}

merit_status merit_audit_create(merit_audit **out, const merit_scores *scores,
                                const merit_audit_options *options, merit_error *err)
{
    static const merit_audit_options defaults = {0};
    merit_audit *audit = NULL;
    merit_status status = MERIT_OK;
    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || scores == NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "merit_audit_create: an argument is NULL");
    }
    options = options == NULL ? &defaults : options;
    const int64_t K = merit_scores_n_truths(scores), A = merit_scores_n_answers(scores);
    MERIT_TRY(check_options(options, K, err));
    if (A > MAX_ANSWERS) {
        MERIT_TRY(merit__fail(err, MERIT_ENOMEM,
                              "an audit takes at most %d answers, the table has "
                              "%" PRId64,
                              MAX_ANSWERS, A));
    }
    audit = merit__alloc_array(1, sizeof *audit);
    if (audit == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *audit, "an audit"));
    }
    audit->K = K;
    audit->A = A;
    MERIT_TRY(copy_scores(audit, scores, err));
    MERIT_TRY(allocate(audit, err));
    settle_options(audit, options);
    MERIT_TRY(run(audit, err));
    *out = audit;
    return MERIT_OK;

fail:
    merit_audit_free(audit);
    return status;
}

void merit_audit_free(merit_audit *audit)
{
    if (audit == NULL) {
        return;
    }
    for (int64_t k = 0; k < audit->A; k++) {
        merit__free(audit->witnesses == NULL ? NULL : audit->witnesses[k]);
        merit__free(audit->mixtures == NULL ? NULL : audit->mixtures[k]);
    }
    for (int64_t i = 0; i < audit->facts.n_findings; i++) {
        merit_text_free((char *)(uintptr_t)audit->findings[i].text);
    }
    merit__free(audit->findings);
    merit__free(audit->trap_component);
    merit__free(audit->traps);
    merit__free(audit->spectra);
    merit__free(audit->truth_twin);
    merit__free(audit->mixtures);
    merit__free(audit->witnesses);
    merit__free(audit->answers);
    merit__free(audit->truths);
    merit__free(audit->regret);
    merit__free(audit->scaled);
    merit__free(audit->priors);
    merit_scores_free(audit->scores);
    merit__free(audit);
}

const merit_audit_facts *merit_audit_facts_of(const merit_audit *audit)
{
    return audit == NULL ? NULL : &audit->facts;
}
