#include "cli_table.h"

#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"

merit_status merit__table_option(merit__table_source *source, int key,
                                 const char *value, merit_error *err)
{
    int64_t seed = 0;
    merit_status status = MERIT_OK;
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(&source->spec, 1, value, err);
    case MERIT__OPTION_COSTS:
        source->costs = 1;
        return MERIT_OK;
    case MERIT__OPTION_ANSWERS:
        return merit__scores_answers(&source->answer_nodes, value, err);
    case MERIT__OPTION_DECIMAL:
        return merit__read_decimal(&source->decimal_comma, value, err);
    case MERIT__OPTION_CLASSES:
        return merit__read_count(&source->n_classes, "--classes", value, 2, 20000, err);
    case MERIT__OPTION_SAMPLES:
        return merit__read_count(&source->beliefs.n_samples, "--samples", value, 1,
                                 1000000000, err);
    case MERIT__OPTION_SEED:
        status = merit__read_count(&seed, "--seed", value, 0, INT64_MAX, err);
        source->beliefs.seed = (uint64_t)seed;
        return status;
    default:
        return merit__refuse(err, MERIT_EBACKEND, "option %d is not handled", key);
    }
}

merit_status merit__table_open(merit_scores **out, const merit__table_source *source,
                               const char *program, merit_error *err)
{
    const merit__scores_source scores = {.spec = source->spec,
                                         .costs = source->costs,
                                         .answer_nodes = source->answer_nodes,
                                         .decimal_comma = source->decimal_comma};
    *out = NULL;
    if (source->spec == NULL) {
        return merit__refuse(err, MERIT_EINVAL, "SCORES is missing: %s SCORES",
                             program);
    }
    const int needs_classes = merit__scores_need_classes(&scores);
    if (needs_classes && source->n_classes == 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "%.60s: of how many classes? Say it with --classes K",
                             source->spec);
    }
    if (!needs_classes && source->n_classes != 0) {
        return merit__refuse(
            err, MERIT_EINVAL,
            "--classes is for identity and ordinal; %.120s has its own "
            "classes",
            source->spec);
    }
    merit_scores *opened = NULL;
    merit_status status = merit__scores_open(&opened, &scores, source->n_classes, err);
    if (status == MERIT_OK && merit_scores_n_nodes(opened) > 0) {
        // What looks at a whole table needs it written out.
        status = merit_scores_write_out(out, opened, err);
        merit_scores_free(opened);
        return status;
    }
    *out = opened;
    return status;
}
