#include "cli_train_settings.h"

#include "cli_message.h"
#include "cli_number.h"

enum { OPTION_SEED = MERIT__OPTION_OWN, OPTION_RESUME, OPTION_CHECK };

static const struct argp_option table[] = {
    MERIT__SCORES_OPTIONS,
    {"output", 'o', "RUN", 0, "The directory to make, with the model in it", 1},
    MERIT__TRAINING_DATA_OPTIONS,
    {"loss", 'l', "LOSS", 0,
     "A loss of `merit loss`, a list such as cross-entropy:60%,expected-score, auto or "
     "auto:fast (default: auto)",
     3},
    MERIT__TRAINING_COURSE_OPTIONS,
    {"seed", OPTION_SEED, "N", 0, "Decides everything random (default: 1)", 5},
    MERIT__TRAINING_ENGINE_OPTIONS,
    {"resume", OPTION_RESUME, NULL, 0,
     "Continue the run in RUN; refuse when there is none", 6},
    MERIT__TRAINING_CHECKPOINT_OPTION,
    {"check", OPTION_CHECK, NULL, 0, "Look at everything, train nothing", 6},
    MERIT__TRAINING_LAST_OPTIONS,
};

static merit_status set(void *payload, int key, const char *value, merit_error *err)
{
    merit__train_settings *settings = payload;
    merit_train_options *train = &settings->shared.train;
    int64_t seed = 0;
    merit_status status = MERIT_OK;
    switch (key) {
    case 'o':
        settings->run = value;
        return MERIT_OK;
    case 'l':
        train->loss = value;
        return MERIT_OK;
    case OPTION_SEED:
        status = merit__read_count(&seed, "--seed", value, 1, INT64_MAX, err);
        train->seed = (uint64_t)seed;
        return status;
    case OPTION_RESUME:
        train->resume = 1;
        return MERIT_OK;
    case OPTION_CHECK:
        settings->check = 1;
        return MERIT_OK;
    default:
        return merit__training_option(&settings->shared, key, value, err);
    }
}

static const merit__options options = {
    .program = "merit train",
    .arguments = "DATA -o RUN",
    .text =
        "Trains a classifier on DATA (IDX or .npy, plain or gzip; a folder with a "
        "folder of PNG or JPEG pictures for each class, or a list of their paths and "
        "labels; with --task sequences, FASTA or FASTQ) that earns the most under a "
        "score table, and stores it in the new "
        "directory RUN.\v"
        "TERM, INT and HUP save the state and stop (exit code 75; a second one stops "
        "at once, exit code 128 + signal); the same command then continues, to the "
        "same model bit for bit. USR1 saves and goes on.",
    .table = table,
    .set = set,
};

merit_status merit__train_settings_read(merit__train_settings *settings, int argc,
                                        char **argv, int *helped, merit_error *err)
{
    merit_status status = MERIT_OK;
    MERIT_TRY(merit__training_read(&settings->shared, settings, sizeof *settings,
                                   &options, argc, argv, helped, err));
    if (*helped) {
        return MERIT_OK;
    }
    MERIT_TRY(merit__training_check(&settings->shared, &options, err));
    if (settings->run == NULL && !settings->check) {
        status = merit__refuse(err, MERIT_EINVAL,
                               "name the directory to train into: -o RUN");
    }

fail:
    return status;
}
