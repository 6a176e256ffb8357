#include "data/sequences.h"

#include "base/alloc.h"

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

const char *merit__record_name(const merit__records *records, int64_t i)
{
    return records->names + records->name_at[i];
}

int64_t merit__record_length(const merit__records *records, int64_t i)
{
    return records->start[i + 1] - records->start[i];
}
