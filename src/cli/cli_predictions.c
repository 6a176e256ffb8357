#include "cli_predictions.h"

#include "cli_gauge.h"
#include "cli_loading.h"
#include "cli_message.h"
#include "cli_number.h"
#include "cli_options.h"
#include "cli_run.h"
#include "cli_scores.h"

#include <string.h>
#include <time.h>

merit_status merit__predictions_option(merit__predictions_source *source, int key,
                                       const char *value, merit_error *err)
{
    switch (key) {
    case MERIT__ARGUMENT:
        return merit__take_argument(source->arguments, 2, value, err);
    case MERIT__OPTION_RULE:
        return merit_rule_parse(&source->rule, value, err);
    case 'j':
        return merit__read_count(&source->n_threads, "--threads", value, 1, 256, err);
    default:
        return merit__data_option(&source->data, key, value, err);
    }
}

// Sequences are asked what the model was asked in training.
static void read_alike(merit_dataset_options *options, const merit_model *model)
{
    static const char *const tasks[] = {"", "sequence", "residue", "masked"};
    const char *task = merit_model_metadata(model, "task");
    const char *share = merit_model_metadata(model, "hidden_share");
    int64_t channels = 0;
    int64_t height = 0;
    for (int i = 1; task != NULL && i < 4; i++) {
        if (strcmp(task, tasks[i]) == 0) {
            options->task = (merit_task)i;
            options->alphabet = merit_model_metadata(model, "alphabet");
            merit_model_shape(model, &channels, &height, &options->letters);
        }
    }
    if (options->hidden_share > 0) { // as was asked for
        return;
    }
    if (share != NULL && !merit__parse_number(&options->hidden_share, share)) {
        options->hidden_share = 0;
    }
}

merit_dataset_options
merit__predictions_data_options(const merit__predictions_source *source,
                                const merit_model *model)
{
    merit_dataset_options options = source->data;
    const char *fit = merit_model_metadata(model, "fit");
    int64_t channels = 0, height = 0, width = 0;
    merit_model_shape(model, &channels, &height, &width);
    options.n_threads = source->n_threads;
    options.schema = merit_model_metadata(model, "table");
    options.signals = height == 1 && width > 1;
    if (merit_dataset_is_pictures(source->arguments[1])) {
        options.channels = channels;
        options.height = height;
        options.width = width;
        options.fit = fit != NULL && strcmp(fit, "stretch") == 0 ? MERIT_FIT_STRETCH
                                                                 : MERIT_FIT_CROP;
    }
    read_alike(&options, model);
    return options;
}

// Another share of hidden letters is of use where letters are hidden.
static merit_status check_hide(const merit__predictions_source *source,
                               const merit_model *model, merit_error *err)
{
    const char *task = merit_model_metadata(model, "task");
    if (!(source->data.hidden_share > 0) ||
        (task != NULL && strcmp(task, "masked") == 0)) {
        return MERIT_OK;
    }
    return merit__refuse(err, MERIT_EINVAL,
                         "--hide: the model in %.120s was not trained with --task "
                         "masked, it hides no letters",
                         source->arguments[0]);
}

merit_status merit__predictions_load(merit__predictions *out,
                                     const merit__predictions_source *source,
                                     const char *usage, merit_error *err)
{
    char doubt[256];
    merit_status status = MERIT_OK;
    *out = (merit__predictions){0};
    if (source->arguments[1] == NULL) {
        return merit__refuse(err, MERIT_EINVAL, "%s is missing: %s",
                             source->arguments[0] == NULL ? "RUN" : "DATA", usage);
    }
    MERIT_TRY(merit__run_load(&out->model, source->arguments[0], err));
    MERIT_TRY(check_hide(source, out->model, err));
    const merit_scores *scores = merit_model_scores(out->model);
    merit_dataset_options options = merit__predictions_data_options(source, out->model);
    MERIT_TRY(merit__data_load(&out->data, source->arguments[1], &options, 0, err));
    MERIT_TRY(merit__classes_match(out->data, scores, 0, err));
    // Bad pictures may be left out, columns that nothing was learned from, letters be
    // read oddly.
    if (merit_dataset_file(out->data, 0) != NULL ||
        merit_dataset_schema(out->data) != NULL ||
        merit_dataset_task(out->data) != MERIT_TASK_NONE) {
        merit__data_tell(out->data);
    }
    out->n = merit_dataset_n(out->data);
    out->n_threads = source->n_threads;
    out->n_classes = merit_scores_n_truths(scores);
    out->n_answers = merit_scores_n_answers(scores);
    MERIT_TRY(merit_model_doubt(doubt, sizeof doubt, out->model, out->data, err));
    if (doubt[0] != '\0') {
        merit__tell("warning", doubt);
    }
    out->rule =
        source->rule == MERIT_RULE_AUTO ? merit_model_rule(out->model) : source->rule;

fail:
    return status;
}

// A walk over blocks that tells how far it is.
struct walk {
    const merit__predictions *predictions;
    merit_model_visit *visit;
    void *payload;
    merit__line line;
    struct timespec started;
};

static double seconds_since(struct timespec started)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - started.tv_sec) +
           1e-9 * (double)(now.tv_nsec - started.tv_nsec);
}

static void show_walk(struct walk *walk, int64_t n_done)
{
    const int64_t n = walk->predictions->n;
    double left = n_done > 0 ? seconds_since(walk->started) * (double)(n - n_done) /
                                   (double)n_done
                             : -1;
    if (n_done < n) {
        merit__gauge_show(&walk->line, "predicting", n_done, n, left);
    }
}

static merit_status visit_block(void *payload, int64_t first, int64_t n,
                                const float *logits, merit_error *err)
{
    struct walk *walk = payload;
    // What is done with the block may be written to the same terminal.
    merit__line_clear(&walk->line);
    merit_status status = walk->visit(walk->payload, first, n, logits, err);
    if (status == MERIT_OK) {
        show_walk(walk, first + n);
    }
    return status;
}

merit_status merit__predictions_each(const merit__predictions *predictions,
                                     merit_model_visit *visit, void *payload,
                                     merit_error *err)
{
    struct walk walk = {.predictions = predictions,
                        .visit = visit,
                        .payload = payload,
                        .line = merit__line_create()};
    clock_gettime(CLOCK_MONOTONIC, &walk.started);
    show_walk(&walk, 0);
    merit_status status =
        merit_model_each(predictions->model, predictions->data, predictions->n_threads,
                         visit_block, &walk, err);
    merit__line_clear(&walk.line);
    return status;
}

void merit__predictions_dispose(merit__predictions *predictions)
{
    merit_dataset_free(predictions->data);
    merit_model_free(predictions->model);
    *predictions = (merit__predictions){0};
}
