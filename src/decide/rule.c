/* The decision rules by name. */
#include "merit/decide.h"

#include <string.h>

#include "base/fail.h"

static const char *const rule_names[] = {
    [MERIT_RULE_AUTO] = "auto",
    [MERIT_RULE_ARGMAX] = "argmax",
    [MERIT_RULE_BAYES] = "bayes",
    [MERIT_RULE_DECODE] = "decode",
};

enum { N_RULES = sizeof rule_names / sizeof rule_names[0] };

const char *merit_rule_name(merit_rule rule)
{
    return (size_t)rule < N_RULES ? rule_names[rule] : "unknown";
}

merit_status merit_rule_parse(merit_rule *out, const char *name, merit_error *err)
{
    if (out == NULL || name == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_rule_parse: an argument is NULL");
    }
    for (size_t i = 0; i < N_RULES; i++) {
        if (strcmp(name, rule_names[i]) == 0) {
            *out = (merit_rule)i;
            return MERIT_OK;
        }
    }
    char shown[64];
    return merit__fail(err, MERIT_EINVAL,
                       "unknown decision rule \"%s\", expected auto, argmax, bayes or "
                       "decode",
                       merit__printable(shown, sizeof shown, name));
}
