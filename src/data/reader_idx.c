#include "data/reader.h"

#include "data/idx_header.h"

static merit_status read_idx(merit__values *out, merit__stream *stream,
                             const merit__request *request, merit_error *err)
{
    merit__layout layout;
    merit_status status = merit__idx_header_read(&layout, stream, err);
    if (status != MERIT_OK) {
        return status;
    }
    return merit__values_read(out, stream, &layout, request, err);
}

const merit__reader merit__reader_idx = {
    .name = "IDX",
    .signature = "00 00 08 03",
    .probe = merit__idx_probe,
    .read = read_idx,
};
