#include "data/reader.h"

#include "base/fail.h"
#include "data/looks_like.h"

#include <stdio.h>
#include <string.h>

#define X(symbol) extern const merit__reader symbol;
#include "reader_table.inc"
#undef X

static const merit__reader *const readers[] = {
#define X(symbol) &symbol,
#include "reader_table.inc"
#undef X
};

enum { N_READERS = sizeof readers / sizeof readers[0], HEAD_BYTES_MIN = 4 };

static merit_status fail_unknown(const char *name, const unsigned char *head,
                                 size_t n_bytes, merit_error *err)
{
    const char *look = merit__looks_like(head, n_bytes);
    char known[128] = "";
    int n = 0;
    for (size_t i = 0; i < N_READERS && n < (int)sizeof known; i++) {
        n += snprintf(known + n, sizeof known - (size_t)n, "%s%s (%s)",
                      i == 0 ? "" : " or ", readers[i]->name, readers[i]->signature);
    }
    if (look != NULL) {
        int is_text = strcmp(look, "text") == 0;
        return merit__fail(
            err, MERIT_EUNSUPPORTED, "%s: looks like %s, expected %s%s", name, look,
            known, is_text ? ", or a list of pictures with a column \"path\"" : "");
    }
    return merit__fail(err, MERIT_EFORMAT,
                       "%s, byte 0: begins with %02X %02X %02X %02X, expected %s", name,
                       head[0], head[1], head[2], head[3], known);
}

int merit__reader_probe(const unsigned char *head, size_t n_bytes)
{
    size_t i = 0;
    while (i < N_READERS && !readers[i]->probe(head, n_bytes)) {
        i++;
    }
    return n_bytes >= HEAD_BYTES_MIN && i < N_READERS;
}

static merit_status find(const merit__reader **out, merit__stream *stream,
                         merit_error *err)
{
    const char *name = merit__stream_name(stream);
    const unsigned char *head = NULL;
    size_t n_bytes = 0;
    merit_status status =
        merit__stream_peek(stream, MERIT__PEEK_BYTES, &head, &n_bytes, err);
    if (status != MERIT_OK) {
        return status;
    }
    if (n_bytes < HEAD_BYTES_MIN) {
        return merit__fail(err, MERIT_EFORMAT, "%s: needs at least %d bytes, has %zu",
                           name, HEAD_BYTES_MIN, n_bytes);
    }
    for (size_t i = 0; i < N_READERS; i++) {
        if (readers[i]->probe(head, n_bytes)) {
            *out = readers[i];
            return MERIT_OK;
        }
    }
    return fail_unknown(name, head, n_bytes, err);
}

merit_status merit__values_from(merit__values *out, merit__stream *stream,
                                const merit__request *request, merit_error *err)
{
    const merit__reader *reader = NULL;
    *out = (merit__values){.data = NULL};
    merit_status status = find(&reader, stream, err);
    return status == MERIT_OK ? reader->read(out, stream, request, err) : status;
}

merit_status merit__values_load(merit__values *out, const char *path,
                                const merit__request *request, merit_error *err)
{
    merit_status status = MERIT_OK;
    merit__stream *stream = NULL;
    *out = (merit__values){.data = NULL};
    MERIT_TRY(merit__stream_open(&stream, path, request->max_bytes, err));
    MERIT_TRY(merit__values_from(out, stream, request, err));

fail:
    merit__stream_close(stream);
    return status;
}
