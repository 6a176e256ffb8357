#include "train/config.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/processors.h"
#include "net/net_presets.h"
#include "train/class_weights.h"
#include "train/json_text.h"

static const char *const picture_net = "cnn";
static const char *const vector_net = "dense 128, relu";
static const char *const sequence_net = "cnn1d";
static const char *const signal_net = "cnn1d";

/* What "cnn1d" stands for with sequences; any other text stands for itself. */
static const char *expand_net(const char *net, const merit_dataset *data)
{
    merit_task task = merit_dataset_task(data);
    if (strcmp(net, "cnn1d") != 0 || task == MERIT_TASK_NONE) {
        return net; // merit_net_create knows it
    }
    return merit__net_letters(task != MERIT_TASK_SEQUENCE);
}

/* EINVAL unless low <= value <= high. */
static merit_status in_range(const char *option, int64_t value, int64_t low,
                             int64_t high, merit_error *err)
{
    if (value >= low && value <= high) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EINVAL,
                       "%s is %" PRId64 ", expected %" PRId64 " to %" PRId64, option,
                       value, low, high);
}

static merit_status real_in_range(const char *option, double value, double low,
                                  double high, merit_error *err)
{
    if (isfinite(value) && value >= low && value <= high) {
        return MERIT_OK;
    }
    return merit__fail(err, MERIT_EINVAL, "%s is %g, expected %g to %g", option, value,
                       low, high);
}

static int64_t or_default(int64_t value, int64_t initial)
{
    return value != 0 ? value : initial;
}

static double real_or_default(double value, double initial)
{
    return value > 0 || value < 0 || isnan(value) ? value : initial;
}

static const char *text_or_default(const char *value, const char *initial)
{
    return value != NULL ? value : initial;
}

static const char *default_net(const merit_dataset *data)
{
    int64_t c, h, w;
    merit_dataset_shape(data, &c, &h, &w);
    if (merit_dataset_task(data) != MERIT_TASK_NONE) {
        return sequence_net;
    }
    if (h == 1 && w > 1) {
        return signal_net;
    }
    return h >= 8 && w >= 8 ? picture_net : vector_net;
}

/* Letters are rare events whose rows of the embedding learn at a rate of their own; so
 * are classes in a sample. */
static const char *default_optimizer(const merit_train_options *o,
                                     const merit_dataset *data)
{
    return merit_dataset_task(data) != MERIT_TASK_NONE || o->sample > 0 ? "adamw"
                                                                        : "sgd";
}

/* A window of letters asks many questions at once, and few of them suffice for a step.
 */
static int64_t default_batch(const merit_dataset *data)
{
    return merit_dataset_task(data) != MERIT_TASK_NONE ? 32 : 128;
}

/* Half as large slices for smaller batches, so that as many threads have work. */
static int64_t default_slice(const merit_dataset *data)
{
    return merit_dataset_task(data) != MERIT_TASK_NONE ? 8 : 16;
}

/* More hidden letters are more questions to each window, and twice as many as will be
 * asked taught the most (compare Wettig et al. 2023, arXiv 2202.08005). */
static double default_hide(const merit_dataset *data)
{
    const double most = 0.5;
    double asked = merit_dataset_hidden_share(data);
    return asked < most / 2 ? 2 * asked : fmax(asked, most);
}

/* Residual nets without norm, begun small, bear twice the usual rate; so do the rows of
 * a sample, each of which sees few steps. */
static double default_rate(const merit__optimizer *optimizer,
                           const merit_train_options *o, const merit_dataset *data)
{
    int is_fast = (merit_dataset_task(data) != MERIT_TASK_NONE || o->sample > 0) &&
                  strcmp(optimizer->name, "adamw") == 0;
    return optimizer->learning_rate * (is_fast ? 2 : 1);
}

static merit_status check_ranges(const merit__config *c, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(in_range("epochs", c->epochs, 1, 1000000, err));
    MERIT_TRY(in_range("batch", c->batch, 1, 1 << 20, err));
    MERIT_TRY(in_range("slice", c->slice, 1, 4096, err));
    MERIT_TRY(in_range("groups", c->groups, 1, 1024, err));
    MERIT_TRY(in_range("threads", c->threads, 1, 1024, err));
    MERIT_TRY(in_range("patience", c->patience, 0, 1000000, err));
    MERIT_TRY(in_range("shift", c->shift, 0, 1024, err));
    MERIT_TRY(in_range("sample", c->sample, 0, INT32_MAX, err));
    MERIT_TRY(real_in_range("learning rate", c->learning_rate, 1e-12, 1e3, err));
    MERIT_TRY(real_in_range("momentum", c->momentum, 0, 0.999999, err));
    MERIT_TRY(real_in_range("weight decay", c->weight_decay, 0, 10, err));
    MERIT_TRY(real_in_range("validation", c->validation, 1e-6, 0.9, err));
    MERIT_TRY(real_in_range("share of letters hidden in training", c->hide, 0, 1 - 1e-6,
                            err));
    MERIT_TRY(real_in_range("maximal time in seconds", c->max_seconds, 0, 1e9, err));
    MERIT_TRY(
        real_in_range("seconds between checkpoints", c->checkpoint_s, 0.001, 1e9, err));
fail:
    return status;
}

merit_status merit__config_resolve(merit__config *out, const merit_train_options *o,
                                   const merit_dataset *data, merit_error *err)
{
    merit_status status = MERIT_OK;
    *out = (merit__config){
        .loss = text_or_default(o->loss, "auto"),
        .net = expand_net(text_or_default(o->net, default_net(data)), data),
        .optimizer_name = text_or_default(o->optimizer, default_optimizer(o, data)),
        .schedule_name = text_or_default(o->schedule, "one-cycle"),
        .engine = &merit__engine_dnnl,
        .epochs = or_default(o->epochs, 6),
        .batch = or_default(o->batch, default_batch(data)),
        .slice = or_default(o->slice, default_slice(data)),
        .groups = or_default(o->groups, 8),
        .threads = or_default(o->threads, merit__processors()),
        .patience = o->patience,
        .shift = o->shift,
        .sample = o->sample,
        .flip = o->flip != 0,
        .exact = o->exact != 0,
        .weight_decay = o->weight_decay,
        .class_weights = o->class_weights,
        .validation = real_or_default(o->validation, 0.1),
        .hide = real_or_default(o->hide, default_hide(data)),
        .max_seconds = o->max_seconds,
        .checkpoint_s = real_or_default(o->checkpoint_s, 30),
        .seed = o->seed != 0 ? o->seed : 1,
    };
    MERIT_TRY(merit__optimizer_find(&out->optimizer, out->optimizer_name, err));
    MERIT_TRY(merit__schedule_find(&out->schedule, out->schedule_name, err));
    out->learning_rate =
        real_or_default(o->learning_rate, default_rate(out->optimizer, o, data));
    if (o->hide != 0 && merit_dataset_task(data) != MERIT_TASK_MASKED) {
        MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                              "letters are hidden in training for the masked task "
                              "only"));
    }
    out->momentum = real_or_default(o->momentum, out->optimizer->momentum);
    if (o->engine != NULL && strcmp(o->engine, "reference") == 0) {
        out->engine = &merit__engine_reference;
    } else if (o->engine != NULL && strcmp(o->engine, "dnnl") != 0) {
        char shown[80];
        merit__printable(shown, sizeof shown, o->engine);
        MERIT_TRY(merit__fail(err, MERIT_EINVAL,
                              "unknown engine \"%s\"; there are dnnl and reference",
                              shown));
    }
    MERIT_TRY(check_ranges(out, err));
fail:
    return status;
}

/* SHA-256 of the table's text in hex. */
static merit_status hash_scores(char hex[65], const merit_scores *scores,
                                merit_error *err)
{
    char *text = NULL;
    size_t n_bytes = 0;
    merit_status status = merit_scores_print(scores, &text, &n_bytes, err);
    if (status == MERIT_OK) {
        unsigned char hash[crypto_hash_sha256_BYTES];
        crypto_hash_sha256(hash, (const unsigned char *)text, n_bytes);
        sodium_bin2hex(hex, 65, hash, sizeof hash);
        merit_text_free(text);
    }
    return status;
}

merit_status merit__config_json(char **json, const merit__config *c,
                                const merit_dataset *data,
                                const merit_dataset *validation_data,
                                const merit_scores *scores, merit_error *err)
{
    *json = NULL;
    char fingerprint[65], validation_fingerprint[65] = "", table[65], seed[24];
    char weights[65];
    merit_dataset_fingerprint(data, fingerprint);
    if (validation_data != NULL) {
        merit_dataset_fingerprint(validation_data, validation_fingerprint);
    }
    snprintf(seed, sizeof seed, "%" PRIu64, c->seed);
    merit__class_weights_hash(weights, c->class_weights, merit_scores_n_truths(scores));
    merit_status status = hash_scores(table, scores, err);
    if (status != MERIT_OK) {
        return status;
    }
    json_t *record = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, "
        "s:f, s:f, s:f, s:f, s:f, s:s, s:s, s:s, s:s, s:s}",
        "merit", merit_version(), "loss", c->loss, "net", c->net, "optimizer",
        c->optimizer_name, "schedule", c->schedule_name, "engine", c->engine->name,
        "epochs", (json_int_t)c->epochs, "batch", (json_int_t)c->batch, "slice",
        (json_int_t)c->slice, "groups", (json_int_t)c->groups, "patience",
        (json_int_t)c->patience, "shift", (json_int_t)c->shift, "sample",
        (json_int_t)c->sample, "flip", c->flip, "exact", c->exact, "hide", c->hide,
        "learning_rate", c->learning_rate, "momentum", c->momentum, "weight_decay",
        c->weight_decay, "validation", validation_data != NULL ? 0.0 : c->validation,
        "seed", seed, "data", fingerprint, "validation_data", validation_fingerprint,
        "scores", table, "class_weights", weights);
    *json = merit__json_dump(record, JSON_SORT_KEYS);
    json_decref(record);
    return *json != NULL ? MERIT_OK
                         : merit__fail_memory(err, 4096, "the configuration");
}

/* A JSON value for a message: short, never a whole table. */
static void show(char *out, size_t out_bytes, const json_t *value)
{
    char *text = value == NULL ? NULL : merit__json_dump(value, JSON_ENCODE_ANY);
    snprintf(out, out_bytes, "%.40s%s", text == NULL ? "not there" : text,
             text != NULL && strlen(text) > 40 ? "..." : "");
    merit__free(text);
}

/* What cannot be shown, since the configuration only has its hash. */
static const struct {
    const char *key, *text;
    merit_status status;
} hashed[] = {
    {"data", "the training data are not those it was started with", MERIT_EMODEL},
    {"validation_data", "the validation data are not those it was started with",
     MERIT_EMODEL},
    {"scores", "the score table is not the one it was started with", MERIT_EINVAL},
    {"class_weights", "the class weights are not those it was started with",
     MERIT_EINVAL},
};
enum { N_HASHED = sizeof hashed / sizeof *hashed };

static merit_status describe(char *out, size_t out_bytes, const char *key,
                             const json_t *now, const json_t *before)
{
    for (int i = 0; i < N_HASHED; i++) {
        if (strcmp(key, hashed[i].key) == 0) {
            snprintf(out, out_bytes, "%s", hashed[i].text);
            return hashed[i].status;
        }
    }
    char now_text[64], before_text[64];
    show(now_text, sizeof now_text, now);
    show(before_text, sizeof before_text, before);
    snprintf(out, out_bytes, "%s is %s, was %s", key, now_text, before_text);
    return MERIT_EINVAL;
}

merit_status merit__config_difference(char *out, size_t out_bytes, const char *now,
                                      const char *before)
{
    merit_status status = MERIT_OK;
    json_t *a = json_loads(now, 0, NULL), *b = json_loads(before, 0, NULL);
    out[0] = 0;
    if (a == NULL || b == NULL) {
        snprintf(out, out_bytes, "its configuration cannot be read");
        status = MERIT_EINVAL;
    }
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value)
    {
        const json_t *old = json_object_get(b, key);
        if (status == MERIT_OK && !json_equal(value, old)) {
            status = describe(out, out_bytes, key, value, old);
        }
    }
    json_decref(a);
    json_decref(b);
    return status;
}
