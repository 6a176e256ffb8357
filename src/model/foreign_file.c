#include "model/foreign_file.h"

#include <string.h>

typedef struct file_kind {
    size_t offset;
    size_t n;
    const char *magic; // [n]
    const char *name;
} file_kind;

static const file_kind file_kinds[] = {
    {0, 4, "PK\003\004", "a zip archive (PyTorch .pt, .npz or Keras)"},
    {0, 2, "\x1f\x8b", "gzip data"},
    {0, 8, "\211HDF\r\n\032\n", "an HDF5 file (Keras .h5)"},
    {0, 4, "GGUF", "a GGUF file"},
    {0, 6, "\223NUMPY", "a NumPy .npy file"},
    {0, 5, "%PDF-", "a PDF document"},
    {0, 5, "<html", "a web page"},
    {0, 9, "<!doctype", "a web page"},
    {0, 9, "<!DOCTYPE", "a web page"},
    {0, 11, "version htt", "a Git LFS pointer; the file itself was not fetched"},
    {0, 4, "\177ELF", "a program"},
    {4, 4, "TFL3", "a TensorFlow Lite file"},
};

// A pickle (old .pt) begins with the opcode PROTO and the protocol's number.
static int is_pickle(const unsigned char *bytes, size_t n)
{
    return n >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

// ONNX is a protobuf message: field 1, the version, as one small number, then most
// often the producer's name (field 2) or the domain, documentation, graph or operators.
static int is_onnx(const unsigned char *bytes, size_t n)
{
    return n >= 3 && bytes[0] == 0x08 && bytes[1] >= 1 && bytes[1] < 32 &&
           (bytes[2] == 0x12 || bytes[2] == 0x22 || bytes[2] == 0x32 ||
            bytes[2] == 0x3a || bytes[2] == 0x42);
}

const char *merit__foreign_file(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof file_kinds / sizeof file_kinds[0]; i++) {
        const file_kind *kind = &file_kinds[i];
        if (n >= kind->offset + kind->n &&
            memcmp(bytes + kind->offset, kind->magic, kind->n) == 0) {
            return kind->name;
        }
    }
    if (is_pickle(bytes, n)) {
        return "a Python pickle (old PyTorch .pt), which can run code when it is read";
    }
    if (is_onnx(bytes, n)) {
        return "an ONNX file";
    }
    if (n >= 1 && bytes[0] == '{') {
        return "JSON text";
    }
    return NULL;
}
