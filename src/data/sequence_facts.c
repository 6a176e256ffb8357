/* What a data set of sequences tells of itself and of its examples. */
#include "data/dataset.h"

merit_task merit_dataset_task(const merit_dataset *data)
{
    return data->windows != NULL ? data->storage->sequences->task : MERIT_TASK_NONE;
}

double merit_dataset_hidden_share(const merit_dataset *data)
{
    return merit_dataset_task(data) == MERIT_TASK_MASKED
               ? data->storage->sequences->hidden_share
               : 0;
}

const char *merit_dataset_alphabet(const merit_dataset *data)
{
    return data->windows != NULL ? data->storage->sequences->alphabet->name : NULL;
}

void merit_dataset_sequences(const merit_dataset *data, int64_t *n_sequences,
                             int64_t *n_letters)
{
    int is_some = data->windows != NULL;
    *n_sequences = is_some ? data->storage->sequences->records.n : 0;
    *n_letters = is_some ? (int64_t)data->storage->sequences->records.n_codes : 0;
}

void merit_dataset_lengths(const merit_dataset *data, int64_t *shortest,
                           int64_t *longest)
{
    *shortest = *longest = 0;
    for (int64_t i = 0;
         data->windows != NULL && i < data->storage->sequences->records.n; i++) {
        int64_t n = merit__record_length(&data->storage->sequences->records, i);
        *shortest = i == 0 || n < *shortest ? n : *shortest;
        *longest = n > *longest ? n : *longest;
    }
}

const char *merit_dataset_sequence(const merit_dataset *data, int64_t i, int64_t *place)
{
    if (data->windows == NULL || i < 0 || i >= data->n) {
        return NULL;
    }
    const merit__sequences *s = data->storage->sequences;
    const merit__window *w = &data->windows[merit__dataset_window(data, i)];
    *place = s->task == MERIT_TASK_SEQUENCE ? 0 : w->start + data->places[i] + 1;
    return merit__record_name(&s->records, w->record);
}

int64_t merit_dataset_context(const merit_dataset *data, int64_t i, int64_t around,
                              char *text, int32_t *cut)
{
    text[0] = '\0';
    *cut = 0;
    if (data->windows == NULL || i < 0 || i >= data->n) {
        return -1;
    }
    const merit__sequences *s = data->storage->sequences;
    const merit__window *w = &data->windows[merit__dataset_window(data, i)];
    const uint8_t *codes = s->records.codes + s->records.start[w->record];
    const int64_t length = merit__record_length(&s->records, w->record);
    const int is_whole = s->task == MERIT_TASK_SEQUENCE;
    const int64_t place = is_whole ? around : w->start + data->places[i];
    const int64_t from = place > around ? place - around : 0;
    const int64_t end = place + around < length ? place + around + 1 : length;
    for (int64_t t = from; t < end; t++) {
        int is_asked = t == place || s->task != MERIT_TASK_MASKED;
        *text++ = !is_asked && merit__letter_is_hidden(s, w->record, t)
                      ? '?'
                      : merit__byte_of_code(codes[t]);
    }
    *text = '\0';
    *cut = (from > 0 ? 1 : 0) | (end < length ? 2 : 0);
    return is_whole ? -1 : place - from;
}
