#include "data/table_facts.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <jansson.h>
#include <string.h>

// As JSON within JSON, where each name has quotes that are escaped, and a comma.
enum { NAME_EXTRA_BYTES = 5 };
static const size_t names_bytes_max = (size_t)512 << 10;
static const int64_t columns_max = INT64_C(1) << 24;

void merit__facts_free(merit__facts *facts)
{
    if (facts != NULL) {
        merit__paths_dispose(&facts->columns);
        merit__paths_dispose(&facts->ids);
        merit__free(facts->label);
        merit__free(facts->id);
        merit__free(facts->schema);
        merit__free(facts);
    }
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *list_columns(const merit__facts *facts)
{
    const merit__paths *columns = &facts->columns;
    if (columns->n == 0 ||
        columns->n_bytes + NAME_EXTRA_BYTES * columns->n > names_bytes_max) {
        return json_null();
    }
    json_t *list = json_array();
    for (size_t i = 0; i < columns->n; i++) {
        json_array_append_new(list, json_string(merit__paths_get(columns, i)));
    }
    return list;
}

merit_status merit__facts_print(merit__facts *facts, merit_error *err)
{
    json_t *record = json_pack(
        "{s:o, s:I, s:o, s:o, s:s}", "columns", list_columns(facts), "n",
        (json_int_t)facts->n_columns, "label", text_or_null(facts->label), "id",
        text_or_null(facts->id), "missing", facts->missing_is_mean ? "mean" : "refuse");
    size_t n = record != NULL ? json_dumpb(record, NULL, 0, JSON_COMPACT) : 0;
    char *text = n > 0 ? merit__alloc_array(n + 1, 1) : NULL;
    if (text != NULL) {
        json_dumpb(record, text, n, JSON_COMPACT);
    }
    json_decref(record);
    merit__free(facts->schema);
    facts->schema = text;
    return text != NULL ? MERIT_OK
                        : merit__fail_memory(err, n + 1, "the columns of a table");
}

static merit_status fail_schema(merit_error *err)
{
    return merit__fail(err, MERIT_EFORMAT,
                       "what is known of the columns of the table is damaged");
}

static merit_status take_text(char **out, const json_t *member, merit_error *err)
{
    if (!json_is_string(member)) {
        return json_is_null(member) ? MERIT_OK : fail_schema(err);
    }
    *out = merit__copy_string(json_string_value(member), json_string_length(member));
    return *out != NULL ? MERIT_OK
                        : merit__fail_memory(err, json_string_length(member) + 1,
                                             "the columns of a table");
}

static merit_status take_columns(merit__facts *facts, const json_t *list,
                                 merit_error *err)
{
    merit_status status = MERIT_OK;
    if (json_is_null(list)) {
        return MERIT_OK;
    }
    if (!json_is_array(list) || (int64_t)json_array_size(list) != facts->n_columns) {
        return fail_schema(err);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *name = json_array_get(list, i);
        if (!json_is_string(name)) {
            return fail_schema(err);
        }
        MERIT_TRY(merit__paths_add(&facts->columns, json_string_value(name),
                                   json_string_length(name), err));
    }
fail:
    return status;
}

merit_status merit__facts_parse(merit__facts **out, const char *schema,
                                merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__facts *facts = merit__alloc_array(1, sizeof *facts);
    json_t *record = json_loads(schema, 0, NULL);
    *out = NULL;
    if (facts == NULL) {
        MERIT_TRY(merit__fail_memory(err, sizeof *facts, "the columns of a table"));
    }
    const char *missing = json_string_value(json_object_get(record, "missing"));
    facts->n_columns = json_integer_value(json_object_get(record, "n"));
    facts->missing_is_mean = missing != NULL && strcmp(missing, "mean") == 0;
    if (missing == NULL || facts->n_columns < 1 || facts->n_columns > columns_max) {
        MERIT_TRY(fail_schema(err));
    }
    MERIT_TRY(take_columns(facts, json_object_get(record, "columns"), err));
    MERIT_TRY(take_text(&facts->label, json_object_get(record, "label"), err));
    MERIT_TRY(take_text(&facts->id, json_object_get(record, "id"), err));
    *out = facts;
    facts = NULL;

fail:
    json_decref(record);
    merit__facts_free(facts);
    return status;
}
