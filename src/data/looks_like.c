#include "data/looks_like.h"

#include <string.h>

typedef struct look {
    const char *magic;
    size_t n_bytes;
    const char *words;
} look;

static const look looks[] = {
    {"\x89PNG", 4, "a PNG image"},
    {"\xff\xd8\xff", 3, "a JPEG image"},
    {"GIF8", 4, "a GIF image"},
    {"II*\0", 4, "a TIFF image"},
    {"MM\0*", 4, "a TIFF image"},
    {"RIFF", 4, "a WebP image or another RIFF file"},
    {"PK\3\4", 4, "a zip archive within something; give it as a file of its own"},
    {"PK\5\6", 4, "a zip archive within something; give it as a file of its own"},
    {"\x1f\x8b", 2, "gzip within gzip; gunzip it once"},
    {"BZh", 3, "bzip2 data; bunzip2 it"},
    {"\xfd"
     "7zXZ",
     5, "xz data; unxz it"},
    {"\x28\xb5\x2f\xfd", 4, "zstd data; unzstd it"},
    {"\x89HDF", 4, "an HDF5 file"},
    {"%PDF", 4, "a PDF document"},
    {"PAR1", 4, "a Parquet file; save the table as CSV, arrays as .npy"},
    {"CDF\1", 4, "a netCDF file; save the spectra as CSV or .npy"},
    {"CDF\2", 4, "a netCDF file; save the spectra as CSV or .npy"},
    {"MATLAB 5.0", 10, "a MATLAB file; save arrays as .npy"},
    {"SQLite format 3", 15, "an SQLite database; save a table as CSV"},
    {"RDX", 3, "a file of R; save the table with write.csv"},
    {"##TITLE", 7, "a JCAMP-DX spectrum; save spectra as CSV, one to a line"},
    {"\xd0\xcf\x11\xe0", 4, "an old Office document (Excel?); save the sheet as CSV"},
    {"\x80\x02", 2, "a Python pickle (it can run code)"},
    {"\x80\x03", 2, "a Python pickle (it can run code)"},
    {"\x80\x04", 2, "a Python pickle (it can run code)"},
    {"\x80\x05", 2, "a Python pickle (it can run code)"},
    {"\xff\xfe", 2, "text in UTF-16; save it as UTF-8"},
    {"\xfe\xff", 2, "text in UTF-16; save it as UTF-8"},
    {"version https://git-lfs", 23, "a Git LFS pointer; run git lfs pull"},
};

static int is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static unsigned char to_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

// Whether the text begins with `word`, in lower case, after blanks.
static int begins_with(const unsigned char *text, size_t n, const char *word)
{
    size_t at = 0;
    while (at < n && is_space(text[at])) {
        at++;
    }
    for (; *word != '\0'; word++, at++) {
        if (at >= n || to_lower(text[at]) != (unsigned char)*word) {
            return 0;
        }
    }
    return 1;
}

// No control bytes but blanks, and no byte that text in UTF-8 cannot have.
static int is_text(const unsigned char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((text[i] < ' ' && !is_space(text[i])) || text[i] == 0x7f ||
            text[i] >= 0xf5) {
            return 0;
        }
    }
    return 1;
}

// Formats that are not told by their first bytes alone.
static const char *other_picture(const unsigned char *head, size_t n_bytes)
{
    static const unsigned char reserved[4] = {0};
    if (n_bytes >= 10 && memcmp(head, "BM", 2) == 0 &&
        memcmp(head + 6, reserved, sizeof reserved) == 0) {
        return "a BMP image";
    }
    if (n_bytes >= 12 && memcmp(head + 4, "ftyp", 4) == 0) {
        return memcmp(head + 8, "avi", 3) == 0 ? "an AVIF image"
               : memcmp(head + 8, "hei", 3) == 0 || memcmp(head + 8, "mif1", 4) == 0
                   ? "a HEIC image"
                   : "an MP4 film or a relative of it";
    }
    return NULL;
}

const char *merit__looks_like(const unsigned char *head, size_t n_bytes)
{
    const char *picture = other_picture(head, n_bytes);
    if (picture != NULL) {
        return picture;
    }
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (n_bytes >= looks[i].n_bytes &&
            memcmp(head, looks[i].magic, looks[i].n_bytes) == 0) {
            return looks[i].words;
        }
    }
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    if (n_bytes >= 3 && memcmp(head, byte_order_mark, 3) == 0) {
        head += 3;
        n_bytes -= 3;
    }
    if (begins_with(head, n_bytes, "<!doctype html") ||
        begins_with(head, n_bytes, "<html") || begins_with(head, n_bytes, "<head")) {
        return "an HTML page (an error page instead of the download?)";
    }
    if (begins_with(head, n_bytes, "<?xml")) {
        return "XML (mzML?); save spectra as CSV, one to a line";
    }
    return is_text(head, n_bytes) ? "text" : NULL;
}
