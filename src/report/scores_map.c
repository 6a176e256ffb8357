#include "report/scores_map.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "merit/report.h"

/* What a reader hears who does not see the picture. */
static void describe(merit__xml *text, const merit_scores *scores)
{
    int64_t k = merit_scores_n_truths(scores), a = merit_scores_n_answers(scores);
    int64_t n_other = 0;
    merit__xml_add(text, "%" PRId64 " truths, %" PRId64 " answers. ", k, a);
    for (int64_t i = 0; i < k && n_other < 20; i++) {
        int64_t best = merit_scores_best_answer(scores, i);
        if (best != i) {
            char truth[64], answer[64];
            merit__xml_add(
                text, "The best answer to %s is %s. ",
                merit__printable(truth, sizeof truth, merit_scores_name(scores, i)),
                merit__printable(answer, sizeof answer,
                                 merit_scores_name(scores, best)));
            n_other++;
        }
    }
    if (n_other == 0) {
        merit__xml_add(text, "The best answer to each truth is itself.");
    }
}

static merit__heat_map map_of(const merit_scores *scores, const char *id)
{
    return (merit__heat_map){.id = id,
                             .title =
                                 "Score table: what each answer earns for each truth",
                             .legend = "score",
                             .best = "the best answer to a truth",
                             .values = merit_scores_values(scores),
                             .names = scores,
                             .n_rows = merit_scores_n_truths(scores),
                             .n_columns = merit_scores_n_answers(scores)};
}

double merit__scores_map_width(const merit_scores *scores)
{
    merit__heat_map map = map_of(scores, "scores");
    return merit__heat_map_width(&map);
}

merit_status merit__scores_map_add(merit__xml *xml, const merit_scores *scores,
                                   const char *id, int is_alone, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__xml description = {0};
    merit__heat_map map = map_of(scores, id);
    describe(&description, scores);
    if (description.out_of_memory) {
        MERIT_TRY(merit__fail_memory(err, description.n, "a picture"));
    }
    MERIT_TRY(merit__heat_map_draw(xml, &map, description.bytes, is_alone, err));
fail:
    merit__free(description.bytes);
    return status;
}

merit_status merit_scores_svg(const merit_scores *scores, char **text, size_t *n_bytes,
                              merit_error *err)
{
    merit__xml xml = {0};
    *text = NULL;
    *n_bytes = 0;
    if (merit_scores_values(scores) == NULL) {
        return merit__fail(err, MERIT_EUNSUPPORTED,
                           "an implicit table has no picture; merit_scores_write_out "
                           "makes one that has");
    }
    merit_status status = merit__scores_map_add(&xml, scores, "scores", 1, err);
    if (status != MERIT_OK) {
        merit__free(xml.bytes);
        return status;
    }
    *text = xml.bytes;
    *n_bytes = xml.n;
    return MERIT_OK;
}
