#include "data/fasta.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "data/record_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 65536, NAME_LIMIT = 1000, NONE = -1 };

/* A file being read. */
typedef struct fasta_reader {
    merit__records *out;
    merit__stream *stream;
    unsigned char chunk[CHUNK_BYTES];
    size_t at, end;
    int64_t line; // of the next byte, from 1
    int is_labels;
    merit_error *err;
} fasta_reader;

int merit__fasta_probe(const unsigned char *head, size_t n_bytes)
{
    size_t i = 0;
    if (n_bytes >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) {
        i = 3;
    }
    while (i < n_bytes && (head[i] == '\n' || head[i] == '\r')) {
        i++;
    }
    return i < n_bytes && (head[i] == '>' || head[i] == '@');
}

/* Looks at the next byte; NONE at the end. */
static merit_status look(fasta_reader *r, int *byte)
{
    if (r->at == r->end) {
        r->at = 0;
        merit_status status =
            merit__stream_read_some(r->stream, r->chunk, CHUNK_BYTES, &r->end, r->err);
        if (status != MERIT_OK) {
            r->end = 0;
            return status;
        }
        if (r->end == 0) {
            *byte = NONE;
            return MERIT_OK;
        }
    }
    *byte = r->chunk[r->at];
    return MERIT_OK;
}

static merit_status fail_line(const fasta_reader *r, int64_t line, const char *what)
{
    return merit__fail(r->err, MERIT_EFORMAT, "%s, line %" PRId64 ": %s",
                       merit__stream_name(r->stream), line, what);
}

/* Takes the byte that was looked at. */
static void take(fasta_reader *r)
{
    r->line += r->chunk[r->at] == '\n';
    r->at++;
}

/* A carriage return ends a line together with the line feed behind it. */
static merit_status take_return(fasta_reader *r)
{
    int byte = 0;
    take(r);
    merit_status status = look(r, &byte);
    if (status == MERIT_OK && byte != '\n' && byte != NONE) {
        return fail_line(r, r->line,
                         "a carriage return without a line feed; lines end in \\n or "
                         "\\r\\n");
    }
    return status;
}

/* A name as in PIR, such as P1;CRAB_ANAPL, where a line of text comes before the letters
 * and would be read as some. */
static int is_of_pir(const char *name)
{
    static const char *const kinds[] = {"P1;", "F1;", "DL;", "DC;", "RL;",
                                        "RC;", "N1;", "N3;", "XX;"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strncmp(name, kinds[i], 3) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Reads the header line behind its mark: the first word is the name. */
static merit_status read_header(fasta_reader *r)
{
    merit_status status = MERIT_OK;
    int byte = 0, is_name = 1;
    size_t n_name = 0;
    MERIT_TRY(merit__records_begin(r->out, r->line, r->err));
    for (;;) {
        MERIT_TRY(look(r, &byte));
        if (byte == NONE || byte == '\n') {
            break;
        }
        if (byte == '\0') {
            return fail_line(r, r->line, "a byte 0 in a header");
        }
        if (byte == '\r') {
            MERIT_TRY(take_return(r));
            continue;
        }
        is_name = is_name && byte != ' ' && byte != '\t';
        if (is_name) {
            if (++n_name > NAME_LIMIT) {
                return fail_line(r, r->line, "a name of more than 1000 bytes");
            }
            MERIT_TRY(merit__records_name(r->out, (char)byte, r->err));
        }
        take(r);
    }
    if (n_name == 0) {
        return fail_line(r, r->line, "a record without a name, expected >NAME");
    }
    MERIT_TRY(merit__records_name(r->out, '\0', r->err));
    if (is_of_pir(merit__record_name(r->out, r->out->n - 1))) {
        return fail_line(r, r->out->line[r->out->n - 1],
                         "this is PIR, with a line of text before the letters; expected "
                         "FASTA");
    }
    if (byte == '\n') {
        take(r);
    }
fail:
    return status;
}

/* Which record it is, for messages. */
static merit_status fail_record(const fasta_reader *r, const char *what)
{
    char name[60];
    const merit__records *o = r->out;
    merit__printable(name, sizeof name, merit__record_name(o, o->n - 1));
    return merit__fail(
        r->err, MERIT_EFORMAT, "%s, line %" PRId64 ": record %" PRId64 " (%s) %s",
        merit__stream_name(r->stream), o->line[o->n - 1], o->n, name, what);
}

static merit_status fail_byte(const fasta_reader *r, int byte)
{
    char name[60], shown[24];
    const merit__records *o = r->out;
    int64_t place = (int64_t)o->n_codes - o->start[o->n - 1] + 1;
    merit__printable(name, sizeof name, merit__record_name(o, o->n - 1));
    if (byte > ' ' && byte < 127) {
        snprintf(shown, sizeof shown, "\"%c\"", byte);
    } else {
        snprintf(shown, sizeof shown, "byte 0x%02x", (unsigned)byte);
    }
    return merit__fail(
        r->err, MERIT_EFORMAT,
        "%s, line %" PRId64 ": record %" PRId64 " (%s), letter %" PRId64
        ": %s is no %s",
        merit__stream_name(r->stream), r->line, o->n, name, place, shown,
        r->is_labels
            ? "label; labels are letters, digits or *, and - where there is none"
        : byte >= '0' && byte <= '9'
            ? "letter, gap or stop. Numbers as in GenBank files must go."
        : byte == '@' && o->is_fastq
            ? "letter, gap or stop. If this is SAM, samtools fastq turns it into FASTQ."
            : "letter, gap or stop.");
}

static merit_status add_letter(fasta_reader *r, int byte)
{
    int code = r->is_labels ? merit__code_of_label((unsigned char)byte)
                            : merit__code_of_byte((unsigned char)byte);
    if (code < 0) {
        return fail_byte(r, byte);
    }
    r->out->n_small += byte >= 'a' && byte <= 'z';
    return merit__records_add(r->out, code, r->err);
}

/* Reads letters up to a line that begins with one of `marks`, or the end. */
static merit_status read_letters(fasta_reader *r, const char *marks)
{
    merit_status status = MERIT_OK;
    merit__records *o = r->out;
    int byte = 0, is_first = 1;
    for (;;) {
        MERIT_TRY(look(r, &byte));
        if (byte == NONE || (is_first && byte != '\0' && strchr(marks, byte) != NULL)) {
            break;
        }
        is_first = byte == '\n';
        if (byte == '\r') {
            MERIT_TRY(take_return(r));
            continue;
        }
        if (byte != '\n' && byte != ' ' && byte != '\t') {
            MERIT_TRY(add_letter(r, byte));
        }
        take(r);
    }
    if (o->start[o->n] == o->start[o->n - 1]) {
        return fail_record(r, "has no letters");
    }
fail:
    return status;
}

/* Passes over the line of + and as many qualities as there are letters. */
static merit_status skip_qualities(fasta_reader *r)
{
    merit_status status = MERIT_OK;
    const merit__records *o = r->out;
    int64_t n = merit__record_length(o, o->n - 1), n_found = 0;
    int byte = 0;
    do {
        MERIT_TRY(look(r, &byte));
        if (byte == NONE) {
            return fail_record(r, "ends before its qualities");
        }
        take(r);
    } while (byte != '\n');
    while (n_found < n) {
        MERIT_TRY(look(r, &byte));
        if (byte == NONE) {
            return fail_record(r, "has fewer qualities than letters");
        }
        n_found += byte != '\n' && byte != '\r';
        take(r);
    }
    MERIT_TRY(look(r, &byte));
    if (byte != NONE && byte != '\n' && byte != '\r') {
        return fail_record(r, "does not have as many qualities as letters");
    }
fail:
    return status;
}

/* Passes over empty lines and a byte order mark; *byte is what comes then. */
static merit_status skip_empty(fasta_reader *r, int *byte)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(look(r, byte));
    if (r->line == 1 && *byte == 0xef && r->end - r->at >= 3 &&
        memcmp(r->chunk + r->at, "\xef\xbb\xbf", 3) == 0) {
        r->at += 3;
        MERIT_TRY(look(r, byte));
    }
    while (*byte == '\n' || *byte == '\r') {
        take(r);
        MERIT_TRY(look(r, byte));
    }
fail:
    return status;
}

static merit_status read_records(fasta_reader *r, int64_t n_most)
{
    merit_status status = MERIT_OK;
    merit__records *o = r->out;
    int byte = 0;
    MERIT_TRY(skip_empty(r, &byte));
    if (byte == NONE) {
        return merit__fail(r->err, MERIT_EFORMAT, "%s: is empty, expected sequences",
                           merit__stream_name(r->stream));
    }
    if (byte != '>' && byte != '@') {
        return fail_line(r, r->line,
                         "text before the first record; FASTA begins with >");
    }
    int mark = byte;
    o->is_fastq = mark == '@';
    while (byte == mark && (n_most == 0 || o->n < n_most)) {
        take(r);
        MERIT_TRY(read_header(r));
        MERIT_TRY(read_letters(r, o->is_fastq ? "+" : ">"));
        if (o->is_fastq) {
            MERIT_TRY(skip_qualities(r));
        }
        MERIT_TRY(skip_empty(r, &byte));
    }
    if (byte != NONE && byte != mark) {
        return fail_line(r, r->line, "expected @ and the name of the next record");
    }
fail:
    return status;
}

merit_status merit__fasta_read(merit__records *out, merit__stream *stream,
                               int64_t n_most, int is_labels, merit_error *err)
{
    *out = (merit__records){.n = 0};
    fasta_reader *r = merit__alloc_array(1, sizeof *r);
    if (r == NULL) {
        return merit__fail_memory(err, sizeof *r, "a reader");
    }
    r->out = out;
    r->stream = stream;
    r->line = 1;
    r->is_labels = is_labels;
    r->err = err;
    merit_status status = read_records(r, n_most);
    if (status == MERIT_OK) {
        status = merit__records_check_names(out, merit__stream_name(stream), err);
    }
    merit__free(r);
    return status;
}
