/* What training refuses, with which words, and that it leaves everything as it was. */
#include "merit/train.h"

#include "train/run_directory.h"
#include "train_runs.h"

#include <limits.h>

static void test_finished(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    outcome first = train_new("finished", &options);
    char path[PATH_BYTES];
    size_t n;
    unsigned char *model =
        read_data(run_path(path, "finished", "best.safetensors"), &n);
    outcome again = train("finished", &options);
    expect(&again, MERIT_EINVAL, "its training is finished");
    assert_int_equal(again.n_started, 0);
    options.resume = 1;
    again = train("finished", &options);
    assert_int_equal(again.status, MERIT_OK);
    assert_string_equal(again.result.sha256, first.result.sha256);
    // What was lost since is there again.
    assert_int_equal(unlink(path), 0);
    assert_int_equal(train("finished", &options).status, MERIT_OK);
    size_t n_now;
    unsigned char *now = read_data(path, &n_now);
    assert_int_equal(n_now, n);
    assert_memory_equal(now, model, n);
    test_free(now);
    test_free(model);
}

/* A run that wrote its model but was killed before it could say so is not finished. */
static void test_killed_before_the_end(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    outcome first = train_new("killed", &options);
    char path[PATH_BYTES], name[64];
    for (int g = 9; g > 0; g--) {
        snprintf(name, sizeof name, "checkpoints/%08d.safetensors", g);
        if (exists(run_path(path, "killed", name))) {
            assert_int_equal(unlink(path), 0);
            break;
        }
    }
    unlink(run_path(path, "killed", "best.safetensors"));
    outcome again = train("killed", &options);
    assert_int_equal(again.status, MERIT_OK);
    assert_string_equal(again.result.sha256, first.result.sha256);
    // Killed before it wrote config.json: a directory with nothing in it but the lock.
    remove_tree(data_path(path, "killed"));
    assert_int_equal(mkdir(path, 0777), 0);
    write_data(run_path(path, "killed", ".merit.lock"), "process 1\n", 10);
    write_data(run_path(path, "killed", ".merit.1.2.tmp"), "{", 1);
    again = train("killed", &options);
    assert_int_equal(again.status, MERIT_OK);
    assert_false(exists(path));
    assert_string_equal(again.result.sha256, first.result.sha256);
}

static void test_resume_needs_a_run(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    char path[PATH_BYTES];
    options.resume = 1;
    outcome o = train("nothing", &options);
    expect(&o, MERIT_EMODEL, "no run to continue");
    assert_false(exists(data_path(path, "nothing")));
}

static void test_owned(void **state)
{
    (void)state;
    merit__run_directory *run;
    merit_train_options options = base_options();
    char path[PATH_BYTES], owner[40];
    int has_run;
    assert_int_equal(
        merit__run_directory_open(&run, data_path(path, "owned"), 0, &has_run, NULL),
        MERIT_OK);
    outcome o = train("owned", &options);
    snprintf(owner, sizeof owner, "process %ld", (long)getpid());
    expect(&o, MERIT_EBUSY, owner);
    assert_false(exists(run_path(path, "owned", "config.json")));
    merit__run_directory_close(run);
    assert_int_equal(train("owned", &options).status, MERIT_OK);
}

static void test_foreign_directory(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    char path[PATH_BYTES];
    assert_int_equal(mkdir(data_path(path, "thesis"), 0777), 0);
    write_data(run_path(path, "thesis", "scores.tsv"), "mine", 4);
    outcome o = train("thesis", &options);
    expect(&o, MERIT_EINVAL, "holds other files");
    char *mine = read_run("thesis", "scores.tsv");
    assert_string_equal(mine, "mine");
    test_free(mine);
}

/* A run that is stopped after its first step, and the options to go on with it by one
 * step more. */
static merit_train_options start_run(const char *name)
{
    static const int stop = 1;
    merit_train_options options = base_options();
    char path[PATH_BYTES];
    remove_tree(data_path(path, name));
    options.stop = &stop;
    outcome o = train(name, &options);
    expect(&o, MERIT_ESTOPPED, "after step 1");
    return options;
}

/* Another command in the directory of a run that is not finished. */
static void test_other_options(void **state)
{
    (void)state;
    const merit_train_options options = start_run("options");
    char *before = read_run("options", "config.json");
    merit_train_options other[16];
    static const char *const said[] = {"batch is 8, was 16",
                                       "epochs is 4, was 3",
                                       "seed is \"9\", was \"1\"",
                                       "net is ",
                                       "loss is ",
                                       "optimizer is \"adamw\"",
                                       "schedule is ",
                                       "engine is ",
                                       "slice is 5, was 4",
                                       "groups is 2, was 3",
                                       "momentum is 0.8",
                                       "weight_decay is 0.01",
                                       "flip is false",
                                       "shift is 2, was 1",
                                       "patience is 3, was 0",
                                       "validation is 0.2"};
    for (int i = 0; i < 16; i++) {
        other[i] = options;
    }
    other[0].batch = 8;
    other[1].epochs = 4;
    other[2].seed = 9;
    other[3].net = plain_net;
    other[4].loss = "auto";
    other[5].optimizer = "adamw";
    other[6].schedule = "cosine";
    other[7].engine = "dnnl";
    other[8].slice = 5;
    other[9].groups = 2;
    other[10].momentum = 0.8;
    other[11].weight_decay = 0.01;
    other[12].flip = 0;
    other[13].shift = 2;
    other[14].patience = 3;
    other[15].validation = 0.2;
    for (int i = 0; i < 16; i++) {
        outcome o = train("options", &other[i]);
        expect(&o, MERIT_EINVAL, said[i]);
        other[i].resume = 1;
        o = train("options", &other[i]);
        expect(&o, MERIT_EMODEL, said[i]);
    }
    outcome same = train("options", &options);
    expect(&same, MERIT_ESTOPPED, "after step 2");
    char *after = read_run("options", "config.json");
    assert_string_equal(before, after);
    test_free(before);
    test_free(after);
}

/* What does not matter may be another. */
static void test_options_that_do_not_matter(void **state)
{
    (void)state;
    merit_train_options options = start_run("options");
    char *before = read_run("options", "config.json");
    options.threads = 3;
    options.checkpoint_s = 1;
    options.max_seconds = 1000;
    outcome o = train("options", &options);
    expect(&o, MERIT_ESTOPPED, "after step 2");
    char *after = read_run("options", "config.json");
    assert_string_equal(before, after);
    test_free(before);
    test_free(after);
}

/* Other data cannot go on with what the first taught. */
static void test_other_data(void **state)
{
    (void)state;
    int stop = 1;
    merit_train_options options = base_options();
    char path[PATH_BYTES];
    merit_scores *table = scores;
    remove_tree(data_path(path, "changed"));
    options.stop = &stop;
    outcome o = train("changed", &options);
    expect(&o, MERIT_ESTOPPED, "saved");
    for (int resume = 0; resume < 2; resume++) {
        options.resume = resume;
        o = train_on(other_data, "changed", &options);
        expect(&o, MERIT_EMODEL, "the training data are not those");
    }
    static const double values[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    options.resume = 0;
    assert_int_equal(merit_scores_create(&scores, 3, 3, values, NULL, NULL), MERIT_OK);
    o = train("changed", &options);
    expect(&o, MERIT_EINVAL, "the score table is not the one");
    merit_scores_free(scores);
    scores = table;
    // The same in a run that has validation data of its own.
    remove_tree(data_path(path, "changed"));
    options.validation_data = other_data;
    o = train("changed", &options);
    expect(&o, MERIT_ESTOPPED, "saved");
    options.validation_data = data;
    o = train("changed", &options);
    expect(&o, MERIT_EMODEL, "the validation data are not those");
    // Data of the same content, loaded again, are the same.
    merit_dataset *again = load_pictures("train");
    options.validation_data = other_data;
    o = train_on(again, "changed", &options);
    expect(&o, MERIT_ESTOPPED, "after step 2");
    merit_dataset_free(again);
}

static void test_bad_options(void **state)
{
    (void)state;
    merit_train_options bad[24];
    static const char *const said[] = {
        "unknown loss",        "layer 1",
        "unknown optimizer",   "unknown schedule",
        "unknown engine",      "epochs is -1",
        "batch is -5",         "slice is 5000",
        "groups is -1",        "threads is 2000",
        "learning rate is -1", "learning rate is nan",
        "momentum is 1",       "weight decay is 11",
        "validation is 1",     "patience is -2",
        "maximal time",        "seconds between checkpoints is -1",
        "shift is -1",         "learning rate is inf",
        "did you mean sgd",    "did you mean cosine",
        "batch is 1048577",    "weight decay is nan"};
    for (int i = 0; i < 24; i++) {
        bad[i] = base_options();
    }
    bad[0].loss = "x";
    bad[1].net = "conv 4 30 pad 0";
    bad[2].optimizer = "y";
    bad[3].schedule = "z";
    bad[4].engine = "gpu";
    bad[5].epochs = -1;
    bad[6].batch = -5;
    bad[7].slice = 5000;
    bad[8].groups = -1;
    bad[9].threads = 2000;
    bad[10].learning_rate = -1;
    bad[11].learning_rate = NAN;
    bad[12].momentum = 1;
    bad[13].weight_decay = 11;
    bad[14].validation = 1;
    bad[15].patience = -2;
    bad[16].max_seconds = INFINITY;
    bad[17].checkpoint_s = -1;
    bad[18].shift = -1;
    bad[19].learning_rate = INFINITY;
    bad[20].optimizer = "sdg";
    bad[21].schedule = "cosin";
    bad[22].batch = (1 << 20) + 1;
    bad[23].weight_decay = NAN;
    for (int i = 0; i < 24; i++) {
        char path[PATH_BYTES];
        outcome o = train("bad", &bad[i]);
        expect(&o, MERIT_EINVAL, said[i]);
        assert_false(exists(data_path(path, "bad")));
    }
    merit_error err;
    assert_int_equal(merit_train(NULL, data, scores, NULL, NULL, &err), MERIT_EINVAL);
    assert_int_equal(merit_train("x", NULL, scores, NULL, NULL, &err), MERIT_EINVAL);
    assert_int_equal(merit_train("x", data, NULL, NULL, NULL, NULL), MERIT_EINVAL);
}

static void test_bad_data(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_train_options options = base_options();
    merit_dataset *many = make_pictures("many", 40, SIDE, 5);
    int64_t first = 0;
    while (merit_dataset_labels(many)[first] < N_CLASSES) {
        first++;
    }
    char said[80];
    snprintf(said, sizeof said, "label %d at index %d",
             (int)merit_dataset_labels(many)[first], (int)first);
    outcome o = train_on(many, "labels", &options);
    expect(&o, MERIT_EFORMAT, said);
    expect(&o, MERIT_EFORMAT, "many-labels-idx1-ubyte");
    options.validation_data = many;
    o = train("labels", &options);
    expect(&o, MERIT_EFORMAT, said);
    merit_dataset *large = make_pictures("large", 40, SIDE + 1, N_CLASSES);
    options.validation_data = large;
    o = train("labels", &options);
    expect(&o, MERIT_EFORMAT, "1x7x7");
    options.validation_data = NULL;
    const merit_dataset_options none = {.no_labels = 1};
    merit_dataset *bare;
    assert_int_equal(merit_dataset_load(&bare,
                                        data_path(path, "train-images-idx3-ubyte"),
                                        &none, NULL),
                     MERIT_OK);
    o = train_on(bare, "labels", &options);
    expect(&o, MERIT_EFORMAT, "no labels");
    assert_false(exists(data_path(path, "labels")));
    merit_dataset_free(bare);
    merit_dataset_free(many);
    merit_dataset_free(large);
}

static void test_check(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    merit_train_options options = base_options();
    options.check = 1;
    outcome o = train("check", &options);
    assert_int_equal(o.status, MERIT_OK);
    assert_int_equal(o.n_started, 0);
    assert_false(exists(data_path(path, "check")));
    assert_int_equal(merit_train(NULL, data, scores, &options, NULL, NULL), MERIT_OK);
    options.loss = "x";
    o = train("check", &options);
    expect(&o, MERIT_EINVAL, "unknown loss");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished),
        cmocka_unit_test(test_killed_before_the_end),
        cmocka_unit_test(test_resume_needs_a_run),
        cmocka_unit_test(test_owned),
        cmocka_unit_test(test_foreign_directory),
        cmocka_unit_test(test_other_options),
        cmocka_unit_test(test_options_that_do_not_matter),
        cmocka_unit_test(test_other_data),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_bad_data),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
