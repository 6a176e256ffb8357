#include "data/labels_beside.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <string.h>
#include <unistd.h>

static const char gzip_ending[] = ".gz";

// "-idx3-" or ".idx3-" in a name, any digit: returns the place of the digit, or NULL.
static char *find_idx_digit(char *name)
{
    for (char *at = strstr(name, "idx"); at != NULL; at = strstr(at + 1, "idx")) {
        if (at[3] >= '2' && at[3] <= '4') {
            return at + 3;
        }
    }
    return NULL;
}

// Turns the last part of the path into the name of the labels; 0 when it cannot.
static int rename_to_labels(char *path)
{
    char *slash = strrchr(path, '/');
    char *name = slash != NULL ? slash + 1 : path;
    char *word = strstr(name, "images");
    char *digit = find_idx_digit(name);
    if (word == NULL || digit == NULL) {
        return 0;
    }
    memcpy(word, "labels", strlen("labels"));
    *digit = '1';
    return 1;
}

merit_status merit__labels_beside(char **out, const char *path, merit_error *err)
{
    *out = NULL;
    size_t n = strlen(path);
    size_t n_ending = strlen(gzip_ending);
    // Room for an ending more.
    char *labels = merit__alloc_array(n + n_ending + 1, 1);
    if (labels == NULL) {
        return merit__fail_memory(err, n + n_ending + 1, "the path of the labels");
    }
    memcpy(labels, path, n);
    if (!rename_to_labels(labels)) {
        merit__free(labels);
        return MERIT_OK;
    }
    if (access(labels, F_OK) != 0) {
        if (n > n_ending && strcmp(labels + n - n_ending, gzip_ending) == 0) {
            labels[n - n_ending] = '\0';
        } else {
            memcpy(labels + n, gzip_ending, n_ending);
        }
    }
    if (access(labels, F_OK) != 0) {
        merit__free(labels);
        return MERIT_OK;
    }
    *out = labels;
    return MERIT_OK;
}
