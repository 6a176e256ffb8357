/* Fuzz target of what is written on a command line: a net, a list of losses, a
 * generated score table, a rule. */
#include "fuzz_check.h"
#include "merit/loss.h"
#include "merit/net.h"

#include <string.h>

enum { N_CLASSES = 5 };

// The canonical text of a net is that of the same net.
static void read_net(const char *spec, int64_t c, int64_t h, int64_t w)
{
    char *text = NULL;
    merit_error err = {.code = 0};
    merit_net *net = NULL, *again = NULL;
    merit_status status = merit_net_create(&net, spec, c, h, w, N_CLASSES, &err);
    check_answer(status, net != NULL, &err);
    if (net != NULL) {
        status =
            merit_net_create(&again, merit_net_spec(net), c, h, w, N_CLASSES, &err);
        fail_if(status != MERIT_OK, err.message);
        fail_if(strcmp(merit_net_spec(net), merit_net_spec(again)) != 0 ||
                    merit_net_n_parameters(net) != merit_net_n_parameters(again),
                "another net");
        status = merit_net_describe(net, &text, &err);
        check_answer(status, text != NULL, &err);
    }
    merit_text_free(text);
    merit_net_free(net);
    merit_net_free(again);
}

// What was prepared for a table can be evaluated.
static void read_losses(const char *spec, const merit_scores *scores)
{
    static const float logits[2 * N_CLASSES] = {1, -2, 3, 0, 0.5f};
    static const int32_t labels[2] = {3, 0};
    const merit_loss_batch batch = {.n = 2, .logits = logits, .labels = labels};
    float dlogits[2 * N_CLASSES];
    double value = 0, progress = 0;
    merit_error err = {.code = 0};
    merit_loss_stages *stages = NULL;
    merit_status status = merit_loss_stages_create(&stages, spec, scores, &err);
    check_answer(status, stages != NULL, &err);
    for (int i = 0; stages != NULL && i <= 4; i++) {
        const merit_loss *loss = merit_loss_stages_at(stages, i / 4.0, &progress);
        fail_if(!(progress >= 0 && progress <= 1), "no share of a stage");
        merit_loss_eval(loss, &batch, &value, dlogits, &err);
    }
    merit_loss_stages_free(stages);
}

// Only generators: other specs are paths.
static void read_scores(const char *spec)
{
    const merit_scores_options options = {.n_classes = N_CLASSES};
    merit_error err = {.code = 0};
    merit_scores *scores = NULL;
    if (strncmp(spec, "ordinal", 7) == 0 || strncmp(spec, "identity", 8) == 0) {
        merit_status status = merit_scores_load(&scores, spec, &options, &err);
        check_answer(status, scores != NULL, &err);
        merit_scores_free(scores);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static merit_scores *scores = NULL;
    const merit_scores_options options = {.n_classes = N_CLASSES};
    merit_error err = {.code = 0};
    merit_rule rule;
    char *spec = calloc(n_bytes + 1, 1);
    fail_if(spec == NULL ||
                (scores == NULL &&
                 merit_scores_load(&scores, "ordinal", &options, NULL) != MERIT_OK),
            "no memory");
    memcpy(spec, data, n_bytes);
    read_net(spec, 1, 28, 28);
    read_net(spec, 3, 33, 32);
    read_net(spec, 1, 1, 100);
    read_losses(spec, scores);
    read_scores(spec);
    merit_status status = merit_rule_parse(&rule, spec, &err);
    fail_if(status != MERIT_OK && err.message[0] == '\0', "no message");
    free(spec);
    return 0;
}
