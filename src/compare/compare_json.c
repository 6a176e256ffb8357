/* JSON files of a comparison. */
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "compare/compare_plan.h"
#include "model/json_parse.h"
#include "train/json_text.h"

merit_status merit__compare_read(json_t **out, const char *directory, const char *name,
                                 merit_error *err)
{
    static const merit__json_limits limits = {.max_depth = 4, .max_opened = 100000};
    const size_t limit = (size_t)1 << 30;
    merit_status status = MERIT_OK;
    merit_error why = {0};
    char *text = NULL, shown[128];
    size_t n_bytes = 0;
    char *path = merit__path_join(directory, name);
    *out = NULL;
    if (path == NULL) {
        return merit__fail_memory(err, strlen(directory), "a path");
    }
    if (access(path, F_OK) != 0) {
        goto fail;
    }
    MERIT_TRY(merit__file_read(&text, &n_bytes, path, limit, err));
    status = merit__json_parse(out, text, n_bytes, &limits, &why);
    if (status != MERIT_OK) {
        MERIT_TRY(merit__fail(err, status, "%s: %s",
                              merit__printable_path(shown, sizeof shown, path),
                              why.message));
    }
fail:
    merit__free(text);
    merit__free(path);
    return status;
}

merit_status merit__compare_write(const json_t *record, const char *directory,
                                  const char *name, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *path = merit__path_join(directory, name);
    char *text = merit__json_dump(record, 0);
    if (path == NULL || text == NULL) {
        MERIT_TRY(merit__fail_memory(err, 4096, name));
    }
    MERIT_TRY(merit__file_replace(path, text, strlen(text), err));
fail:
    merit__free(path);
    merit__free(text);
    return status;
}
