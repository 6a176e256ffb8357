#include "cli_loss_descriptions.h"

#include "cli_json.h"
#include "cli_terminal.h"
#include "merit/loss.h"

#include <stdio.h>

// The default of a parameter: "1", "R/20" or "2R".
static void print_default(char *out, size_t out_bytes, const merit_loss_parameter *p)
{
    static const char range[] = ", R the largest score difference within a row";
    if (!p->initial_in_range || p->initial == 0) {
        snprintf(out, out_bytes, "%g", p->initial);
    } else if (p->initial < 1) {
        snprintf(out, out_bytes, "R/%g%s", 1 / p->initial, range);
    } else {
        snprintf(out, out_bytes, "%gR%s", p->initial, range);
    }
}

// What the outputs of a model with this loss are.
static const char *describe_outputs(merit_link_kind link)
{
    return link == MERIT_LINK_G_SOFTMAX         ? "beliefs by g-softmax"
           : link == MERIT_LINK_MARGIN          ? "beliefs, once margins are taken back"
           : link == MERIT_LINK_SCORES          ? "expected scores"
           : link == MERIT_LINK_LOGISTIC_SCORES ? "expected scores, by a sigmoid"
                                                : "beliefs by softmax";
}

static void print_loss(const merit_loss_info *info, int width)
{
    printf("%s\n", info->name);
    merit__print_wrapped(stdout, info->formula, 4, width);
    merit__print_wrapped(stdout, info->use, 4, width);
    printf("    decision: %s%s%s\n", merit_rule_name(info->rule),
           info->exact ? ", exact" : "", info->convex ? "; convex" : "");
    if (info->link != MERIT_LINK_SOFTMAX) {
        printf("    outputs: %s\n", describe_outputs(info->link));
    }
    for (int64_t i = 0; i < info->n_parameters; i++) {
        const merit_loss_parameter *p = &info->parameters[i];
        char initial[80];
        char text[512];
        print_default(initial, sizeof initial, p);
        snprintf(text, sizeof text, "%s: %s (default %s; %g to %g%s)", p->name,
                 p->meaning, initial, p->low, p->high, p->moves ? "; may move" : "");
        merit__print_wrapped(stdout, text, 4, width);
    }
}

// clang-format off
static json_t *parameter_record(const merit_loss_parameter *p)
{
    return json_pack("{s:s, s:s, s:o, s:b, s:o, s:o, s:b}",
                     "name", p->name,
                     "meaning", p->meaning,
                     "initial", merit__json_number(p->initial),
                     "initial_in_range", p->initial_in_range,
                     "low", merit__json_number(p->low),
                     "high", merit__json_number(p->high),
                     "moves", p->moves);
}

static json_t *loss_record(const merit_loss_info *info)
{
    json_t *parameters = json_array();
    for (int64_t i = 0; i < info->n_parameters; i++) {
        json_array_append_new(parameters, parameter_record(&info->parameters[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o}",
                     "name", info->name,
                     "formula", info->formula,
                     "use", info->use,
                     "rule", merit_rule_name(info->rule),
                     "outputs", describe_outputs(info->link),
                     "convex", info->convex,
                     "exact", info->exact,
                     "row_shift_invariant", info->row_shift_invariant,
                     "parameters", parameters);
}
// clang-format on

merit_status merit__losses_describe(int json, merit_error *err)
{
    int width = merit__terminal_width(stdout);
    json_t *list = json ? json_array() : NULL;
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        if (json) {
            json_array_append_new(list, loss_record(merit_loss_describe(i)));
        } else {
            print_loss(merit_loss_describe(i), width);
        }
    }
    if (!json) {
        return MERIT_OK;
    }
    return merit__json_print(
        json_pack("{s:s, s:o}", "merit", merit_version(), "losses", list), err);
}
