#include "data/dataset_text.h"

#include "base/fail.h"
#include "data/class_names.h"
#include "data/looks_like.h"
#include "data/reader.h"

#include <string.h>

// Text with a stray byte or two is text still, to be refused with its line.
static int is_nearly_text(const unsigned char *head, size_t n_bytes)
{
    enum { FIRST = 4, TEXT_PER_CONTROL = 16 };
    size_t n_control = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        int is_control =
            head[i] == 0x7f || (head[i] < ' ' && (head[i] < '\t' || head[i] > '\r'));
        n_control += is_control != 0;
        if (is_control && i < FIRST) {
            return 0;
        }
    }
    return n_bytes >= FIRST && n_control * TEXT_PER_CONTROL < n_bytes;
}

merit_status merit__stream_is_text(int *out, merit__stream *stream, merit_error *err)
{
    const unsigned char *head = NULL;
    size_t n_bytes = 0;
    merit_status status =
        merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n_bytes, err);
    const char *look =
        status == MERIT_OK && n_bytes > 0 ? merit__looks_like(head, n_bytes) : NULL;
    *out = status == MERIT_OK && n_bytes > 0 && !merit__reader_probe(head, n_bytes) &&
           (look != NULL ? strcmp(look, "text") == 0 : is_nearly_text(head, n_bytes));
    return status;
}

static merit_status read_table(merit__table *table, merit__stream *stream,
                               const merit__table_wish *wish, merit_error *err)
{
    const unsigned char *head = NULL;
    size_t n_bytes = 0;
    merit_status status =
        merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n_bytes, err);
    if (status != MERIT_OK) {
        return status;
    }
    return !wish->only_labels && merit__libsvm_probe(head, n_bytes)
               ? merit__libsvm_read(table, stream, wish, err)
               : merit__table_read(table, stream, wish, err);
}

merit_status merit__text_features(merit__values *features, merit__table *table,
                                  merit__stream *stream,
                                  const merit_dataset_options *options,
                                  merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__facts *before = NULL;
    if (options->schema != NULL) {
        MERIT_TRY(merit__facts_parse(&before, options->schema, err));
    }
    merit__table_wish wish = {
        .options = options, .before = before, .name = merit__stream_name(stream)};
    MERIT_TRY(read_table(table, stream, &wish, err));
    *features = (merit__values){.type = MERIT__F32,
                                .data = table->values,
                                .n_rows = table->n_rows,
                                .n_dims = 2,
                                .dims = {table->n_rows, table->n_features}};
    table->values = NULL;
fail:
    merit__facts_free(before);
    return status;
}

merit_status merit__text_labels(merit__table *table, merit__stream *stream,
                                const merit_dataset_options *options, merit_error *err)
{
    merit__table_wish wish = {
        .options = options, .only_labels = 1, .name = merit__stream_name(stream)};
    return read_table(table, stream, &wish, err);
}

merit_status merit__dataset_take_labels(merit_dataset *data, merit__table *table,
                                        merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__paths classes = {.n = 0};
    MERIT_TRY(merit__table_order_classes(table, &classes, data->labels_path, err));
    MERIT_TRY(merit__class_names_copy(&data->names, &classes, err));
    data->n_names = (int64_t)classes.n;
    data->n_classes = data->n_names;
    data->labels = table->label;
    table->label = NULL;
    MERIT_TRY(merit__class_names_compare(data, err));
fail:
    merit__paths_dispose(&classes);
    return status;
}
