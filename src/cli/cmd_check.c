#include "command.h"

#include "cli_check.h"
#include "cli_data.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"
#include "cli_output.h"
#include "cli_table.h"
#include "cli_terminal.h"
#include "merit/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = MERIT__OPTION_OWN, OPTION_PRIORS, OPTION_SVG, OPTION_STRICT };

// clang-format off
static const struct argp_option table[] = {
    MERIT__TABLE_OPTIONS,
    {"priors", OPTION_PRIORS, "P,P,...", 0,
     "How often each truth comes, in the order of the classes (default: equally); for "
     "the best constant answer", 1},
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 2},
    {"svg", OPTION_SVG, "FILE", 0, "Draw the table into FILE, an SVG picture", 2},
    {"strict", OPTION_STRICT, NULL, 0, "Exit with 3 when there is a PROBLEM", 2},
    MERIT__BELIEF_OPTIONS,
    MERIT__LAST_OPTIONS,
};
// clang-format on

struct settings {
    merit__table_source table;
    const char *priors;
    const char *svg;
    int json;
    int strict;
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    struct settings *settings = payload;
    switch (key) {
    case OPTION_PRIORS:
        settings->priors = value;
        return MERIT_OK;
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    case OPTION_SVG:
        settings->svg = value;
        return MERIT_OK;
    case OPTION_STRICT:
        settings->strict = 1;
        return MERIT_OK;
    default:
        return merit__table_option(&settings->table, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit check",
    .arguments = "SCORES",
    .text = "Looks at a score table before anything is trained on it: what it teaches, "
            "what it can never answer, where training will stall.\v"
            "SCORES is a file, - for standard input, or identity, ordinal, "
            "ordinal:POWER, groups:FILE, tree:FILE. A belief is a distribution over "
            "the classes. "
            "Exact up to 200 answers; in larger tables sampling comes first, linear "
            "programs decide the rest, and the output says how many.",
    .table = table,
    .set = set,
};

static merit_status check_settings(const struct settings *settings, merit_error *err)
{
    if (settings->svg != NULL && strcmp(settings->svg, "-") == 0 && settings->json) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--json and --svg - exclude each other");
    }
    return settings->svg == NULL
               ? MERIT_OK
               : merit__not_same_file(settings->svg, settings->table.spec, err);
}

// priors [K] from "P,P,...".
static merit_status read_priors(double **out, const char *text,
                                const merit_scores *scores, merit_error *err)
{
    const int64_t n = merit_scores_n_truths(scores);
    int64_t n_found = 0;
    double sum = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__new_array(out, n, sizeof **out, err));
    for (const char *at = text; at != NULL; n_found++) {
        const char *comma = strchr(at, ',');
        const size_t length = comma == NULL ? strlen(at) : (size_t)(comma - at);
        char word[64];
        double share = -1;
        snprintf(word, sizeof word, "%.*s", (int)(length > 60 ? 60 : length), at);
        if (!merit__parse_number(&share, word) || share < 0) {
            return merit__refuse(err, MERIT_EINVAL,
                                 "--priors: expected shares >= 0, found \"%s\"", word);
        }
        if (n_found < n) {
            (*out)[n_found] = share;
            sum += share;
        }
        at = comma == NULL ? NULL : comma + 1;
    }
    if (n_found != n || !(sum > 0) || isinf(sum)) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--priors: expected %" PRId64
                             " shares, one for each class, "
                             "with a sum above 0, found %" PRId64,
                             n, n_found);
    }

fail:
    return status;
}

static merit_status draw(const merit_scores *scores, const char *path, merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit_scores_svg(scores, &text, &n_bytes, err));
    MERIT_TRY(merit__output_save(path, text, n_bytes, err));

fail:
    merit_text_free(text);
    return status;
}

// What --strict makes of the findings.
static merit_status judge(const struct settings *settings,
                          const merit_audit_facts *facts, merit_error *err)
{
    int64_t n = 0;
    for (int64_t f = 0; f < facts->n_findings; f++) {
        n += facts->findings[f].severity == MERIT_SEVERITY_PROBLEM;
    }
    return !settings->strict || n == 0
               ? MERIT_OK
               : merit__refuse(err, MERIT_EFORMAT, "%.120s: %" PRId64 " problem%s",
                               settings->table.spec, n, n == 1 ? "" : "s");
}

static merit_status check(const struct settings *settings, const merit_scores *scores,
                          merit_error *err)
{
    merit_audit_options wanted = settings->table.beliefs;
    merit_audit *audit = NULL;
    double *priors = NULL;
    merit_status status = MERIT_OK;
    if (settings->priors != NULL) {
        MERIT_TRY(read_priors(&priors, settings->priors, scores, err));
        wanted.priors = priors;
    }
    MERIT_TRY(merit_audit_create(&audit, scores, &wanted, err));
    const merit__checked checked = {.path = settings->table.spec,
                                    .costs = settings->table.costs,
                                    .answer_nodes = settings->table.answer_nodes,
                                    .n_classes = settings->table.n_classes,
                                    .scores = scores,
                                    .facts = merit_audit_facts_of(audit)};
    if (settings->svg != NULL) {
        MERIT_TRY(draw(scores, settings->svg, err));
    }
    if (settings->json) {
        MERIT_TRY(merit__check_record(&checked, err));
    } else if (settings->svg == NULL || strcmp(settings->svg, "-") != 0) {
        MERIT_TRY(merit__check_print(&checked, merit__terminal_width(stdout), err));
    }
    MERIT_TRY(judge(settings, checked.facts, err));

fail:
    free(priors);
    merit_audit_free(audit);
    return status;
}

static int run(int argc, char **argv)
{
    merit_error err = {0};
    struct settings settings = {0};
    merit_scores *scores = NULL;
    int helped = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__options_read(&options, argc, argv, &settings, &helped, &err));
    if (helped) {
        goto fail;
    }
    MERIT_TRY(check_settings(&settings, &err));
    MERIT_TRY(merit__table_open(&scores, &settings.table, "merit check", &err));
    MERIT_TRY(check(&settings, scores, &err));

fail:
    merit_scores_free(scores);
    return merit__finish(status, &err);
}

const merit__command merit__command_check = {
    .name = "check",
    .summary = "look at a score table: what it teaches, where training stalls",
    .run = run,
};
