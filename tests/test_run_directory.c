/* The directory of a run: one owner at a time, nothing of anybody else's touched. */
#include "train/run_directory.h"

#include "base/alloc.h"
#include "train_fixtures.h"

#include <signal.h>
#include <sys/wait.h>

static char run_path[PATH_BYTES];

static merit_status open_at(merit__run_directory **run, int must_exist, int *has_run,
                            merit_error *err)
{
    *err = (merit_error){0};
    return merit__run_directory_open(run, run_path, must_exist, has_run, err);
}

static merit__run_directory *open_new(const char *name)
{
    merit__run_directory *run;
    merit_error err;
    int has_run = 7;
    data_path(run_path, name);
    if (open_at(&run, 0, &has_run, &err) != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(has_run, 0);
    return run;
}

static const char *inside(char out[PATH_BYTES], const char *name)
{
    snprintf(out, PATH_BYTES, "%.300s/%.200s", run_path, name);
    return out;
}

static void test_one_owner(void **state)
{
    (void)state;
    merit__run_directory *first = open_new("owned"), *second;
    merit_error err;
    int has_run;
    char expected[32];
    snprintf(expected, sizeof expected, "process %ld)", (long)getpid());
    assert_int_equal(open_at(&second, 0, &has_run, &err), MERIT_EBUSY);
    assert_null(second);
    assert_non_null(strstr(err.message, expected));
    assert_non_null(strstr(err.message, "owned"));
    merit__run_directory_close(first);
    assert_int_equal(open_at(&second, 0, &has_run, &err), MERIT_OK);
    merit__run_directory_close(second);
    merit__run_directory_close(NULL);
}

/* A process that dies, however it does, owns nothing any more. */
static void test_dead_owner(void **state)
{
    (void)state;
    data_path(run_path, "dead");
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        merit__run_directory *run;
        merit_error err;
        int has_run;
        char byte = open_at(&run, 0, &has_run, &err) == MERIT_OK;
        if (write(ready[1], &byte, 1) == 1) {
            pause();
        }
        _exit(1);
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    merit__run_directory *run;
    merit_error err;
    int has_run;
    assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_EBUSY);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_OK);
    merit__run_directory_close(run);
    close(ready[0]);
    close(ready[1]);
}

static void test_what_is_there_already(void **state)
{
    (void)state;
    merit__run_directory *run;
    merit_error err;
    int has_run;
    char path[PATH_BYTES];
    // Somebody's files, also with names that a run uses.
    static const char *const theirs[] = {"thesis.tex", "scores.tsv",
                                         "best.safetensors"};
    for (int i = 0; i < 3; i++) {
        data_path(run_path, theirs[i]);
        assert_int_equal(mkdir(run_path, 0777), 0);
        write_data(inside(path, theirs[i]), "x", 1);
        assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_EINVAL);
        assert_non_null(strstr(err.message, "holds other files"));
        assert_true(exists(path));
        assert_false(exists(inside(path, "checkpoints")));
    }
    // Hidden files are not in the way, nor is a directory that is empty.
    data_path(run_path, "hidden");
    assert_int_equal(mkdir(run_path, 0777), 0);
    write_data(inside(path, ".DS_Store"), "x", 1);
    assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_OK);
    assert_int_equal(has_run, 0);
    assert_int_equal(merit__run_directory_write(run, "config.json", "{}", 2, &err),
                     MERIT_OK);
    merit__run_directory_close(run);
    assert_int_equal(open_at(&run, 1, &has_run, &err), MERIT_OK);
    assert_int_equal(has_run, 1);
    merit__run_directory_close(run);
    // A file in its place, a missing parent.
    data_path(run_path, "file");
    write_data(run_path, "x", 1);
    assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_EIO);
    data_path(run_path, "no/such/parent");
    assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_EIO);
    assert_non_null(strstr(err.message, "cannot make the directory"));
}

/* Nothing is made where something must be. */
static void test_must_exist(void **state)
{
    (void)state;
    merit__run_directory *run;
    merit_error err;
    int has_run;
    data_path(run_path, "typo");
    assert_int_equal(open_at(&run, 1, &has_run, &err), MERIT_EMODEL);
    assert_non_null(strstr(err.message, "no run to continue"));
    assert_false(exists(run_path));
    merit__run_directory_close(open_new("empty"));
    assert_int_equal(open_at(&run, 1, &has_run, &err), MERIT_EMODEL);
}

static void test_files(void **state)
{
    (void)state;
    merit__run_directory *run = open_new("files");
    merit_error err;
    char *text, path[PATH_BYTES];
    size_t n;
    assert_int_equal(merit__run_directory_write(run, "a", "one", 3, &err), MERIT_OK);
    assert_int_equal(merit__run_directory_write(run, "a", "zwei", 4, &err), MERIT_OK);
    assert_int_equal(merit__run_directory_read(run, "a", &text, &n, &err), MERIT_OK);
    assert_int_equal(n, 4);
    assert_string_equal(text, "zwei");
    merit__free(text);
    assert_int_equal(merit__run_directory_read(run, "b", &text, &n, &err), MERIT_EIO);
    merit__run_directory_log(run, "{\"a\": 1}");
    merit__run_directory_log(run, "{\"b\": 2}");
    unsigned char *log = read_data(inside(path, "log.jsonl"), &n);
    assert_string_equal((const char *)log, "{\"a\": 1}\n{\"b\": 2}\n");
    test_free(log);
    // A log that cannot be written is not worth a word.
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("elsewhere", path), 0);
    merit__run_directory_log(run, "{}");
    assert_false(exists(inside(path, "elsewhere")));
    merit__run_directory_close(run);
}

static void test_newest(void **state)
{
    (void)state;
    merit__run_directory *run = open_new("newest");
    static const char *const names[] = {"00000002.safetensors",
                                        "3.safetensors",
                                        "00000010.safetensors",
                                        "-4.safetensors",
                                        "12.safetensors.tmp",
                                        "13safetensors",
                                        "99999999999999999999.safetensors",
                                        "0.safetensors",
                                        "x.safetensors"};
    char path[PATH_BYTES], name[64];
    int64_t newest;
    assert_int_equal(merit__run_directory_make_checkpoints(run, NULL), MERIT_OK);
    assert_int_equal(merit__run_directory_make_checkpoints(run, NULL), MERIT_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "checkpoints/%s", names[i]);
        write_data(inside(path, name), "x", 1);
    }
    static const int64_t found[] = {10, 3, 2, 0};
    int64_t below = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(merit__run_directory_newest(run, below, &newest, NULL),
                         MERIT_OK);
        assert_int_equal(newest, found[i]);
        below = newest;
    }
    merit__alloc_fail_at(1, 0);
    merit_status status = merit__run_directory_newest(run, 5, &newest, NULL);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(status, MERIT_ENOMEM);
    merit__run_directory_close(run);
}

/* Without a newest checkpoint tidying up removes temporary files only. */
static void test_tidy(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int goes;
    } files[] = {
        {".merit.17.0123456789abcdef.tmp", 1},
        {".merit.lock", 0},
        {"checkpoints/.merit.1.2.tmp", 1},
        {"checkpoints/00000001.safetensors", 0},
        {".merit.notes", 0},
        {"x.tmp", 0},
        {"1.safetensors", 0},
    };
    merit__run_directory *run = open_new("tidy");
    char path[PATH_BYTES];
    merit__run_directory_make_checkpoints(run, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, ".merit.lock") != 0) {
            write_data(inside(path, files[i].name), "x", 1);
        }
    }
    merit__run_directory_tidy(run, 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_int_equal(exists(inside(path, files[i].name)), !files[i].goes);
    }
    merit__run_directory_tidy(run, 4);
    assert_false(exists(inside(path, "checkpoints/00000001.safetensors")));
    assert_true(exists(inside(path, "1.safetensors")));
    remove_tree(run_path); // the user may
    merit__run_directory_tidy(run, 4);
    merit__run_directory_log(run, "{}");
    merit_error err;
    assert_int_equal(merit__run_directory_make_checkpoints(run, &err), MERIT_EIO);
    merit__run_directory_close(run);
}

static void test_no_memory(void **state)
{
    (void)state;
    merit__run_directory *run;
    merit_error err;
    int has_run;
    data_path(run_path, "memory");
    merit__alloc_fail_at(0, 0);
    assert_int_equal(open_at(&run, 0, &has_run, &err), MERIT_OK);
    long n = merit__alloc_count();
    merit__run_directory_close(run);
    for (long i = 1; i <= n; i++) {
        merit__alloc_fail_at(i, 0);
        merit_status status = open_at(&run, 0, &has_run, &err);
        merit__alloc_fail_at(0, 0);
        if (status == MERIT_OK) { // only the sync of a new name was left out
            merit__run_directory_close(run);
            continue;
        }
        assert_int_equal(status, MERIT_ENOMEM);
        assert_null(run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_owner),
        cmocka_unit_test(test_dead_owner),
        cmocka_unit_test(test_what_is_there_already),
        cmocka_unit_test(test_must_exist),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_newest),
        cmocka_unit_test(test_tidy),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_tree);
}
