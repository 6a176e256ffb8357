/* Bad data files: each is refused with the right code and a message that says what is
 * wrong, whatever its header claims, without much memory. */
#include "data_files.h"

#include "merit/data.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

// An array of bytes with its length; a literal's own 0 is not part of it.
#define BYTES(literal) (literal), sizeof(literal) - 1

static const char *const no_text = "";

typedef struct bad_file {
    const char *name;
    const char *data;
    size_t n;
    merit_status status;
    const char *text[2]; // both must be in the message
} bad_file;

/* How a good file begins: 2 images of 2 x 2 bytes. */
#define IDX_2 "\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\2"
#define HUGE "\xff\xff\xff\xff"

static const bad_file idx_files[] = {
    {"I1 empty", BYTES(""), MERIT_EFORMAT, {"at least 4 bytes, has 0", ""}},
    {"I1 1 byte", BYTES("\0"), MERIT_EFORMAT, {"at least 4 bytes, has 1", ""}},
    {"I1 3 bytes", BYTES("\0\0\x08"), MERIT_EFORMAT, {"at least 4 bytes, has 3", ""}},
    {"I1 4 bytes", BYTES("\0\0\x08\x03"), MERIT_EFORMAT, {"16 bytes, has 4", ""}},
    {"I1 7 bytes",
     BYTES("\0\0\x08\x03\0\0\0"),
     MERIT_EFORMAT,
     {"at least 16 bytes, has 7", ""}},
    {"I1 15 bytes",
     BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0"),
     MERIT_EFORMAT,
     {"at least 16 bytes, has 15", ""}},
    {"I3 magic",
     BYTES("\0\1\x08\x03\0\0\0\2\0\0\0\2"),
     MERIT_EFORMAT,
     {"byte 0: begins with 00 01 08 03", "expected IDX (00 00 08 03)"}},
    {"I3 type",
     BYTES("\0\0\x0a\x03\0\0\0\2"),
     MERIT_EFORMAT,
     {"byte 2: type code 0x0A", "expected 0x08, 0x09, 0x0B"}},
    {"I3 no dimension",
     BYTES("\0\0\x08\0\1"),
     MERIT_EFORMAT,
     {"byte 3: 0x00 dimensions", "expected 0x01 to 0x04"}},
    {"I3 5 dimensions",
     BYTES("\0\0\x08\5\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\1"),
     MERIT_EFORMAT,
     {"byte 3: 0x05 dimensions", "expected 0x01 to 0x04"}},
    {"I4 lie",
     BYTES("\0\0\x08\x03" HUGE "\0\0\0\x1c\0\0\0\x1c"
           "0123456789"),
     MERIT_EFORMAT,
     {"header says 4294967295 images of 28x28 (3367254359280 bytes)",
      "the file holds 0 (10 bytes). Is the download complete?"}},
    {"I5 overflow",
     BYTES("\0\0\x08\x03" HUGE HUGE HUGE "01"),
     MERIT_EFORMAT,
     {"4294967295x4294967295x4294967295", "sizes overflow"}},
    {"I5 overflow to 0",
     BYTES("\0\0\x08\4\x80\0\0\0\x80\0\0\0\0\0\0\x04\0\0\0\1"),
     MERIT_EFORMAT,
     {"sizes overflow", ""}},
    {"I6 no images",
     BYTES("\0\0\x08\x03\0\0\0\0\0\0\0\2\0\0\0\2"),
     MERIT_EFORMAT,
     {"0 samples", "0x2x2"}},
    {"I6 no width",
     BYTES("\0\0\x08\x03\0\0\0\2\0\0\0\2\0\0\0\0"),
     MERIT_EFORMAT,
     {"0 samples", "2x2x0"}},
    {"I7 short",
     BYTES(IDX_2 "0123456"),
     MERIT_EFORMAT,
     {"header says 2 images of 2x2 (8 bytes)", "the file holds 1 (7 bytes)"}},
    {"I7 long",
     BYTES(IDX_2 "012345678"),
     MERIT_EFORMAT,
     {"byte 24: header says 2 images of 2x2", "the file has 1 byte after them"}},
    {"I10 swapped",
     BYTES("\3\x08\0\0\2\0\0\0\2\0\0\0\2\0\0\0"
           "01234567"),
     MERIT_EFORMAT,
     {"03 08 00 00, which looks byte-swapped", "expected 00 00 08 03"}},
    {"I11 nan",
     BYTES("\0\0\x0d\2\0\0\0\1\0\0\0\2"
           "\0\0\0\0"
           "\x7f\xc0\0\0"),
     MERIT_EFORMAT,
     {"the value at index 1 (row 0) is nan", "expected a finite number"}},
    {"I11 negative nan",
     BYTES("\0\0\x0d\2\0\0\0\1\0\0\0\2"
           "\0\0\0\0"
           "\xff\xc0\0\0"),
     MERIT_EFORMAT,
     {"is nan", ""}},
    {"I11 infinity",
     BYTES("\0\0\x0d\2\0\0\0\2\0\0\0\1"
           "\0\0\0\0"
           "\xff\x80\0\0"),
     MERIT_EFORMAT,
     {"the value at index 1 (row 1) is -inf", ""}},
    {"I11 1e38",
     BYTES("\0\0\x0d\2\0\0\0\1\0\0\0\1"
           "\x7e\x96\x76\x99"),
     MERIT_EFORMAT,
     {"the value at index 0 (row 0) is 1e+38", "at most 1e+37"}},
    {"I11 1e300",
     BYTES("\0\0\x0e\2\0\0\0\1\0\0\0\1"
           "\x7e\x37\xe4\x3c\x88\0\x75\x9c"),
     MERIT_EFORMAT,
     {"is inf", ""}},
    {"I12 labels as images",
     BYTES("\0\0\x08\1\0\0\0\2"
           "01"),
     MERIT_EFORMAT,
     {"has 1 dimension (2)", "examples need 2 to 4"}},
    {"HTML",
     BYTES("\xef\xbb\xbf\r\n <!doctype HTML>\n<title>404</title>"),
     MERIT_EUNSUPPORTED,
     {"looks like an HTML page", ""}},
    {"pickle", BYTES("\x80\4]\x94."), MERIT_EUNSUPPORTED, {"pickle", "can run code"}},
    {"UTF-16",
     BYTES("\xff\xfe"
           "a\0,\0b\0"),
     MERIT_EUNSUPPORTED,
     {"looks like text in UTF-16; save it as UTF-8", ".npy"}},
};

static const bad_file label_files[] = {
    {"I8 count",
     BYTES("\0\0\x08\1\0\0\0\3"
           "\0\1\2"),
     MERIT_EFORMAT,
     {"labels: has 3 labels, but ", "examples has 2 examples"}},
    {"I9 negative",
     BYTES("\0\0\x09\1\0\0\0\2"
           "\xfe\xff"),
     MERIT_EFORMAT,
     {"the label at index 0 is -2, expected a whole number", "2 such labels"}},
    {"I12 images as labels",
     BYTES(IDX_2 "01234567"),
     MERIT_EFORMAT,
     {"has 3 dimensions (2x2x2), labels need 1", ""}},
    {"labels short",
     BYTES("\0\0\x08\1\0\0\0\2"
           "\0"),
     MERIT_EFORMAT,
     {"header says 2 labels (2 bytes)", "the file holds 1 (1 bytes)"}},
    {"labels long",
     BYTES("\0\0\x08\1\0\0\0\2"
           "\0\1\2"),
     MERIT_EFORMAT,
     {"header says 2 labels", "1 byte after them"}},
    {"too large",
     BYTES("\0\0\x0e\1\0\0\0\2"
           "\0\0\0\0\0\0\0\0"
           "\x41\xe0\0\0\0\0\0\0"),
     MERIT_EFORMAT,
     {"the label at index 1 is 2147483648", "from 0 to 2147483647; 1 such label"}},
    {"N13 half",
     BYTES("\0\0\x0d\1\0\0\0\2"
           "\0\0\0\0"
           "\x3f\xc0\0\0"),
     MERIT_EFORMAT,
     {"the label at index 1 is 1.5", "1 such label"}},
    {"nan",
     BYTES("\0\0\x0d\1\0\0\0\2"
           "\x7f\xc0\0\0"
           "\0\0\0\0"),
     MERIT_EFORMAT,
     {"the label at index 0 is nan", ""}},
};

/* .npy files: the header's text, the values, what is told. */
typedef struct bad_npy {
    const char *name;
    const char *header;
    size_t n_values; // bytes
    merit_status status;
    const char *text;
} bad_npy;

#define NPY(descr, shape)                                                              \
    "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }\n"
#define PICKLE "object arrays are not supported (pickle can run code)"

static const bad_npy npy_files[] = {
    {"N1 |O", NPY("|O", "(2, 3)"), 24, MERIT_EUNSUPPORTED, PICKLE},
    {"N1 O", NPY("O", "(2, 3)"), 24, MERIT_EUNSUPPORTED, PICKLE},
    {"N1 |O8", NPY("|O8", "(2, 3)"), 24, MERIT_EUNSUPPORTED, PICKLE},
    {"N3 lie", NPY("<f4", "(300000000, 2)"), 0, MERIT_EFORMAT,
     "header says 300000000 rows of 2 (2400000000 bytes), the file holds 0 (0 bytes)"},
    {"N4 overflow", NPY("<f4", "(4294967296, 4294967296, 1)"), 24, MERIT_EFORMAT,
     "sizes overflow"},
    {"N4 overflow of bytes", NPY("<f8", "(1152921504606846976, 2)"), 24, MERIT_EFORMAT,
     "sizes overflow"},
    {"N4 negative", NPY("<f4", "(-2, 3)"), 24, MERIT_EFORMAT, "found \"-\""},
    {"N4 power", NPY("<f4", "(9**100, 3)"), 24, MERIT_EFORMAT, "found \"*\""},
    {"N4 huge", NPY("<f4", "(99999999999999999999, 3)"), 24, MERIT_EFORMAT,
     "the dimension overflows"},
    {"N4 True", NPY("<f4", "(True, 3)"), 24, MERIT_EFORMAT, "found \"T\""},
    {"N4 float", NPY("<f4", "(2., 3)"), 24, MERIT_EFORMAT, "found \".\""},
    {"N4 hex", NPY("<f4", "(0x2, 3)"), 24, MERIT_EFORMAT, "found \"x\""},
    {"N4 underscore", NPY("<f4", "(1_0, 3)"), 24, MERIT_EFORMAT, "found \"_\""},
    {"N4 long", NPY("<f4", "(2L, 3L)"), 24, MERIT_EFORMAT, "found \"L\""},
    {"N4 not a tuple", NPY("<f4", "(6)"), 24, MERIT_EFORMAT, "expected \",\""},
    {"N4 only a comma", NPY("<f4", "(,)"), 24, MERIT_EFORMAT, "found \",\""},
    {"N4 two commas", NPY("<f4", "(2,,3)"), 24, MERIT_EFORMAT, "found \",\""},
    {"N4 no comma", NPY("<f4", "(2 3)"), 24, MERIT_EFORMAT, "found \"3\""},
    {"N5 call", "dict(descr='<f4')\n", 24, MERIT_EFORMAT,
     "expected \"{\", found \"d\""},
    {"N5 call inside", NPY("<f4", "tuple((2, 3))"), 24, MERIT_EFORMAT, "found \"t\""},
    {"N5 comprehension", "{k: v for k, v in x}\n", 24, MERIT_EFORMAT, "found \"k\""},
    {"N5 escape", NPY("<f\\x34", "(2, 3)"), 24, MERIT_EFORMAT, "found \"\\\""},
    {"N5 code after", NPY("<f4", "(2, 3)") "; x", 24, MERIT_EFORMAT, "found \";\""},
    {"N5 list", "['<f4', False, (2, 3)]\n", 24, MERIT_EFORMAT, "found \"[\""},
    {"N5 order", "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}\n", 24,
     MERIT_EFORMAT, "expected True or False, found \"0\""},
    {"N5 control", NPY("<f\1", "(2, 3)"), 24, MERIT_EFORMAT, "found \"\\x01\""},
    {"N5 blank", "   \n", 24, MERIT_EFORMAT, "expected \"{\", found its end"},
    {"N5 no colon", "{'descr' '<f4'}\n", 24, MERIT_EFORMAT, "expected \":\""},
    {"N5 no comma", "{'descr': '<f4' 'shape': (2, 3)}\n", 24, MERIT_EFORMAT,
     "expected \",\" or \"}\""},
    {"N6 empty", "{}\n", 24, MERIT_EFORMAT, "the key \"descr\" is missing"},
    {"N6 missing", "{'descr': '<f4', 'shape': (2, 3)}\n", 24, MERIT_EFORMAT,
     "the key \"fortran_order\" is missing"},
    {"N6 twice", NPY("<f4", "(2, 3), 'descr': '<f4'"), 24, MERIT_EFORMAT,
     "second key \"descr\""},
    {"N6 extra", NPY("<f4", "(2, 3), 'more': 1"), 24, MERIT_EFORMAT,
     "unknown key \"more\""},
    {"N7 text", NPY("<U16", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"<U16\""},
    {"N7 date", NPY("<M8[ns]", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"<M8[ns]\""},
    {"N7 complex", NPY("<c8", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"<c8\""},
    {"N7 half", NPY("<f2", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "u8, f4, f8 with"},
    {"N7 long double", NPY("<f16", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"<f16\""},
    {"N7 void", NPY("|V8", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"|V8\""},
    {"N7 native", NPY("=f4", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"=f4\""},
    {"N7 no order", NPY("|f4", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"|f4\""},
    {"N7 nothing", NPY("", "(2, 3)"), 24, MERIT_EUNSUPPORTED, "\"\""},
    {"N7 structured", "{'descr': [('x', '<f4')], }\n", 24, MERIT_EUNSUPPORTED,
     "structured arrays are not supported"},
    {"N10 short", NPY("<f4", "(2, 3)"), 23, MERIT_EFORMAT,
     "the file holds 1 (23 bytes)"},
    {"N10 long", NPY("<f4", "(2, 3)"), 26, MERIT_EFORMAT, "2 bytes after them"},
    {"N11 no dimension", NPY("<f4", "()"), 4, MERIT_EFORMAT, "has 0 dimensions ()"},
    {"N11 1 dimension", NPY("<f4", "(6,)"), 24, MERIT_EFORMAT,
     "has 1 dimension (6), examples need 2 to 4: NxF, NxHxW or NxCxHxW"},
    {"N11 5 dimensions", NPY("<f4", "(1, 1, 1, 2, 3)"), 24, MERIT_EFORMAT,
     "has 5 dimensions (1x1x1x2x3)"},
    {"N11 9 dimensions", NPY("<f4", "(1, 1, 1, 1, 1, 1, 1, 2, 3)"), 24,
     MERIT_EUNSUPPORTED, "more than 8 dimensions"},
    {"empty", NPY("<f4", "(0, 3)"), 0, MERIT_EFORMAT, "0 samples"},
};

static void expect_refusal(const char *name, merit_status status,
                           const merit_error *err, merit_status wanted,
                           const char *text)
{
    if (status != wanted || err->code != (int32_t)wanted ||
        strstr(err->message, text) == NULL) {
        fail_msg("%s: status %d, \"%s\"; expected %d and \"%s\"", name, (int)status,
                 err->message, (int)wanted, text);
    }
}

static void load_bad(const char *name, const char *path, const char *labels,
                     const bad_file *bad)
{
    merit_error err = {.code = 0};
    merit_dataset *data = (merit_dataset *)&err;
    merit_dataset_options options = {.labels = labels};
    merit_status status = merit_dataset_load(&data, path, &options, &err);
    assert_null(data);
    expect_refusal(name, status, &err, bad->status, bad->text[0]);
    expect_refusal(name, status, &err, bad->status, bad->text[1]);
    assert_null(strchr(err.message, '\n'));
}

static void test_bad_idx(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    data_path(path, "examples");
    for (size_t i = 0; i < sizeof idx_files / sizeof idx_files[0]; i++) {
        write_data(path, idx_files[i].data, idx_files[i].n);
        load_bad(idx_files[i].name, path, NULL, &idx_files[i]);
    }
}

// The same through gzip, where the size of the file says nothing: the messages about
// missing and surplus bytes differ, the codes do not.
static void test_bad_idx_in_gzip(void **state)
{
    (void)state;
    static bytes packed;
    char path[PATH_BYTES];
    data_path(path, "examples.gz");
    for (size_t i = 0; i < sizeof idx_files / sizeof idx_files[0]; i++) {
        bad_file bad = idx_files[i];
        int is_about_size = strstr(bad.text[1], "the file h") != NULL;
        bad.text[0] = is_about_size ? no_text : bad.text[0];
        bad.text[1] = is_about_size ? no_text : bad.text[1];
        packed.n = 0;
        add_gzip(&packed, bad.data, bad.n);
        write_data(path, packed.at, packed.n);
        load_bad(bad.name, path, NULL, &bad);
    }
}

static void test_bad_labels(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    char labels[PATH_BYTES];
    data_path(path, "examples");
    data_path(labels, "labels");
    for (size_t i = 0; i < sizeof label_files / sizeof label_files[0]; i++) {
        write_data(path, BYTES(IDX_2 "01234567"));
        write_data(labels, label_files[i].data, label_files[i].n);
        load_bad(label_files[i].name, path, labels, &label_files[i]);
    }
}

static void write_npy(const char *path, unsigned char version, const char *header,
                      size_t n_values)
{
    static bytes file;
    static const unsigned char values[64];
    start_npy(&file, version, header);
    add_bytes_to(&file, values, n_values);
    write_data(path, file.at, file.n);
}

static void test_bad_npy(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    data_path(path, "examples.npy");
    for (size_t i = 0; i < sizeof npy_files / sizeof npy_files[0]; i++) {
        bad_file bad = {.status = npy_files[i].status, .text = {npy_files[i].text, ""}};
        for (unsigned char version = 1; version <= 3; version++) {
            write_npy(path, version, npy_files[i].header, npy_files[i].n_values);
            load_bad(npy_files[i].name, path, NULL, &bad);
        }
    }
}

// Every truncation of a good .npy file, and lengths of the header that lie.
static void test_bad_npy_start(void **state)
{
    (void)state;
    static bytes file;
    char path[PATH_BYTES];
    data_path(path, "examples.npy");
    start_npy(&file, 1, NPY("<f4", "(1, 1)"));
    add_bytes_to(&file, "\0\0\0\0", 4);
    const bad_file any = {.status = MERIT_EFORMAT, .text = {"", ""}};
    for (size_t n = 0; n < file.n; n++) {
        write_data(path, file.at, n);
        load_bad("cut", path, NULL, &any);
    }
    static const struct {
        unsigned char version, length[4];
        merit_status status;
        const char *text;
    } lies[] = {
        {1, {0, 0, 0, 0}, MERIT_EFORMAT, "has 0 bytes more, expected 1 to 65536"},
        {1, {0xff, 0xff, 0, 0}, MERIT_EFORMAT, "has 65535 bytes more, the file has 64"},
        {2, {0xff, 0xff, 0xff, 0xff}, MERIT_EFORMAT, "has 4294967295 bytes more"},
        {3, {0, 0, 0, 0x80}, MERIT_EFORMAT, "has 2147483648 bytes more"},
        {0, {58, 0, 0, 0}, MERIT_EUNSUPPORTED, ".npy version 0, expected 1, 2 or 3"},
        {4, {58, 0, 0, 0}, MERIT_EUNSUPPORTED, ".npy version 4, expected 1, 2 or 3"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        start_npy(&file, lies[i].version, NPY("<f4", "(1, 1)"));
        add_bytes_to(&file, "\0\0\0\0", 4);
        memcpy(file.at + 8, lies[i].length, lies[i].version == 1 ? 2 : 4);
        write_data(path, file.at, file.n);
        const bad_file bad = {.status = lies[i].status, .text = {lies[i].text, ""}};
        load_bad("length", path, NULL, &bad);
    }
}

// A million brackets: no recursion, no long message.
static void test_nesting(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    data_path(path, "examples.npy");
    char *header = calloc(60002, 1);
    assert_non_null(header);
    static const char *const before[] = {"", "{'shape': ", "{'descr': "};
    static const char brackets[] = "[({";
    const bad_file any = {.status = MERIT_EFORMAT, .text = {"", ""}};
    const bad_file structured = {.status = MERIT_EUNSUPPORTED, .text = {"", ""}};
    for (size_t i = 0; i < 9; i++) {
        size_t n = strlen(before[i / 3]);
        memset(header, brackets[i % 3], 60000);
        memcpy(header, before[i / 3], n);
        write_npy(path, 1, header, 0);
        load_bad(header, path, NULL, i / 3 == 2 && i % 3 < 2 ? &structured : &any);
    }
    free(header);
}

static int exit_code(merit_status status)
{
    switch (status) {
    case MERIT_OK:
        return 0;
    case MERIT_EINVAL:
        return 2;
    case MERIT_EFORMAT:
    case MERIT_EUNSUPPORTED:
        return 3;
    case MERIT_EIO:
        return 5;
    case MERIT_ENOMEM:
        return 6;
    default:
        return 1;
    }
}

static void load_row(char *line)
{
    static const char folder[] = MERIT_SOURCE_DIR "/tests/bad/data/";
    char *fields[4] = {line};
    for (int i = 1; i < 4; i++) {
        fields[i] = strchr(fields[i - 1], '\t');
        assert_non_null(fields[i]);
        *fields[i]++ = '\0';
    }
    char path[1024];
    char labels[1024];
    snprintf(path, sizeof path, "%s%s", folder, fields[0]);
    snprintf(labels, sizeof labels, "%s%s", folder, fields[1]);
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    merit_dataset_options options = {.labels = strcmp(fields[1], "-") ? labels : NULL};
    merit_status status = merit_dataset_load(&data, path, &options, &err);
    assert_null(data);
    if (exit_code(status) != atoi(fields[2]) ||
        strstr(err.message, fields[3]) == NULL) {
        fail_msg("%s %s: status %d, \"%s\"; expected exit code %s and \"%s\"",
                 fields[0], fields[1], (int)status, err.message, fields[2], fields[3]);
    }
}

static void test_folder_of_bad_files(void **state)
{
    (void)state;
    FILE *expected = fopen(MERIT_SOURCE_DIR "/tests/bad/data/EXPECTED.tsv", "r");
    assert_non_null(expected);
    char line[512];
    int n_rows = 0;
    while (fgets(line, sizeof line, expected) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '#') {
            load_row(line);
            n_rows++;
        }
    }
    fclose(expected);
    assert_true(n_rows > 100);
}

// What a header claims costs no memory: with 512 MB of address space a file that claims
// more is refused for what it is, not for lack of memory. Returns the status.
static int load_in_little_memory(const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit little = {UINT64_C(512) << 20, UINT64_C(512) << 20};
        merit_dataset *data = NULL;
        if (setrlimit(RLIMIT_AS, &little) != 0) {
            _exit(99);
        }
        _exit((int)merit_dataset_load(&data, path, NULL, NULL));
    }
    int result = 0;
    while (waitpid(child, &result, 0) < 0 && errno == EINTR) {
    }
    assert_true(WIFEXITED(result));
    return WEXITSTATUS(result);
}

static void test_memory_of_lies(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip();
#endif
    static bytes file;
    static const uint32_t dims[3] = {UINT32_MAX, 28, 28};
    char path[PATH_BYTES];
    data_path(path, "lie");
    start_idx(&file, 0x08, dims, 3);
    write_data(path, file.at, file.n);
    assert_int_equal(load_in_little_memory(path), MERIT_EFORMAT);
    start_npy(&file, 1, NPY("<f4", "(300000000, 1)"));
    write_data(path, file.at, file.n);
    assert_int_equal(load_in_little_memory(path), MERIT_EFORMAT);

    // Through gzip, 600 KB could hold 600 MB: that has to be read, but not believed.
    static bytes packed;
    static const uint32_t large[3] = {760000, 28, 28};
    static unsigned char noise[600000];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        random = random * 1664525u + 1013904223u;
        noise[i] = (unsigned char)(random >> 24);
    }
    start_idx(&file, 0x08, large, 3);
    add_bytes_to(&file, noise, sizeof noise);
    packed.n = 0;
    add_gzip(&packed, file.at, file.n);
    write_data(path, packed.at, packed.n);
    assert_int_equal(load_in_little_memory(path), MERIT_EFORMAT);
    merit_error err = {.code = 0};
    merit_dataset *data = NULL;
    assert_int_equal(merit_dataset_load(&data, path, NULL, &err), MERIT_EFORMAT);
    assert_non_null(strstr(err.message, "the file holds 765 (600000 bytes)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_idx),
        cmocka_unit_test(test_bad_idx_in_gzip),
        cmocka_unit_test(test_bad_labels),
        cmocka_unit_test(test_bad_npy),
        cmocka_unit_test(test_bad_npy_start),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_folder_of_bad_files),
        cmocka_unit_test(test_memory_of_lies),
    };
    return cmocka_run_group_tests(tests, make_data_folder, remove_data_folder);
}
