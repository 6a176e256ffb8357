/* The options of commands that read a data set. */
#ifndef MERIT_CLI_DATA_H
#define MERIT_CLI_DATA_H

#include "cli_keys.h"
#include "merit/data.h"

// clang-format off
#define MERIT__LABELS_OPTION                                                           \
    {"labels", MERIT__OPTION_LABELS, "FILE", 0,                                        \
     "Labels of DATA (IDX, .npy or text, one to a line; of sequences a text of name, "  \
     "tab, class, or FASTA with a label for each letter); otherwise they are looked "  \
     "for beside it, or in a table by --label",                                        \
     2}
/* How sequences become examples; a model knows it. */
#define MERIT__SEQUENCE_OPTIONS                                                        \
    {"task", MERIT__OPTION_TASK, "TASK", 0,                                            \
     "What is asked about sequences: sequence (a class for each), residue (a class "   \
     "for each letter) or masked (which letters are hidden)",                          \
     2},                                                                               \
    {"alphabet", MERIT__OPTION_ALPHABET, "NAME", 0,                                    \
     "protein, dna or rna (default: as the letters of DATA suggest)", 2},              \
    {"letters", MERIT__OPTION_LETTERS, "N", 0,                                         \
     "How many letters of a sequence the net sees at once, at most (default: 128; for " \
     "--task sequence 4096, and of longer ones their middle)",                         \
     2},                                                                               \
    MERIT__HIDE_OPTION("0.15")
/* What training says of it, a model knows; another share may be asked for. */
#define MERIT__HIDE_OPTION(usual)                                                      \
    {"hide", MERIT__OPTION_HIDE, "SHARE", 0,                                           \
     "For --task masked: the share of letters to hide (default: " usual ")", 2}
#define MERIT__DATA_OPTIONS                                                            \
    {"first", MERIT__OPTION_FIRST, "N", 0,                                             \
     "Only the first N examples; of pictures N evenly spaced ones", 2},                \
    {"allow-trailing", MERIT__OPTION_TRAILING, NULL, 0,                                \
     "Ignore bytes after the data", 2},                                                \
    {"nonfinite", MERIT__OPTION_NONFINITE, "refuse|zero", 0,                           \
     "What to do with NaN and infinity in DATA (default: refuse)", 2},                 \
    {"root", MERIT__OPTION_ROOT, "FOLDER", 0,                                          \
     "Where the paths of a list of pictures start (default: beside the list)", 2},     \
    {"follow-links", MERIT__OPTION_LINKS, NULL, 0,                                     \
     "Follow symbolic links among pictures", 2},                                       \
    {"bad-samples", MERIT__OPTION_BAD_SAMPLES, "refuse|skip:N%", 0,                    \
     "Leave out up to N % of the pictures when they are damaged (default: refuse)",    \
     2},                                                                               \
    {"memory", MERIT__OPTION_MEMORY, "SIZE", 0,                                        \
     "For the pixels of pictures, such as 500M or 2G; what does not fit is decoded "   \
     "when it is needed (default: a quarter of the machine's, at most 8G). Also the "   \
     "most that a table may take (default: 4G)", 2},                                    \
    {"label", MERIT__OPTION_LABEL, "COLUMN", 0,                                        \
     "Of a table or a list of pictures the column of labels: its name, or its place "  \
     "(1 is the first, -1 the last; default: one called label)", 2},                   \
    {"id", MERIT__OPTION_ID, "COLUMN", 0,                                              \
     "Of a table the column that names the rows (default: one called id)", 2},         \
    {"ignore", MERIT__OPTION_IGNORE, "COLUMN,...", 0, "Columns of a table to leave out", 2}, \
    {"header", MERIT__OPTION_HEADER, "auto|yes|no", 0,                                 \
     "Whether the first line of a table names its columns (default: auto)", 2},        \
    {"missing", MERIT__OPTION_MISSING, "refuse|mean", 0,                               \
     "What a missing value of a table (empty, NA, NaN, ?) becomes (default: refuse; "   \
     "a model that learned with mean uses it)", 2},                                    \
    {"decimal", MERIT__OPTION_DECIMAL, ".|,", 0,                                       \
     "What stands before the decimals in tables, SCORES too (default: .)", 2},         \
    {"max-line", MERIT__OPTION_MAX_LINE, "SIZE", 0,                                    \
     "The longest line that a table may have (default: 16M)", 2}
/* What training makes of rows; a model knows it. */
#define MERIT__SIGNALS_OPTION                                                          \
    {"signals", MERIT__OPTION_SIGNALS, NULL, 0,                                        \
     "Rows are signals such as spectra, of which neighbours belong together; --net "   \
     "cnn1d implies it", 2}
/* How pictures become examples; a model knows it. */
#define MERIT__PICTURE_OPTIONS                                                         \
    {"size", MERIT__OPTION_SIZE, "N|HxW", 0,                                           \
     "Resize pictures to N x N or H x W (default: their own size when it is the same " \
     "for all and at most 256, else 64)", 2},                                          \
    {"fit", MERIT__OPTION_FIT, "crop|stretch", 0,                                      \
     "Of pictures of another shape use the middle, or stretch them (default: crop)",   \
     2},                                                                               \
    {"channels", MERIT__OPTION_CHANNELS, "1|3", 0,                                     \
     "Grey or colour pictures (default: 3 when any has colours)", 2}
// clang-format on

/* Takes one of these options; the key must be one of the above. */
merit_status merit__data_option(merit_dataset_options *options, int key,
                                const char *value, merit_error *err);

/* Reads what stands before the decimals: . or , */
merit_status merit__read_decimal(int32_t *has_comma, const char *value,
                                 merit_error *err);

/* Whether the key is one of them. */
int merit__is_data_option(int key);

/* Tells the notes of a data set on standard error. */
void merit__data_tell(const merit_dataset *data);

/* Warns when pictures are among those that the run has learned from, or chosen its
 * model by: what is measured on them tells too much. EIO, ENOMEM. */
merit_status merit__data_tell_leakage(const merit_dataset *data, const char *run,
                                      merit_error *err);

/* EFORMAT when the data set has no labels; says with which option to give them. */
merit_status merit__data_need_labels(const merit_dataset *data, const char *option,
                                     merit_error *err);

struct stat;

/* Whether there is such an input, "FILE" or "FILE:member"; *info is that of the file. */
int merit__find_input(struct stat *info, const char *input);

/* EINVAL when the file that is to be written is one that is read. */
merit_status merit__not_same_file(const char *output, const char *input,
                                  merit_error *err);

#endif
