#include "data/sequences.h"

#include "base/alloc.h"
#include "base/fail.h"

void merit__records_dispose(merit__records *records)
{
    merit__free(records->codes);
    merit__free(records->start);
    merit__free(records->names);
    merit__free(records->name_at);
    merit__free(records->line);
    *records = (merit__records){.n = 0};
}

void merit__sequences_free(merit__sequences *sequences)
{
    if (sequences != NULL) {
        merit__records_dispose(&sequences->records);
        merit__free(sequences->key);
        merit__free(sequences->label);
        merit__free(sequences);
    }
}

static merit_status out_of_memory(size_t n_bytes, merit_error *err)
{
    return merit__fail_memory(err, n_bytes, "sequences");
}

merit_status merit__records_begin(merit__records *o, int64_t file_line,
                                  merit_error *err)
{
    void *start = o->start, *name_at = o->name_at, *line = o->line;
    size_t n = (size_t)o->n;
    int failed =
        merit__grow_array(&start, &o->start_room, n + 2, sizeof *o->start) ||
        merit__grow_array(&name_at, &o->name_at_room, n + 1, sizeof *o->name_at) ||
        merit__grow_array(&line, &o->line_room, n + 1, sizeof *o->line);
    o->start = start;
    o->name_at = name_at;
    o->line = line;
    if (failed) {
        return out_of_memory((n + 2) * sizeof *o->start, err);
    }
    o->start[n] = (int64_t)o->n_codes;
    o->start[n + 1] = (int64_t)o->n_codes;
    o->name_at[n] = (int64_t)o->n_names;
    o->line[n] = file_line;
    o->n++;
    return MERIT_OK;
}

merit_status merit__records_name(merit__records *o, char byte, merit_error *err)
{
    void *names = o->names;
    int failed = merit__grow_array(&names, &o->names_room, o->n_names + 1, 1);
    o->names = names;
    if (failed) {
        return out_of_memory(o->n_names + 1, err);
    }
    o->names[o->n_names++] = byte;
    return MERIT_OK;
}

merit_status merit__records_grow(merit__records *o, merit_error *err)
{
    void *codes = o->codes;
    int failed = merit__grow_array(&codes, &o->codes_room, o->n_codes + 1, 1);
    o->codes = codes;
    return failed ? out_of_memory(o->n_codes + 1, err) : MERIT_OK;
}

const char *merit__record_name(const merit__records *records, int64_t i)
{
    return records->names + records->name_at[i];
}

int64_t merit__record_length(const merit__records *records, int64_t i)
{
    return records->start[i + 1] - records->start[i];
}
