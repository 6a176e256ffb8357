#include "cli_info.h"

#include "cli_message.h"
#include "cli_provenance.h"
#include "cli_run.h"
#include "cli_terminal.h"
#include "merit/model.h"
#include "merit/net.h"

#include <inttypes.h>
#include <stdio.h>

static void print_model(const char *path, const merit_model *model,
                        const merit_net *net, const char *layers, int is_run)
{
    const merit_scores *scores = merit_model_scores(model);
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    int64_t n_classes = merit_scores_n_truths(scores);
    char link[MERIT_LINK_BYTES];
    merit_model_shape(model, &channels, &height, &width);
    merit__print_entry(is_run ? "run" : "model", path);
    printf("  %-12s %" PRId64 "x%" PRId64 "x%" PRId64 "\n", "reads", channels, height,
           width);
    merit__print_names("classes", scores, 0, n_classes);
    if (merit_scores_n_answers(scores) > n_classes) {
        merit__print_names("more answers", scores, n_classes,
                           merit_scores_n_answers(scores));
    }
    merit__print_entry("net", merit_model_metadata(model, "net"));
    if (net != NULL) {
        printf("  %-12s %" PRId64 "\n", "parameters", merit_net_n_parameters(net));
    }
    merit__print_entry("loss", merit_model_metadata(model, "loss"));
    merit_link_print(link, merit_model_link(model));
    merit__print_entry("link", link);
    printf("  %-12s %s, temperature %.4g\n", "decision",
           merit_rule_name(merit_model_rule(model)), merit_model_temperature(model));
    merit__print_entry("sha256", merit_model_metadata(model, "sha256"));
    merit__provenance_print(model, "training", merit__terminal_width(stdout));
    if (layers != NULL) {
        printf("\n%s", layers);
    }
}

static json_t *model_record(const char *path, const merit_model *model,
                            const merit_net *net, int is_run)
{
    static const char *const entries[] = {"net", "loss", "sha256"};
    const merit_scores *scores = merit_model_scores(model);
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    char link[MERIT_LINK_BYTES];
    json_t *record = merit__info_record(path, is_run ? "run" : "model");
    merit_model_shape(model, &channels, &height, &width);
    json_object_set_new(record, "shape",
                        json_pack("[I, I, I]", (json_int_t)channels, (json_int_t)height,
                                  (json_int_t)width));
    json_object_set_new(record, "classes",
                        merit__info_names(scores, merit_scores_n_truths(scores)));
    json_object_set_new(record, "answers",
                        merit__info_names(scores, merit_scores_n_answers(scores)));
    merit_link_print(link, merit_model_link(model));
    json_object_set_new(record, "link", json_string(link));
    json_object_set_new(record, "rule",
                        json_string(merit_rule_name(merit_model_rule(model))));
    json_object_set_new(record, "temperature",
                        merit__json_number(merit_model_temperature(model)));
    if (net != NULL) {
        json_object_set_new(record, "parameters",
                            json_integer(merit_net_n_parameters(net)));
    }
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const char *value = merit_model_metadata(model, entries[i]);
        if (value != NULL) {
            json_object_set_new(record, entries[i], merit__json_text(value));
        }
    }
    json_object_set_new(record, "provenance", merit__provenance_record(model));
    return record;
}

merit_status merit__info_model(const char *path, int is_run, int json, merit_error *err)
{
    merit_model *model = NULL;
    merit_net *net = NULL;
    char *layers = NULL;
    int64_t channels = 0;
    int64_t height = 0;
    int64_t width = 0;
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__run_load(&model, path, err));
    merit_model_shape(model, &channels, &height, &width);
    if (merit_model_metadata(model, "net") != NULL) {
        MERIT_TRY(merit_net_create(
            &net, merit_model_metadata(model, "net"), channels, height, width,
            merit_scores_n_truths(merit_model_scores(model)), err));
        MERIT_TRY(merit_net_describe(net, &layers, err));
    }
    if (json) {
        MERIT_TRY(merit__json_print(model_record(path, model, net, is_run), err));
    } else {
        print_model(path, model, net, layers, is_run);
    }

fail:
    merit_text_free(layers);
    merit_net_free(net);
    merit_model_free(model);
    return status;
}
