#include "loss/loss_def.h"

#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/suggest.h"

enum { WORD_BYTES = 64 }; // of a user's word in a message

// A stretch of the specification.
typedef struct piece {
    const char *text;
    size_t n;
} piece;

static piece trim(piece p)
{
    while (p.n > 0 && (p.text[0] == ' ' || p.text[0] == '\t')) {
        p.text++;
        p.n--;
    }
    while (p.n > 0 && (p.text[p.n - 1] == ' ' || p.text[p.n - 1] == '\t')) {
        p.n--;
    }
    return p;
}

static int is_word(piece p, const char *word)
{
    return p.n == strlen(word) && memcmp(p.text, word, p.n) == 0;
}

// Cuts `whole` at the first `separator`, which goes to neither side. Without one
// all of it is the left side, and the result is 0.
static int cut(piece whole, const char *separator, piece *left, piece *right)
{
    const size_t n = strlen(separator);
    for (size_t i = 0; i + n <= whole.n; i++) {
        if (memcmp(whole.text + i, separator, n) == 0) {
            *left = trim((piece){whole.text, i});
            *right = trim((piece){whole.text + i + n, whole.n - i - n});
            return 1;
        }
    }
    *left = trim(whole);
    *right = (piece){whole.text + whole.n, 0};
    return 0;
}

// The piece as a string, cut to fit a message.
static const char *word_of(char word[WORD_BYTES], piece p)
{
    size_t n = p.n < WORD_BYTES - 1 ? p.n : WORD_BYTES - 1;
    memcpy(word, p.text, n);
    word[n] = '\0';
    return word;
}

static const char *loss_name(const void *context, size_t index)
{
    (void)context;
    return merit_loss_describe((int64_t)index)->name;
}

static const char *parameter_name(const void *info, size_t index)
{
    return ((const merit_loss_info *)info)->parameters[index].name;
}

// " a, b, c" of the names, as many as fit.
static const char *join_names(char *out, size_t out_bytes,
                              const char *(*name)(const void *, size_t),
                              const void *context, size_t n)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const char *mark = i == 0 ? " " : ", ";
        size_t n_name = strlen(name(context, i));
        if (used + strlen(mark) + n_name >= out_bytes) {
            break;
        }
        memcpy(out + used, mark, strlen(mark));
        used += strlen(mark);
        memcpy(out + used, name(context, i), n_name + 1);
        used += n_name;
    }
    return out;
}

static merit_status fail_name(piece name, merit_error *err)
{
    char word[WORD_BYTES];
    const size_t n = (size_t)merit_loss_count();
    const char *nearest = merit__suggest(word_of(word, name), loss_name, NULL, n);
    if (nearest != NULL) {
        return merit__fail(err, MERIT_EINVAL, "unknown loss \"%s\"; did you mean %s?",
                           word, nearest);
    }
    return merit__fail(err, MERIT_EINVAL,
                       "unknown loss \"%s\"; `merit loss` lists all %zu", word, n);
}

static merit_status fail_parameter(const merit_loss_info *info, piece name,
                                   merit_error *err)
{
    char word[WORD_BYTES];
    char names[192];
    const size_t n = (size_t)info->n_parameters;
    const char *nearest = merit__suggest(word_of(word, name), parameter_name, info, n);
    if (nearest != NULL) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s has no parameter \"%s\"; did you mean %s?", info->name,
                           word, nearest);
    }
    return merit__fail(
        err, MERIT_EINVAL, "%s has no parameter \"%s\"; it has%s", info->name, word,
        n == 0 ? " none" : join_names(names, sizeof names, parameter_name, info, n));
}

static merit_status parse_number(double *out, const merit_loss_info *info,
                                 const merit_loss_parameter *parameter, piece text,
                                 merit_error *err)
{
    if (merit__parse_double(text.text, text.n, out) != 0 || *out < parameter->low ||
        *out > parameter->high) {
        char word[WORD_BYTES];
        return merit__fail(err, MERIT_EINVAL,
                           "%s: %s is \"%s\", expected a number from %g to %g",
                           info->name, parameter->name, word_of(word, text),
                           parameter->low, parameter->high);
    }
    return MERIT_OK;
}

// One `name=value` or `name=first..last`.
static merit_status parse_parameter(merit_loss *loss, piece text, merit_error *err)
{
    merit_status status = MERIT_OK;
    const merit_loss_info *info = &loss->def->info;
    char word[WORD_BYTES];
    piece name, value, first, last;
    if (!cut(text, "=", &name, &value)) {
        return merit__fail(err, MERIT_EINVAL, "%s: found \"%s\", expected name=value",
                           info->name, word_of(word, text));
    }
    int64_t i = 0;
    while (i < info->n_parameters && !is_word(name, info->parameters[i].name)) {
        i++;
    }
    if (i == info->n_parameters) {
        return fail_parameter(info, name, err);
    }
    const merit_loss_parameter *parameter = &info->parameters[i];
    if ((loss->given >> i & 1) != 0) {
        return merit__fail(err, MERIT_EINVAL, "%s: %s is given twice", info->name,
                           parameter->name);
    }
    loss->given |= 1u << i;
    if (!cut(value, "..", &first, &last)) {
        last = first;
    } else if (!parameter->moves) {
        return merit__fail(err, MERIT_EINVAL,
                           "%s: %s does not move, expected one number", info->name,
                           parameter->name);
    }
    MERIT_TRY(parse_number(&loss->first[i], info, parameter, first, err));
    MERIT_TRY(parse_number(&loss->last[i], info, parameter, last, err));
fail:
    return status;
}

static merit_status parse_name(merit_loss *loss, piece name, merit_error *err)
{
    for (int64_t i = 0; i < merit_loss_count(); i++) {
        const merit_loss_def *def = merit__loss_def_at(i);
        if (!is_word(name, def->info.name)) {
            continue;
        }
        loss->def = def;
        for (int64_t k = 0; k < def->info.n_parameters; k++) {
            loss->first[k] = def->info.parameters[k].initial;
            loss->last[k] = def->last != NULL ? def->last[k] : loss->first[k];
        }
        return MERIT_OK;
    }
    return fail_name(name, err);
}

merit_status merit__loss_parse(merit_loss *loss, const char *spec, size_t n,
                               merit_error *err)
{
    merit_status status = MERIT_OK;
    char word[WORD_BYTES];
    piece whole = trim((piece){spec, n});
    piece name, rest, parameter;
    int has_parameters = cut(whole, "(", &name, &rest);
    MERIT_TRY(parse_name(loss, name, err));
    if (!has_parameters) {
        return MERIT_OK;
    }
    if (rest.n == 0 || rest.text[rest.n - 1] != ')') {
        return merit__fail(err, MERIT_EINVAL, "\"%s\": expected a ) at the end",
                           word_of(word, whole));
    }
    rest.n--;
    rest = trim(rest);
    while (rest.n > 0) {
        cut(rest, ",", &parameter, &rest);
        MERIT_TRY(parse_parameter(loss, parameter, err));
    }
fail:
    return status;
}
