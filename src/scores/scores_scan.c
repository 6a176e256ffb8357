#include "scores/scores_scan.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "scores/scores_table.h"
#include "scores/tree.h"

static merit_status copy_field(char **out, merit__field field, merit_error *err)
{
    *out = merit__copy_string(field.bytes, field.n);
    return *out == NULL ? merit__fail_memory(err, field.n + 1, "a name") : MERIT_OK;
}

static merit_status add_header_field(merit__scan *scan, merit__field field,
                                     merit_error *err)
{
    size_t n = (size_t)scan->n_header + 1;
    if (merit__grow_array((void **)&scan->header, &scan->header_capacity, n,
                          sizeof *scan->header) != 0) {
        return merit__fail_memory(err, n * sizeof *scan->header, "names");
    }
    merit_status status = copy_field(&scan->header[scan->n_header], field, err);
    scan->n_header += status == MERIT_OK;
    return status;
}

static merit_status read_header(merit__scan *scan, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__text *text = &scan->text;
    merit__field field = {0};
    int64_t n_fields = 0;
    int found = 0;
    MERIT_TRY(merit__text_next_record(text, &found, err));
    if (!found) {
        return merit__fail(err, MERIT_EFORMAT,
                           "%s: expected a score table, found nothing but comments and "
                           "blank lines",
                           text->origin);
    }
    scan->header_line = text->line;
    merit__text_detect_delimiter(text);
    MERIT_TRY(merit__text_next_field(text, &field, &found, err));
    for (; found; n_fields++) {
        // Above the limit (and one for the corner) fields are only counted.
        if (n_fields <= MERIT__SCORES_MAX_ANSWERS) {
            MERIT_TRY(add_header_field(scan, field, err));
        }
        MERIT_TRY(merit__text_next_field(text, &field, &found, err));
    }
    if (n_fields > MERIT__SCORES_MAX_ANSWERS + 1) {
        status = merit__scores_check_size(n_fields, n_fields, text->origin, err);
    }

fail:
    return status;
}

static merit_status read_row(merit__scan *scan, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__text *text = &scan->text;
    merit__field field = {0};
    int found = 0;
    size_t n = (size_t)scan->n_rows + 1;
    if (scan->n_rows == MERIT__SCORES_MAX_ANSWERS) {
        return merit__fail(err, MERIT_ENOMEM, "%s:%lld: more rows than the limit of %d",
                           text->origin, (long long)text->line,
                           MERIT__SCORES_MAX_ANSWERS);
    }
    if (merit__grow_array((void **)&scan->rows, &scan->row_capacity, n,
                          sizeof *scan->rows) != 0) {
        return merit__fail_memory(err, n * sizeof *scan->rows, "rows");
    }
    merit__scan_row *row = &scan->rows[scan->n_rows];
    *row = (merit__scan_row){.record = text->record, .line = text->line};
    MERIT_TRY(merit__text_next_field(text, &field, &found, err));
    MERIT_TRY(copy_field(&row->name, field, err));
    scan->n_rows++;
    MERIT_TRY(merit__text_next_field(text, &field, &found, err));
    while (found) {
        row->n_scores++;
        MERIT_TRY(merit__text_next_field(text, &field, &found, err));
    }

fail:
    return status;
}

merit_status merit__scan_read(merit__scan *scan, const char *bytes, size_t n_bytes,
                              const char *origin, const merit_scores_options *options,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    int found = 0;
    *scan = (merit__scan){0};
    MERIT_TRY(merit__text_open(&scan->text, bytes, n_bytes, origin, err));
    scan->text.has_decimal_comma = options->decimal_comma != 0;
    MERIT_TRY(read_header(scan, err));
    MERIT_TRY(merit__text_next_record(&scan->text, &found, err));
    while (found) {
        MERIT_TRY(read_row(scan, err));
        MERIT_TRY(merit__text_next_record(&scan->text, &found, err));
    }
    if (scan->n_rows == 0) {
        status = merit__fail(err, MERIT_EFORMAT,
                             "%s:%lld: expected a row of scores for each class after "
                             "this line, found none%s",
                             scan->text.origin, (long long)scan->header_line,
                             merit__tree_is_newick(bytes, n_bytes)
                                 ? "; a Newick tree is given as tree:FILE"
                                 : "");
    }

fail:
    return status;
}

void merit__scan_dispose(merit__scan *scan)
{
    merit__text_close(&scan->text);
    for (int64_t i = 0; i < scan->n_header; i++) {
        merit__free(scan->header[i]);
    }
    for (int64_t i = 0; i < scan->n_rows; i++) {
        merit__free(scan->rows[i].name);
    }
    merit__free(scan->header);
    merit__free(scan->rows);
    merit__free(scan->row_place);
    merit__free(scan->column_place);
}
