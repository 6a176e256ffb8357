#include "cli_loss_list.h"

#include "cli_message.h"
#include "cli_number.h"
#include "merit/loss.h"

#include <stdio.h>
#include <string.h>

// Bytes until the first of `separator` outside parentheses, or the end.
static size_t part_bytes(const char *text, char separator)
{
    int depth = 0;
    size_t n = 0;
    while (text[n] != '\0' && (text[n] != separator || depth > 0)) {
        depth += (text[n] == '(') - (text[n] == ')' && depth > 0);
        n++;
    }
    return n;
}

// The percentage in "loss:60%"; 0 when there is none.
static double share_of(const char *part, size_t n)
{
    char number[32];
    double share = 0;
    while (n > 0 && part[n - 1] == ' ') {
        n--;
    }
    if (n == 0 || part[n - 1] != '%') {
        return 0;
    }
    size_t from = n - 1;
    while (from > 0 && part[from - 1] != ':') {
        from--;
    }
    size_t n_number = n - 1 - from;
    if (from == 0 || n_number >= sizeof number) {
        return 0;
    }
    memcpy(number, part + from, n_number);
    number[n_number] = '\0';
    return merit__parse_number(&share, number) && share > 0 ? share : 0;
}

// Bytes of the first loss of a list that commas separate.
static size_t loss_bytes(const char *text)
{
    double shares = 0;
    size_t n = 0;
    for (;;) {
        size_t n_part = part_bytes(text + n, ',');
        double share = share_of(text + n, n_part);
        n += n_part;
        shares += share;
        if (text[n] == '\0' || share <= 0 || shares >= 100) {
            return n;
        }
        n++;
    }
}

static merit_status add(merit__loss_list *list, const char *text, size_t n,
                        merit_error *err)
{
    while (n > 0 && text[0] == ' ') {
        text++;
        n--;
    }
    while (n > 0 && text[n - 1] == ' ') {
        n--;
    }
    if (n == 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--loss: expected a loss between two separators");
    }
    for (int64_t i = 0; i < list->n; i++) {
        if (strlen(list->losses[i]) == n && memcmp(list->losses[i], text, n) == 0) {
            return MERIT_OK;
        }
    }
    if (list->n == MERIT__MAX_LOSSES || n >= MERIT__LOSS_BYTES) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--loss: at most %d losses of at most %d bytes",
                             MERIT__MAX_LOSSES, MERIT__LOSS_BYTES - 1);
    }
    snprintf(list->losses[list->n++], MERIT__LOSS_BYTES, "%.*s", (int)n, text);
    return MERIT_OK;
}

static merit_status add_all(merit__loss_list *list, merit_error *err)
{
    merit_status status = add(list, "auto", strlen("auto"), err);
    for (int64_t i = 0; status == MERIT_OK && i < merit_loss_count(); i++) {
        const char *name = merit_loss_describe(i)->name;
        status = add(list, name, strlen(name), err);
    }
    return status;
}

merit_status merit__loss_list_add(merit__loss_list *list, const char *text,
                                  merit_error *err)
{
    const int has_semicolons = text[part_bytes(text, ';')] != '\0';
    for (;;) {
        size_t n = has_semicolons ? part_bytes(text, ';') : loss_bytes(text);
        merit_status status = n == strlen("all") && memcmp(text, "all", n) == 0
                                  ? add_all(list, err)
                                  : add(list, text, n, err);
        if (status != MERIT_OK || text[n] == '\0') {
            return status;
        }
        text += n + 1;
    }
}
