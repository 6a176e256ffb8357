#include "data/gallery.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <string.h>
#include <unistd.h>

merit_status merit__gallery_create(merit__gallery **out, const char *path,
                                   merit_error *err)
{
    merit__gallery *gallery = merit__alloc_array(1, sizeof *gallery);
    *out = gallery;
    if (gallery == NULL) {
        return merit__fail_memory(err, sizeof *gallery, "pictures");
    }
    gallery->folder = -1;
    gallery->n_threads = 1;
    pthread_mutex_init(&gallery->mutex, NULL);
    atomic_init(&gallery->waited_ns, 0);
    gallery->path = merit__copy_string(path, strlen(path));
    if (gallery->path == NULL) {
        merit__gallery_free(gallery);
        *out = NULL;
        return merit__fail_memory(err, strlen(path) + 1, "pictures");
    }
    return MERIT_OK;
}

void merit__gallery_free(merit__gallery *gallery)
{
    if (gallery == NULL) {
        return;
    }
    merit__ahead_free(gallery->ahead);
    merit__decoder_free_all(gallery);
    pthread_mutex_destroy(&gallery->mutex);
    if (gallery->folder >= 0) {
        close(gallery->folder);
    }
    merit__paths_dispose(&gallery->names);
    merit__free(gallery->lines);
    merit__free(gallery->file);
    merit__free(gallery->sums);
    merit__free(gallery->path);
    merit__free(gallery);
}
