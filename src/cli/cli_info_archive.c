#include "cli_info_data.h"

#include "cli_info.h"
#include "cli_message.h"

#include <inttypes.h>
#include <stdio.h>

static json_t *list_arrays(const merit_archive *archive)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < merit_archive_n(archive); i++) {
        json_array_append_new(
            list, json_pack("{s:o, s:o}", "name",
                            merit__json_text(merit_archive_name(archive, i)), "content",
                            merit__json_text(merit_archive_content(archive, i))));
    }
    return list;
}

static void print_arrays(const char *path, const merit_archive *archive)
{
    char name[128], content[128];
    merit__print_entry("archive", path);
    for (int64_t i = 0; i < merit_archive_n(archive); i++) {
        printf(
            "  %-12s %s: %s\n", i == 0 ? "arrays" : "",
            merit__visible(name, sizeof name, merit_archive_name(archive, i)),
            merit__visible(content, sizeof content, merit_archive_content(archive, i)));
    }
}

static merit_status tell_json(const char *path, const merit_archive *archive,
                              const merit_dataset *data, const char *note,
                              merit_error *err)
{
    json_t *record = data != NULL ? merit__info_data_record(path, data)
                                  : merit__info_record(path, "archive");
    json_object_set_new(record, "arrays", list_arrays(archive));
    if (data == NULL) {
        json_object_set_new(record, "note", merit__json_text(note));
    }
    return merit__json_print(record, err);
}

// The arrays are there to choose from when it is not clear which are the examples.
merit_status merit__info_archive(const char *path, const merit_dataset_options *options,
                                 int json, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit_error why = {0};
    merit_archive *archive = NULL;
    merit_dataset *data = NULL;
    MERIT_TRY(merit_archive_open(&archive, path, err));
    status = merit_dataset_load(&data, path, options, &why);
    if (archive == NULL || (status != MERIT_OK && status != MERIT_EFORMAT)) {
        if (err != NULL) {
            *err = why;
        }
        goto fail;
    }
    if (json) {
        MERIT_TRY(tell_json(path, archive, data, why.message, err));
        goto fail;
    }
    print_arrays(path, archive);
    if (data != NULL) {
        MERIT_TRY(merit__info_tell(path, data, 0, err));
    } else {
        merit__print_entry("note", why.message);
    }
    status = MERIT_OK;

fail:
    merit_dataset_free(data);
    merit_archive_free(archive);
    return status;
}
