#include "compare/compare_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "train/config.h"
#include "train/json_text.h"

static const char *const file_name = "comparison.json";

merit_status merit__plan_create(json_t **out, const char *config,
                                const char *test_fingerprint, double test_share,
                                merit_error *err)
{
    json_t *training = json_loads(config, 0, NULL);
    json_object_del(training, "loss");
    json_object_del(training, "seed");
    *out = json_pack("{s:s, s:o, s:s, s:f, s:[], s:[]}", "merit", merit_version(),
                     "training", training, "test_data", test_fingerprint, "test_share",
                     test_share, "losses", "seeds");
    return *out != NULL ? MERIT_OK : merit__fail_memory(err, 4096, "a comparison");
}

static merit_status refuse(const char *directory, const char *what, merit_error *err)
{
    char shown[128];
    return merit__fail(err, MERIT_EFORMAT, "%s/%s: %s",
                       merit__printable_path(shown, sizeof shown, directory), file_name,
                       what);
}

/* Whether it can be the beginning of the name of a directory, and of no other place. */
static int is_name(const char *text)
{
    return text != NULL && text[0] != '\0' && text[0] != '.' &&
           strchr(text, '/') == NULL && strlen(text) < MERIT__RUN_NAME_BYTES - 32;
}

static int is_seed(const json_t *seed)
{
    int64_t value;
    const char *text = json_string_value(seed);
    return text != NULL &&
           merit__parse_integer(text, strlen(text), 1, INT64_MAX, &value) == 0;
}

static merit_status check(const json_t *plan, const char *directory, merit_error *err)
{
    size_t i;
    const json_t *item;
    const json_t *losses = json_object_get(plan, "losses");
    const json_t *seeds = json_object_get(plan, "seeds");
    if (!json_is_object(json_object_get(plan, "training")) ||
        !json_is_string(json_object_get(plan, "test_data"))) {
        return refuse(directory, "expected the members training and test_data", err);
    }
    if (!json_is_array(losses) || !json_is_array(seeds)) {
        return refuse(directory, "expected lists of losses and seeds", err);
    }
    json_array_foreach(losses, i, item)
    {
        if (!json_is_string(json_object_get(item, "loss")) ||
            !json_is_string(json_object_get(item, "refused")) ||
            !is_name(json_string_value(json_object_get(item, "name")))) {
            return refuse(directory, "a loss needs loss, name and refused", err);
        }
    }
    json_array_foreach(seeds, i, item)
    {
        if (!is_seed(item)) {
            return refuse(directory, "a seed is a whole number above 0, as text", err);
        }
    }
    return MERIT_OK;
}

merit_status merit__plan_load(json_t **out, const char *directory, merit_error *err)
{
    merit_status status = merit__compare_read(out, directory, file_name, err);
    if (status == MERIT_OK && *out != NULL) {
        status = check(*out, directory, err);
    }
    if (status != MERIT_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

merit_status merit__plan_save(const json_t *plan, const char *directory,
                              merit_error *err)
{
    return merit__compare_write(plan, directory, file_name, err);
}

/* Sets `what` to what differs, or to "". */
static merit_status differ(char *what, size_t what_bytes, const json_t *now,
                           const json_t *before, merit_error *err)
{
    what[0] = '\0';
    char *a = merit__json_dump(json_object_get(now, "training"), 0);
    char *b = merit__json_dump(json_object_get(before, "training"), 0);
    merit_status status = MERIT_OK;
    if (a == NULL || b == NULL) {
        status = merit__fail_memory(err, 4096, "a comparison");
    } else if (merit__config_difference(what, what_bytes, a, b) == MERIT_OK &&
               !json_equal(json_object_get(now, "test_data"),
                           json_object_get(before, "test_data"))) {
        snprintf(what, what_bytes,
                 "the test examples are not those it was started with");
    }
    merit__free(a);
    merit__free(b);
    return status;
}

merit_status merit__plan_expect_same(const json_t *now, const json_t *before,
                                     const char *directory, merit_error *err)
{
    char what[120], shown[100];
    merit_status status = differ(what, sizeof what, now, before, err);
    if (status != MERIT_OK || what[0] == '\0') {
        return status;
    }
    return merit__fail(err, MERIT_EMODEL,
                       "%s: another comparison is there: %s; choose another directory",
                       merit__printable_path(shown, sizeof shown, directory), what);
}

int64_t merit__plan_n_losses(const json_t *plan)
{
    return (int64_t)json_array_size(json_object_get(plan, "losses"));
}

int64_t merit__plan_n_seeds(const json_t *plan)
{
    return (int64_t)json_array_size(json_object_get(plan, "seeds"));
}

merit__planned_loss merit__plan_loss(const json_t *plan, int64_t index)
{
    const json_t *loss = json_array_get(json_object_get(plan, "losses"), (size_t)index);
    return (merit__planned_loss){
        .loss = json_string_value(json_object_get(loss, "loss")),
        .name = json_string_value(json_object_get(loss, "name")),
        .refused = json_string_value(json_object_get(loss, "refused")),
    };
}

int64_t merit__plan_find(const json_t *plan, const char *loss)
{
    for (int64_t i = 0; i < merit__plan_n_losses(plan); i++) {
        if (strcmp(merit__plan_loss(plan, i).loss, loss) == 0) {
            return i;
        }
    }
    return -1;
}

uint64_t merit__plan_seed(const json_t *plan, int64_t index)
{
    const char *text = json_string_value(
        json_array_get(json_object_get(plan, "seeds"), (size_t)index));
    int64_t value = 0;
    merit__parse_integer(text, strlen(text), 1, INT64_MAX, &value);
    return (uint64_t)value;
}

/* "cross-entropy:60%,expected-score" -> "cross-entropy-60+expected-score". */
static void make_name(char *out, size_t out_bytes, const char *loss)
{
    static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-_=+";
    size_t n = 0;
    for (; *loss != '\0' && n + 1 < out_bytes; loss++) {
        char c = *loss == ',' ? '+' : *loss;
        if (strchr(kept, c) == NULL && !(c == '.' && n > 0)) {
            c = c == '%' || c == ')' || c == ' ' ? '\0' : '-';
        }
        if (c != '\0') {
            out[n++] = c;
        }
    }
    out[n] = '\0';
}

static int has_name(const json_t *plan, const char *name)
{
    for (int64_t i = 0; i < merit__plan_n_losses(plan); i++) {
        if (strcmp(merit__plan_loss(plan, i).name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

merit_status merit__plan_add_loss(json_t *plan, const char *loss, const char *refused,
                                  merit_error *err)
{
    char base[72], name[96];
    const int64_t found = merit__plan_find(plan, loss);
    json_t *losses = json_object_get(plan, "losses");
    int failure;
    if (found >= 0) {
        failure = json_object_set_new(json_array_get(losses, (size_t)found), "refused",
                                      json_string(refused));
    } else {
        make_name(base, sizeof base, loss);
        snprintf(name, sizeof name, "%s", base);
        for (int i = 2; has_name(plan, name); i++) {
            snprintf(name, sizeof name, "%s-%d", base, i);
        }
        failure =
            json_array_append_new(losses, json_pack("{s:s, s:s, s:s}", "loss", loss,
                                                    "name", name, "refused", refused));
    }
    return failure == 0 ? MERIT_OK : merit__fail_memory(err, 256, "a loss");
}

merit_status merit__plan_add_seed(json_t *plan, uint64_t seed, merit_error *err)
{
    char text[24];
    for (int64_t i = 0; i < merit__plan_n_seeds(plan); i++) {
        if (merit__plan_seed(plan, i) == seed) {
            return MERIT_OK;
        }
    }
    snprintf(text, sizeof text, "%" PRIu64, seed);
    return json_array_append_new(json_object_get(plan, "seeds"), json_string(text)) == 0
               ? MERIT_OK
               : merit__fail_memory(err, sizeof text, "a seed");
}

void merit__plan_run_name(char out[MERIT__RUN_NAME_BYTES],
                          const merit__planned_loss *loss, uint64_t seed)
{
    snprintf(out, MERIT__RUN_NAME_BYTES, "%s-seed-%" PRIu64, loss->name, seed);
}
