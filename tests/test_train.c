/* Whole runs: the same model for any number of threads, however often a run was stopped
 * and wherever it runs. */
#include "merit/train.h"

#include "base/alloc.h"
#include "train/run_directory.h"
#include "train_runs.h"

#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <sys/wait.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* OpenMP's and, what compilers make of a parallel region, libgomp's: oneDNN runs on it.
 */
void omp_set_num_threads(int n);
int omp_get_max_threads(void);
int omp_get_thread_num(void);
void GOMP_parallel(void (*run)(void *), void *context, unsigned n, unsigned flags);

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    for (int e = 0; e < 2; e++) {
        char first[65] = "";
        for (int64_t threads = 1; threads <= 4; threads++) {
            merit_train_options options = base_options();
            options.engine = engines[e];
            options.threads = threads;
            outcome o = train_new("threads", &options);
            if (threads == 1) {
                memcpy(first, o.result.sha256, sizeof first);
            }
            assert_string_equal(o.result.sha256, first);
        }
        // A test of the test: another seed is another model.
        merit_train_options options = base_options();
        options.engine = engines[e];
        options.seed = 2;
        assert_string_not_equal(train_new("threads", &options).result.sha256, first);
    }
}

static const struct {
    const char *loss, *optimizer;
    int engine;
    int64_t patience;
} interrupted[] = {
    {"cross-entropy", "sgd", 0, 0},
    {"cross-entropy", "adamw", 1, 0},
    {"auto", "sgd", 1, 0},
    {"auto", "adamw", 0, 1},
    {"cross-entropy:40%,expected-score", "sgd", 0, 0},
    {"affine-labels", "sgd", 1, 1},
};
enum { N_INTERRUPTED = sizeof interrupted / sizeof *interrupted };

static merit_train_options interrupted_options(int i)
{
    merit_train_options options = base_options();
    options.loss = interrupted[i].loss;
    options.optimizer = interrupted[i].optimizer;
    options.engine = engines[interrupted[i].engine];
    options.patience = interrupted[i].patience;
    options.learning_rate = 0;
    return options;
}

static void test_stops_do_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < N_INTERRUPTED; i++) {
        int n_stops;
        merit_train_options options = interrupted_options(i);
        outcome whole = train_new("whole", &options);
        outcome parts = train_stopping("parts", &options, &n_stops);
        assert_true(n_stops >= 8);
        assert_string_equal(parts.result.sha256, whole.result.sha256);
        assert_string_equal(parts.result.loss, whole.result.loss);
        assert_int_equal(parts.result.epoch, whole.result.epoch);
        char *metrics[] = {read_run("whole", "metrics.tsv"),
                           read_run("parts", "metrics.tsv")};
        assert_string_equal(metrics[0], metrics[1]);
        test_free(metrics[0]);
        test_free(metrics[1]);
        size_t n[2];
        char path[PATH_BYTES];
        unsigned char *last[] = {
            read_data(run_path(path, "whole", "last.safetensors"), &n[0]),
            read_data(run_path(path, "parts", "last.safetensors"), &n[1])};
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(last[0], last[1], n[0]);
        test_free(last[0]);
        test_free(last[1]);
    }
}

/* Every other time the newest checkpoint is damaged before going on, every third time
 * both newest: work is lost, the model is not another one. */
static void test_damage_does_not_matter(void **state)
{
    (void)state;
    int stop = 1, n_warned = 0, turn;
    merit_train_options options = interrupted_options(2);
    outcome whole = train_new("whole", &options);
    options.stop = &stop;
    char path[PATH_BYTES], name[64];
    remove_tree(data_path(path, "damaged"));
    outcome o = train("damaged", &options);
    for (turn = 0; turn < 500 && o.status == MERIT_ESTOPPED; turn++) {
        merit__run_directory *run;
        int has_run;
        int64_t newest;
        assert_int_equal(merit__run_directory_open(&run, data_path(path, "damaged"), 0,
                                                   &has_run, NULL),
                         MERIT_OK);
        merit__run_directory_newest(run, INT64_MAX, &newest, NULL);
        merit__run_directory_close(run);
        int n_damaged = turn % 6 == 3 ? 2 : turn % 6 == 5 ? 1 : 0;
        for (int64_t g = newest; g > newest - n_damaged && g > 1; g--) {
            snprintf(name, sizeof name, "checkpoints/%08d.safetensors", (int)g);
            assert_int_equal(truncate(run_path(path, "damaged", name), 900), 0);
        }
        o = train("damaged", &options);
        if (n_damaged > 0 && newest > 1) {
            assert_int_equal(o.n_warnings, 1);
            assert_non_null(strstr(o.warning, "went back to an older checkpoint"));
            n_warned++;
        }
    }
    assert_true(n_warned > 4);
    assert_int_equal(o.status, MERIT_OK);
    assert_string_equal(o.result.sha256, whole.result.sha256);
}

/* Runs that go back, in the beginning that all share and after it: the same end for any
 * number of threads and stops. */
static void test_recovery(void **state)
{
    (void)state;
    static const double rates[] = {3, 5, 8};
    int n_warnings = 0, n_recovered = 0;
    char path[PATH_BYTES];
    for (int i = 0; i < 3; i++) {
        int stop = 1, n_told = 0;
        merit_train_options options = base_options();
        options.net = plain_net;
        options.loss = "auto";
        options.schedule = "constant";
        options.weight_decay = 0.3;
        options.learning_rate = rates[i];
        remove_tree(data_path(path, "whole"));
        remove_tree(data_path(path, "parts"));
        outcome whole = train("whole", &options), o = {.status = MERIT_ESTOPPED};
        options.stop = &stop;
        for (int turn = 0; turn < 500 && o.status == MERIT_ESTOPPED; turn++) {
            options.threads = 1 + turn % 4;
            o = train("parts", &options);
            n_told += o.n_warnings;
        }
        assert_int_equal(o.status, whole.status);
        assert_int_equal(n_told, whole.n_warnings);
        n_warnings += n_told;
        if (o.status == MERIT_OK) {
            n_recovered++;
            assert_string_equal(o.result.sha256, whole.result.sha256);
            char *metrics[] = {read_run("whole", "metrics.tsv"),
                               read_run("parts", "metrics.tsv")};
            assert_string_equal(metrics[0], metrics[1]);
            test_free(metrics[0]);
            test_free(metrics[1]);
        }
    }
    assert_true(n_warnings >= 4);
    assert_true(n_recovered >= 1);
}

static void test_rounding_and_settings(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    for (int e = 0; e < 2; e++) {
        options.engine = engines[e];
        outcome usual = train_new("usual", &options);
        int before = fegetround();
        omp_set_num_threads(3);
        assert_int_equal(fesetround(FE_UPWARD), 0);
#if defined(__SSE__)
        unsigned csr = _mm_getcsr();
        _mm_setcsr(csr | 0x8040); // flush to zero, denormals are zero
#endif
        outcome odd = train_new("odd", &options);
        assert_int_equal(fegetround(), FE_UPWARD);
#if defined(__SSE__)
        assert_int_equal(_mm_getcsr() & 0x8040, 0x8040);
        _mm_setcsr(csr);
#endif
        fesetround(before);
        assert_int_equal(omp_get_max_threads(), 3);
        assert_string_equal(odd.result.sha256, usual.result.sha256);
    }
}

static void test_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                        "fr_FR.UTF-8"};
    const char *found = NULL;
    merit_train_options options = base_options();
    outcome usual = train_new("usual", &options);
    for (int i = 0; i < 4 && found == NULL; i++) {
        found = setlocale(LC_ALL, names[i]);
    }
    if (found == NULL) {
        skip();
    }
    outcome odd = train_new("odd", &options);
    setlocale(LC_ALL, "C");
    assert_string_equal(odd.result.sha256, usual.result.sha256);
    assert_string_equal(odd.note, usual.note);
    char *metrics[] = {read_run("usual", "metrics.tsv"),
                       read_run("odd", "metrics.tsv")};
    assert_string_equal(metrics[0], metrics[1]);
    test_free(metrics[0]);
    test_free(metrics[1]);
}

static void *train_in_thread(void *argument)
{
    outcome *o = argument;
    merit_train_options options = base_options();
    char path[PATH_BYTES];
    options.engine = "dnnl";
    o->status = merit_train(data_path(path, o->started), data, scores, &options,
                            &o->result, &o->err);
    return NULL;
}

static void train_in_region(void *argument)
{
    if (omp_get_thread_num() == 0) {
        train_in_thread(argument);
    }
}

/* Two at once, each in a directory of its own, one of them in an OpenMP region; and one
 * in a child process. */
static void test_in_odd_places(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    options.engine = "dnnl";
    outcome usual = train_new("usual", &options), one = {.started = "one"},
            two = {.started = "two"};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, train_in_thread, &one), 0);
    GOMP_parallel(train_in_region, &two, 2, 0);
    pthread_join(thread, NULL);
    assert_string_equal(one.result.sha256, usual.result.sha256);
    assert_string_equal(two.result.sha256, usual.result.sha256);
#if !defined(__SANITIZE_THREAD__) // it forbids threads after a fork
    pid_t child = fork();
    if (child == 0) {
        outcome o = {.started = "child"};
        train_in_thread(&o);
        _exit(o.status == MERIT_OK && strcmp(o.result.sha256, usual.result.sha256) == 0
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
#endif
}

static void count_save(const merit_train_event *event, void *payload)
{
    (void)event;
    ++*(volatile int *)payload;
}

/* Each change of *save writes a checkpoint; here each report is a change. */
static void test_save_on_request(void **state)
{
    (void)state;
    volatile int n_reports = 0;
    char path[PATH_BYTES];
    merit_train_options options = base_options();
    outcome usual = train_new("usual", &options);
    options.save = &n_reports;
    options.report = count_save;
    options.payload = (void *)(uintptr_t)&n_reports;
    merit_train_result result;
    remove_tree(data_path(path, "saved"));
    assert_int_equal(merit_train(path, data, scores, &options, &result, NULL),
                     MERIT_OK);
    assert_string_equal(result.sha256, usual.result.sha256);
    // Without requests there are two at the ends of epochs and one at the end.
    assert_false(exists(run_path(path, "usual", "checkpoints/00000004.safetensors")));
    assert_true(exists(run_path(path, "usual", "checkpoints/00000003.safetensors")));
    // A slow run reports more often; the last three are kept.
    int newest = 0;
    for (int generation = 1; generation < 10000; generation++) {
        char name[64];
        snprintf(name, sizeof name, "checkpoints/%08d.safetensors", generation);
        newest = exists(run_path(path, "saved", name)) ? generation : newest;
    }
    assert_true(newest >= 5);
}

static void test_no_memory(void **state)
{
    (void)state;
    merit_train_options options = base_options();
    options.loss = "auto";
    options.net = plain_net;
    options.epochs = 2;
    merit__alloc_fail_at(0, 0);
    outcome usual = train_new("usual", &options);
    long n = merit__alloc_count();
    int n_failed = 0;
    char path[PATH_BYTES];
    for (long i = 1; i <= n; i += 1 + i / 12) {
        remove_tree(data_path(path, "memory"));
        merit__alloc_fail_at(i, 0);
        outcome o = train("memory", &options);
        merit__alloc_fail_at(0, 0);
        if (o.status == MERIT_OK) { // a log line or a checkpoint less
            assert_string_equal(o.result.sha256, usual.result.sha256);
            continue;
        }
        n_failed++;
        assert_int_equal(o.status, MERIT_ENOMEM);
        assert_true(strlen(o.err.message) > 10);
        // The same command goes on from there.
        o = train("memory", &options);
        if (o.status != MERIT_OK) {
            fail_msg("after allocation %ld: %s", i, o.err.message);
        }
        assert_string_equal(o.result.sha256, usual.result.sha256);
    }
    assert_true(n_failed > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_stops_do_not_matter),
        cmocka_unit_test(test_damage_does_not_matter),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_rounding_and_settings),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_in_odd_places),
        cmocka_unit_test(test_save_on_request),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
