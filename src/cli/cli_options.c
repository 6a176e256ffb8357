#include "cli_options.h"

#include "cli_help.h"
#include "cli_message.h"
#include "cli_nearest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_OPTIONS = 64 };

struct reading {
    const merit__options *options;
    void *settings;
    merit_error *err;
    merit_status status;
    int helped;
};

merit_status merit__options_unknown(const merit__options *options, const char *word,
                                    const char *dashes, merit_error *err)
{
    const char *names[MAX_OPTIONS];
    size_t n = 0;
    for (const struct argp_option *o = options->table; o->name != NULL; o++) {
        if (n < MAX_OPTIONS) {
            names[n++] = o->name;
        }
    }
    const char *nearest = merit__nearest(word, names, n);
    if (nearest == NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "unknown option %s%.60s; `%s --help` lists all", dashes,
                             word, options->program);
    }
    return merit__refuse(err, MERIT_EINVAL,
                         "unknown option %s%.60s; did you mean %s%s? `%s --help` lists "
                         "all",
                         dashes, word, dashes, nearest, options->program);
}

// Says what is wrong with a word that begins with two dashes, if anything is.
static merit_status examine_long(const merit__options *options, const char *word,
                                 merit_error *err)
{
    char name[64];
    size_t n = strcspn(word, "=");
    const struct argp_option *found = NULL;
    const struct argp_option *other = NULL;
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name), word);
    for (const struct argp_option *o = options->table; o->name != NULL; o++) {
        if (strncmp(o->name, word, n) != 0) {
            continue;
        }
        other = found;
        found = o;
        if (strlen(o->name) == n) {
            other = NULL;
            break;
        }
    }
    if (found == NULL) {
        return merit__options_unknown(options, name, "--", err);
    }
    if (other != NULL) {
        return merit__refuse(err, MERIT_EINVAL, "--%s could be --%s or --%s", name,
                             other->name, found->name);
    }
    if (found->arg != NULL && word[n] == '\0') {
        return merit__refuse(err, MERIT_EINVAL, "--%s needs a value: --%s %s",
                             found->name, found->name, found->arg);
    }
    if (found->arg == NULL && word[n] == '=') {
        return merit__refuse(err, MERIT_EINVAL, "--%s takes no value, found \"%.60s\"",
                             found->name, word + n + 1);
    }
    return MERIT_OK;
}

// Says what is wrong with a word of one-letter options, if anything is.
static merit_status examine_short(const merit__options *options, const char *word,
                                  merit_error *err)
{
    for (; *word != '\0'; word++) {
        const struct argp_option *o = options->table;
        while (o->name != NULL && o->key != *word) {
            o++;
        }
        if (o->name == NULL) {
            return merit__refuse(err, MERIT_EINVAL,
                                 "unknown option -%c; `%s --help` lists all", *word,
                                 options->program);
        }
        if (o->arg != NULL) {
            return word[1] != '\0'
                       ? MERIT_OK
                       : merit__refuse(err, MERIT_EINVAL, "-%c needs a value: -%c %s",
                                       *word, *word, o->arg);
        }
    }
    return MERIT_OK;
}

static merit_status examine(const merit__options *options, const char *word,
                            merit_error *err)
{
    if (word[0] != '-') {
        return MERIT_OK;
    }
    return word[1] == '-' ? examine_long(options, word + 2, err)
                          : examine_short(options, word + 1, err);
}

// argp stops after the word that it does not understand, or, among one-letter
// options, before it.
static void explain(struct reading *reading, const struct argp_state *state)
{
    for (int at = state->next - 1; at <= state->next && at < state->argc; at++) {
        if (at > 0 && reading->status == MERIT_OK) {
            reading->status = examine(reading->options, state->argv[at], reading->err);
        }
    }
    if (reading->status == MERIT_OK) {
        reading->status = merit__refuse(reading->err, MERIT_EINVAL,
                                        "wrong options; `%s --help` lists all",
                                        reading->options->program);
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct reading *reading = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
    case ARGP_KEY_NO_ARGS:
    case ARGP_KEY_END:
    case ARGP_KEY_SUCCESS:
    case ARGP_KEY_FINI:
        return 0;
    case ARGP_KEY_ARGS:
        return ARGP_ERR_UNKNOWN; // one by one, please
    case ARGP_KEY_ERROR:
        if (reading->status == MERIT_OK && !reading->helped) {
            explain(reading, state);
        }
        return 0;
    case 'h':
        merit__help_print(reading->options);
        reading->helped = 1;
        return ECANCELED;
    default:
        reading->status = reading->options->set(
            reading->settings, key == ARGP_KEY_ARG ? MERIT__ARGUMENT : key, value,
            reading->err);
        return reading->status == MERIT_OK ? 0 : ECANCELED;
    }
}

merit_status merit__options_read(const merit__options *options, int argc, char **argv,
                                 void *settings, int *helped, merit_error *err)
{
    struct argp argp = {.options = options->table, .parser = parse};
    struct reading reading = {
        .options = options, .settings = settings, .err = err, .status = MERIT_OK};
    error_t failure = argp_parse(
        &argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, &reading);
    *helped = reading.helped;
    if (failure == ENOMEM && reading.status == MERIT_OK) {
        return merit__refuse(err, MERIT_ENOMEM, "not enough memory for the options");
    }
    return reading.status;
}

merit_status merit__take_argument(const char **slots, size_t n, const char *value,
                                  merit_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (slots[i] == NULL) {
            slots[i] = value;
            return MERIT_OK;
        }
    }
    return merit__refuse(err, MERIT_EINVAL, "one argument too many: \"%.120s\"", value);
}
