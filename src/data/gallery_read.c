/* From files to examples. */
#include "data/gallery.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/open_below.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 65536, SHOWN_BYTES = 150, KEPT_BYTES = 32 << 20 };

struct merit__decoder {
    merit__decoder *next; // in the list of idle ones
    unsigned char *bytes; // of the file
    size_t n_bytes, bytes_room;
    struct stat info; // of the file
    merit__raster picture;
    merit__resampler *resampler;
    float *planes; // [C,H,W]
    void *values;  // of an example
};

static void free_decoder(merit__decoder *decoder)
{
    merit__free(decoder->bytes);
    merit__raster_dispose(&decoder->picture);
    merit__resampler_free(decoder->resampler);
    merit__free(decoder->planes);
    merit__free(decoder->values);
    merit__free(decoder);
}

static merit__decoder *create_decoder(const merit__gallery *gallery)
{
    const merit__frame *f = &gallery->frame;
    size_t n_values = (size_t)(f->channels * f->height * f->width);
    merit__decoder *decoder = merit__alloc_array(1, sizeof *decoder);
    if (decoder == NULL) {
        return NULL;
    }
    decoder->planes = merit__alloc_array(n_values, sizeof *decoder->planes);
    decoder->values = merit__alloc_array(gallery->example_bytes, 1);
    if (decoder->planes == NULL || decoder->values == NULL ||
        merit__resampler_create(&decoder->resampler, NULL) != MERIT_OK) {
        free_decoder(decoder);
        return NULL;
    }
    return decoder;
}

merit__decoder *merit__decoder_take(merit__gallery *gallery)
{
    pthread_mutex_lock(&gallery->mutex);
    merit__decoder *decoder = gallery->idle;
    if (decoder != NULL) {
        gallery->idle = decoder->next;
    }
    pthread_mutex_unlock(&gallery->mutex);
    return decoder != NULL ? decoder : create_decoder(gallery);
}

void merit__decoder_give(merit__gallery *gallery, merit__decoder *decoder)
{
    if (decoder->picture.n_room > KEPT_BYTES) { // a rare giant must not stay for ever
        merit__raster_dispose(&decoder->picture);
    }
    if (decoder->bytes_room > KEPT_BYTES) {
        merit__free(decoder->bytes);
        decoder->bytes = NULL;
        decoder->bytes_room = 0;
    }
    pthread_mutex_lock(&gallery->mutex);
    decoder->next = gallery->idle;
    gallery->idle = decoder;
    pthread_mutex_unlock(&gallery->mutex);
}

void merit__decoder_free_all(merit__gallery *gallery)
{
    while (gallery->idle != NULL) {
        merit__decoder *decoder = gallery->idle;
        gallery->idle = decoder->next;
        free_decoder(decoder);
    }
}

void *merit__decoder_values(merit__decoder *decoder)
{
    return decoder->values;
}

const char *merit__gallery_show(char *out, size_t out_bytes,
                                const merit__gallery *gallery, int64_t place)
{
    const char *name = merit__paths_get(&gallery->names, (size_t)place);
    size_t n_path = strlen(gallery->path), n_name = strlen(name);
    char *whole = merit__alloc_array(n_path + n_name + 2, 1);
    if (gallery->is_one) {
        merit__printable_path(out, out_bytes, gallery->path);
    } else if (whole == NULL || gallery->lines != NULL) {
        merit__printable_path(out, out_bytes, name);
    } else {
        memcpy(whole, gallery->path, n_path);
        n_path -= n_path > 1 && whole[n_path - 1] == '/';
        whole[n_path] = '/';
        memcpy(whole + n_path + 1, name, n_name);
        whole[n_path + 1 + n_name] = '\0';
        merit__printable_path(out, out_bytes, whole);
    }
    merit__free(whole);
    return out;
}

// The same failure, with the file's name before it, and the line that names it.
static merit_status name_failure(const merit__gallery *gallery, int64_t place,
                                 merit_status code, const char *why, merit_error *err)
{
    char shown[SHOWN_BYTES], list[80];
    if (gallery->lines == NULL) {
        return merit__fail(err, code, "%s: %s",
                           merit__gallery_show(shown, sizeof shown, gallery, place),
                           why);
    }
    return merit__fail(err, code, "%s:%" PRId64 ": %s: %s",
                       merit__printable_path(list, sizeof list, gallery->path),
                       gallery->lines[place],
                       merit__gallery_show(shown, 80, gallery, place), why);
}

static merit_status fail_open(const merit__gallery *gallery, int64_t place, int reason,
                              merit_error *err)
{
    switch (reason) {
    case ENOENT:
    case ENOTDIR:
        return name_failure(gallery, place, MERIT_EFORMAT,
                            gallery->lines != NULL && gallery->file[place].n_bytes == 0
                                ? "there is no such file"
                                : "is gone since the folder was read",
                            err);
    case ELOOP:
        return name_failure(gallery, place, MERIT_EFORMAT,
                            gallery->follow_links
                                ? "its symbolic links lead in a circle"
                                : "is a symbolic link; --follow-links follows them",
                            err);
    default: {
        char why[120];
        snprintf(why, sizeof why, "cannot open: %s", strerror(reason));
        return name_failure(gallery, place, MERIT_EIO, why, err);
    }
    }
}

// Reads up to `limit` bytes of a file into the decoder; *is_whole: that is all of it.
static merit_status read_open_file(merit__decoder *d, int fd,
                                   const merit__gallery *gallery, int64_t place,
                                   size_t limit, int *is_whole, merit_error *err)
{
    char why[120];
    if (fstat(fd, &d->info) != 0) {
        return fail_open(gallery, place, errno, err);
    }
    if (!S_ISREG(d->info.st_mode)) {
        return name_failure(gallery, place, MERIT_EFORMAT, "is not a regular file",
                            err);
    }
    if (d->info.st_size > MERIT__PICTURE_BYTES_MAX) {
        snprintf(why, sizeof why, "%jd bytes, the limit is %d MB",
                 (intmax_t)d->info.st_size, MERIT__PICTURE_BYTES_MAX >> 20);
        return name_failure(gallery, place, MERIT_EFORMAT, why, err);
    }
    size_t n_wanted = (size_t)d->info.st_size;
    *is_whole = n_wanted <= limit;
    n_wanted = *is_whole ? n_wanted : limit;
    if (merit__grow_array((void **)&d->bytes, &d->bytes_room, n_wanted + 1, 1) != 0) {
        return merit__fail_memory(err, n_wanted, "a picture");
    }
    d->n_bytes = 0;
    while (d->n_bytes < n_wanted) {
        ssize_t n = read(fd, d->bytes + d->n_bytes, n_wanted - d->n_bytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            snprintf(why, sizeof why, "cannot read: %s", strerror(errno));
            return name_failure(gallery, place, MERIT_EIO, why, err);
        }
        if (n == 0) {
            return name_failure(gallery, place, MERIT_EFORMAT,
                                "shrinks while it is being read", err);
        }
        d->n_bytes += (size_t)n;
    }
    return MERIT_OK;
}

static merit_status read_file(merit__decoder *d, const merit__gallery *gallery,
                              int64_t place, size_t limit, int *is_whole,
                              merit_error *err)
{
    int fd = merit__open_below(gallery->folder,
                               merit__paths_get(&gallery->names, (size_t)place),
                               gallery->follow_links);
    if (fd < 0) {
        return fail_open(gallery, place, errno, err);
    }
    merit_status status = read_open_file(d, fd, gallery, place, limit, is_whole, err);
    close(fd);
    return status;
}

static merit_status inspect(merit__decoder *d, merit__gallery *gallery, int64_t place,
                            merit_error *err)
{
    merit_error why = {0};
    int is_whole = 0;
    merit_status status = read_file(d, gallery, place, HEAD_BYTES, &is_whole, err);
    if (status != MERIT_OK) {
        return status;
    }
    status = merit__raster_read(&d->picture, d->bytes, d->n_bytes, 1, &why);
    if (status != MERIT_OK && !is_whole) { // the header may be longer
        status = read_file(d, gallery, place, SIZE_MAX, &is_whole, err);
        if (status != MERIT_OK) {
            return status;
        }
        status = merit__raster_read(&d->picture, d->bytes, d->n_bytes, 1, &why);
    }
    if (status != MERIT_OK) {
        return name_failure(gallery, place, status, why.message, err);
    }
    merit__picture_file *file = &gallery->file[place];
    int is_turned = d->picture.orientation >= 5;
    file->width = (uint16_t)(is_turned ? d->picture.height : d->picture.width);
    file->height = (uint16_t)(is_turned ? d->picture.width : d->picture.height);
    file->channels = (uint8_t)d->picture.channels;
    file->n_bits = (uint8_t)d->picture.n_bits;
    return MERIT_OK;
}

static merit_status fail_decoder(merit_error *err)
{
    return merit__fail(err, MERIT_ENOMEM, "not enough memory to decode a picture");
}

merit_status merit__gallery_inspect(merit__gallery *gallery, int64_t place,
                                    merit_error *err)
{
    merit__decoder *decoder = merit__decoder_take(gallery);
    if (decoder == NULL) {
        return fail_decoder(err);
    }
    merit_status status = inspect(decoder, gallery, place, err);
    merit__decoder_give(gallery, decoder);
    return status;
}

// A value between 0 and `most`, rounded.
static float round_within(float value, float most)
{
    value = value > 0 ? value : 0;
    value = value < most ? value : most;
    return value + 0.5f;
}

// Rounds the planes to the values of the gallery; 8 bits among 16 are spread over them.
static void store(void *to, const merit__decoder *d, const merit__gallery *gallery)
{
    const merit__frame *f = &gallery->frame;
    int64_t n = f->channels * f->height * f->width;
    const float *from = d->planes;
    if (gallery->n_bits == 8) {
        float scale = d->picture.n_bits == 16 ? 1.0f / 257 : 1;
        for (int64_t i = 0; i < n; i++) {
            ((uint8_t *)to)[i] = (uint8_t)round_within(from[i] * scale, UINT8_MAX);
        }
    } else {
        float scale = d->picture.n_bits == 8 ? 257 : 1;
        for (int64_t i = 0; i < n; i++) {
            ((uint16_t *)to)[i] = (uint16_t)round_within(from[i] * scale, UINT16_MAX);
        }
    }
}

// From the bytes of the file to the values of the example.
static merit_status convert(merit__decoder *d, const merit__gallery *gallery,
                            int64_t place, void *to, merit_error *err)
{
    merit_error why = {0};
    merit_status status =
        merit__raster_read(&d->picture, d->bytes, d->n_bytes, 0, &why);
    if (status == MERIT_OK) {
        status = merit__resample(d->resampler, d->planes, &d->picture, &gallery->frame,
                                 &why);
    }
    if (status != MERIT_OK) {
        return name_failure(gallery, place, status, why.message, err);
    }
    store(to, d, gallery);
    return MERIT_OK;
}

static void hash_file(unsigned char hash[MERIT__PICTURE_HASH_BYTES],
                      const merit__decoder *d)
{
    crypto_generichash(hash, MERIT__PICTURE_HASH_BYTES, d->bytes, d->n_bytes, NULL, 0);
}

static int64_t changed_ns(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

static void add_up(merit__pixel_sums *sums, const void *values,
                   const merit__gallery *gallery)
{
    int64_t n = gallery->frame.height * gallery->frame.width;
    for (int64_t c = 0; c < gallery->frame.channels; c++) {
        merit__pixel_sums s = {0};
        for (int64_t i = c * n; i < (c + 1) * n; i++) {
            uint64_t v = gallery->n_bits == 8 ? ((const uint8_t *)values)[i]
                                              : ((const uint16_t *)values)[i];
            s.value += v;
            s.square += v * v;
        }
        sums[c] = s;
    }
}

static merit_status examine(merit__decoder *d, merit__gallery *gallery, int64_t place,
                            void *to, merit_error *err)
{
    int is_whole = 0;
    merit__picture_file *file = &gallery->file[place];
    merit_status status = read_file(d, gallery, place, SIZE_MAX, &is_whole, err);
    if (status != MERIT_OK) {
        return status;
    }
    hash_file(file->hash, d);
    file->n_bytes = d->n_bytes;
    file->changed_ns = changed_ns(&d->info);
    to = to != NULL ? to : d->values;
    status = convert(d, gallery, place, to, err);
    if (status == MERIT_OK) {
        file->has_trailing = d->picture.has_trailing != 0;
        add_up(gallery->sums + place * gallery->frame.channels, to, gallery);
    }
    return status;
}

merit_status merit__gallery_examine(merit__gallery *gallery, int64_t place, void *to,
                                    merit_error *err)
{
    merit__decoder *decoder = merit__decoder_take(gallery);
    if (decoder == NULL) {
        return fail_decoder(err);
    }
    merit_status status = examine(decoder, gallery, place, to, err);
    merit__decoder_give(gallery, decoder);
    return status;
}

merit_status merit__decoder_decode(merit__decoder *d, merit__gallery *gallery,
                                   int64_t place, void *to, merit_error *err)
{
    int is_whole = 0;
    const merit__picture_file *file = &gallery->file[place];
    merit_status status = read_file(d, gallery, place, SIZE_MAX, &is_whole, err);
    if (status != MERIT_OK) {
        return status;
    }
    int is_same = d->n_bytes == file->n_bytes;
    if (is_same && changed_ns(&d->info) != file->changed_ns) { // touched, or written to
        unsigned char hash[MERIT__PICTURE_HASH_BYTES];
        hash_file(hash, d);
        is_same = memcmp(hash, file->hash, sizeof hash) == 0;
    }
    return is_same ? convert(d, gallery, place, to, err)
                   : name_failure(gallery, place, MERIT_EFORMAT,
                                  "has changed since it was first read", err);
}

merit_status merit__gallery_decode(merit__gallery *gallery, int64_t place, void *to,
                                   merit_error *err)
{
    merit__decoder *decoder = merit__decoder_take(gallery);
    if (decoder == NULL) {
        return fail_decoder(err);
    }
    merit_status status = merit__decoder_decode(decoder, gallery, place, to, err);
    merit__decoder_give(gallery, decoder);
    return status;
}
