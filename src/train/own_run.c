#include "train/own_run.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "data/manifest.h"

/* Where a run lists its pictures. */
static const char *const manifest_names[] = {"files.tsv", "validation-files.tsv"};
enum { N_MANIFESTS = sizeof manifest_names / sizeof *manifest_names };

/* Adds to `difference` which picture is another one than at the beginning, where that
 * is known, or that none is. */
static void name_difference(const merit__training *t, char *difference, size_t n_bytes)
{
    const merit_dataset *sets[N_MANIFESTS] = {t->whole, t->options->validation_data};
    size_t n = strlen(difference);
    int are_same = 0;
    for (int i = 0; i < N_MANIFESTS && sets[i] != NULL; i++) {
        char *now = NULL, *before = NULL, found[200] = "";
        size_t n_now = 0, n_before = 0;
        if (merit__manifest_print(&now, &n_now, sets[i], NULL) == MERIT_OK &&
            now != NULL &&
            merit__run_directory_read(t->run, manifest_names[i], &before, &n_before,
                                      NULL) == MERIT_OK) {
            merit__manifest_compare(found, sizeof found, now, before);
            are_same = 1;
        }
        merit__free(now);
        merit__free(before);
        if (found[0] != '\0') {
            snprintf(difference + n, n_bytes - n, ": %s", found);
            return;
        }
    }
    if (are_same) {
        snprintf(difference + n, n_bytes - n,
                 ": the pictures are the same; are --size, --fit and --channels?");
    }
}

/* Lists the pictures of the run, if they are any. */
static merit_status write_manifests(const merit__training *t, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_dataset *sets[N_MANIFESTS] = {t->whole, t->options->validation_data};
    char *text = NULL;
    size_t n_bytes = 0;
    for (int i = 0; i < N_MANIFESTS && sets[i] != NULL; i++) {
        MERIT_TRY(merit__manifest_print(&text, &n_bytes, sets[i], err));
        if (text != NULL) {
            MERIT_TRY(merit__run_directory_write(t->run, manifest_names[i], text,
                                                 n_bytes, err));
        }
        merit__free(text);
        text = NULL;
    }
fail:
    merit__free(text);
    return status;
}

/* A run that is there can only be continued by what it was started with. */
static merit_status compare_config(const merit__training *t, const char *directory,
                                   merit_error *err)
{
    char *before = NULL, difference[250], shown[100];
    size_t n_bytes = 0;
    merit_status status =
        merit__run_directory_read(t->run, "config.json", &before, &n_bytes, err);
    if (status != MERIT_OK) {
        return status;
    }
    status =
        merit__config_difference(difference, sizeof difference, t->config_json, before);
    merit__free(before);
    if (status == MERIT_OK) {
        return MERIT_OK;
    }
    if (status == MERIT_EMODEL) {
        name_difference(t, difference, sizeof difference);
    }
    merit__printable_path(shown, sizeof shown, directory);
    if (t->options->resume || status == MERIT_EMODEL) {
        return merit__fail(err, MERIT_EMODEL, "%s: cannot be continued: %s", shown,
                           difference);
    }
    return merit__fail(err, MERIT_EINVAL,
                       "%s already exists (%s); choose another directory", shown,
                       difference);
}

merit_status merit__own_run_open(merit__training *t, const char *directory,
                                 int *has_run, merit_error *err)
{
    merit_status status =
        merit__run_directory_open(&t->run, directory, t->options->resume, has_run, err);
    if (status == MERIT_OK && *has_run) {
        status = compare_config(t, directory, err);
    }
    return status;
}

merit_status merit__own_run_describe(merit__training *t, int has_run, merit_error *err)
{
    merit_status status = MERIT_OK;
    char *table = NULL;
    size_t n_bytes = 0;
    if (!has_run) {
        MERIT_TRY(merit__run_directory_write(t->run, "config.json", t->config_json,
                                             strlen(t->config_json), err));
        MERIT_TRY(write_manifests(t, err));
    }
    MERIT_TRY(merit_scores_print(t->scores, &table, &n_bytes, err));
    MERIT_TRY(merit__run_directory_write(
        t->run, merit_scores_n_nodes(t->scores) > 0 ? "tree.tsv" : "scores.tsv", table,
        n_bytes, err));
    merit__run_directory_tidy(t->run, 0);
fail:
    merit_text_free(table);
    return status;
}
