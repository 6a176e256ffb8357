#include "data/archive_parts.h"

#include "base/fail.h"

enum { END_BYTES = 22, LOCATOR_BYTES = 20, END64_BYTES = 56 };

static const char sign_end[] = "PK\5\6";
static const char sign_end64[] = "PK\6\6";
static const char sign_locator[] = "PK\6\7";

// Where the mark of an end lies in the last 64 kB, to say what is wrong; 0 for nowhere.
static uint64_t find_end(merit__archive_reading *r)
{
    uint64_t n =
        r->size < MERIT__ARCHIVE_EXTRA_BYTES ? r->size : MERIT__ARCHIVE_EXTRA_BYTES;
    const unsigned char *found = NULL;
    if (merit__archive_bytes(r, r->extra, (size_t)n, r->size - n) == MERIT_OK) {
        found = memmem(r->extra, (size_t)n, sign_end, 4);
    }
    return found != NULL ? r->size - n + (uint64_t)(found - r->extra) : 0;
}

// The records of zip64 before the end, when there are any; *end becomes where they
// begin. What the end itself says must be the same, or left open by all bits set.
static merit_status read_end64(merit__archive_reading *r, const unsigned char *last,
                               uint64_t *end)
{
    unsigned char locator[LOCATOR_BYTES], record[END64_BYTES];
    merit_status status = MERIT_OK;
    if (*end < LOCATOR_BYTES) {
        return MERIT_OK;
    }
    MERIT_TRY(merit__archive_bytes(r, locator, sizeof locator, *end - LOCATOR_BYTES));
    if (!merit__has_sign(locator, sign_locator)) {
        return MERIT_OK;
    }
    uint64_t at = merit__get8(locator + 8);
    if (merit__get4(locator + 4) != 0 || *end - LOCATOR_BYTES < END64_BYTES ||
        at != *end - LOCATOR_BYTES - END64_BYTES) {
        return merit__archive_fail(r, *end - LOCATOR_BYTES,
                                   "its zip64 records are damaged");
    }
    MERIT_TRY(merit__archive_bytes(r, record, sizeof record, at));
    uint64_t n = merit__get8(record + 32);
    r->directory_at = merit__get8(record + 48);
    r->directory_end = at;
    int is_good = merit__has_sign(record, sign_end64) &&
                  merit__get8(record + 4) == END64_BYTES - 12 &&
                  merit__get4(record + 16) == 0 && merit__get4(record + 20) == 0 &&
                  merit__get8(record + 24) == n && r->directory_at <= at &&
                  merit__get8(record + 40) == at - r->directory_at &&
                  (merit__get2(last + 10) == 0xffff || merit__get2(last + 10) == n) &&
                  (merit__get4(last + 12) == UINT32_MAX ||
                   merit__get4(last + 12) == at - r->directory_at) &&
                  (merit__get4(last + 16) == UINT32_MAX ||
                   merit__get4(last + 16) == r->directory_at);
    if (!is_good) {
        return merit__archive_fail(r, at, "its zip64 records are damaged");
    }
    r->n = n < MERIT__MEMBERS_MAX ? (size_t)n : MERIT__MEMBERS_MAX + 1;
    *end = at;
fail:
    return status;
}

// The record at the very end, which says where the directory is.
merit_status merit__archive_end(merit__archive_reading *r)
{
    unsigned char last[END_BYTES];
    merit_status status = MERIT_OK;
    uint64_t end = r->size - END_BYTES;
    if (r->size < END_BYTES) {
        return merit__archive_fail(r, r->size,
                                   "it ends too early. Is the download complete?");
    }
    MERIT_TRY(merit__archive_bytes(r, last, sizeof last, end));
    if (!merit__has_sign(last, sign_end) || merit__get2(last + 20) != 0) {
        uint64_t found = find_end(r);
        return merit__archive_fail(
            r, r->size,
            found == 0
                ? "its directory, at the end, is missing. Is the download complete?"
            : found + END_BYTES > r->size
                ? "it ends too early. Is the download complete?"
                : "something follows its end, expected nothing there, not even a "
                  "comment");
    }
    uint64_t before = end;
    MERIT_TRY(read_end64(r, last, &end));
    if (end == before) {
        r->n = merit__get2(last + 10);
        r->directory_at = merit__get4(last + 16);
        r->directory_end = end;
        if (merit__get2(last + 8) != r->n || r->directory_at > end ||
            merit__get4(last + 12) != end - r->directory_at) {
            return merit__archive_fail(r, end,
                                       "its end and its directory do not agree");
        }
    }
    if (merit__get2(last + 4) != 0 || merit__get2(last + 6) != 0) {
        return merit__archive_fail(r, end,
                                   "a part of several, expected all in one file");
    }
    if (r->n > MERIT__MEMBERS_MAX) {
        return merit__fail(r->err, MERIT_ENOMEM,
                           "%s: the zip archive has more members than the limit of %d",
                           r->name, MERIT__MEMBERS_MAX);
    }
    return r->n > 0 ? MERIT_OK : merit__archive_fail(r, 0, "it has no members");
fail:
    return status;
}
