/* Fuzz target of the model file: as it comes, and with the right checksum. What is
 * loaded can decide. */
#include "../safetensors_bytes.h"
#include "fuzz_check.h"
#include "merit/model.h"

enum { MOST_CLASSES = 1000 };

static void decide(const merit_model *model)
{
    merit_error err = {.code = 0};
    const merit_scores *scores = merit_model_scores(model);
    const int64_t n_classes = merit_scores_n_truths(scores);
    float logits[MOST_CLASSES] = {1, -1, 1e30f};
    int32_t answer = -1;
    double expected = 0;
    const merit_decision_results results = {.answers = &answer, .expected = &expected};
    if (n_classes > MOST_CLASSES) {
        return;
    }
    for (int rule = MERIT_RULE_AUTO; rule <= MERIT_RULE_DECODE; rule++) {
        merit_status status =
            merit_model_decide(model, (merit_rule)rule, logits, 1, &results, &err);
        fail_if(status == MERIT_OK &&
                    (answer < 0 || answer >= merit_scores_n_answers(scores)),
                "an answer that is none");
        fail_if(status != MERIT_OK && err.message[0] == '\0', "no message");
    }
}

static void load(const void *bytes, size_t n)
{
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    merit_error err = {.code = 0};
    merit_model *model = NULL;
    open_input(path, &fd, bytes, n);
    merit_status status = merit_model_load(&model, path, &err);
    check_answer(status, model != NULL, &err);
    if (model != NULL) {
        decide(model);
    }
    merit_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    uint64_t length = 0;
    load(data, n_bytes);
    if (n_bytes < 8) {
        return 0;
    }
    memcpy(&length, data, 8);
    if (length > n_bytes - 8) {
        return 0;
    }
    raw_file raw = {.n_header = (size_t)length, .n_data = n_bytes - 8 - (size_t)length};
    unsigned char *copy = malloc(n_bytes);
    raw.header = calloc(raw.n_header + 1, 1);
    memcpy(copy, data, n_bytes);
    memcpy(raw.header, data + 8, raw.n_header);
    raw.data = copy + 8 + raw.n_header;
    if (raw_seal(&raw) == 0) {
        memcpy(copy + 8, raw.header, raw.n_header);
        load(copy, n_bytes);
    }
    free(raw.header);
    free(copy);
    return 0;
}
