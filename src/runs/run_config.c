/* What a run was asked for: config.json and the score table beside it. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "model/json_parse.h"
#include "runs/run_record.h"

static merit_status refuse(const merit__run_record *run, const char *key,
                           const char *what, merit_error *err)
{
    char shown[128];
    return merit__fail(err, MERIT_EFORMAT, "%s/config.json: %s%s%s",
                       merit__printable_path(shown, sizeof shown, run->path), key,
                       key[0] == '\0' ? "" : ": ", what);
}

/* A copy of a member's text; EFORMAT when it is none. */
static merit_status take_text(char **out, const merit__run_record *run,
                              const json_t *config, const char *key, merit_error *err)
{
    const char *text = json_string_value(json_object_get(config, key));
    if (text == NULL) {
        return refuse(run, key, "expected text", err);
    }
    *out = merit__copy_string(text, strlen(text));
    return *out != NULL ? MERIT_OK : merit__fail_memory(err, strlen(text), key);
}

static double number_or_nan(const json_t *config, const char *key)
{
    const json_t *member = json_object_get(config, key);
    return json_is_number(member) ? json_number_value(member) : (double)NAN;
}

static merit_status take_optional(merit__run_record *run, const json_t *config,
                                  merit_error *err)
{
    run->learning_rate = number_or_nan(config, "learning_rate");
    run->momentum = number_or_nan(config, "momentum");
    if (json_object_get(config, "optimizer") != NULL) {
        return take_text(&run->optimizer, run, config, "optimizer", err);
    }
    run->optimizer = merit__copy_string("", 0);
    return run->optimizer != NULL ? MERIT_OK : merit__fail_memory(err, 1, "optimizer");
}

static merit_status parse_config(merit__run_record *run, const char *text,
                                 size_t n_bytes, merit_error *err)
{
    static const merit__json_limits limits = {.max_depth = 8, .max_opened = 64};
    merit_status status = MERIT_OK;
    merit_error why = {0};
    json_t *config = NULL;
    status = merit__json_parse(&config, text, n_bytes, &limits, &why);
    if (status == MERIT_EFORMAT) {
        return refuse(run, "", why.message, err);
    }
    if (status != MERIT_OK) {
        return merit__fail(err, status, "%s", why.message);
    }
    MERIT_TRY(take_text(&run->loss, run, config, "loss", err));
    MERIT_TRY(take_text(&run->scores, run, config, "scores", err));
    MERIT_TRY(take_optional(run, config, err));
    run->n_epochs = json_integer_value(json_object_get(config, "epochs"));
    if (run->n_epochs < 1) {
        MERIT_TRY(refuse(run, "epochs", "expected a whole number above 0", err));
    }
fail:
    json_decref(config);
    return status;
}

// The table of a large tree is in the model, once there is one. The edges in tree.tsv
// do not tell the order of the classes.
static merit_status read_tree(merit__run_record *run, merit_error *err)
{
    char *path = merit__path_join(run->path, "best.safetensors");
    if (path == NULL) {
        return merit__fail_memory(err, strlen(run->path), "a path");
    }
    merit_status status = merit_model_load(&run->model, path, NULL);
    if (status == MERIT_OK) {
        run->table = merit_model_scores(run->model);
    }
    merit__free(path);
    return MERIT_OK;
}

static merit_status read_scores(merit__run_record *run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    MERIT_TRY(merit__run_read_file(&text, &n_bytes, run, "scores.tsv", err));
    if (text != NULL) {
        MERIT_TRY(
            merit_scores_parse(&run->owned, text, n_bytes, "scores.tsv", NULL, err));
        run->table = run->owned;
    } else {
        MERIT_TRY(read_tree(run, err));
    }
fail:
    merit__free(text);
    return status;
}

merit_status merit__run_read_config(merit__run_record *run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *text = NULL;
    size_t n_bytes = 0;
    MERIT_TRY(merit__run_read_file(&text, &n_bytes, run, "config.json", err));
    if (text == NULL) {
        char shown[128];
        MERIT_TRY(merit__fail(err, MERIT_EIO,
                              "%s: no config.json; is it a run of merit "
                              "train?",
                              merit__printable_path(shown, sizeof shown, run->path)));
    }
    MERIT_TRY(parse_config(run, text, n_bytes, err));
    MERIT_TRY(read_scores(run, err));
fail:
    merit__free(text);
    return status;
}
