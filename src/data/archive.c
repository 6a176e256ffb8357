#include "data/archive.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/utf8.h"
#include "data/archive_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers are little-endian. A zip64 archive has two records more before the end, and
 * sizes that take 8 bytes in the extra fields.
 *
 *     +--------------+------+------------+-- ... --+-----------+-- ... --+-----+
 *     | local header | data | descriptor |         | directory |         | end |
 *     | + name       |      | (if flag 8 |         | entry     |         |     |
 *     | + extra      |      |  is set)   |         | + name .. |         |     |
 *     +--------------+------+------------+-- ... --+-----------+-- ... --+-----+
 */
enum {
    LOCAL_BYTES = 30,
    ENTRY_BYTES = 46,
    DESCRIPTOR_BYTES_MIN = 12,
    DESCRIPTOR_BYTES_MAX = 24,
    EXTRA_ZIP64 = 1,
    FLAG_ENCRYPTED = 1,
    FLAG_DESCRIPTOR = 8,
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8
};

static const char sign_local[] = "PK\3\4";
static const char sign_entry[] = "PK\1\2";
static const char sign_end[] = "PK\5\6";

/* What local header and directory entry both say of a member. */
typedef struct facts {
    unsigned flags, method;
    uint32_t crc;
    uint64_t n_packed, n_bytes;
    uint64_t at; // of the local header
    unsigned disk;
    size_t n_name, n_extra;
} facts;

int merit__archive_probe(const unsigned char *head, size_t n_bytes)
{
    return n_bytes >= 4 &&
           (merit__has_sign(head, sign_local) || merit__has_sign(head, sign_end));
}

merit_status merit__archive_fail(const merit__archive_reading *r, uint64_t at,
                                 const char *what)
{
    return merit__fail(r->err, MERIT_EFORMAT, "%s, byte %" PRIu64 ": zip archive: %s",
                       r->name, at, what);
}

static merit_status fail_member(const merit__archive_reading *r, merit_status code,
                                const char *what)
{
    char shown[80];
    return merit__fail(r->err, code, "%s: member \"%s\" of the zip archive %s", r->name,
                       merit__printable(shown, sizeof shown, r->member), what);
}

merit_status merit__archive_bytes(const merit__archive_reading *r, void *out, size_t n,
                                  uint64_t at)
{
    size_t n_read = 0;
    merit_status status =
        merit__file_read_at(r->fd, out, n, at, &n_read, r->name, r->err);
    if (status == MERIT_OK && n_read < n) {
        return merit__archive_fail(r, at + n_read,
                                   "it ends too early. Is the download complete?");
    }
    return status;
}

// Reads the sizes that the extra fields r->extra [n] have in place of all bits set.
static merit_status take_zip64(const merit__archive_reading *r, facts *f, size_t n)
{
    uint64_t *wanted[] = {&f->n_bytes, &f->n_packed, &f->at};
    const unsigned char *field = NULL;
    size_t n_field = 0;
    for (size_t at = 0; n - at >= 4 && field == NULL;) {
        n_field = merit__get2(r->extra + at + 2);
        if (n_field > n - at - 4) {
            break; // other programs' fields may be anything
        }
        field = merit__get2(r->extra + at) == EXTRA_ZIP64 ? r->extra + at + 4 : NULL;
        at += 4 + n_field;
    }
    for (size_t i = 0; i < 3; i++) {
        if (*wanted[i] != UINT32_MAX) {
            continue;
        }
        if (field == NULL || n_field < 8) {
            return fail_member(r, MERIT_EFORMAT, "lacks its zip64 sizes");
        }
        *wanted[i] = merit__get8(field);
        field += 8;
        n_field -= 8;
    }
    return MERIT_OK;
}

// What both kinds of header have from `at` on: flags to the length of the extra fields.
static facts take_facts(const unsigned char *at)
{
    return (facts){.flags = merit__get2(at),
                   .method = merit__get2(at + 2),
                   .crc = merit__get4(at + 8),
                   .n_packed = merit__get4(at + 12),
                   .n_bytes = merit__get4(at + 16),
                   .n_name = merit__get2(at + 20),
                   .n_extra = merit__get2(at + 22)};
}

// Names are for people to choose from; none of them ever becomes a path.
static merit_status check_name(const merit__archive_reading *r, size_t n)
{
    const char *name = r->member;
    int is_bad = n == 0 || strlen(name) != n || name[0] == '/' || !merit__is_utf8(name);
    for (size_t i = 0; i < n; i++) {
        is_bad |= (unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == '\\';
    }
    for (const char *part = name; part != NULL && !is_bad;) {
        is_bad = strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0');
        part = strchr(part, '/');
        part = part != NULL ? part + 1 : NULL;
    }
    return is_bad ? fail_member(r, MERIT_EFORMAT,
                                "has a name that no array has (a path, or bytes "
                                "that are no text)")
                  : MERIT_OK;
}

static merit_status read_name(merit__archive_reading *r, size_t n, uint64_t at)
{
    if (n > MERIT__ARCHIVE_NAME_BYTES) {
        return merit__archive_fail(r, at, "a name of more than 255 bytes");
    }
    memset(r->member, 0, sizeof r->member);
    return merit__archive_bytes(r, r->member, n, at);
}

static merit_status check_facts(const merit__archive_reading *r, const facts *f)
{
    if ((f->flags & FLAG_ENCRYPTED) != 0) {
        return fail_member(r, MERIT_EUNSUPPORTED, "is encrypted, expected plain data");
    }
    if (f->method != METHOD_STORED && f->method != METHOD_DEFLATED) {
        char what[80];
        snprintf(what, sizeof what,
                 "is packed by method %u, expected 0 (stored) or 8 "
                 "(deflated)",
                 f->method);
        return fail_member(r, MERIT_EUNSUPPORTED, what);
    }
    int is_stored = f->method == METHOD_STORED;
    if (f->n_packed > r->directory_at || f->at > r->directory_at || f->disk != 0 ||
        (is_stored ? f->n_bytes != f->n_packed
                   : f->n_bytes / MERIT__DEFLATE_RATIO > f->n_packed)) {
        return fail_member(r, MERIT_EFORMAT, "has sizes that cannot be");
    }
    return MERIT_OK;
}

// Compares the header before the data with the entry; *at becomes where data begin.
static merit_status check_local(merit__archive_reading *r, const facts *entry,
                                uint64_t *at)
{
    unsigned char header[LOCAL_BYTES];
    char name[MERIT__ARCHIVE_NAME_BYTES + 1];
    merit_status status = MERIT_OK;
    if (r->directory_at - entry->at < LOCAL_BYTES + entry->n_name) {
        return fail_member(r, MERIT_EFORMAT, "lies behind its directory");
    }
    MERIT_TRY(merit__archive_bytes(r, header, sizeof header, entry->at));
    facts local = take_facts(header + 6);
    int is_good = merit__has_sign(header, sign_local) &&
                  local.n_name == entry->n_name && local.method == entry->method &&
                  (local.flags & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR)) ==
                      (entry->flags & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR));
    if (is_good) {
        MERIT_TRY(
            merit__archive_bytes(r, name, entry->n_name, entry->at + LOCAL_BYTES));
        MERIT_TRY(merit__archive_bytes(r, r->extra, local.n_extra,
                                       entry->at + LOCAL_BYTES + entry->n_name));
        is_good = memcmp(name, r->member, entry->n_name) == 0;
    }
    // With a descriptor the sizes come after the data, and are the directory's to say.
    if (is_good && (entry->flags & FLAG_DESCRIPTOR) == 0) {
        MERIT_TRY(take_zip64(r, &local, local.n_extra));
        is_good = local.crc == entry->crc && local.n_packed == entry->n_packed &&
                  local.n_bytes == entry->n_bytes;
    }
    if (!is_good) {
        return fail_member(r, MERIT_EFORMAT,
                           "has a header that differs from the directory");
    }
    *at = entry->at + LOCAL_BYTES + entry->n_name + local.n_extra;
fail:
    return status;
}

// Adds the member of an entry whose name is in r->member.
static merit_status add_member(merit__archive_reading *r, const facts *f)
{
    merit_status status = MERIT_OK;
    uint64_t at = 0;
    size_t place = 0, i = r->out->names.names.n;
    MERIT_TRY(check_name(r, f->n_name));
    MERIT_TRY(check_facts(r, f));
    MERIT_TRY(check_local(r, f, &at));
    r->out->members[i] = (merit__member){.at = at,
                                         .n_packed = f->n_packed,
                                         .n_bytes = f->n_bytes,
                                         .crc = f->crc,
                                         .is_deflated = f->method == METHOD_DEFLATED};
    r->extents[i] =
        (merit__extent){.begin = f->at,
                        .end = at + f->n_packed,
                        .has_descriptor = (f->flags & FLAG_DESCRIPTOR) != 0};
    size_t n = f->n_name;
    n -= n > 4 && strcmp(r->member + n - 4, ".npy") == 0 ? 4 : 0;
    MERIT_TRY(merit__name_set_add(&r->out->names, r->member, n, &place, r->err));
    if (place != i) {
        return fail_member(r, MERIT_EFORMAT, "is there twice");
    }
fail:
    return status;
}

static merit_status read_entry(merit__archive_reading *r, uint64_t *at)
{
    unsigned char entry[ENTRY_BYTES];
    merit_status status = MERIT_OK;
    if (r->directory_end - *at < ENTRY_BYTES) {
        return merit__archive_fail(r, *at, "its directory ends too early");
    }
    MERIT_TRY(merit__archive_bytes(r, entry, sizeof entry, *at));
    facts f = take_facts(entry + 8);
    f.disk = merit__get2(entry + 34);
    f.at = merit__get4(entry + 42);
    size_t n_rest = f.n_name + f.n_extra + merit__get2(entry + 32);
    if (!merit__has_sign(entry, sign_entry) ||
        r->directory_end - *at - ENTRY_BYTES < n_rest) {
        return merit__archive_fail(r, *at, "its directory is damaged");
    }
    MERIT_TRY(read_name(r, f.n_name, *at + ENTRY_BYTES));
    MERIT_TRY(
        merit__archive_bytes(r, r->extra, f.n_extra, *at + ENTRY_BYTES + f.n_name));
    MERIT_TRY(take_zip64(r, &f, f.n_extra));
    MERIT_TRY(add_member(r, &f));
    *at += ENTRY_BYTES + n_rest;
fail:
    return status;
}

static int compare_extents(const void *a, const void *b)
{
    const merit__extent *left = a, *right = b;
    return (left->begin > right->begin) - (left->begin < right->begin);
}

// Members must follow each other from byte 0 to the directory: what overlaps could
// unpack to any size, what lies between could be another archive.
static merit_status check_extents(const merit__archive_reading *r)
{
    uint64_t at = 0;
    int has_descriptor = 0;
    qsort(r->extents, r->n, sizeof *r->extents, compare_extents);
    for (size_t i = 0; i <= r->n; i++) {
        uint64_t begin = i < r->n ? r->extents[i].begin : r->directory_at;
        if (begin < at) {
            return merit__archive_fail(r, begin, "its members overlap");
        }
        int is_good = has_descriptor ? begin - at >= DESCRIPTOR_BYTES_MIN &&
                                           begin - at <= DESCRIPTOR_BYTES_MAX
                                     : begin == at;
        if (!is_good) {
            return merit__archive_fail(r, at, "bytes that belong to no member");
        }
        if (i < r->n) {
            at = r->extents[i].end;
            has_descriptor = r->extents[i].has_descriptor;
        }
    }
    return MERIT_OK;
}

static merit_status read_directory(merit__archive_reading *r)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__archive_end(r));
    r->out->members = merit__alloc_array(r->n, sizeof *r->out->members);
    r->extents = merit__alloc_array(r->n, sizeof *r->extents);
    if (r->out->members == NULL || r->extents == NULL) {
        return merit__fail_memory(r->err, r->n * sizeof *r->out->members, r->name);
    }
    uint64_t at = r->directory_at;
    for (size_t i = 0; i < r->n; i++) {
        MERIT_TRY(read_entry(r, &at));
    }
    if (at != r->directory_end) {
        return merit__archive_fail(r, at,
                                   "its directory has more entries than its end says");
    }
    MERIT_TRY(check_extents(r));
fail:
    return status;
}

merit_status merit__archive_read(merit__archive *out, int fd, uint64_t size,
                                 const char *name, merit_error *err)
{
    *out = (merit__archive){.members = NULL};
    merit__archive_reading *r = merit__alloc_array(1, sizeof *r);
    if (r == NULL) {
        return merit__fail_memory(err, sizeof *r, name);
    }
    r->fd = fd;
    r->size = size;
    r->name = name;
    r->out = out;
    r->err = err;
    merit_status status = read_directory(r);
    merit__free(r->extents);
    merit__free(r);
    return status;
}

void merit__archive_dispose(merit__archive *archive)
{
    merit__name_set_dispose(&archive->names);
    merit__free(archive->members);
    *archive = (merit__archive){.members = NULL};
}
