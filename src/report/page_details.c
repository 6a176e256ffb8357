#include "report/page_details.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "model/json_parse.h"
#include "report/page.h"

enum { VALUE_CHARACTERS = 400, CONFIG_BYTES = 1 << 20 };

static void add_entry(merit__xml *xml, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return;
    }
    merit__xml_add(xml, "<dt>");
    for (const char *at = name; *at != '\0'; at++) {
        char letter[2] = {*at == '_' ? ' ' : *at, '\0'};
        merit__xml_text(xml, letter, 1);
    }
    merit__xml_add(xml, "</dt><dd>");
    merit__xml_text(xml, value, VALUE_CHARACTERS);
    merit__xml_add(xml, "</dd>\n");
}

/* A member of the configuration. */
static void add_member(merit__xml *xml, const char *key, const json_t *value)
{
    char number[MERIT__NUMBER_BYTES];
    if (json_is_string(value)) {
        add_entry(xml, key, json_string_value(value));
    } else if (json_is_boolean(value)) {
        add_entry(xml, key, json_is_true(value) ? "yes" : "no");
    } else if (json_is_number(value)) {
        merit__print_double(number, json_number_value(value));
        add_entry(xml, key, number);
    }
}

/* Whether a setting of all trainings says something of this one: letters are hidden in
 * few, and few look at a sample of the classes. */
static int applies(const char *key, const json_t *value)
{
    return json_number_value(value) != 0 ||
           (strcmp(key, "hide") != 0 && strcmp(key, "sample") != 0);
}

static void add_members(merit__xml *xml, json_t *object)
{
    for (void *at = json_object_iter(object); at != NULL;
         at = json_object_iter_next(object, at)) {
        json_t *value = json_object_iter_value(at);
        if (json_is_object(value)) {
            for (void *in = json_object_iter(value); in != NULL;
                 in = json_object_iter_next(value, in)) {
                const char *key = json_object_iter_key(in);
                json_t *inner = json_object_iter_value(in);
                if (json_object_get(object, key) == NULL && // not told already
                    applies(key, inner)) {
                    add_member(xml, key, inner);
                }
            }
        } else if (applies(json_object_iter_key(at), value)) {
            add_member(xml, json_object_iter_key(at), value);
        }
    }
}

merit_status merit__page_config_add(merit__xml *xml, const char *directory,
                                    const char *file, merit_error *err)
{
    static const merit__json_limits limits = {.max_depth = 8, .max_opened = 4096};
    merit_status status = MERIT_OK;
    merit_error why = {0};
    json_t *config = NULL;
    char *text = NULL;
    size_t n_bytes = 0;
    char *path = merit__path_join(directory, file);
    if (path == NULL) {
        return merit__fail_memory(err, strlen(directory), "a path");
    }
    MERIT_TRY(merit__file_read(&text, &n_bytes, path, CONFIG_BYTES, err));
    status = merit__json_parse(&config, text, n_bytes, &limits, &why);
    if (status != MERIT_OK) {
        char shown[128];
        merit__fail(err, status, "%s: %s",
                    merit__printable_path(shown, sizeof shown, path), why.message);
        goto fail;
    }
    merit__xml_add(xml, "<h3>Configuration</h3>\n<dl class=\"pairs\">\n");
    add_members(xml, config);
    merit__xml_add(xml, "</dl>\n");
fail:
    json_decref(config);
    merit__free(text);
    merit__free(path);
    return status;
}

/* The engine that trained it, from the provenance, where that can be read. */
static void add_provenance(merit__xml *xml, const char *text)
{
    static const merit__json_limits limits = {.max_depth = 8, .max_opened = 64};
    json_t *record = NULL;
    if (text == NULL ||
        merit__json_parse(&record, text, strlen(text), &limits, NULL) != MERIT_OK) {
        return;
    }
    add_member(xml, "engine", json_object_get(record, "engine"));
    json_decref(record);
}

static void add_model(merit__xml *xml, const merit_model *model)
{
    static const char *const keys[] = {"net",    "input",       "loss", "rule",
                                       "sha256", "temperature", "merit"};
    merit__xml_add(xml, "<h3>Model</h3>\n<dl class=\"pairs\">\n");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        add_entry(xml, keys[i], merit_model_metadata(model, keys[i]));
    }
    add_provenance(xml, merit_model_metadata(model, "provenance"));
    merit__xml_add(xml, "</dl>\n");
}

static void add_data(merit__xml *xml, const merit_dataset *data)
{
    char hash[65], name[MERIT__PAGE_PATH_BYTES];
    merit_dataset_fingerprint(data, hash);
    merit__xml_add(xml, "<h3>Examples of this page</h3>\n<dl class=\"pairs\">\n");
    add_entry(xml, "file", merit__page_file_name(name, merit_dataset_path(data)));
    add_entry(xml, "labels",
              merit__page_file_name(name, merit_dataset_labels_path(data)));
    merit__xml_add(xml, "<dt>examples</dt><dd>");
    merit__page_count(xml, merit_dataset_n(data));
    merit__xml_add(xml, "</dd>\n");
    add_entry(xml, "sha256", hash);
    merit__xml_add(xml, "</dl>\n");
}

merit_status merit__page_details_add(merit__xml *xml, const merit_run *run,
                                     const merit_model *model,
                                     const merit__examined *examined, merit_error *err)
{
    merit__page_section(xml, "details", "How it was made");
    merit_status status = merit__page_config_add(xml, run->path, "config.json", err);
    if (model != NULL) {
        add_model(xml, model);
    }
    if (examined != NULL) {
        add_data(xml, examined->data);
    }
    merit__page_section_end(xml);
    return status;
}
