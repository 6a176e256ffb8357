#include "cli_compare_settings.h"

#include "cli_message.h"
#include "cli_number.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    OPTION_SEEDS = MERIT__OPTION_OWN,
    OPTION_TEST,
    OPTION_TEST_LABELS,
    OPTION_SHOW,
    OPTION_JSON
};

static const struct argp_option table[] = {
    MERIT__SCORES_OPTIONS,
    {"output", 'o', "DIR", 0, "The directory of the comparison, made or continued", 1},
    {"test", OPTION_TEST, "FRACTION|DATA", 0,
     "The share of DATA kept from all runs and measured on, or other data for that "
     "(default: 0.2)",
     2},
    {"test-labels", OPTION_TEST_LABELS, "FILE", 0,
     "Labels of the data of --test; otherwise they are looked for beside it", 2},
    MERIT__TRAINING_DATA_OPTIONS,
    {"loss", 'l', "LOSS,LOSS,...", 0,
     "What to compare: losses of `merit loss`, stage lists, auto, all; can be repeated",
     3},
    MERIT__TRAINING_COURSE_OPTIONS,
    {"seeds", OPTION_SEEDS, "N|A,B,...", 0,
     "How many seeds, from 1, or which ones (default: 3)", 5},
    MERIT__TRAINING_ENGINE_OPTIONS,
    {"show", OPTION_SHOW, "DIR", 0, "Print what DIR has so far, train nothing", 6},
    {"json", OPTION_JSON, NULL, 0, "Print a JSON record", 6},
    MERIT__TRAINING_CHECKPOINT_OPTION,
    MERIT__TRAINING_LAST_OPTIONS,
};

static merit_status set_test(merit__compare_settings *settings, const char *value,
                             merit_error *err)
{
    double share = 0;
    settings->test_path = NULL;
    settings->test = 0;
    if (!merit__parse_number(&share, value)) {
        settings->test_path = value;
        return MERIT_OK;
    }
    if (share <= 0 || share >= 1) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--test: expected a share above 0 and below 1, or a data "
                             "file, found \"%.60s\"",
                             value);
    }
    settings->test = share;
    return MERIT_OK;
}

// "3" is how many, "1,5,9" is which ones, and so is "7,".
static merit_status set_seeds(merit__compare_settings *settings, const char *value,
                              merit_error *err)
{
    merit_status status = MERIT_OK;
    settings->n_seeds = 0;
    if (strchr(value, ',') == NULL) {
        MERIT_TRY(merit__read_count(&settings->n_seeds, "--seeds", value, 1,
                                    MERIT__MAX_SEEDS, err));
        for (int64_t s = 0; s < settings->n_seeds; s++) {
            settings->seeds[s] = (uint64_t)s + 1;
        }
        return MERIT_OK;
    }
    while (*value != '\0') {
        char word[32];
        int64_t seed = 0;
        size_t n = strcspn(value, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word),
                 value);
        MERIT_TRY(merit__read_count(&seed, "--seeds", word, 1, INT64_MAX, err));
        if (settings->n_seeds == MERIT__MAX_SEEDS) {
            return merit__refuse(err, MERIT_EINVAL, "--seeds: more than %d seeds",
                                 MERIT__MAX_SEEDS);
        }
        settings->seeds[settings->n_seeds++] = (uint64_t)seed;
        value += n + (value[n] == ',');
    }

fail:
    return status;
}

static merit_status add_losses(merit__compare_settings *settings, const char *value,
                               merit_error *err)
{
    if (settings->losses_in_file && !settings->shared.in_file) {
        settings->losses.n = 0; // the command line wins
    }
    settings->losses_in_file = settings->shared.in_file;
    return merit__loss_list_add(&settings->losses, value, err);
}

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    merit__compare_settings *settings = payload;
    switch (key) {
    case 'o':
        settings->directory = value;
        return MERIT_OK;
    case 'l':
        return add_losses(settings, value, err);
    case OPTION_SEEDS:
        return set_seeds(settings, value, err);
    case OPTION_TEST:
        return set_test(settings, value, err);
    case OPTION_TEST_LABELS:
        settings->test_labels = value;
        return MERIT_OK;
    case OPTION_SHOW:
        settings->show = value;
        return MERIT_OK;
    case OPTION_JSON:
        settings->json = 1;
        return MERIT_OK;
    default:
        return merit__training_option(&settings->shared, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit compare",
    .arguments = "DATA -l LOSSES -o DIR",
    .text =
        "Trains each loss with each seed on the same data and says which earns the "
        "most on examples that no run has seen, or that this cannot be told.\v"
        "In a list of losses, a part with a share goes on with the next one: "
        "`cross-entropy:60%,expected-score,auto` are two losses. Stages without shares "
        "need semicolons between losses, `cross-entropy,expected-score;auto`, or a -l "
        "each. "
        "DIR has a run directory for each loss and seed. TERM, INT and HUP save and "
        "stop (exit code 75); the same command continues, and with more losses or "
        "seeds "
        "it extends the comparison; what is trained is not trained again. "
        "Intervals count seeds and examples (Student's t; three seeds are few). The "
        "best loss is compared with each other one, example by example, with Holm's "
        "correction. `steps` and `sec` are those until the validated score came 95 % "
        "of the way from the best constant answer to the best any loss reached. Where "
        "a "
        "model decides by `decode`, log loss and ECE are not known.",
    .table = table,
    .set = set,
};

static int is_same_place(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static merit_status check(const merit__compare_settings *settings, merit_error *err)
{
    if (settings->losses.n == 0) {
        return merit__refuse(err, MERIT_EINVAL,
                             "name what to compare: -l LOSS,LOSS,... (`merit loss` "
                             "lists them; -l all)");
    }
    if (settings->directory == NULL) {
        return merit__refuse(err, MERIT_EINVAL,
                             "name the directory of the comparison: -o DIR");
    }
    if (settings->test_labels != NULL && settings->test_path == NULL) {
        return merit__refuse(err, MERIT_EINVAL, "--test-labels also needs --test DATA");
    }
    if (settings->test_path != NULL && settings->shared.data_path != NULL &&
        is_same_place(settings->test_path, settings->shared.data_path)) {
        return merit__refuse(err, MERIT_EINVAL,
                             "--test %.100s: is what the runs learn from; expected "
                             "other data, or a share such as 0.2",
                             settings->test_path);
    }
    return MERIT_OK;
}

merit_status merit__compare_settings_read(merit__compare_settings *settings, int argc,
                                          char **argv, int *helped, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__training_read(&settings->shared, settings, sizeof *settings,
                                   &options, argc, argv, helped, err));
    if (!*helped && settings->show == NULL) {
        MERIT_TRY(merit__training_check(&settings->shared, &options, err));
        MERIT_TRY(check(settings, err));
    }

fail:
    return status;
}
