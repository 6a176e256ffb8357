#include "data/binary_rows.h"
#include "data/npy_header.h"

static merit_status open_npy(merit_rows *rows, merit_error *err)
{
    merit__layout layout;
    merit_status status = merit__npy_header_read(&layout, rows->stream, err);
    if (status != MERIT_OK) {
        return status;
    }
    return merit__binary_rows_open(rows, &layout, err);
}

const merit__rows_reader merit__rows_npy = {
    .name = ".npy",
    .probe = merit__npy_probe,
    .open = open_npy,
    .read = merit__binary_rows_read,
    .close = merit__binary_rows_close,
};
