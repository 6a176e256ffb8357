/* Fuzz target of what trainings and comparisons leave. The input is a text of files,
 * each behind a line "--- NAME"; the folder of two runs of a comparison is made of
 * them. */
#include "fuzz_check.h"
#include "merit/compare.h"
#include "merit/explain.h"
#include "merit/report.h"
#include "merit/runs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char mark[] = "--- ";
static const char *const names[] = {
    "comparison.json",      "a-seed-1/config.json",   "a-seed-1/scores.tsv",
    "a-seed-1/metrics.tsv", "a-seed-1/answers.jsonl", "a-seed-1/log.jsonl",
    "a-seed-1/test.json",   "b-seed-2/metrics.tsv",   "b-seed-2/test.json",
    "b-seed-2/config.json", "b-seed-2/log.jsonl",
};
enum { N_NAMES = sizeof names / sizeof names[0] };
static char folder[64] = "/tmp/merit-fuzz-run-XXXXXX";
static int at_folder = -1;

static void remove_folder(void)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        unlinkat(at_folder, names[i], 0);
    }
    unlinkat(at_folder, "a-seed-1", AT_REMOVEDIR);
    unlinkat(at_folder, "b-seed-2", AT_REMOVEDIR);
    close(at_folder);
    rmdir(folder);
}

static void make_folder(void)
{
    at_folder =
        mkdtemp(folder) == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fail_if(at_folder < 0 || mkdirat(at_folder, "a-seed-1", 0700) != 0 ||
                mkdirat(at_folder, "b-seed-2", 0700) != 0 || atexit(remove_folder) != 0,
            "no folder");
}

static void write_file(const char *name, const char *text, size_t n)
{
    int fd = openat(at_folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fail_if(fd < 0 || write(fd, text, n) != (ssize_t)n, "no file");
    close(fd);
}

// The next line that begins with the mark; `end` when there is none.
static const char *find_mark(const char *at, const char *end)
{
    const size_t n = sizeof mark - 1;
    while (at < end && ((size_t)(end - at) < n || memcmp(at, mark, n) != 0)) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        at = stop != NULL ? stop + 1 : end;
    }
    return at;
}

static int is_name(const char *at, const char *stop, const char *name)
{
    size_t n = strlen(name);
    return (size_t)(stop - at) == n && memcmp(at, name, n) == 0;
}

static void write_files(const char *text, size_t n_bytes)
{
    const char *end = text + n_bytes;
    for (size_t i = 0; i < N_NAMES; i++) {
        unlinkat(at_folder, names[i], 0);
    }
    for (const char *at = find_mark(text, end); at < end;) {
        const char *name = at + sizeof mark - 1;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        at = find_mark(stop, end);
        for (size_t i = 0; i < N_NAMES; i++) {
            if (is_name(name, stop, names[i])) {
                const char *content = stop < end ? stop + 1 : end;
                write_file(names[i], content, (size_t)(at - content));
            }
        }
    }
}

// What can be read can be drawn and explained.
static void read_run(const char *name)
{
    char path[128], *text = NULL;
    size_t n_bytes = 0;
    const char *const paths[] = {path};
    merit_error err = {.code = 0};
    merit_runs *runs = NULL;
    merit_explanation *explanation = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    merit_status status = merit_runs_load(&runs, paths, 1, &err);
    check_answer(status, runs != NULL, &err);
    if (runs == NULL) {
        return;
    }
    status = merit_explain(&explanation, merit_runs_at(runs, 0), &err);
    check_answer(status, explanation != NULL, &err);
    status = merit_curves_svg(runs, &text, &n_bytes, &err);
    check_answer(status, text != NULL, &err);
    merit_text_free(text);
    merit_explanation_free(explanation);
    merit_runs_free(runs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    merit_error err = {.code = 0};
    merit_comparison *comparison = NULL;
    if (at_folder < 0) {
        make_folder();
    }
    write_files((const char *)data, n_bytes);
    read_run("a-seed-1");
    read_run("b-seed-2");
    merit_status status = merit_comparison_load(&comparison, folder, &err);
    check_answer(status, comparison != NULL, &err);
    merit_comparison_free(comparison);
    return 0;
}
