/* Files: bounded reading, and replacement under every kind of failure. */
#include "base/alloc.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum system_call { CALL_NONE, CALL_FSYNC, CALL_RENAMEAT, CALL_FALLOCATE };

static enum system_call failing_call;
static int calls_before_failure; // of that kind
static int n_failures;
static int failure;

static int must_fail(enum system_call call)
{
    if (call != failing_call || calls_before_failure-- > 0 || n_failures == 0) {
        return 0;
    }
    n_failures--;
    errno = failure;
    return 1;
}

// What a disk may do to a file once the system believes that it is there.
enum damage { DAMAGE_NONE, FLIP_BIT, CUT, GROW, CLEAR_SECTOR, UNREADABLE };

static enum damage damage;
static off_t damaged_byte;
static int n_damages; // of the next files

static void do_damage(int fd)
{
    static const char zeros[512];
    struct stat info;
    char byte = 0;
    fstat(fd, &info);
    if (n_damages == 0 || !S_ISREG(info.st_mode)) {
        return;
    }
    n_damages--;
    if (damage == FLIP_BIT) {
        assert_int_equal(pread(fd, &byte, 1, damaged_byte), 1);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, damaged_byte), 1);
    } else if (damage == CUT) {
        assert_int_equal(ftruncate(fd, info.st_size - 1), 0);
    } else if (damage == GROW) {
        assert_int_equal(ftruncate(fd, info.st_size + 1), 0);
    } else if (damage == CLEAR_SECTOR) {
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, damaged_byte), sizeof zeros);
    } else if (damage == UNREADABLE) {
        int directory_fd = open("/", O_RDONLY | O_CLOEXEC);
        assert_true(dup2(directory_fd, fd) == fd);
        close(directory_fd);
    }
}

// These take the place of the C library's.
int fsync(int fd)
{
    int failed = must_fail(CALL_FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
    do_damage(fd);
    return failed;
}

int renameat(int old_dir, const char *old_name, int new_dir, const char *new_name)
{
    if (must_fail(CALL_RENAMEAT)) {
        return -1;
    }
    return (int)syscall(SYS_renameat2, old_dir, old_name, new_dir, new_name, 0);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    if (must_fail(CALL_FALLOCATE)) {
        return failure;
    }
    return syscall(SYS_fallocate, fd, 0, offset, length) == 0 ? 0 : errno;
}

static char directory[] = "/tmp/merit-test-file-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    // What a program that uses the library does, to get EFBIG instead.
    signal(SIGXFSZ, SIG_IGN);
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static char *in_directory(const char *name)
{
    char *path = merit__path_join(directory, name);
    assert_non_null(path);
    return path;
}

static int remove_directory(void **state)
{
    (void)state;
    DIR *entries = opendir(directory);
    for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        unlinkat(dirfd(entries), e->d_name, 0);
    }
    closedir(entries);
    return rmdir(directory);
}

// Names in the directory that merit's temporary files have.
static int count_temporaries(void)
{
    int count = 0;
    DIR *entries = opendir(directory);
    assert_non_null(entries);
    for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        count += strncmp(e->d_name, ".merit.", 7) == 0;
    }
    closedir(entries);
    return count;
}

static void assert_content(const char *path, const char *expected)
{
    char *bytes = NULL;
    size_t n = 0;
    merit_error err = {0};
    assert_int_equal(merit__file_read(&bytes, &n, path, 1 << 20, &err), MERIT_OK);
    assert_int_equal(n, strlen(expected));
    assert_string_equal(bytes, expected);
    merit__free(bytes);
}

static void put(const char *path, const char *text)
{
    merit_error err = {0};
    assert_int_equal(merit__file_replace(path, text, strlen(text), &err), MERIT_OK);
}

static void test_path_join(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"", "b", "b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = merit__path_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        merit__free(path);
    }
}

static void test_read(void **state)
{
    (void)state;
    merit_error err = {0};
    char *bytes = NULL;
    size_t n = 0;
    char *path = in_directory("read");
    put(path, "0123456789");
    assert_content(path, "0123456789");
    assert_int_equal(merit__file_read(&bytes, &n, path, 10, &err), MERIT_OK);
    merit__free(bytes);
    assert_int_equal(merit__file_read(&bytes, &n, path, 9, &err), MERIT_ENOMEM);
    assert_null(bytes);
    assert_non_null(strstr(err.message, "10 bytes, the limit is 9"));
    put(path, "");
    assert_content(path, "");
    assert_int_equal(merit__file_read(&bytes, &n, directory, 10, &err), MERIT_EIO);
    assert_non_null(strstr(err.message, "Is a directory"));
    assert_int_equal(merit__file_read(&bytes, &n, "/dev/zero", 10, &err), MERIT_EIO);
    assert_non_null(strstr(err.message, "not a regular file"));
    merit__free(path);
    path = in_directory("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(merit__file_read(&bytes, &n, path, 10, &err), MERIT_EIO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(merit__file_read(&bytes, &n, path, 10, &err), MERIT_EIO);
    assert_non_null(strstr(err.message, "No such file"));
    merit__free(path);
}

static void test_read_standard_input(void **state)
{
    (void)state;
    static char text[9000]; // more than one read
    memset(text, 'x', sizeof text);
    int ends[2];
    int saved = dup(0);
    for (size_t limit = 9000; limit >= 8999; limit--) {
        char *bytes = NULL;
        size_t n = 0;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], text, sizeof text), sizeof text);
        close(ends[1]);
        dup2(ends[0], 0);
        close(ends[0]);
        merit_status status = merit__file_read(&bytes, &n, "-", limit, NULL);
        assert_int_equal(status, limit == 9000 ? MERIT_OK : MERIT_ENOMEM);
        if (status == MERIT_OK) {
            assert_int_equal(n, sizeof text);
            assert_memory_equal(bytes, text, n);
            assert_int_equal(bytes[n], 0);
        }
        merit__free(bytes);
    }
    dup2(saved, 0);
    close(saved);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode;
}

static void test_replace(void **state)
{
    (void)state;
    char *path = in_directory("replaced");
    mode_t before = umask(027);
    put(path, "one");
    assert_content(path, "one");
    assert_int_equal(mode_of(path) & 07777, 0640);
    assert_int_equal(chmod(path, 0604), 0);
    put(path, "two");
    assert_content(path, "two");
    assert_int_equal(mode_of(path) & 07777, 0604);
    umask(before);

    char *link = in_directory("link");
    assert_int_equal(symlink(path, link), 0);
    put(link, "three");
    assert_true(S_ISREG(mode_of(link)));
    assert_int_equal(mode_of(link) & 07777, 0666 & ~before); // not that of its target
    assert_content(link, "three");
    assert_content(path, "two");
    assert_int_equal(count_temporaries(), 0);
    merit__free(link);
    merit__free(path);
}

static void test_replace_by_name_alone(void **state)
{
    (void)state;
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(directory), 0);
    put("alone", "text");
    assert_content("alone", "text");
    assert_int_equal(chdir(here), 0);
}

static void test_new_file_in_parts(void **state)
{
    (void)state;
    merit_error err = {0};
    merit__new_file *file = NULL;
    char *path = in_directory("parts");
    put(path, "old");
    assert_int_equal(merit__new_file_open(&file, path, &err), MERIT_OK);
    assert_int_equal(count_temporaries(), 1);
    assert_int_equal(merit__new_file_write(file, "new ", 4, &err), MERIT_OK);
    assert_content(path, "old");
    assert_int_equal(merit__new_file_write(file, "text", 4, &err), MERIT_OK);
    assert_int_equal(merit__new_file_commit(file, &err), MERIT_OK);
    assert_content(path, "new text");

    assert_int_equal(merit__new_file_open(&file, path, &err), MERIT_OK);
    assert_int_equal(merit__new_file_write(file, "never", 5, &err), MERIT_OK);
    merit__new_file_discard(file);
    merit__new_file_discard(NULL);
    assert_content(path, "new text");
    assert_int_equal(count_temporaries(), 0);
    merit__free(path);
}

static void test_targets_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *message;
    } cases[] = {
        {"/dev/full", "not a regular file"},
        {"/dev/null", "not a regular file"},
        {"/nowhere/at/all", "No such file or directory"},
        {"/", "Is a directory"},
        {"/tmp", "Is a directory"},
        {"/tmp/", "Is a directory"},
        {"", "Is a directory"},
        {"/dev/null/x", "Not a directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        assert_int_equal(merit__file_replace(cases[i].path, "x", 1, &err), MERIT_EIO);
        assert_non_null(strstr(err.message, cases[i].message));
    }
}

static void test_system_call_failures(void **state)
{
    (void)state;
    static const struct {
        enum system_call call;
        int before, times, reason;
        const char *message; // NULL: succeeds
        const char *content;
    } cases[] = {
        {CALL_FALLOCATE, 0, 1, ENOSPC, "No space left on device", "old"},
        {CALL_FALLOCATE, 0, 1, EDQUOT, "Disk quota exceeded", "old"},
        {CALL_FALLOCATE, 0, 1, EOPNOTSUPP, NULL, "new"},
        {CALL_FALLOCATE, 0, 3, EINTR, NULL, "new"},
        {CALL_FSYNC, 0, 1, EIO, NULL, "new"}, // a second new file succeeds
        {CALL_FSYNC, 0, 2, EIO, "cannot sync", "old"},
        {CALL_RENAMEAT, 0, 1, EACCES, "Permission denied", "old"},
        {CALL_FSYNC, 1, 1, EIO, "cannot sync the directory", "new"},
        {CALL_FSYNC, 1, 1, EINVAL, NULL, "new"},
    };
    char *path = in_directory("kept");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        put(path, "old");
        failing_call = cases[i].call;
        calls_before_failure = cases[i].before;
        n_failures = cases[i].times;
        failure = cases[i].reason;
        merit_status status = merit__file_replace(path, "new", 3, &err);
        failing_call = CALL_NONE;
        if (cases[i].message == NULL) {
            assert_int_equal(status, MERIT_OK);
        } else {
            assert_int_equal(status, MERIT_EIO);
            assert_non_null(strstr(err.message, "kept"));
            assert_non_null(strstr(err.message, cases[i].message));
        }
        assert_content(path, cases[i].content);
        assert_int_equal(count_temporaries(), 0);
    }
    merit__free(path);
}

static void test_damage(void **state)
{
    (void)state;
    static char text[3 * 16384 + 1]; // whole reads, so that nothing hides behind them
    memset(text, 'x', sizeof text - 1);
    static const struct {
        enum damage damage;
        off_t byte;
        const char *message;
    } cases[] = {
        {FLIP_BIT, 0, "other bytes came back"},
        {FLIP_BIT, 16383, "other bytes came back"},
        {FLIP_BIT, 16384, "other bytes came back"},
        {FLIP_BIT, 3 * 16384 - 1, "other bytes came back"},
        {CLEAR_SECTOR, 1024, "other bytes came back"},
        {CUT, 0, "other bytes came back"},
        {GROW, 0, "other bytes came back"},
        {UNREADABLE, 0, "cannot read back: Is a directory"},
    };
    char *path = in_directory("damaged");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        merit__new_file *file = NULL;
        damage = cases[i].damage;
        damaged_byte = cases[i].byte;
        put(path, "old");
        n_damages = 2;
        assert_int_equal(merit__file_replace(path, text, strlen(text), &err),
                         MERIT_EIO);
        assert_non_null(strstr(err.message, "damaged: cannot "));
        assert_non_null(strstr(err.message, cases[i].message));
        assert_content(path, "old");
        assert_int_equal(n_damages, 0);

        n_damages = 1;
        assert_int_equal(merit__new_file_open(&file, path, &err), MERIT_OK);
        assert_int_equal(merit__new_file_write(file, text, 20000, &err), MERIT_OK);
        assert_int_equal(merit__new_file_write(file, text, 29152, &err), MERIT_OK);
        assert_int_equal(merit__new_file_commit(file, &err), MERIT_EIO);
        assert_content(path, "old");

        n_damages = 1; // a second new file is whole
        assert_int_equal(merit__file_replace(path, text, strlen(text), &err), MERIT_OK);
        assert_content(path, text);
        assert_int_equal(count_temporaries(), 0);
    }
    merit__free(path);
}

// The mode of the file that is replaced may forbid to read it, and the new one is
// verified all the same.
static void test_damage_to_a_file_without_read_permission(void **state)
{
    (void)state;
    char *path = in_directory("secret");
    merit_error err = {0};
    put(path, "old");
    assert_int_equal(chmod(path, 0200), 0);
    put(path, "new");
    assert_int_equal(mode_of(path) & 07777, 0200);
    damage = FLIP_BIT;
    damaged_byte = 1;
    n_damages = 2;
    assert_int_equal(merit__file_replace(path, "bad", 3, &err), MERIT_EIO);
    assert_int_equal(chmod(path, 0600), 0);
    assert_content(path, "new");
    merit__free(path);
}

static void test_file_size_limit(void **state)
{
    (void)state;
    static char big[20000];
    merit_error err = {0};
    merit__new_file *file = NULL;
    struct rlimit before;
    char *path = in_directory("limited");
    put(path, "old");
    getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit low = {.rlim_cur = 10000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    merit_status whole = merit__file_replace(path, big, sizeof big, &err);
    merit_status opened = merit__new_file_open(&file, path, NULL);
    // The first write is short, the next one fails.
    merit_status written = merit__new_file_write(file, big, sizeof big, NULL);
    merit__new_file_discard(file);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(whole, MERIT_EIO);
    assert_non_null(strstr(err.message, "File too large"));
    assert_int_equal(opened, MERIT_OK);
    assert_int_equal(written, MERIT_EIO);
    assert_content(path, "old");
    assert_int_equal(count_temporaries(), 0);
    merit__free(path);
}

static void test_file_without_memory(void **state)
{
    (void)state;
    char *path = in_directory("memory");
    put(path, "old");
    merit_status status = MERIT_ENOMEM;
    for (long n = 1; status == MERIT_ENOMEM; n++) {
        assert_true(n < 20);
        merit__alloc_fail_at(n, 0);
        status = merit__file_replace(path, "new", 3, NULL);
        merit__alloc_fail_at(0, 0);
        assert_content(path, status == MERIT_OK ? "new" : "old");
    }
    assert_int_equal(status, MERIT_OK);
    char *bytes = NULL;
    size_t length = 0;
    merit__alloc_fail_at(1, 0);
    status = merit__file_read(&bytes, &length, path, 100, NULL);
    merit__alloc_fail_at(0, 0);
    assert_int_equal(status, MERIT_ENOMEM);
    assert_null(bytes);
    assert_int_equal(count_temporaries(), 0);
    merit__free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_join),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_standard_input),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_replace_by_name_alone),
        cmocka_unit_test(test_new_file_in_parts),
        cmocka_unit_test(test_targets_refused),
        cmocka_unit_test(test_system_call_failures),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_to_a_file_without_read_permission),
        cmocka_unit_test(test_file_size_limit),
        cmocka_unit_test(test_file_without_memory),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
