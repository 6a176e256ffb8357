/* Fuzz target of the readers of rows: the same bytes as each kind of rows, with and
 * without names of classes. */
#include "fuzz_check.h"
#include "merit/rows.h"

#include <string.h>

enum { ROWS_AT_ONCE = 3, READS_MAX = 64, VALUES_MAX = 1 << 16 };

// A reader answers with rows that are what was asked for, or with a message.
static void read_all(const char *path, const merit_rows_options *options,
                     size_t n_bytes)
{
    static double values[VALUES_MAX];
    merit_error err = {.code = 0};
    merit_rows *rows = NULL;
    int64_t n = ROWS_AT_ONCE;
    merit_status status = merit_rows_open(&rows, path, options, &err);
    check_answer(status, rows != NULL, &err);
    if (rows != NULL && merit_rows_n_columns(rows) > VALUES_MAX / ROWS_AT_ONCE) {
        n = 0;
    }
    for (int i = 0; i < READS_MAX && status == MERIT_OK && n == ROWS_AT_ONCE; i++) {
        status = merit_rows_read(rows, values, ROWS_AT_ONCE, &n, &err);
        for (int64_t row = 0; status == MERIT_OK && row < n; row++) {
            const char *id = merit_rows_id(rows, row);
            fail_if(id != NULL && strlen(id) > 1032 * n_bytes,
                    "an id longer than the file");
        }
        for (int64_t v = 0; status == MERIT_OK && v < n * merit_rows_n_columns(rows);
             v++) {
            fail_if(values[v] != values[v], "a number that is none");
            fail_if(options->kind == MERIT_ROWS_LABELS &&
                        (values[v] < 0 || values[v] > 2),
                    "a label that is none");
        }
    }
    fail_if(status != MERIT_OK && (err.code != (int32_t)status || err.message[0] == 0),
            "no message");
    merit_rows_close(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static const char *const classes[] = {"rook", "knight", "pawn"};
    static int fd = -1;
    char path[INPUT_PATH_BYTES];
    open_input(path, &fd, data, n_bytes);
    for (int kind = MERIT_ROWS_NUMBERS; kind <= MERIT_ROWS_LABELS; kind++) {
        merit_rows_options options = {
            .kind = (merit_rows_kind)kind, .n_classes = 3, .classes = classes};
        read_all(path, &options, n_bytes);
        if (kind != MERIT_ROWS_LABELS) {
            options.n_classes = 0;
            options.classes = NULL;
            options.renormalize = 1;
            read_all(path, &options, n_bytes);
        }
    }
    return 0;
}
