/* What a run consists of and what it leaves: candidates, stages, patience, the models,
 * the best of a training that diverged. */
#include "merit/train.h"

#include "merit/metrics.h"
#include "model/model.h"
#include "model/safetensors.h"
#include "train_runs.h"

#define AUTO_MARGIN "softmax-margin(scale=0.55)" // 1.5 log 3 / 3

/* The rows of `metrics` whose loss begins with `loss` and a tab, each without it. */
static void rows_of(char *out, size_t out_bytes, const char *metrics, const char *loss)
{
    size_t n_loss = strlen(loss), n = 0;
    out[0] = 0;
    for (const char *row = metrics; row != NULL && *row != 0;) {
        const char *end = strchr(row, '\n');
        if (strncmp(row, loss, n_loss) == 0 && row[n_loss] == '\t') {
            n += (size_t)snprintf(out + n, out_bytes - n, "%.*s",
                                  (int)(end - row - (int64_t)n_loss + 1), row + n_loss);
        }
        row = end + 1;
    }
}

/* auto begins as cross entropy alone, bit for bit, and keeps what earned most; epochs
 * and steps count on. */
static void test_auto(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    options.epochs = 5;
    options.loss = "auto";
    outcome all = train_new("auto", &options);
    char *metrics = read_run("auto", "metrics.tsv");
    assert_int_equal(all.n_epochs, 2 * 5);
    options.loss = "cross-entropy";
    outcome one = train_new("part", &options);
    char *own_metrics = read_run("part", "metrics.tsv");
    char in_auto[4096], other[4096];
    rows_of(in_auto, sizeof in_auto, metrics, "cross-entropy");
    rows_of(other, sizeof other, own_metrics, "cross-entropy");
    assert_int_equal(count_lines(in_auto), 5);
    assert_string_equal(in_auto, other);

    rows_of(other, sizeof other, metrics, AUTO_MARGIN);
    assert_int_equal(count_lines(other), 5);
    double best = one.result.score;
    const char *row = other;
    for (int i = 1; i <= 5; i++) {
        double loss, score;
        int epoch, step;
        char rule[16];
        assert_int_equal(
            sscanf(row, "\t%d\t%d\t%15s\t%lf\t%lf", &epoch, &step, rule, &loss, &score),
            5);
        assert_int_equal(epoch, 5 + i);
        assert_int_equal(step, 4 * epoch); // 63 examples in minibatches of 16
        best = fmax(best, score);
        row = strchr(row, '\n') + 1;
    }
    assert_true(fabs(all.result.score - best) < 1e-15);
    assert_non_null(strstr(all.note, "cross-entropy"));
    assert_non_null(strstr(all.note, AUTO_MARGIN));
    assert_non_null(strstr(all.note, "kept "));
    assert_non_null(strstr(all.note, all.result.loss));
    assert_non_null(strstr(all.note, merit_rule_name(all.result.rule)));
    test_free(own_metrics);
    test_free(metrics);
}

/* The checkpoint `n` before the newest one of a run that is not older than 100. */
static merit__safetensors *checkpoint_of(const char *run, int n)
{
    char name[64], path[PATH_BYTES];
    merit__safetensors *file = NULL;
    for (int generation = 100; generation > 0; generation--) {
        snprintf(name, sizeof name, "checkpoints/%08d.safetensors", generation);
        if (exists(run_path(path, run, name)) && n-- == 0) {
            assert_int_equal(merit__safetensors_load(&file, path, NULL), MERIT_OK);
            return file;
        }
    }
    fail();
    return NULL;
}

static const void *numbers_of(const merit__safetensors *file, const char *name,
                              size_t *n_bytes)
{
    const merit__tensor_view *tensor = merit__safetensors_tensor(file, name);
    assert_non_null(tensor);
    *n_bytes = tensor->n_bytes;
    return tensor->data;
}

/* auto's second loss begins with the parameters that earned most with the first, which
 * need not be its last ones, and with an optimiser that has seen nothing. */
static void test_auto_goes_on(void **state)
{
    (void)state;
    enum { EPOCHS = 6, STEPS = 4 * EPOCHS };
    int stop = 1; // after every step
    char path[PATH_BYTES];
    size_t n_kept, n_now, n_last, n_moment, n_numbers;
    merit_train_options options = base_options();
    options.epochs = EPOCHS;
    options.loss = "auto";
    options.learning_rate = 0.1;
    options.stop = &stop;
    remove_tree(data_path(path, "goes-on"));
    for (int i = 0; i < STEPS; i++) {
        outcome o = train("goes-on", &options);
        expect(&o, MERIT_ESTOPPED, "stopped on request");
    }
    merit__safetensors *end = checkpoint_of("goes-on", 0);
    outcome o = train("goes-on", &options);
    expect(&o, MERIT_ESTOPPED, "after step 25;");
    merit__safetensors *begin = checkpoint_of("goes-on", 1);

    const double *numbers = numbers_of(begin, "numbers", &n_numbers);
    assert_true(numbers[0] == 1 && numbers[1] == 0); // candidate and step
    const void *kept = numbers_of(begin, "kept", &n_kept);
    const void *now = numbers_of(begin, "now.parameters", &n_now);
    const float *moment = numbers_of(begin, "now.moment.0", &n_moment);
    assert_int_equal(n_now, n_kept);
    assert_memory_equal(now, kept, n_kept);
    for (size_t i = 0; i < n_moment / sizeof *moment; i++) {
        assert_true(moment[i] == 0);
    }
    const void *last = numbers_of(end, "now.parameters", &n_last);
    assert_int_equal(n_last, n_kept);
    assert_memory_not_equal(last, kept, n_kept);
    merit__safetensors_free(begin);
    merit__safetensors_free(end);
}

static void test_patience(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    options.net = "dense 8, relu"; // the statistics of batch norm would move
    options.epochs = 9;
    options.patience = 2;
    options.learning_rate = 1e-12; // so that nothing ever gets better
    outcome o = train_new("patience", &options);
    assert_int_equal(o.n_epochs, 3);
    assert_int_equal(o.result.epoch, 1);
    // The clock of a candidate starts with the candidate.
    options.loss = "auto";
    options.patience = 5;
    o = train_new("patience", &options);
    assert_int_equal(o.n_epochs, 6 + 6);
    assert_int_equal(o.result.epoch, 1);
    assert_string_equal(o.result.loss, "cross-entropy");
}

static void test_max_seconds(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    options.epochs = 1000;
    options.loss = "auto";
    options.max_seconds = 1e-6;
    outcome o = train_new("seconds", &options);
    assert_int_equal(o.n_epochs, 1);
    assert_int_equal(o.result.epoch, 1);
    assert_true(o.result.seconds >= 1e-6 && o.result.seconds < 1000);
    char path[PATH_BYTES];
    assert_true(exists(run_path(path, "seconds", "best.safetensors")));
    outcome again = train("seconds", &options);
    expect(&again, MERIT_EINVAL, "finished");
}

/* More stages, the smallest data, a minibatch larger than the data. */
static void test_small_things(void **state)
{
    (void)state;
    const int64_t two[] = {1, 4};
    merit_dataset *pair;
    merit_train_options options = base_options();
    options.loss = "cross-entropy:30%, softmax-margin:30%, expected-score";
    outcome o = train_new("stages", &options);
    assert_string_equal(o.result.loss, options.loss);
    assert_int_equal(merit_dataset_subset(&pair, data, two, 2, NULL), MERIT_OK);
    options.batch = 1000;
    options.slice = 100;
    options.groups = 50;
    o = train_on(pair, "pair", &options);
    assert_int_equal(o.status, MERIT_OK);
    merit_dataset_free(pair);
    assert_int_equal(merit_dataset_subset(&pair, data, two, 1, NULL), MERIT_OK);
    o = train_on(pair, "single", &options);
    expect(&o, MERIT_EFORMAT, "expected at least 2");
    options.validation_data = other_data;
    o = train_on(pair, "single", &options);
    assert_int_equal(o.status, MERIT_OK);
    merit_dataset_free(pair);
}

/* Pictures are shifted and flipped in another way each epoch. */
static void test_epochs_differ(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    options.net = plain_net;
    options.learning_rate = 1e-12; // so that nothing else makes a difference
    for (int is_augmented = 0; is_augmented < 2; is_augmented++) {
        options.shift = 2 * is_augmented;
        options.flip = is_augmented;
        train_new("epochs", &options);
        char *text = read_run("epochs", "metrics.tsv"), *row = text;
        double loss[3];
        for (int i = 0; i < 3; i++) {
            row = strchr(row, '\n') + 1;
            assert_int_equal(sscanf(row, "%*[^\t]\t%*d\t%*d\t%*s\t%lf", &loss[i]), 1);
            assert_int_equal(i > 0 && fabs(loss[i] - loss[i - 1]) > 1e-4,
                             i > 0 && is_augmented);
        }
        test_free(text);
    }
}

/* The numbers of the last row of metrics.tsv, from the mean score on. */
static void last_row(const char *run, double *score, double *log_loss)
{
    char *text = read_run(run, "metrics.tsv"), *row = text;
    for (int line = count_lines(text); line > 1; line--) {
        row = strchr(row, '\n') + 1;
    }
    assert_int_equal(
        sscanf(row, "%*[^\t]\t%*d\t%*d\t%*s\t%*s\t%lf\t%*s\t%lf", score, log_loss), 2);
    test_free(text);
}

/* What a model earns on the other data, computed by an engine. */
static merit_metrics measure(const merit_model *model, const merit__engine *engine)
{
    enum { N = 33 };
    float logits[N * N_CLASSES];
    int32_t answers[N];
    double posterior[N * N_CLASSES];
    merit_decision_results results = {.answers = answers, .posterior = posterior};
    merit_answers given = {.n = N,
                           .labels = merit_dataset_labels(other_data),
                           .answers = answers,
                           .posterior = posterior};
    merit_metrics metrics;
    merit__inference inference;
    merit__model_inference(&inference, model);
    inference.engine = engine;
    assert_int_equal(merit__infer(&inference, other_data, 3, logits, NULL), MERIT_OK);
    if (engine == &merit__engine_dnnl) {
        float public_logits[N * N_CLASSES];
        assert_int_equal(merit_model_logits(model, other_data, 2, public_logits, NULL),
                         MERIT_OK);
        assert_memory_equal(logits, public_logits, sizeof logits);
    }
    assert_int_equal(
        merit_model_decide(model, MERIT_RULE_AUTO, logits, N, &results, NULL),
        MERIT_OK);
    assert_int_equal(merit_metrics_compute(&metrics, scores, &given, NULL), MERIT_OK);
    return metrics;
}

static merit_model *load_model(const char *run, const char *name)
{
    char path[PATH_BYTES];
    merit_model *model;
    merit_error err = {0};
    if (merit_model_load(&model, run_path(path, run, name), &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    return model;
}

/* What is in a run's models earns what the run says it earns, to the last bit. */
static void test_the_models_keep_their_promise(void **state)
{
    (void)state;
    static const char *const losses[] = {"auto", "affine-labels", "soft-labels",
                                         "expected-score"};
    const merit__engine *const engine[] = {&merit__engine_reference,
                                           &merit__engine_dnnl};
    for (int i = 0; i < 8; i++) {
        merit_train_options options = base_options();
        options.engine = engines[i % 2];
        options.loss = losses[i / 2];
        options.validation_data = other_data;
        outcome o = train_new("promise", &options);
        merit_model *best = load_model("promise", "best.safetensors");
        merit_metrics metrics = measure(best, engine[i % 2]);
        assert_memory_equal(&metrics.mean_score, &o.result.score, sizeof(double));
        assert_memory_equal(&metrics.accuracy, &o.result.accuracy, sizeof(double));
        assert_int_equal(merit_model_rule(best), o.result.rule);
        assert_string_equal(merit_model_metadata(best, "sha256"), o.result.sha256);
        assert_string_equal(merit_model_metadata(best, "loss"), o.result.loss);
        merit_model_free(best);
        // The last row of the table tells what the last parameters earn.
        double score, log_loss;
        merit_model *last = load_model("promise", "last.safetensors");
        metrics = measure(last, engine[i % 2]);
        last_row("promise", &score, &log_loss);
        assert_memory_equal(&metrics.mean_score, &score, sizeof(double));
        assert_memory_equal(&metrics.log_loss, &log_loss, sizeof(double));
        merit_model_free(last);
    }
}

/* A model that decides by a decode matrix has that of the loss it was trained with,
 * also when the next loss of the list has none. */
static void test_decode_matrix(void **state)
{
    (void)state;
    // The table is a channel, too: its columns add up to the same.
    static const char *const losses[] = {"soft-labels:50%,cross-entropy",
                                         "log-score:50%,cross-entropy"};
    for (int i = 0; i < 2; i++) {
        merit_train_options options = base_options();
        options.loss = losses[i];
        options.epochs = 2;
        options.learning_rate = 1e-12; // so that the first epoch stays the best
        options.validation_data = other_data;
        outcome o = {.result = {.rule = MERIT_RULE_AUTO}};
        for (options.seed = 1; o.result.rule != MERIT_RULE_DECODE; options.seed++) {
            assert_true(options.seed < 50);
            o = train_new("decode", &options);
            assert_int_equal(o.result.epoch, 1);
        }
        merit_model *model = load_model("decode", "best.safetensors");
        merit_metrics metrics = measure(model, &merit__engine_reference);
        assert_memory_equal(&metrics.mean_score, &o.result.score, sizeof(double));
        merit_model_free(model);
    }
}

static void test_extra_answers(void **state)
{
    (void)state;
    // Far more than classes, on a single held-out example.
    enum { N_ANSWERS = 60 };
    double values[2 * N_ANSWERS];
    for (int i = 0; i < 2 * N_ANSWERS; i++) {
        values[i] = i == 0 || i == N_ANSWERS + 1 ? 2 : -1 + 0.01 * (i % 7);
    }
    merit_scores *wide;
    merit_dataset *pictures = make_pictures("wide", 12, SIDE, 2);
    assert_int_equal(merit_scores_create(&wide, 2, N_ANSWERS, values, NULL, NULL),
                     MERIT_OK);
    merit_train_options options = base_options();
    options.validation = 1e-3;
    options.loss = "affine-labels";
    char path[PATH_BYTES];
    merit_error err = {0};
    merit_train_result result;
    if (merit_train(data_path(path, "wide"), pictures, wide, &options, &result, &err) !=
        MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit_dataset_free(pictures);
    merit_scores_free(wide);
}

static void test_divergence(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    for (int e = 0; e < 2; e++) {
        merit_train_options options = base_options();
        options.engine = engines[e];
        options.net = plain_net;
        options.learning_rate = 1e3;
        options.weight_decay = 10;
        options.schedule = "constant";
        remove_tree(data_path(path, "diverged"));
        outcome o = train("diverged", &options);
        expect(&o, MERIT_ENUMERIC, "3 retries");
        expect(&o, MERIT_ENUMERIC, "training diverged after step");
        assert_int_equal(o.n_warnings, 3);
        assert_non_null(strstr(o.warning, "with the learning rate 125"));
    }
}

/* Weight decay of 10 at this rate makes weights grow twentyfold a step: some epochs go
 * well before they overflow. The best model of these is saved. */
static void test_late_divergence(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_train_options options = base_options();
    options.net = plain_net;
    options.learning_rate = 30;
    options.momentum = 1e-6;
    options.weight_decay = 10;
    options.schedule = "constant";
    remove_tree(data_path(path, "late"));
    options.epochs = 40;
    options.batch = 63; // one step an epoch
    options.slice = 21;
    outcome o = train("late", &options);
    expect(&o, MERIT_ENUMERIC, "training diverged after step");
    assert_true(o.n_epochs >= 1);
    assert_int_equal(o.n_warnings, 3);
    int from, to;
    assert_int_equal(
        sscanf(o.warning, "after step %d: %*[^;]; going back to step %d", &from, &to),
        2);
    assert_true(to >= 1 && from - to <= 1);
    merit_model *model;
    merit_error err = {0};
    if (merit_model_load(&model, run_path(path, "late", "best.safetensors"), &err) !=
        MERIT_OK) {
        fail_msg("%s", err.message);
    }
    merit_model_free(model);
    // Again: it goes on where it was, and comes to the same end.
    outcome again = train("late", &options);
    expect(&again, MERIT_ENUMERIC, "training diverged after step");
}

/* A candidate that diverges is given up; what the other one left is whole. */
static void test_given_up(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    int n_found = 0;
    for (int i = 0; i < 15; i++) {
        merit_train_options options = base_options();
        options.net = plain_net;
        options.loss = "auto";
        options.schedule = "constant";
        options.weight_decay = 0.3;
        options.validation_data = other_data;
        options.learning_rate = 2 + 4 * i;
        options.seed = 1 + (uint64_t)i;
        remove_tree(data_path(path, "given-up"));
        outcome o = train("given-up", &options);
        if (o.status != MERIT_OK || o.n_given_up == 0) {
            continue;
        }
        n_found++;
        assert_null(strstr(o.warning, "could not be saved"));
        merit_model *best = load_model("given-up", "best.safetensors");
        merit_metrics metrics = measure(best, &merit__engine_reference);
        assert_memory_equal(&metrics.mean_score, &o.result.score, sizeof(double));
        merit_model_free(best);
        if (exists(run_path(path, "given-up", "last.safetensors"))) {
            double score, log_loss;
            merit_model *last = load_model("given-up", "last.safetensors");
            metrics = measure(last, &merit__engine_reference);
            last_row("given-up", &score, &log_loss);
            assert_memory_equal(&metrics.mean_score, &score, sizeof(double));
            merit_model_free(last);
        }
        outcome again = train("given-up", &options);
        expect(&again, MERIT_EINVAL, "its training is finished");
    }
    assert_true(n_found >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_auto_goes_on),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_max_seconds),
        cmocka_unit_test(test_small_things),
        cmocka_unit_test(test_epochs_differ),
        cmocka_unit_test(test_the_models_keep_their_promise),
        cmocka_unit_test(test_decode_matrix),
        cmocka_unit_test(test_extra_answers),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_late_divergence),
        cmocka_unit_test(test_given_up),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
