#include "merit/compare.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/fail.h"
#include "compare/comparing.h"
#include "compare/compare_plan.h"

enum { DEFAULT_SEEDS = 3 };
static const double default_test_share = 0.2;

int64_t merit__comparing_n_seeds(const merit_compare_options *o)
{
    return o->n_seeds > 0 ? o->n_seeds : DEFAULT_SEEDS;
}

uint64_t merit__comparing_seed(const merit_compare_options *o, int64_t index)
{
    return o->seeds != NULL ? o->seeds[index] : (uint64_t)index + 1;
}

merit_train_options merit__comparing_options(const merit__comparing *c,
                                             const char *loss, uint64_t seed)
{
    merit_train_options train = c->options->train;
    train.loss = loss;
    train.seed = seed;
    train.resume = train.check = 0;
    train.report = NULL;
    train.payload = NULL;
    return train;
}

static merit_status check_options(const merit_compare_options *o, merit_error *err)
{
    if (o->n_losses < 1 || o->losses == NULL) {
        return merit__fail(err, MERIT_EINVAL, "a comparison needs losses");
    }
    if (o->n_seeds < 0 || (o->seeds != NULL && o->n_seeds == 0)) {
        return merit__fail(err, MERIT_EINVAL, "a comparison needs seeds");
    }
    for (int64_t s = 0; s < merit__comparing_n_seeds(o); s++) {
        if (merit__comparing_seed(o, s) < 1 ||
            merit__comparing_seed(o, s) > INT64_MAX) {
            return merit__fail(err, MERIT_EINVAL,
                               "seed %" PRIu64 ", expected 1 to %" PRId64,
                               merit__comparing_seed(o, s), INT64_MAX);
        }
    }
    return MERIT_OK;
}

/* The test examples must be like the others, and more than one: a mean of one has no
 * interval. */
static merit_status check_test(const merit__comparing *c, const merit_dataset *data,
                               merit_error *err)
{
    const merit_dataset *test = c->test.data;
    const int32_t *labels = merit_dataset_labels(test);
    const int64_t n_classes = merit_scores_n_truths(c->scores);
    char shown[100];
    int64_t a[3], b[3];
    merit_dataset_shape(data, &a[0], &a[1], &a[2]);
    merit_dataset_shape(test, &b[0], &b[1], &b[2]);
    merit__printable_path(shown, sizeof shown, merit_dataset_path(test));
    if (memcmp(a, b, sizeof a) != 0) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: the test examples are %" PRId64 "x%" PRId64 "x%" PRId64
                           ", expected %" PRId64 "x%" PRId64 "x%" PRId64
                           " as the training data",
                           shown, b[0], b[1], b[2], a[0], a[1], a[2]);
    }
    if (labels == NULL || merit_dataset_n(test) < 2) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: %" PRId64 " test examples%s, expected at least 2 with "
                           "labels",
                           shown, merit_dataset_n(test),
                           labels == NULL ? " without labels" : "");
    }
    for (int64_t i = 0; i < merit_dataset_n(test); i++) {
        if (labels[i] >= n_classes) {
            return merit__fail(err, MERIT_EFORMAT,
                               "%s: label %" PRId32 " at index %" PRId64
                               "; the score table has %" PRId64 " classes",
                               shown, labels[i], i, n_classes);
        }
    }
    return MERIT_OK;
}

/* Examples that were learned from measure nothing. */
static merit_status check_unseen(const merit__comparing *c, const merit_dataset *data,
                                 merit_error *err)
{
    char shown[100], learned[65];
    merit_dataset_fingerprint(data, learned);
    if (strcmp(learned, c->test.fingerprint) == 0) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: the test examples are the training data, expected "
                           "others; without them a share of the data is kept apart",
                           merit__printable_path(shown, sizeof shown,
                                                 merit_dataset_path(c->test.data)));
    }
    return MERIT_OK;
}

/* Sets apart what is measured on: by a seed that no run can have, so that it is the
 * same for all of them. */
static merit_status choose_test(merit__comparing *c, const merit_dataset *data,
                                double *test_share, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_compare_options *o = c->options;
    *test_share = 0;
    c->data = data;
    c->test.data = o->test_data;
    c->test.n_threads = o->train.threads;
    if (o->test_data == NULL) {
        *test_share =
            o->test > 0 || o->test < 0 || isnan(o->test) ? o->test : default_test_share;
        MERIT_TRY(merit_dataset_split(&c->owned_data, &c->owned_test, data, *test_share,
                                      0, err));
        c->data = c->owned_data;
        c->test.data = c->owned_test;
    }
    MERIT_TRY(check_test(c, data, err));
    merit_dataset_fingerprint(c->test.data, c->test.fingerprint);
    MERIT_TRY(check_unseen(c, c->data, err));
fail:
    return status;
}

/* Adds what is asked for to the plan. A loss that the table forbids is part of it; any
 * other refusal is one of everything. */
static merit_status plan_runs(merit__comparing *c, json_t *plan, merit_error *err)
{
    merit_status status = MERIT_OK;
    for (int64_t l = 0; l < c->options->n_losses; l++) {
        merit_error why = {0};
        char *config = NULL;
        const char *loss = c->options->losses[l];
        const merit_train_options train = merit__comparing_options(c, loss, 1);
        status = merit_train_config(&config, c->data, c->scores, &train, &why);
        merit_text_free(config);
        if (status != MERIT_OK && status != MERIT_EUNSUPPORTED) {
            MERIT_TRY(merit__fail(err, status, "%s", why.message));
        }
        MERIT_TRY(merit__plan_add_loss(plan, loss, why.message, err));
    }
    for (int64_t s = 0; s < merit__comparing_n_seeds(c->options); s++) {
        MERIT_TRY(
            merit__plan_add_seed(plan, merit__comparing_seed(c->options, s), err));
    }
fail:
    return status;
}

/* What is asked for now. A loss that every table allows stands for the others. */
static merit_status make_plan(merit__comparing *c, const merit_dataset *data,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    char *config = NULL;
    double test_share = 0;
    MERIT_TRY(check_options(c->options, err));
    MERIT_TRY(choose_test(c, data, &test_share, err));
    const merit_train_options train = merit__comparing_options(c, "cross-entropy", 1);
    MERIT_TRY(merit_train_config(&config, c->data, c->scores, &train, err));
    MERIT_TRY(
        merit__plan_create(&c->plan, config, c->test.fingerprint, test_share, err));
    MERIT_TRY(plan_runs(c, c->plan, err));
fail:
    merit_text_free(config);
    return status;
}

static void remove_temporary(void *context, int dir, const char *name)
{
    (void)context;
    if (merit__directory_is_temporary(name)) {
        unlinkat(dir, name, 0);
    }
}

/* Takes the directory; what is planned there already goes on. */
static merit_status open_directory(merit__comparing *c, merit_error *err)
{
    merit_status status = MERIT_OK;
    json_t *before = NULL;
    MERIT_TRY(merit__directory_make(c->directory, err));
    MERIT_TRY(merit__plan_load(&before, c->directory, err));
    if (before == NULL) { // somebody else's stays without our lock
        MERIT_TRY(merit__directory_expect_empty(c->directory, err));
    }
    json_decref(before);
    before = NULL;
    MERIT_TRY(merit__directory_lock(&c->lock, c->directory, err));
    MERIT_TRY(merit__plan_load(&before, c->directory, err));
    if (before == NULL) {
        MERIT_TRY(merit__directory_expect_empty(c->directory, err));
    } else {
        MERIT_TRY(merit__plan_expect_same(c->plan, before, c->directory, err));
        MERIT_TRY(plan_runs(c, before, err));
        json_decref(c->plan);
        c->plan = before;
        before = NULL;
    }
    merit__directory_for_each(c->directory, remove_temporary, NULL);
    MERIT_TRY(merit__plan_save(c->plan, c->directory, err));
fail:
    json_decref(before);
    return status;
}

static void dispose(merit__comparing *c)
{
    if (c->lock >= 0) {
        close(c->lock);
    }
    json_decref(c->plan);
    merit_dataset_free(c->owned_data);
    merit_dataset_free(c->owned_test);
}

merit_status merit_compare(merit_comparison **out, const char *directory,
                           const merit_dataset *data, const merit_scores *scores,
                           const merit_compare_options *options, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__comparing c = {
        .options = options, .directory = directory, .scores = scores, .lock = -1};
    if (out == NULL || directory == NULL || data == NULL || scores == NULL ||
        options == NULL) {
        return merit__fail(err, MERIT_EINVAL, "merit_compare: an argument is NULL");
    }
    *out = NULL;
    MERIT_TRY(make_plan(&c, data, err));
    MERIT_TRY(open_directory(&c, err));
    MERIT_TRY(merit__comparing_run_all(&c, err));
    MERIT_TRY(merit_comparison_load(out, directory, err));
    MERIT_TRY(merit__comparison_save_table(*out, directory, err));
fail:
    if (status != MERIT_OK) {
        merit_comparison_free(*out);
        *out = NULL;
    }
    dispose(&c);
    return status;
}
