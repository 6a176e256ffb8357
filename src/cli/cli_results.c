#include "cli_results.h"

#include "cli_json.h"
#include "cli_number.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { NUMBERS_WIDTH = 43 }; // the columns of numbers of the table
static const char arrow[] = "  <- ";

static void print_line(FILE *stream, const merit__result *result, int name_width,
                       const char *mark)
{
    const merit_metrics *m = result->metrics;
    merit__print_cell(stream, result->name, name_width);
    fprintf(stream, "%10.4f  %10.4f", m->accuracy,
            merit__unsigned_zero(m->mean_score, 4));
    if (isnan(m->normalized_score)) {
        fprintf(stream, "  %10s", "-");
    } else {
        fprintf(stream, "  %10.3f", merit__unsigned_zero(m->normalized_score, 3));
    }
    if (!isnan(m->claimed_score)) {
        fprintf(stream, "  %7.4f", merit__unsigned_zero(m->claimed_score, 4));
    }
    if (result->is_marked) {
        fprintf(stream, "%s%s", mark != NULL ? arrow : " *", mark != NULL ? mark : "");
    }
    fputc('\n', stream);
}

void merit__print_results(FILE *stream, const merit__result *results, size_t n,
                          const char *mark, int width)
{
    int name_width = (int)sizeof "decision" - 1;
    int most = width - NUMBERS_WIDTH - (int)sizeof " *" + 1;
    for (size_t i = 0; i < n; i++) {
        int needed = merit__cell_width(results[i].name);
        name_width = needed > name_width ? needed : name_width;
    }
    name_width = name_width > most ? most : name_width;
    // Without room for the arrow a star, which is explained below.
    int n_used = name_width + NUMBERS_WIDTH + (int)(sizeof arrow - 1 + strlen(mark));
    int has_room = n_used <= width;
    fprintf(stream, "%-*s%10s  %10s  %10s  %7s\n", name_width, "decision", "accuracy",
            "mean score", "normalised", "claimed");
    for (size_t i = 0; i < n; i++) {
        print_line(stream, &results[i], name_width, has_room ? mark : NULL);
    }
    if (!has_room) {
        fprintf(stream, "* %s\n", mark);
    }
}

void merit__print_interval(FILE *stream, const char *name,
                           const merit_interval *interval, int width)
{
    char text[256];
    snprintf(text, sizeof text,
             "%s earns %.4f %s per example than argmax (95 %% interval %.4f to %.4f, "
             "paired bootstrap)%s",
             name, fabs(interval->mean), interval->mean < 0 ? "less" : "more",
             merit__unsigned_zero(interval->low, 4),
             merit__unsigned_zero(interval->high, 4),
             interval->low <= 0 && interval->high >= 0 ? "; it may be chance." : ".");
    merit__print_wrapped(stream, text, 0, width);
}

void merit__print_beliefs(FILE *stream, const merit_metrics *m, double temperature,
                          int width)
{
    char beliefs[96] = "";
    char text[256];
    if (!isnan(m->ece)) {
        snprintf(beliefs, sizeof beliefs,
                 "log loss %.4f; calibration error (ECE) %.4f; ",
                 merit__unsigned_zero(m->log_loss, 4), m->ece);
    }
    snprintf(text, sizeof text,
             "%" PRId64 " examples; %sregret %.4f; temperature %.4g.", m->n, beliefs,
             merit__unsigned_zero(m->regret, 4), temperature);
    merit__print_wrapped(stream, text, 0, width);
}

// clang-format off
json_t *merit__result_record(const merit__result *result, double temperature)
{
    const merit_metrics *m = result->metrics;
    return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "merit", merit_version(),
                     "n", (json_int_t)m->n,
                     "rule", result->name,
                     "temperature", merit__json_number(temperature),
                     "accuracy", merit__json_number(m->accuracy),
                     "mean_score", merit__json_number(m->mean_score),
                     "normalized_score", merit__json_number(m->normalized_score),
                     "log_loss", merit__json_number(m->log_loss),
                     "ece", merit__json_number(m->ece),
                     "regret", merit__json_number(m->regret));
}
// clang-format on
