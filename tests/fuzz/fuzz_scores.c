/* Fuzz target of score tables and groups files: the same bytes as either. */
#include "scores/scores_table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void check_printed(const merit_scores *scores)
{
    char *text = NULL;
    size_t n = 0;
    merit_scores *again = NULL;
    if (merit_scores_print(scores, &text, &n, NULL) != MERIT_OK ||
        merit_scores_parse(&again, text, n, "printed", NULL, NULL) != MERIT_OK) {
        abort(); // what was read once can be read again
    }
    merit_scores_free(again);
    merit_text_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    const merit_scores_options options = {0};
    const char *text = (const char *)data;
    merit_scores *scores = NULL;
    if (merit_scores_parse(&scores, text, n_bytes, "input", &options, NULL) ==
        MERIT_OK) {
        check_printed(scores);
    }
    merit_scores_free(scores);
    merit__scores_parse_bins(&scores, text, n_bytes, 2, "input", &options, NULL);
    merit_scores_free(scores);
    merit__scores_parse_groups(&scores, text, n_bytes, "input", &options, NULL);
    merit_scores_free(scores);
    return 0;
}
