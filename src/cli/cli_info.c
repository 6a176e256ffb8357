#include "cli_info.h"

#include "cli_message.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_NAMES = 20 };

json_t *merit__info_record(const char *path, const char *kind)
{
    return json_pack("{s:s, s:o, s:s}", "merit", merit_version(), "path",
                     merit__json_text(path), "kind", kind);
}

json_t *merit__info_names(const merit_scores *scores, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++) {
        json_array_append_new(list, merit__json_text(merit_scores_name(scores, i)));
    }
    return list;
}

// "10: T-shirt, Trouser, ..."
void merit__print_names(const char *what, const merit_scores *scores, int64_t from,
                        int64_t to)
{
    char name[128];
    printf("  %-12s %" PRId64 ": ", what, to - from);
    for (int64_t i = from; i < to && i < from + MAX_NAMES; i++) {
        printf("%s%s", i == from ? "" : ", ",
               merit__visible(name, sizeof name, merit_scores_name(scores, i)));
    }
    printf("%s\n", to - from > MAX_NAMES ? ", ..." : "");
}

void merit__print_entry(const char *name, const char *value)
{
    char shown[1024];
    if (value != NULL && value[0] != '\0') {
        printf("  %-12s %s\n", name, merit__visible(shown, sizeof shown, value));
    }
}
