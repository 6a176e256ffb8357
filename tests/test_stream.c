/* Streams of bytes: plain and gzip files, whole and damaged, and reading text. */
#include "data_files.h"

#include "base/alloc.h"
#include "data/reader.h"
#include "data/stream.h"
#include "merit/data.h"
#include "merit/scores.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern const merit__reader merit__reader_idx;

enum { PLAIN_BYTES = 300000 };

// Bytes that neither repeat nor compress away.
static unsigned char plain[PLAIN_BYTES];

static int set_up(void **state)
{
    uint32_t random = 7;
    for (size_t i = 0; i < PLAIN_BYTES; i++) {
        random = random * 1664525u + 1013904223u;
        plain[i] = (unsigned char)(random >> 28); // 4 bits in 8: half the size
    }
    return make_data_folder(state);
}

// Reads a file in parts of n_part bytes to the end, at most PLAIN_BYTES + 1.
static merit_status read_in_parts(const char *path, size_t n_part, unsigned char *out,
                                  size_t *n, merit_error *err)
{
    merit__stream *stream = NULL;
    *n = 0;
    merit_status status = merit__stream_open(&stream, path, UINT64_MAX, err);
    size_t n_read = 1;
    while (status == MERIT_OK && n_read > 0) {
        size_t n_wanted = PLAIN_BYTES + 1 - *n < n_part ? PLAIN_BYTES + 1 - *n : n_part;
        status = merit__stream_read(stream, out + *n, n_wanted, &n_read, err);
        *n += n_read;
        assert_true(status != MERIT_OK || merit__stream_offset(stream) == *n);
    }
    merit__stream_close(stream);
    return status;
}

static void expect_content(const char *path, const void *content, size_t n_content)
{
    static unsigned char read[PLAIN_BYTES + 1];
    static const size_t parts[] = {1, 511, 65536, 65537, PLAIN_BYTES + 1};
    merit_error err = {.code = 0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t n = 0;
        if (read_in_parts(path, parts[i], read, &n, &err) != MERIT_OK) {
            fail_msg("%s", err.message);
        }
        assert_int_equal(n, n_content);
        assert_memory_equal(read, content, n_content);
    }
}

static void expect_failure(const char *path, merit_status wanted, const char *text)
{
    static unsigned char read[PLAIN_BYTES + 1];
    merit_error err = {.code = 0};
    size_t n = 0;
    merit_status status = read_in_parts(path, 65536, read, &n, &err);
    if (status != wanted || strstr(err.message, text) == NULL) {
        fail_msg("status %d, \"%s\"; expected %d and \"%s\"", (int)status, err.message,
                 (int)wanted, text);
    }
}

static void test_plain(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    static const size_t sizes[] = {0, 1, 2, 65535, 65536, 65537, PLAIN_BYTES};
    data_path(path, "plain");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_data(path, plain, sizes[i]);
        expect_content(path, plain, sizes[i]);
    }
}

// Any number of members, empty ones too, is one stream (RFC 1952).
static void test_gzip_members(void **state)
{
    (void)state;
    static bytes file;
    char path[PATH_BYTES];
    data_path(path, "members"); // recognised by content, not by the name
    file.n = 0;
    add_gzip(&file, plain, PLAIN_BYTES);
    write_data(path, file.at, file.n);
    expect_content(path, plain, PLAIN_BYTES);
    file.n = 0;
    add_gzip(&file, plain, 0);
    add_gzip(&file, plain, 1);
    add_gzip(&file, plain, 0);
    add_gzip(&file, plain + 1, 65536);
    add_gzip(&file, plain + 65537, PLAIN_BYTES - 65537);
    add_gzip(&file, plain, 0);
    write_data(path, file.at, file.n);
    expect_content(path, plain, PLAIN_BYTES);
    file.n = 0;
    add_gzip(&file, plain, 0);
    write_data(path, file.at, file.n);
    expect_content(path, plain, 0);
}

static void test_gzip_cut_anywhere(void **state)
{
    (void)state;
    static bytes file;
    char path[PATH_BYTES];
    char place[64];
    data_path(path, "cut.gz");
    file.n = 0;
    add_gzip(&file, plain, 300);
    add_gzip(&file, plain, 300);
    size_t n_first = file.n / 2;
    for (size_t n = 2; n < file.n; n++) {
        write_data(path, file.at, n);
        if (n == n_first) {
            expect_content(path, plain, 300);
            continue;
        }
        snprintf(place, sizeof place, "cut.gz, byte %zu: the gzip data ends too early",
                 n);
        expect_failure(path, MERIT_EFORMAT, place);
    }
}

static void test_gzip_damaged(void **state)
{
    (void)state;
    static bytes file;
    char path[PATH_BYTES];
    char text[96];
    data_path(path, "damaged.gz");
    file.n = 0;
    add_gzip(&file, plain, PLAIN_BYTES);
    size_t n = file.n;
    static const struct {
        int at; // from the beginning, or from the end when negative
        const char *reason;
    } flips[] = {
        {2, "damaged gzip data (unknown compression method)"},
        {-1, "damaged gzip data (incorrect length check)"},
        {-4, "damaged gzip data (incorrect length check)"},
        {-5, "damaged gzip data (incorrect data check)"},
        {-8, "damaged gzip data (incorrect data check)"},
    };
    for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
        size_t at = flips[i].at >= 0 ? (size_t)flips[i].at : n - (size_t)-flips[i].at;
        file.at[at] ^= 0x10;
        write_data(path, file.at, n);
        expect_failure(path, MERIT_EFORMAT, flips[i].reason);
        file.at[at] ^= 0x10;
    }
    file.at[n / 2] ^= 0x10;
    write_data(path, file.at, n);
    expect_failure(path, MERIT_EFORMAT, "damaged gzip data (");
    file.at[n / 2] ^= 0x10;

    add_bytes_to(&file, "\0", 1);
    write_data(path, file.at, file.n);
    snprintf(text, sizeof text, "byte %zu: something that is not gzip follows", n);
    expect_failure(path, MERIT_EFORMAT, text);
    file.at[n] = 0x1f; // like the first byte of another member, and then nothing
    write_data(path, file.at, file.n);
    expect_failure(path, MERIT_EFORMAT, "the gzip data ends too early");
}

static void test_not_files(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    expect_failure(data_folder, MERIT_EUNSUPPORTED, "is a directory, expected a file");
    data_path(path, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_failure(path, MERIT_EUNSUPPORTED, "is a pipe or a device");
    expect_failure("/dev/zero", MERIT_EUNSUPPORTED, "is a pipe or a device");
    expect_failure(data_path(path, "missing"), MERIT_EIO,
                   "missing: cannot open: No such file or directory");
    expect_failure(data_path(path, "a\x1b[2J\n\xff"), MERIT_EIO,
                   "a\\x1b[2J\\x0a\\xff: cannot open");
}

// A name longer than a message still leaves room for what is wrong.
static void test_long_name(void **state)
{
    (void)state;
    char name[201];
    char path[PATH_BYTES];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    data_path(path, name);
    write_data(path, "\x1f\x8b\x08", 3);
    expect_failure(
        path, MERIT_EFORMAT,
        "nnnnn, byte 3: the gzip data ends too early. Is the download complete?");
}

static void test_peek(void **state)
{
    (void)state;
    static bytes file;
    char path[PATH_BYTES];
    data_path(path, "peek");
    for (int is_gzip = 0; is_gzip < 2; is_gzip++) {
        file.n = 0;
        if (is_gzip) {
            add_gzip(&file, plain, 65536 + 100);
        } else {
            add_bytes_to(&file, plain, 65536 + 100);
        }
        write_data(path, file.at, file.n);
        merit__stream *stream = NULL;
        static unsigned char read[65536];
        const unsigned char *next = NULL;
        size_t n = 0;
        assert_int_equal(merit__stream_open(&stream, path, UINT64_MAX, NULL), MERIT_OK);
        assert_int_equal(merit__stream_peek(stream, 512, &next, &n, NULL), MERIT_OK);
        assert_int_equal(n, 512);
        assert_memory_equal(next, plain, 512);
        // Up to 50 bytes before the end of the first buffer, then across it.
        assert_int_equal(merit__stream_read(stream, read, 65486, &n, NULL), MERIT_OK);
        assert_int_equal(merit__stream_peek(stream, 512, &next, &n, NULL), MERIT_OK);
        assert_int_equal(n, 150);
        assert_memory_equal(next, plain + 65486, 150);
        assert_int_equal(merit__stream_offset(stream), 65486);
        assert_int_equal(merit__stream_read(stream, read, 512, &n, NULL), MERIT_OK);
        assert_int_equal(n, 150);
        assert_memory_equal(read, plain + 65486, 150);
        merit__stream_close(stream);
    }
}

// How much can follow: exactly for a plain file, an upper limit for gzip.
static void test_most(void **state)
{
    (void)state;
    static bytes file;
    static unsigned char zeros[1000000];
    char path[PATH_BYTES];
    data_path(path, "most");
    for (int is_gzip = 0; is_gzip < 2; is_gzip++) {
        file.n = 0;
        if (is_gzip) {
            add_gzip(&file, zeros, sizeof zeros); // as small as gzip gets
        } else {
            add_bytes_to(&file, zeros, sizeof zeros);
        }
        write_data(path, file.at, file.n);
        merit__stream *stream = NULL;
        size_t n = 0;
        int is_exact = -1;
        assert_int_equal(merit__stream_open(&stream, path, UINT64_MAX, NULL), MERIT_OK);
        uint64_t most = merit__stream_most(stream, &is_exact);
        assert_int_equal(is_exact, !is_gzip);
        assert_true(is_gzip ? most >= sizeof zeros && most < 2 * sizeof zeros
                            : most == sizeof zeros);
        assert_int_equal(merit__stream_read(stream, zeros, 1000, &n, NULL), MERIT_OK);
        assert_true(merit__stream_most(stream, &is_exact) == most - 1000);
        merit__stream_close(stream);
    }
}

// A small file that inflates without end stops at the limit.
static void test_bomb(void **state)
{
    (void)state;
    static bytes file;
    static unsigned char zeros[1000000];
    char path[PATH_BYTES];
    merit_error err = {.code = 0};
    char *text = NULL;
    size_t n = 1;
    data_path(path, "bomb.gz");
    file.n = 0;
    for (int i = 0; i < 100; i++) {
        add_gzip(&file, zeros, sizeof zeros);
    }
    write_data(path, file.at, file.n);
    assert_int_equal(merit_text_read(&text, &n, path, 1000000, &err), MERIT_ENOMEM);
    assert_null(text);
    assert_int_equal(n, 0);
    assert_non_null(
        strstr(err.message,
               "bomb.gz: more than the limit of 1000000 bytes after decompression"));
}

// What a child writes into a pipe comes out of "-".
static void expect_standard_input(const void *content, size_t n_content,
                                  const char *text, size_t n_text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        // In small pieces, the first of a single byte.
        const char *at = content;
        for (size_t n = 0; n < n_content; n++) {
            if (write(ends[1], at + n, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    close(ends[1]);
    int before = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    char *read = NULL;
    size_t n = 0;
    merit_error err = {.code = 0};
    merit_status status = merit_text_read(&read, &n, "-", n_text, &err);
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    dup2(before, STDIN_FILENO);
    close(before);
    if (status != MERIT_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(n, n_text);
    assert_memory_equal(read, text, n_text);
    assert_int_equal(read[n], 0);
    merit_text_free(read);
}

static void test_standard_input(void **state)
{
    (void)state;
    static bytes file;
    static const char text[] = "a line\nand another";
    expect_standard_input(text, sizeof text - 1, text, sizeof text - 1);
    expect_standard_input("", 0, "", 0);
    file.n = 0;
    add_gzip(&file, text, sizeof text - 1);
    expect_standard_input(file.at, file.n, text, sizeof text - 1);
}

static void test_text(void **state)
{
    (void)state;
    static bytes packed;
    char path[PATH_BYTES];
    char *text = NULL;
    size_t n = 0;
    merit_error err = {.code = 0};
    data_path(path, "text");
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131073, PLAIN_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        packed.n = 0;
        add_gzip(&packed, plain, sizes[i]);
        for (int is_gzip = 0; is_gzip < 2; is_gzip++) {
            write_data(path, is_gzip ? packed.at : plain,
                       is_gzip ? packed.n : sizes[i]);
            assert_int_equal(merit_text_read(&text, &n, path, sizes[i], &err),
                             MERIT_OK);
            assert_int_equal(n, sizes[i]);
            assert_memory_equal(text, plain, n);
            assert_int_equal(text[n], 0);
            merit_text_free(text);
            if (sizes[i] > 0) {
                assert_int_equal(merit_text_read(&text, &n, path, sizes[i] - 1, &err),
                                 MERIT_ENOMEM);
                assert_null(text);
                assert_non_null(strstr(err.message, "more than the limit of"));
            }
        }
    }
    assert_int_equal(merit_text_read(&text, &n, NULL, 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_text_read(&text, &n, "", 1, &err), MERIT_EINVAL);
    assert_int_equal(merit_text_read(NULL, &n, path, 1, NULL), MERIT_EINVAL);
    assert_int_equal(merit_text_read(&text, NULL, path, 1, NULL), MERIT_EINVAL);
}

// Another process cuts the file after its size was looked at.
static void test_shrinking_file(void **state)
{
    (void)state;
    static bytes file;
    static const uint32_t dims[3] = {1000, 10, 20};
    char path[PATH_BYTES];
    merit_error err = {.code = 0};
    data_path(path, "shrinking");
    start_idx(&file, 0x08, dims, 3);
    add_bytes_to(&file, plain, 200000);
    write_data(path, file.at, file.n);
    merit__stream *stream = NULL;
    merit__values values;
    const merit__request request = {.wanted = MERIT__FEATURES, .max_bytes = 1 << 20};
    assert_int_equal(merit__stream_open(&stream, path, UINT64_MAX, NULL), MERIT_OK);
    assert_int_equal(truncate(path, 100016), 0);
    assert_int_equal(merit__reader_idx.read(&values, stream, &request, &err),
                     MERIT_EFORMAT);
    assert_null(values.data);
    assert_non_null(strstr(err.message,
                           "header says 1000 images of 10x20 (200000 bytes), "
                           "the file holds 500 (100000 bytes)"));
    merit__stream_close(stream);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    static bytes file;
    char path[PATH_BYTES];
    char *text = NULL;
    size_t n = 0;
    data_path(path, "allocations");
    file.n = 0;
    add_gzip(&file, plain, PLAIN_BYTES);
    write_data(path, file.at, file.n);
    for (int sticky = 0; sticky < 2; sticky++) {
        merit_status status = MERIT_ENOMEM;
        long n_failed = 0;
        while (status != MERIT_OK) {
            merit_error err = {.code = 0};
            merit__alloc_fail_at(++n_failed, sticky);
            status = merit_text_read(&text, &n, path, PLAIN_BYTES, &err);
            merit__alloc_fail_at(0, 0);
            assert_true(status == MERIT_OK || (status == MERIT_ENOMEM && text == NULL &&
                                               err.code == MERIT_ENOMEM));
        }
        assert_true(n_failed > 5);
        assert_int_equal(n, PLAIN_BYTES);
        merit_text_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_gzip_members),
        cmocka_unit_test(test_gzip_cut_anywhere),
        cmocka_unit_test(test_gzip_damaged),
        cmocka_unit_test(test_not_files),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_shrinking_file),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, set_up, remove_data_folder);
}
