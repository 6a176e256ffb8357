#include "cli_check.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 100, INDENT = 9, MAX_ROWS = 12, MAX_NAME = 16, MAX_TRUTHS = 18 };
enum { LINE_BYTES = 1024 };

// How much a note of reading matters; 0 when the audit finds the same.
static int severity_of_note(const char *id)
{
    static const char *const of_reading[] = {"reordered", "extra-answers",
                                             "group-order", "similar-names",
                                             "right-answer-costs"};
    if (strcmp(id, "names-like-scores") == 0) {
        return MERIT_SEVERITY_WARNING; // perhaps another table than was meant
    }
    for (size_t i = 0; i < sizeof of_reading / sizeof of_reading[0]; i++) {
        if (strcmp(id, of_reading[i]) == 0) {
            return MERIT_SEVERITY_NOTE;
        }
    }
    return 0;
}

merit_status merit__check_findings(merit__check_finding **list, int64_t *n,
                                   const merit__checked *checked, merit_error *err)
{
    const merit_audit_facts *facts = checked->facts;
    const int64_t n_notes = merit_scores_n_notes(checked->scores);
    merit_status status =
        merit__new_array(list, facts->n_findings + n_notes, sizeof **list, err);
    *n = 0;
    for (int severity = MERIT_SEVERITY_PROBLEM;
         status == MERIT_OK && severity >= MERIT_SEVERITY_NOTE; severity--) {
        for (int64_t f = 0; f < facts->n_findings; f++) {
            const merit_finding *found = &facts->findings[f];
            if ((int)found->severity == severity) {
                (*list)[(*n)++] =
                    (merit__check_finding){found->id, found->text, found->severity};
            }
        }
        for (int64_t i = 0; i < n_notes; i++) {
            const char *id = merit_scores_note_id(checked->scores, i);
            if (severity_of_note(id) == severity) {
                (*list)[(*n)++] =
                    (merit__check_finding){id, merit_scores_note(checked->scores, i),
                                           (merit_severity)severity};
            }
        }
    }
    return status;
}

static void print_heading(const merit__checked *checked, int width)
{
    const merit_audit_facts *facts = checked->facts;
    const int64_t n_extra = facts->n_answers - facts->n_truths;
    const double *S = merit_scores_values(checked->scores);
    double low = S[0], high = S[0];
    char path[LINE_BYTES / 2], line[LINE_BYTES], extra[64] = "";
    for (int64_t at = 1; at < facts->n_truths * facts->n_answers; at++) {
        low = fmin(low, S[at]);
        high = fmax(high, S[at]);
    }
    if (n_extra > 0) {
        snprintf(extra, sizeof extra, " and %" PRId64 " more answer%s", n_extra,
                 n_extra == 1 ? "" : "s");
    }
    snprintf(line, sizeof line, "%s: %" PRId64 " classes%s, scores %.6g to %.6g, %s",
             merit__visible(path, sizeof path, checked->path), facts->n_truths, extra,
             low, high, facts->is_symmetric ? "symmetric" : "not symmetric");
    merit__print_wrapped(stdout, line, 0, width);
}

static void print_findings(const merit__check_finding *list, int64_t n, int width)
{
    for (int64_t f = 0; f < n; f++) {
        const int column = printf("%s", merit_severity_name(list[f].severity));
        merit__print_column(stdout, list[f].text, INDENT, width, column);
    }
}

// A share in per cent: "31 %", "<1 %", "0 %".
static const char *percent(char out[16], double share)
{
    if (isnan(share)) {
        return strcpy(out, "-");
    }
    if (share > 0 && share < 0.005) {
        return strcpy(out, "<1 %");
    }
    if (share < 1 && share > 0.995) {
        return strcpy(out, ">99 %");
    }
    snprintf(out, 16, "%.0f %%", merit__unsigned_zero(100 * share, 0));
    return out;
}

// The truths of which an answer is the best one, within so many characters: names where
// they fit, one in any case, else how many.
static void list_truths(char *out, size_t out_bytes, const merit__checked *checked,
                        int64_t answer, int most)
{
    const merit_audit_facts *facts = checked->facts;
    const int64_t n_truths = facts->answers[answer].n_best_for;
    char name[64];
    size_t n = 0;
    int width = 0;
    snprintf(out, out_bytes, "nothing");
    for (int64_t i = 0; n_truths > 0 && i < facts->n_truths; i++) {
        if (facts->truths[i].best != answer) {
            continue;
        }
        merit__visible(name, sizeof name, merit_scores_name(checked->scores, i));
        width += merit__cell_width(name) + (n > 0 ? 2 : 0);
        if (n_truths > 1 && (width > most || n + strlen(name) + 3 > out_bytes)) {
            snprintf(out, out_bytes, "%" PRId64 " truths", n_truths);
            return;
        }
        n += (size_t)snprintf(out + n, out_bytes - n, "%s%s", n > 0 ? ", " : "", name);
    }
}

// What an answer needs: so much belief in its class, or, of an extra answer, no more
// than so much in any.
static const char *needed(char out[16], const merit_audit_answer *answer)
{
    char share[16];
    switch (answer->reach) {
    case MERIT_REACH_NEVER:
        return "never";
    case MERIT_REACH_TIES:
        return "only ties";
    case MERIT_REACH_UNKNOWN:
        return "?";
    default:
        break;
    }
    if (isnan(answer->most_belief)) {
        return percent(out, answer->least_belief);
    }
    snprintf(out, 16, "<= %.8s", percent(share, answer->most_belief));
    return out;
}

// Of the table of answers: the widths of the two columns of names.
typedef struct columns {
    int name, truths;
} columns;

static void print_answer(const merit__checked *checked, int64_t k, columns widths)
{
    const merit_audit_answer *answer = &checked->facts->answers[k];
    char truths[256], volume[16], least[16], sure[16];
    list_truths(truths, sizeof truths, checked, k, widths.truths);
    printf("  ");
    merit__print_cell(stdout, merit_scores_name(checked->scores, k), widths.name);
    printf("  ");
    merit__print_cell(stdout, truths, widths.truths);
    // No random belief chose it, and yet some belief does.
    const int is_rare = answer->volume == 0 && answer->reach == MERIT_REACH_BELIEFS;
    printf("  %10s  %9s  %10s\n", is_rare ? "<1 %" : percent(volume, answer->volume),
           needed(least, answer),
           answer->reach == MERIT_REACH_BELIEFS && answer->sure_belief >= 1
               ? "never"
               : percent(sure, answer->sure_belief));
}

// The answer after `last` in the order of how often it is chosen.
static int64_t next_chosen(const merit_audit_facts *facts, int64_t last)
{
    int64_t next = -1;
    const double limit = last < 0 ? 2 : facts->answers[last].volume;
    for (int64_t k = 0; k < facts->n_answers; k++) {
        const double volume = facts->answers[k].volume;
        const int is_after = volume < limit || (volume == limit && k > last);
        if (is_after && (next < 0 || volume > facts->answers[next].volume)) {
            next = k;
        }
    }
    return next;
}

static void print_legend(const merit_audit_facts *facts, int width)
{
    char line[LINE_BYTES], count[MERIT__COUNT_BYTES];
    const int has_extra = facts->n_answers > facts->n_truths;
    const char *needs = "";
    for (int64_t k = 0; k < facts->n_truths; k++) {
        if (!isnan(facts->answers[k].least_belief)) {
            needs = "needs: the least belief in the class at which it can be the "
                    "answer (0 %: as a compromise)";
        }
    }
    snprintf(line, sizeof line,
             "chosen for: share of %s random beliefs (standard error up to %.2g %%); "
             "%s%s%ssure above: the belief from which nothing else is.",
             merit__count_text(count, facts->n_samples),
             100 * 0.5 / sqrt((double)facts->n_samples), needs,
             has_extra && needs[0] != '\0' ? ", or <= the most in any class" : "",
             needs[0] != '\0' ? "; " : "");
    merit__print_wrapped(stdout, line, 2, width);
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

// As wide as what the n_rows answers need, as far as there is room for it.
static columns find_columns(const merit__checked *checked, int is_long, int64_t n_rows,
                            int width)
{
    enum { NUMBERS = 41 }; // what the other columns take
    const columns least = {sizeof "answer" - 1, sizeof "best for" - 1};
    const int most_name = clamp(width - NUMBERS - least.truths, least.name, MAX_NAME);
    columns widest = least;
    char truths[256];
    int64_t k = -1;
    for (int64_t row = 0; row < n_rows; row++) {
        k = is_long ? next_chosen(checked->facts, k) : row;
        const int n = merit__cell_width(merit_scores_name(checked->scores, k));
        widest.name = clamp(n, widest.name, most_name);
    }
    const int most_truths =
        clamp(width - NUMBERS - widest.name, least.truths, MAX_TRUTHS);
    k = -1;
    for (int64_t row = 0; row < n_rows; row++) {
        k = is_long ? next_chosen(checked->facts, k) : row;
        list_truths(truths, sizeof truths, checked, k, most_truths);
        widest.truths = clamp(merit__cell_width(truths), widest.truths, most_truths);
    }
    return widest;
}

static void print_answers(const merit__checked *checked, int width)
{
    const merit_audit_facts *facts = checked->facts;
    const int is_long = facts->n_answers > MAX_ROWS + 2;
    const int64_t n_rows = is_long ? MAX_ROWS : facts->n_answers;
    const columns widths = find_columns(checked, is_long, n_rows, width);
    double rest = 1;
    char share[16], line[LINE_BYTES];
    int64_t k = -1;
    printf("  %-*s  %-*s  %10s  %9s  %10s\n", widths.name, "answer", widths.truths,
           "best for", "chosen for", "needs", "sure above");
    for (int64_t row = 0; row < n_rows; row++) {
        k = is_long ? next_chosen(facts, k) : row;
        print_answer(checked, k, widths);
        rest -= facts->answers[k].volume;
    }
    if (is_long) {
        snprintf(line, sizeof line,
                 "and %" PRId64 " more answers, chosen for %s together.",
                 facts->n_answers - n_rows, percent(share, fmax(rest, 0)));
        merit__print_wrapped(stdout, line, 2, width);
    }
    print_legend(facts, width);
}

// Three digits, or all of a number of 1,000 and more.
static const char *steps_text(char out[MERIT__COUNT_BYTES], double steps)
{
    if (steps >= 999.5 && steps < 1e15) {
        return merit__count_text(out, llround(steps));
    }
    snprintf(out, MERIT__COUNT_BYTES, "%.3g", steps);
    return out;
}

static void print_beliefs(const merit__checked *checked, int width)
{
    const merit_audit_facts *facts = checked->facts;
    char line[LINE_BYTES], share[16], name[256];
    if (facts->argmax_agreement == 1) {
        snprintf(
            line, sizeof line,
            "Answering the most probable class is the best answer for every belief "
            "that was tried.");
    } else {
        snprintf(line, sizeof line,
                 "Answering the most probable class is the best answer for %s of "
                 "beliefs: use the Bayes decision (merit does).",
                 percent(share, facts->argmax_agreement));
    }
    merit__print_wrapped(stdout, line, 0, width);
    snprintf(line, sizeof line,
             "Always answering %s earns %.4g; no single answer earns more.",
             merit__visible(name, sizeof name,
                            merit_scores_name(checked->scores, facts->best_constant)),
             merit__unsigned_zero(facts->best_constant_score, 4));
    merit__print_wrapped(stdout, line, 0, width);
    char steps[160] = "", number[MERIT__COUNT_BYTES];
    if (facts->plateau > 0) {
        snprintf(steps, sizeof steps,
                 "until a fresh model believes the right class %s steps at learning "
                 "rate 1, %.3g with cross entropy; ",
                 steps_text(number, facts->plateau), facts->plateau_cross_entropy);
    }
    snprintf(line, sizeof line,
             "Rank %" PRId64 ", %" PRId64
             " with rows centred; %saffine labels M = %.4g. All numbers: --json.",
             facts->rank, facts->centred_rank, steps, facts->affine_M);
    merit__print_wrapped(stdout, line, 0, width);
}

// The table as other commands take it, for a shell.
static void spell_table(char *out, size_t out_bytes, const merit__checked *checked)
{
    char path[LINE_BYTES / 4];
    merit__visible(path, sizeof path, checked->path);
    const int is_plain = strpbrk(path, " \t'\"\\$`&|;<>()*?[]#~!{}") == NULL;
    if (strcmp(path, "-") == 0 || strchr(path, '\'') != NULL) {
        snprintf(out, out_bytes, "SCORES");
    } else {
        snprintf(out, out_bytes, is_plain ? "%s" : "'%s'", path);
    }
}

static int looks_reversed(const merit_audit_facts *facts)
{
    for (int64_t f = 0; f < facts->n_findings; f++) {
        if (strcmp(facts->findings[f].id, "looks-reversed") == 0) {
            return 1;
        }
    }
    return 0;
}

static void print_what_to_do(const merit__checked *checked)
{
    char table[LINE_BYTES / 2], classes[64] = "";
    spell_table(table, sizeof table, checked);
    if (checked->n_classes > 0) {
        snprintf(classes, sizeof classes, " --classes %" PRId64, checked->n_classes);
    }
    // Commands stay on one line, to be copied.
    if (looks_reversed(checked->facts)) {
        printf("If that is so:\n  merit check %s%s%s\n", table,
               checked->costs ? "" : " --costs", classes);
        return;
    }
    const char *nodes = checked->answer_nodes ? " --answers nodes" : "";
    printf("To train:\n  merit train DATA %s %s%s -o RUN\n",
           checked->costs ? "--costs" : "-s", table, nodes);
    printf("Soft labels for another framework:\n  merit labels %s%s%s%s\n", table,
           checked->costs ? " --costs" : "", classes, nodes);
}

merit_status merit__check_print(const merit__checked *checked, int width,
                                merit_error *err)
{
    merit__check_finding *list = NULL;
    int64_t n = 0;
    merit_status status = merit__check_findings(&list, &n, checked, err);
    if (status != MERIT_OK) {
        return status;
    }
    width = width > WIDEST ? WIDEST : width;
    print_heading(checked, width);
    if (n > 0) {
        putchar('\n');
        print_findings(list, n, width);
    }
    if (checked->facts->regret_scale > 0) {
        putchar('\n');
        print_answers(checked, width);
        putchar('\n');
        print_beliefs(checked, width);
        putchar('\n');
        print_what_to_do(checked);
    }
    free(list);
    return MERIT_OK;
}
