/* Score tables that are refused, and in which words. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/random.h"
#include "merit/scores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_message(const char *file, const char *message, const char *expected)
{
    if (strstr(message, expected) == NULL) {
        fail_msg("%s: expected a message with \"%s\", found \"%s\"", file, expected,
                 message);
    }
}

// Loads a file of tests/bad/scores and checks the refusal.
static void check_refusal(const char *file, int exit_code, const char *text)
{
    char spec[512];
    merit_scores *scores = NULL;
    merit_error err = {0};
    const char *extension = strrchr(file, '.');
    assert_non_null(extension);
    snprintf(spec, sizeof spec, "%s%s/tests/bad/scores/%s",
             strcmp(extension, ".groups") == 0 ? "groups:" : "", MERIT_SOURCE_DIR,
             file);
    merit_status status = merit_scores_load(&scores, spec, NULL, &err);
    assert_null(scores);
    assert_int_equal(err.code, status);
    if (status != (exit_code == 3 ? MERIT_EFORMAT : MERIT_ENOMEM)) {
        fail_msg("%s: status %d, %s", file, (int)status, err.message);
    }
    assert_message(file, err.message, text);
    assert_message(file, err.message, file);
}

static void test_bad_files(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    int n_lines = 0;
    const char *path = MERIT_SOURCE_DIR "/tests/bad/scores/EXPECTED.tsv";
    assert_int_equal(merit__file_read(&text, &n, path, 1 << 20, NULL), MERIT_OK);
    char *rest = text;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *exit_code = strchr(line, '\t');
        if (line[0] == '#' || strncmp(line, "file\t", 5) == 0) {
            continue;
        }
        assert_non_null(exit_code);
        char *expected = strchr(exit_code + 1, '\t');
        assert_non_null(expected);
        *exit_code++ = '\0';
        *expected++ = '\0';
        check_refusal(line, atoi(exit_code), expected);
        n_lines++;
    }
    assert_true(n_lines > 80);
    merit__free(text);
}

static void test_every_bad_file_is_listed(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    const char *path = MERIT_SOURCE_DIR "/tests/bad/scores/EXPECTED.tsv";
    assert_int_equal(merit__file_read(&text, &n, path, 1 << 20, NULL), MERIT_OK);
    DIR *entries = opendir(MERIT_SOURCE_DIR "/tests/bad/scores");
    assert_non_null(entries);
    for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        char key[300];
        snprintf(key, sizeof key, "\n%s\t", e->d_name);
        int is_case = e->d_name[0] != '.' && strcmp(e->d_name, "EXPECTED.tsv") != 0;
        if (is_case && strstr(text, key) == NULL) {
            fail_msg("%s is not in EXPECTED.tsv", e->d_name);
        }
    }
    closedir(entries);
    merit__free(text);
}

static void assert_refused(const char *text, size_t n, merit_status expected,
                           const char *message)
{
    merit_scores *scores = NULL;
    merit_error err = {0};
    assert_int_equal(merit_scores_parse(&scores, text, n, "big.tsv", NULL, &err),
                     expected);
    assert_null(scores);
    assert_message("big.tsv", err.message, message);
}

static void test_limits(void **state)
{
    (void)state;
    enum { N_BYTES = 3 << 20 };
    char *text = malloc(N_BYTES);
    assert_non_null(text);
    memset(text, 'x', N_BYTES); // one endless line
    assert_refused(text, N_BYTES, MERIT_ENOMEM,
                   "big.tsv:1: line is longer than the limit of 1048576 bytes");
    text[0] = '#';
    assert_refused(text, N_BYTES, MERIT_ENOMEM, "big.tsv:1: line is longer");
    memset(text, '\t', N_BYTES);
    assert_refused(text, N_BYTES, MERIT_ENOMEM, "big.tsv:1: line is longer");
    memset(text, '"', N_BYTES);
    assert_refused(text, N_BYTES, MERIT_EFORMAT, "big.tsv:1: the quote");
    text[N_BYTES - 1] = '\n';
    assert_refused(text, N_BYTES, MERIT_EFORMAT, "big.tsv:1: the quote");

    // More answers than the limit; no table of that size is allocated.
    size_t n = 0;
    for (int k = 0; k < 100000; k++) {
        n += (size_t)snprintf(text + n, N_BYTES - n, "k%d\t", k);
    }
    n += (size_t)snprintf(text + n, N_BYTES - n, "k100000\nk0\t1\n");
    assert_refused(text, n, MERIT_ENOMEM,
                   "need a dense table of 80.0 GB; the limit is "
                   "20000 answers");
    // More rows than the limit.
    n = (size_t)snprintf(text, N_BYTES, "a b\n");
    for (int i = 0; i < 20001; i++) {
        n += (size_t)snprintf(text + n, N_BYTES - n, "r%d 0 0\n", i);
    }
    assert_refused(text, n, MERIT_ENOMEM, "big.tsv:20002: more rows than the limit");
    free(text);
}

static void test_long_origin_and_names(void **state)
{
    (void)state;
    char origin[400];
    char text[1200];
    merit_error err = {0};
    merit_scores *scores = NULL;
    memset(origin, 'o', sizeof origin - 1);
    strcpy(origin + sizeof origin - 8, "end.tsv");
    char name[251];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    int n = snprintf(text, sizeof text, "t %s z\n%s 1 x\nz 0 1\n", name, name);
    assert_int_equal(merit_scores_parse(&scores, text, (size_t)n, origin, NULL, &err),
                     MERIT_EFORMAT);
    assert_message("end.tsv", err.message, "...");
    assert_message("end.tsv", err.message,
                   "end.tsv:2: answer \"z\" (column 3): expected");
    assert_message("end.tsv", err.message, "found \"x\"");
}

/* Whatever the bytes are, the parser ends with a table or a message. */
static void test_damaged_text(void **state)
{
    (void)state;
    static const char text[] =
        "# c\ntruth,\"a,1\",b,c\r\n\"a,1\",1,0,\"-1\"\nc,.5,1e3,7\n"
        "b,\"0\",1,+2\n";
    const size_t n = strlen(text);
    for (uint32_t i = 0; i < 20000; i++) {
        char damaged[sizeof text];
        uint32_t w[4];
        merit_error err = {0};
        merit_scores *scores = NULL;
        memcpy(damaged, text, n);
        merit__random(w, 5, 0, i, 0, 0);
        damaged[merit__below(w[0], (uint32_t)n)] = "\",;\t \n\r#x1-\0\xff"[w[1] % 13];
        damaged[merit__below(w[2], (uint32_t)n)] = (char)w[3];
        size_t length = i < n ? i : n;
        // Memory of exactly that size, so that the sanitizer sees a read behind it.
        char *exact = malloc(length + (length == 0));
        assert_non_null(exact);
        memcpy(exact, i < n ? text : damaged, length);
        merit_status status =
            merit_scores_parse(&scores, exact, length, "t", NULL, &err);
        assert_true((status == MERIT_OK) == (scores != NULL));
        assert_true((status == MERIT_OK) == (err.message[0] == '\0'));
        merit_scores_free(scores);
        free(exact);
    }
}

static void test_load_failures(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        merit_status status;
        const char *message;
    } cases[] = {
        {NULL, MERIT_EINVAL, "no file and no generator"},
        {"/nowhere/table.tsv", MERIT_EIO,
         "/nowhere/table.tsv: cannot open: No such file"},
        {"identiy", MERIT_EIO, "did you mean identity?"},
        {"groups:/nowhere/x", MERIT_EIO, "/nowhere/x: cannot open: No such file"},
        {"/tmp", MERIT_EIO, "is a directory, expected a table"},
        {"/dev/null", MERIT_EIO, "not a regular file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        merit_error err = {0};
        merit_scores *scores = NULL;
        assert_int_equal(merit_scores_load(&scores, cases[i].spec, NULL, &err),
                         cases[i].status);
        assert_null(scores);
        assert_message("load", err.message, cases[i].message);
        assert_int_equal(merit_scores_load(&scores, cases[i].spec, NULL, NULL),
                         cases[i].status);
    }
}

static void test_parse_without_memory(void **state)
{
    (void)state;
    static const char text[] = "t,\"c\",A,a,x\nA,0,\"1\",2,0\na,1,0,0,0\nc,5,5,5,5\n";
    static const char *const classes[] = {"a", "c", "A"};
    const merit_scores_options options = {
        .n_classes = 3, .classes = classes, .costs = 1};
    for (int sticky = 0; sticky <= 1; sticky++) {
        merit_status status = MERIT_ENOMEM;
        for (long n = 1; status == MERIT_ENOMEM; n++) {
            merit_scores *scores = NULL;
            merit_error err = {0};
            assert_true(n < 200);
            merit__alloc_fail_at(n, sticky);
            status =
                merit_scores_parse(&scores, text, strlen(text), "t", &options, &err);
            merit__alloc_fail_at(0, 0);
            assert_true((status == MERIT_OK) == (scores != NULL));
            assert_true(status == MERIT_OK || strstr(err.message, "memory") != NULL);
            merit_scores_free(scores);
        }
        assert_int_equal(status, MERIT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_every_bad_file_is_listed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_origin_and_names),
        cmocka_unit_test(test_damaged_text),
        cmocka_unit_test(test_load_failures),
        cmocka_unit_test(test_parse_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
