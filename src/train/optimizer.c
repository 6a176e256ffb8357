#include "train/optimizer.h"

#include <string.h>

#include "base/fail.h"
#include "base/suggest.h"

#define X(symbol) extern const merit__optimizer symbol;
#include "optimizer_table.inc"
#undef X

static const merit__optimizer *const table[] = {
#define X(symbol) &symbol,
#include "optimizer_table.inc"
#undef X
};
enum { N_OPTIMIZERS = sizeof table / sizeof *table };

static const char *name_at(const void *context, size_t index)
{
    (void)context;
    return table[index]->name;
}

merit_status merit__optimizer_find(const merit__optimizer **out, const char *name,
                                   merit_error *err)
{
    for (size_t i = 0; i < N_OPTIMIZERS; i++) {
        if (strcmp(table[i]->name, name) == 0) {
            *out = table[i];
            return MERIT_OK;
        }
    }
    char shown[80];
    merit__printable(shown, sizeof shown, name);
    const char *near = merit__suggest(name, name_at, NULL, N_OPTIMIZERS);
    return merit__fail(err, MERIT_EINVAL,
                       "unknown optimizer \"%s\"%s%s%s; there are adamw and sgd", shown,
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}
