#include "data/reader.h"

#include "data/npy_header.h"

static merit_status read_npy(merit__values *out, merit__stream *stream,
                             const merit__request *request, merit_error *err)
{
    merit__layout layout;
    merit_status status = merit__npy_header_read(&layout, stream, err);
    if (status != MERIT_OK) {
        return status;
    }
    return merit__values_read(out, stream, &layout, request, err);
}

const merit__reader merit__reader_npy = {
    .name = ".npy",
    .signature = "93 4E 55 4D 50 59",
    .probe = merit__npy_probe,
    .read = read_npy,
};
